"""Facts to finding bits: which rules fire, which cannot be judged, and the gate's answer. Pure, any number of rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from licet.gate.conditions import APPLIES, DOUBTS, FIRES
from licet.gate.facts import Facts
from licet.gate.tables import RULES, Rule

ANSWER_WORDS = ("permit", "deny", "refer")  # by the codes of ``answers``


@dataclasses.dataclass(frozen=True)
class Judgement:
    """Finding bits of each row: ``1 << rule.bit``."""

    fired: NDArray[np.uint32]
    unknown: NDArray[np.uint32]  # every unknown rule; see ``reported_unknown`` for the folded ones
    reported_unknown: NDArray[np.uint32]  # per row and register only the first in table order
    known: Mapping[str, bool]
    rules: tuple[Rule, ...]

    def __len__(self) -> int:
        return len(self.fired)


def unknown_through(rule: Rule, known: Mapping[str, bool]) -> str:
    """The register without which ``rule`` cannot be judged; '' when it can."""
    if rule.register and not known[rule.register]:
        return rule.register
    return rule.also_needs if rule.also_needs and not known[rule.also_needs] else ""


def _fold(unknown: NDArray[np.uint32], known: Mapping[str, bool], rules: Sequence[Rule]) -> NDArray[np.uint32]:
    """Of the rules unknown through the same register keep the first in table order."""
    kept = np.zeros_like(unknown)
    groups: dict[str, list[int]] = {}
    for rule in rules:
        groups.setdefault(unknown_through(rule, known) or rule.register, []).append(rule.bit)
    for bits in groups.values():
        rest = unknown & np.uint32(sum(1 << bit for bit in bits))
        for bit in bits:
            first = rest & np.uint32(1 << bit)
            kept |= first
            rest = np.where(first != 0, np.uint32(0), rest)
    return kept


def judge(facts: Facts, known: Mapping[str, bool], rules: tuple[Rule, ...] = RULES) -> Judgement:
    """Which rules fire and which cannot be judged, for each row of ``facts``. ``known``: register → is it known."""
    fired, unknown = np.zeros(len(facts), np.uint32), np.zeros(len(facts), np.uint32)
    for rule in rules:
        if rule.scope != "row":
            continue
        bit = np.uint32(1 << rule.bit)
        if unknown_through(rule, known):
            unknown |= APPLIES[rule.id](facts) * bit
            continue
        fired |= FIRES[rule.id](facts) * bit
        if rule.id in DOUBTS:
            unknown |= DOUBTS[rule.id](facts) * bit
    folded = _fold(unknown, known, rules) if unknown.any() else unknown
    return Judgement(fired, unknown, folded, known, rules)


def bits_where(rules: Sequence[Rule], column: str, value: str) -> np.uint32:
    """The bits of the rules with ``value`` in a column: ``bits_where(RULES, "severity", "violation")``."""
    if rules is RULES:
        return _BITS.get((column, value), np.uint32(0))
    return _bits(rules, column, value)


def _bits(rules: Sequence[Rule], column: str, value: str) -> np.uint32:
    return np.uint32(sum(1 << rule.bit for rule in rules if getattr(rule, column) == value))


_BITS = {(column, value): _bits(RULES, column, value) for column in ("at_gate", "severity")
         for value in ("deny", "refer", "permit", "none", "violation", "warning")}


def answers(judgement: Judgement) -> NDArray[np.uint8]:
    """Gate answer of each row: 0 permit, 1 deny, 2 refer (docs/judging.md, Gate answer)."""
    deny = judgement.fired & bits_where(judgement.rules, "at_gate", "deny")
    refer = judgement.fired & bits_where(judgement.rules, "at_gate", "refer")
    refer |= judgement.unknown
    answer: NDArray[np.uint8] = np.where(deny != 0, np.uint8(1), np.where(refer != 0, np.uint8(2), np.uint8(0)))
    return answer
