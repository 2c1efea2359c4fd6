"""One row's judgement as the gate gives it: the answer with every reason, evidence, rule, remedy and way to contest."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa

from licet.gate.evidence import Source, evidence_columns
from licet.gate.facts import Facts
from licet.gate.judging import ANSWER_WORDS, SILENT, UNREAD, Judgement, answers, register_of
from licet.gate.tables import RULESET_VERSION, Rule
from licet.gate.wording import Words, fill_words, gate_texts
from licet.registers.compiled import BoundRegister


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reason:
    """Why: a rule that fired, or one that could not be judged (severity ``unknown``)."""

    rule: str  # rule id
    severity: str  # violation | warning | unknown
    at_gate: str  # deny | refer | permit: what this reason asks for
    evidence: dict[str, str]  # which record and which value; codes, not words
    summary: str  # short text, as in findings
    citation: str
    ground: str
    actor: str
    deadline: str  # key of the profile's deadline_days
    title_zh: str
    title_en: str
    explanation_zh: str
    explanation_en: str
    remedy_zh: str
    remedy_en: str
    contest_zh: str
    contest_en: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class GateDecision:
    """The gate's answer for one row. All reasons, fired first, each group in table order."""

    answer: str  # permit | deny | refer
    reasons: tuple[Reason, ...]
    as_of: dt.date
    ruleset_version: str
    register_versions: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self) | {"as_of": self.as_of.isoformat()}


def _reason(rule: Rule, evidence: dict[str, str], words: Words, **other: str) -> Reason:
    """A reason in ``words``, ``other`` replacing single columns of the rule."""
    texts = {f"{what}_{language}": words.said(what, language) for what in ("title", "explanation", "remedy", "contest")
             for language in ("zh", "en")}
    for language in ("zh", "en"):
        texts[f"explanation_{language}"] = fill_words(texts[f"explanation_{language}"], evidence, language)
    columns = {"severity": rule.severity, "at_gate": rule.at_gate} | other
    return Reason(rule=rule.id, evidence=evidence, summary=fill_words(words.evidence_en, evidence, "en"), ground=rule.ground,
                  actor=rule.actor, citation=rule.words.citation, deadline=rule.words.deadline, **columns, **texts)


def unknown_words(rule: Rule, why: int, bound: BoundRegister) -> Words:
    """The wording of an unknown rule: no register, one that speaks for others only, nothing on record, a row unread."""
    texts = gate_texts().unknown
    if why in {SILENT, UNREAD}:
        return texts["silent" if why == SILENT else "unread"]
    load = bound.register.registers.get(register_of(rule, why), {})
    return texts["others" if load.get("of") and not load.get("last_as_of") else "register"]


def unknown_evidence(rule: Rule, why: int, source: Source) -> dict[str, pa.Array]:
    """Which register is not known, its last load and the age allowed; what it has nothing about; or the line unread."""
    register, bound, count = register_of(rule, why), source.bound, len(source.at)
    load = bound.register.registers.get(register, {})
    common = {"register": register, "last_as_of": str(load.get("last_as_of") or ""),
              "max_age_days": str(bound.params.max_age_days.get(register, ""))}
    columns = {name: pa.repeat(pa.scalar(text, pa.string()), count) for name, text in common.items()}
    if why == SILENT:
        columns |= evidence_columns(rule, source)
    if why == UNREAD:
        rows = bound.unread.table.take(pa.array(source.facts.unread[rule.id][source.at], pa.int32()))
        columns |= {name: rows[column].combine_chunks().cast(pa.string())
                    for name, column in (("line", "line"), ("file", "file_name"), ("loaded_on", "since"))}
    return columns


def decide(judgement: Judgement, i: int, facts: Facts) -> GateDecision:
    """The decision on row ``i``. ``facts`` came out of ``BoundRegister.gather`` (they carry rows and register)."""
    source = Source.of(facts, np.array([i], np.int64))
    reasons: list[Reason] = []
    for rule in judgement.rules:
        if judgement.fired[i] >> np.uint32(rule.bit) & 1:
            columns = evidence_columns(rule, source)
            reasons.append(_reason(rule, {name: column[0].as_py() or "" for name, column in columns.items()}, rule.words))
    for rule in judgement.rules:
        if not judgement.reported_unknown[i] >> np.uint32(rule.bit) & 1:
            continue
        why = int(judgement.why[rule.id][i])
        evidence = {name: column[0].as_py() or "" for name, column in unknown_evidence(rule, why, source).items()}
        words = unknown_words(rule, why, source.bound)
        reasons.append(_reason(rule, evidence, words, severity="unknown", at_gate="refer"))
    return GateDecision(answer=ANSWER_WORDS[answers(judgement)[i]], reasons=tuple(reasons), as_of=source.bound.as_of,
                        ruleset_version=RULESET_VERSION, register_versions=source.bound.versions)
