"""A dry run: the same rows under the rules and under stricter ones, counted. Nothing is decided or kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from licet.gate import rules
from licet.gate.tables import Rule
from licet.registers import snapshots
from licet.registers.compiled import AccessRows, BoundRegister
from licet.registers.models import AccessRelation

_CHUNK = 50_000


def present_access(provider: str) -> Iterator[pa.Table]:
    """The access register as the stated actor sees it, in tables."""
    names = (
        "access_id",
        "provider_id",
        "customer_uscc",
        "service_kind",
        "domain",
        "ip",
        "filing_no",
        "upstream_provider_id",
    )
    present = AccessRelation.objects.filter(until__isnull=True).order_by("pk")
    if provider:
        present = present.filter(provider_id=provider)
    rows: list[tuple[Any, ...]] = []
    for row in present.values_list(*names).iterator(chunk_size=5000):
        rows.append(row)
        if len(rows) == _CHUNK:
            yield _as_table(names, rows)
            rows = []
    if rows:
        yield _as_table(names, rows)


def _as_table(names: Sequence[str], rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table(
        {
            name: pa.array([value or "" for value in column], pa.string())
            for name, column in zip(names, columns, strict=True)
        }
    )


class Rehearsal:
    """Counts a dry run over tables of rows."""

    def __init__(self, strict: tuple[Rule, ...], shown: int) -> None:
        self.strict, self.limit = strict, shown
        self.rows = self.now = self.then = self.cut = 0
        self.by_finding: Counter[str] = Counter()
        self.by_provider: Counter[str] = Counter()
        self.shown: list[dict[str, str]] = []

    def add(self, register: BoundRegister, table: pa.Table) -> None:
        """Judge a table both ways."""
        facts = register.gather(AccessRows.from_arrow(table, snapshots.row_normaliser()))
        judgement = rules.judge(facts, register.known, self.strict)
        now = rules.answers(rules.judge(facts, register.known)) == 1
        then = rules.answers(judgement) == 1
        cut = np.flatnonzero(then & ~now)
        self.rows, self.cut = self.rows + len(now), self.cut + len(cut)
        self.now, self.then = self.now + int(now.sum()), self.then + int(then.sum())
        denies = [rule for rule in self.strict if rule.at_gate == "deny"]
        for rule in denies:
            hits = int(np.count_nonzero(judgement.fired[cut] & np.uint32(1 << rule.bit)))
            if hits:
                self.by_finding[rule.id] += hits
        providers = table["provider_id"].take(pa.array(cut)).to_pylist()
        self.by_provider.update(providers)
        for at in cut[: max(0, self.limit - len(self.shown))]:
            row = {name: table[name][int(at)].as_py() for name in ("access_id", "provider_id", "domain")}
            bits = int(judgement.fired[at])
            self.shown.append(row | {"findings": " ".join(rule.id for rule in denies if bits >> rule.bit & 1)})

    def as_json(self) -> dict[str, Any]:
        """What the dry run shows."""
        return {
            "rows": self.rows,
            "denied_now": self.now,
            "denied_then": self.then,
            "cut": self.cut,
            "by_finding": dict(self.by_finding.most_common()),
            "by_provider": dict(self.by_provider.most_common(200)),
            "shown": self.shown,
        }
