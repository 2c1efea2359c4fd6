"""Counting a sweep: what ``summary.json`` says, every number with its denominator.

Each row counts once, by its gravest grade: violation, warning, unknown, clean. Accuracy rate = clean rows /
rows judged known, and a row is judged known unless all that can be said about it is unknown. Unknown rows are counted
beside, never as right or wrong. Rule: Notice §4.1.1
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from licet.gate.batch import Tally
from licet.gate.tables import RULES, SEVERITIES

Counts = Mapping[str, int]


class ByProvider:
    """Findings of each provider by id, counted as they are written."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, findings: pa.Table) -> None:
        """Count a batch of findings."""
        grouped = findings.group_by(["provider_id", "finding"]).aggregate([([], "count_all")])
        for row in grouped.to_pylist():
            self.counts[row["provider_id"]][row["finding"]] += row["count_all"]


def share(counts: Counts) -> dict[str, Any]:
    """Rows of a provider, region or whole list with its accuracy rate (null when nothing is known)."""
    rows, clean, unknown = counts.get("rows", 0), counts.get("clean", 0), counts.get("unknown", 0)
    known = rows - unknown
    return {
        "rows": rows,
        "rows_known": known,
        "rows_clean": clean,
        "rows_violation": counts.get("violation", 0),
        "rows_warning": counts.get("warning", 0),
        "rows_unknown": unknown,
        "accuracy_rate": round(clean / known, 6) if known else None,
    }


def summarise(tally: Tally, findings: ByProvider, names: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Totals, ``by_finding``, ``by_severity``, ``by_provider``, ``by_region``. ``names``: provider → (name, region)."""
    total: Counter[str] = Counter()
    for counts in tally.by_provider.values():
        total.update(counts)
    order = {rule.id: at for at, rule in enumerate(RULES)}
    found = sorted(tally.by_finding.items(), key=lambda item: (order[item[0][0]], item[0][1]))
    return share(total) | {
        "by_finding": [
            {
                "finding": finding,
                "severity": severity,
                "count": count,
                "of_rows": tally.rows,
                "share": round(count / tally.rows, 6) if tally.rows else None,
            }
            for (finding, severity), count in found
        ],
        "by_severity": {
            severity: {
                "findings": sum(count for (_, graded), count in found if graded == severity),
                "rows": total[severity],
                "of_rows": tally.rows,
            }
            for severity in SEVERITIES
        },
        "by_provider": [
            {
                "provider_id": provider,
                "name": names.get(provider, ("", ""))[0],
                "region": names.get(provider, ("", ""))[1],
                **share(counts),
                "findings": dict(sorted(findings.counts[provider].items())),
            }
            for provider, counts in sorted(tally.by_provider.items())
        ],
        "by_region": [{"region": region, **share(counts)} for region, counts in sorted(tally.by_region.items())],
    }
