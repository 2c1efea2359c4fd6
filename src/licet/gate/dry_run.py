"""Trying stricter rules on the same rows before anybody is cut by them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from licet.core.errors import NotFound
from licet.gate.facts import Facts
from licet.gate.judging import answers, judge
from licet.gate.tables import RULES, Rule


def stricter(rules: Sequence[Rule], changes: Mapping[str, Mapping[str, Any]]) -> tuple[Rule, ...]:
    """A variant of the rules for a dry run: ``{"filing_stale": {"severity": "violation", "at_gate": "deny"}}``.

    Only severity and the answer at the gate may differ; thresholds differ by binding with other ``JudgingParams``.
    Raises :class:`NotFound` for a rule or column that cannot be changed.
    """
    known = {rule.id for rule in rules}
    for rule_id, columns in changes.items():
        if rule_id not in known:
            raise NotFound(f"there is no rule {rule_id!r}", hint="see the table of rules in docs/judging.md")
        if extra := set(columns) - {"severity", "at_gate"}:
            raise NotFound(f"{', '.join(sorted(extra))} of a rule cannot be varied", hint="severity or at_gate")
    return tuple(dataclasses.replace(rule, **changes.get(rule.id, {})) for rule in rules)


@dataclasses.dataclass(frozen=True)
class DryRun:
    """What a variant would change. Indexes are rows of the batch, ascending."""

    newly_denied: NDArray[np.int64]
    no_longer_denied: NDArray[np.int64]
    by_provider: dict[str, int]  # newly denied rows per provider, most first


def dry_run(facts: Facts, known: Mapping[str, bool], variant: tuple[Rule, ...], *, rules: tuple[Rule, ...] = RULES,
            variant_facts: Facts | None = None) -> DryRun:
    """Who would be cut under ``variant``; ``variant_facts`` are the same rows under other thresholds."""
    now = answers(judge(facts, known, rules)) == 1
    then = answers(judge(variant_facts or facts, known, variant)) == 1
    newly, counts = np.flatnonzero(then & ~now), dict[str, int]()
    if facts.rows is not None:
        provider = facts.rows.provider
        for code, count in zip(*np.unique(provider.codes[newly], return_counts=True), strict=True):
            counts[provider.values[int(code)].as_py()] = int(count)
    ordered = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return DryRun(newly, np.flatnonzero(now & ~then), ordered)
