"""Facts to finding bits: which rules fire, which cannot be judged, and the gate's answer. Pure, any number of rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from licet.gate.conditions import APPLIES, DOUBTS, FIRES
from licet.gate.facts import Facts
from licet.gate.tables import RULES, Rule

Mask = NDArray[np.bool_]
ANSWER_WORDS = ("permit", "deny", "refer")  # by the codes of ``answers``


# Why a rule is unknown for a row: its own register is not known, the other it needs is not, the register is known and has
# nothing on record, or a row that could not be read speaks of just that record.
REGISTER, OTHER_REGISTER, SILENT, UNREAD = 1, 2, 3, 4


@dataclasses.dataclass(frozen=True)
class Judgement:
    """Finding bits of each row: ``1 << rule.bit``."""

    fired: NDArray[np.uint32]
    unknown: NDArray[np.uint32]  # every unknown rule; see ``reported_unknown`` for the folded ones
    reported_unknown: NDArray[np.uint32]  # per row and register only the first in table order
    known: Mapping[str, bool]
    rules: tuple[Rule, ...]
    why: Mapping[str, NDArray[np.uint8]]  # of each rule that is unknown anywhere: the reason per row, 0 = it is not

    def __len__(self) -> int:
        return len(self.fired)

    def kinds_of_unknown(self, rule: Rule, at: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Reason, and where among ``at`` (rows for which ``rule`` is unknown) it is the reason."""
        why = self.why[rule.id][at]
        for code in np.unique(why).tolist():
            yield code, np.flatnonzero(why == code)


def register_of(rule: Rule, why: int) -> str:
    """The register a rule is unknown through."""
    return rule.also_needs if why == OTHER_REGISTER else rule.register


def _where_known(rule: Rule, register: str, facts: Facts, known: Mapping[str, bool]) -> Mask | None:
    """Where a register a rule needs is known; ``None`` for everywhere."""
    if known[register]:
        return None
    column = "upstream" if rule.id == "upstream_unlicensed" else register  # whose licences the rule asks about
    return facts.known.get(column, np.zeros(len(facts), np.bool_))


def _why(rule: Rule, facts: Facts, known: Mapping[str, bool]) -> NDArray[np.uint8] | None:
    """Why the rule is unknown, per row; ``None`` where it is known for every row."""
    why: NDArray[np.uint8] | None = None
    for code, register in ((OTHER_REGISTER, rule.also_needs), (REGISTER, rule.register)):
        mask = _where_known(rule, register, facts, known) if register else None
        if mask is not None:
            applies = APPLIES[rule.id](facts) & ~mask
            why = np.zeros(len(facts), np.uint8) if why is None else why
            why[applies] = code
    doubts = [(SILENT, DOUBTS[rule.id](facts))] if rule.id in DOUBTS else []
    doubts += [(UNREAD, facts.unread[rule.id] >= 0)] if rule.id in facts.unread else []
    for code, mask in doubts:
        if mask.any():
            why = np.zeros(len(facts), np.uint8) if why is None else why
            why[mask & (why == 0)] = code
    return why


def _fold(why: Mapping[str, NDArray[np.uint8]], rules: Sequence[Rule], count: int) -> NDArray[np.uint32]:
    """Of the rules unknown through the same register keep the first in table order."""
    kept, seen = np.zeros(count, np.uint32), dict[str, Mask]()
    for rule in rules:
        for code in np.unique(why[rule.id]).tolist() if rule.id in why else ():
            if code:
                rows, register = why[rule.id] == code, register_of(rule, code)
                before = seen.setdefault(register, np.zeros(count, np.bool_))
                kept |= (rows & ~before) * np.uint32(1 << rule.bit)
                seen[register] = before | rows
    return kept


def judge(facts: Facts, known: Mapping[str, bool], rules: tuple[Rule, ...] = RULES) -> Judgement:
    """Which rules fire and which cannot be judged, for each row of ``facts``.

    ``known``: register → is it known for everybody; ``facts.known`` says where else.
    """
    fired, unknown = np.zeros(len(facts), np.uint32), np.zeros(len(facts), np.uint32)
    reasons: dict[str, NDArray[np.uint8]] = {}
    for rule in rules:
        if rule.scope != "row":
            continue
        bit = np.uint32(1 << rule.bit)
        why = _why(rule, facts, known)
        if why is None:
            fired |= FIRES[rule.id](facts) * bit
            continue
        reasons[rule.id] = why
        unknown |= (why != 0) * bit
        fired |= (FIRES[rule.id](facts) & (why == 0)) * bit
    return Judgement(fired, unknown, _fold(reasons, rules, len(facts)), known, rules, reasons)


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
