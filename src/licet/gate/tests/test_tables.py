"""The table of rules holds together: ids, bits, words, placeholders."""

from __future__ import annotations

import copy
import re
import string
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from licet.config.profile import read_profile
from licet.core.errors import BadSetting
from licet.gate import wording
from licet.gate.conditions import APPLIES, DOUBTS, FIRES
from licet.gate.evidence import LIST_EVIDENCE, Source, evidence_columns, fill_columns, placeholders
from licet.gate.tables import ACTORS, ANSWERS, DEADLINES, REGISTERS, RULES, SEVERITIES, Rule
from licet.gate.wording import LANGUAGES, GateTexts, Words, fill_words, gate_texts, said_in
from licet.grounds.tables import GROUNDS
from licet.registers.compiled import AccessRows
from licet.registers.compiled.tests.strategies import TODAY
from licet.registers.compiled.tests.worlds import PARAMS, bound, normaliser

TEXTS = [f"{what}_{language}" for what in ("title", "explanation", "remedy", "contest", "evidence") for language in LANGUAGES]
PROFILES = {"cn-2007": read_profile("cn-2007"),
            "atlantis-2030": read_profile(str(Path(__file__).resolve().parents[4] / "tests/profiles/atlantis-2030"))}
CLAUSES = {"cn-2007": r"Notice §\d(\.\d){1,2}|Order \d+ Art \d+", "atlantis-2030": r"Decree 12/2030 §\d"}
every_profile = pytest.mark.parametrize("profile", PROFILES)
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
    assert rule.ground in {"", *(ground.id for ground in GROUNDS if ground.kind == "licensing")}


@every_rule
def test_a_violation_denies_and_nothing_else_does(rule: Rule) -> None:
    assert (rule.severity == "violation") == (rule.at_gate == "deny")


@every_profile
@every_rule
def test_a_rule_has_clauses_and_words_in_both_languages(rule: Rule, profile: str) -> None:
    words = gate_texts(PROFILES[profile]).rules[rule.id]
    assert all(re.fullmatch(CLAUSES[profile], one) for one in words.citation.split("; "))
    assert words.deadline in DEADLINES and words.deadline in PROFILES[profile].thresholds["deadline_days"]
    assert rule.comment.endswith(".")
    for name in TEXTS:
        text = getattr(words, name)
        assert text.strip()
        assert bool(re.search("[一-鿿]", text)) == name.endswith("_zh"), name


def test_the_second_profile_speaks_with_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICET_PROFILE", str(Path(__file__).resolve().parents[4] / "tests/profiles/atlantis-2030"))
    words = RULES[0].words
    assert (words.citation, words.title_en, words.title_zh) == ("Decree 12/2030 §1", "Provider has no charter", "接入服务商无执照")
    said = [getattr(rule.words, name) for rule in RULES for name in (*TEXTS, "citation")]
    assert not [text for text in said if re.search("备案|许可证|年检|Notice|Order|licence|filing", re.sub(r"\{\w+\}", "", text))]


def test_no_text_or_clause_stands_in_code() -> None:
    folder = Path(wording.__file__).parent
    for path in folder.glob("*.py"):
        code = re.sub(r"Rule: [^\n]+", "", path.read_text(encoding="utf-8"))
        assert not re.search(r"Notice §|Order \d+ Art|[\"'][^\"']*[一-鿿]{4,}", code), path.name


@pytest.mark.parametrize(("broken", "key"), [({"title": None}, "title"), ({"citation": ""}, "citation"),
                                             ({"contest": "nobody"}, "contest")])
def test_a_profile_that_lacks_words_is_refused_by_name(broken: dict[str, Any], key: str) -> None:
    table = copy.deepcopy(PROFILES["cn-2007"].gate)
    row = table["rules"]["site_unfiled"] | broken
    table["rules"]["site_unfiled"] = {name: value for name, value in row.items() if value is not None}
    with pytest.raises(BadSetting, match=f"site_unfiled.*{'zh' if key == 'contest' else key}"):
        GateTexts.from_toml(table)


@every_rule
def test_row_rules_have_conditions(rule: Rule) -> None:
    assert (rule.id in APPLIES, rule.id in FIRES) == (rule.scope == "row",) * 2


