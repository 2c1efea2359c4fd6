"""The table of rules holds together: ids, bits, words, placeholders."""

from __future__ import annotations

import dataclasses
import re
import string
from pathlib import Path

import pytest

from licet.gate.conditions import APPLIES, DOUBTS, FIRES
from licet.gate.evidence import LIST_EVIDENCE, Source, evidence_columns, placeholders
from licet.gate.tables import ACTORS, ANSWERS, DEADLINES, REGISTERS, RULES, SEVERITIES, Rule
from licet.gate.wording import UNKNOWN, WORDINGS, WORDS
from licet.grounds.tables import GROUNDS
from licet.registers.compiled import AccessRows
from licet.registers.compiled.tests.strategies import TODAY
from licet.registers.compiled.tests.worlds import PARAMS, bound, normaliser

TEXTS = [field.name for field in dataclasses.fields(Rule) if field.name.endswith(("_zh", "_en"))]
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def test_ids_and_bits_are_unique_and_fit() -> None:
    assert len({rule.id for rule in RULES}) == len({rule.bit for rule in RULES}) == len(RULES)
    assert all(0 <= rule.bit < 32 for rule in RULES)


@every_rule
def test_a_rule_uses_known_words(rule: Rule) -> None:
    assert set(rule.needs) <= set(REGISTERS)
    assert rule.severity in SEVERITIES[:2]
    assert rule.at_gate in (*ANSWERS, "none")
    assert rule.scope in ("row", "list")
    assert rule.actor in ACTORS
    assert rule.deadline in DEADLINES
    assert rule.ground in {"", *(ground.id for ground in GROUNDS if ground.kind == "licensing")}


@every_rule
def test_a_violation_denies_and_nothing_else_does(rule: Rule) -> None:
    assert (rule.severity == "violation") == (rule.at_gate == "deny")


@every_rule
def test_a_rule_has_source_comment_and_both_languages(rule: Rule) -> None:
    assert all(re.fullmatch(r"Notice §\d(\.\d){1,2}|Order \d+ Art \d+", one) for one in rule.citation.split("; "))
    assert rule.comment.endswith(".")
    for name in TEXTS:
        text = getattr(rule, name)
        assert text.strip()
        assert bool(re.search("[一-鿿]", text)) == name.endswith("_zh"), name


@every_rule
def test_row_rules_have_conditions(rule: Rule) -> None:
    assert (rule.id in APPLIES, rule.id in FIRES) == (rule.scope == "row",) * 2


def test_nothing_is_left_over() -> None:
    ids = {rule.id for rule in RULES}
    assert set(WORDINGS) == ids
    assert {*APPLIES, *FIRES, *DOUBTS, *LIST_EVIDENCE} <= ids


def evidence_names(rule: Rule, directory: Path) -> set[str]:
    if rule.scope == "list":
        return set(LIST_EVIDENCE[rule.id])
    register = bound(directory, {}, TODAY, PARAMS)
    facts = register.gather(AccessRows.from_mapping({"provider_id": "p-1"}, normaliser()))
    return set(evidence_columns(rule, Source.of(facts, facts.licence_row[:0].astype("int64"))))


@every_rule
def test_every_placeholder_is_evidence(rule: Rule, tmp_path: Path) -> None:
    names = evidence_names(rule, tmp_path)
    for text in (rule.evidence, rule.explanation_zh, rule.explanation_en):
        assert set(placeholders(text)) <= names
    for name in TEXTS:
        assert name.startswith("explanation") or not placeholders(getattr(rule, name))


def test_unknown_wording_is_complete() -> None:
    for words in UNKNOWN.values():
        assert set(words) == {*TEXTS, "summary"}
        assert {name for text in words.values() for name in placeholders(text)} <= {
            "register", "last_as_of", "max_age_days", "licence_no", "year"}


def test_coded_words_have_both_languages() -> None:
    assert all(zh and en and not set(en) - set(string.printable) for zh, en in WORDS.values())