def test_nothing_is_left_over() -> None:
    ids = {rule.id for rule in RULES}
    for profile in PROFILES.values():
        assert set(gate_texts(profile).rules) == ids
        assert set(gate_texts(profile).unknown) == {"register", "others", "unread", "refused", "silent"}
    assert {*APPLIES, *FIRES, *DOUBTS, *LIST_EVIDENCE} <= ids


def evidence_names(rule: Rule, directory: Path) -> set[str]:
    if rule.scope == "list":
        return set(LIST_EVIDENCE[rule.id])
    register = bound(directory, {}, TODAY, PARAMS)
    facts = register.gather(AccessRows.from_mapping({"provider_id": "p-1"}, normaliser()))
    return set(evidence_columns(rule, Source.of(facts, facts.licence_row[:0].astype("int64"))))


@every_profile
@every_rule
def test_every_placeholder_is_evidence(rule: Rule, profile: str, tmp_path: Path) -> None:
    names, words = evidence_names(rule, tmp_path), gate_texts(PROFILES[profile]).rules[rule.id]
    for name in TEXTS:
        used = set(placeholders(getattr(words, name)))
        assert used <= (names if name.startswith(("explanation", "evidence")) else set())
    assert set(placeholders(words.evidence_zh)) == set(placeholders(words.evidence_en))


@every_profile
def test_unknown_wording_is_complete(profile: str) -> None:
    for words in gate_texts(PROFILES[profile]).unknown.values():
        assert {name for key in TEXTS for name in placeholders(getattr(words, key))} <= {
            "register", "last_as_of", "max_age_days", "licence_no", "year", "line", "file", "loaded_on",
            "filing_no", "filed_on", "holder"}


def test_coded_words_have_both_languages() -> None:
    for profile in PROFILES.values():
        for name, rows in gate_texts(profile).words.items():
            assert all(zh and en and not set(en) - set(string.printable) for zh, en in rows.values())
            for at in (0, 1):
                assert len({row[at] for row in rows.values()}) == len(rows), name


TOKEN = "rid0:" + "26b1" * 8 + ":0021"
VALUES = {"declared_problem": "other", "result": "not_submitted", "licence_status": "revoked", "service_kind": "cloud",
          "block": "no recorded block", "holder": "nobody", "record": "stranger",
          "register": "annual_reviews", "sponsor": TOKEN, "subject": TOKEN,
          "ip": "2001:db8::1", "categories": "B11 B14", "year": "2025", "last_as_of": ""}


def _texts_of(rule: Rule) -> list[Words]:
    return [rule.words, *gate_texts().unknown.values()]


@every_rule
def test_evidence_is_said_in_either_language(rule: Rule) -> None:
    for words in _texts_of(rule):
        evidence = {name: VALUES.get(name, f"{name}-1") for name in placeholders(words.evidence_en)}
        zh, en = (fill_words(words.said("evidence", language), evidence, language) for language in LANGUAGES)

        assert said_in(rule.id, en, "zh") == zh == said_in(rule.id, zh, "zh")
        assert said_in(rule.id, zh, "en") == en == said_in(rule.id, en, "en")
        assert not re.search("rid0|not_|no recorded|nobody|other", zh)


@every_rule
def test_columns_are_filled_as_single_reasons_are(rule: Rule) -> None:
    for words in _texts_of(rule):
        values = [VALUES, dict.fromkeys(VALUES, ""), dict.fromkeys(VALUES, "x")]
        rows = [{name: row.get(name, f"{name}-1") for name in placeholders(words.evidence_en)} for row in values]
        columns = {name: pa.array([row[name] or None for row in rows], pa.string()) for name in placeholders(words.evidence_en)}
        for language in LANGUAGES:
            template = words.said("evidence", language)
            assert fill_columns(template, columns, len(rows), language).to_pylist() == [
                fill_words(template, row, language) for row in rows]


def test_a_text_of_older_data_or_of_nobody_stays_readable() -> None:
    assert said_in("declared_number_wrong", "declared 京ICP备1号: not_found", "zh") == "所示备案号 京ICP备1号：查无此号"
    assert said_in("declared_number_wrong", "something else", "zh") == "something else"
    assert said_in("row_unreadable", "ip", "zh") == "ip"
