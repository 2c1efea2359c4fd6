"""Single facts and what follows from them, without a register."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from licet.core.errors import NotFound
from licet.gate.facts import (
    AddressFact,
    DeclaredFact,
    DomainFact,
    Facts,
    FilingFact,
    LicenceFact,
    ReviewFact,
    SponsorFact,
    SubjectFact,
    UpstreamFact,
)
from licet.gate.rules import ANSWER_WORDS, answers, dry_run, judge, stricter
from licet.gate.tables import REGISTERS, RULES

ALL_KNOWN = dict.fromkeys(REGISTERS, True)
FULL = {"declares": 1, "upstream": UpstreamFact.SOUND, "domain": DomainFact.USABLE, "filing": FilingFact.HERE,
        "declared": DeclaredFact.MATCH, "sponsor": SponsorFact.VALID, "subject": SubjectFact.SAME,
        "address": AddressFact.INSIDE}


def names(bits: Any) -> set[str]:
    return {rule.id for rule in RULES if int(bits) >> rule.bit & 1}


def judged(known: dict[str, bool] = ALL_KNOWN, **columns: Any) -> tuple[set[str], set[str], str]:
    judgement = judge(Facts.blank(1, **columns), known)
    return names(judgement.fired[0]), names(judgement.reported_unknown[0]), ANSWER_WORDS[answers(judgement)[0]]


@pytest.mark.parametrize(("columns", "rule", "answer"), [
    ({"licence": LicenceFact.NONE}, "provider_unlicensed", "deny"),
    ({"licence": LicenceFact.SUSPENDED_OR_REVOKED}, "licence_suspended_or_revoked", "deny"),
    ({"licence": LicenceFact.EXPIRED}, "licence_expired", "deny"),
    ({"licence": LicenceFact.CATEGORY_MISSING}, "licence_category_missing", "deny"),
    ({"licence": LicenceFact.REGION_NOT_COVERED}, "region_not_covered", "deny"),
    ({"review": ReviewFact.FAILED}, "annual_review_failed", "deny"),
    ({"upstream": UpstreamFact.BAD}, "upstream_unlicensed", "deny"),
    ({"filing": FilingFact.NONE}, "site_unfiled", "deny"),
    ({"filing": FilingFact.ALL_CANCELLED}, "filing_cancelled", "deny"),
    ({"filing": FilingFact.SUSPENDED}, "filing_suspended", "deny"),
    ({"filing": FilingFact.ELSEWHERE}, "filed_with_other_provider", "deny"),
    ({"declared": DeclaredFact.OTHER}, "declared_number_wrong", "deny"),
    ({"declared": DeclaredFact.NOT_FOUND}, "declared_number_wrong", "deny"),
    ({"declared": DeclaredFact.MALFORMED}, "declared_number_wrong", "deny"),
    ({"stale": 1}, "filing_stale", "permit"),
    ({"sponsor": SponsorFact.INVALID}, "sponsor_id_invalid", "deny"),
    ({"subject": SubjectFact.DIFFERENT}, "sponsor_mismatch", "refer"),
    ({"duplicate": 1}, "duplicate_filing", "refer"),
    ({"address": AddressFact.OUTSIDE}, "address_outside_provider_range", "refer"),
    ({"listed_domain": 0}, "blacklisted_domain", "deny"),
    ({"listed_sponsor": 0}, "blacklisted_sponsor", "deny"),
    ({"listed_address": 0}, "blacklisted_address", "deny"),
    ({"listed_provider": 0}, "blacklisted_provider", "deny"),
    ({"domain": DomainFact.UNUSABLE}, "domain_unusable", "refer"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_one_fact_fires_one_rule(columns: dict[str, int], rule: str, answer: str) -> None:
    assert judged(**(FULL | columns)) == ({rule}, set(), answer)


def test_a_clean_row_is_permitted() -> None:
    assert judged(**FULL) == (set(), set(), "permit")


@pytest.mark.parametrize(("register", "reported"), [
    ("licences", {"provider_unlicensed"}), ("annual_reviews", {"annual_review_failed"}), ("filings", {"site_unfiled"}),
    ("addresses", {"address_outside_provider_range"}), ("blacklist", {"blacklisted_domain"})])
def test_an_unknown_register_refers_and_is_reported_once(register: str, reported: set[str]) -> None:
    assert judged(ALL_KNOWN | {register: False}, **FULL) == (set(), reported, "refer")


def test_nothing_fires_through_an_unknown_register() -> None:
    fired, reported, answer = judged(ALL_KNOWN | {"filings": False}, **(FULL | {"filing": FilingFact.NONE}))
    assert (fired, reported, answer) == (set(), {"site_unfiled"}, "refer")


def test_a_review_without_result_is_unknown_by_itself() -> None:
    assert judged(**(FULL | {"review": ReviewFact.UNKNOWN})) == (set(), {"annual_review_failed"}, "refer")


def test_a_violation_outweighs_what_is_unknown() -> None:
    known = ALL_KNOWN | {"blacklist": False}
    assert judged(known, **(FULL | {"filing": FilingFact.NONE}))[2] == "deny"


def test_rules_without_their_fact_are_neither_fired_nor_unknown() -> None:
    nothing_known = dict.fromkeys(REGISTERS, False)
    assert judged(nothing_known, named=0) == (set(), set(), "permit")


def test_a_million_rows_are_judged_as_one_row_is() -> None:
    many = Facts.blank(1_000_000, **FULL)
    many.filing[::2] = FilingFact.NONE
    fired = judge(many, ALL_KNOWN).fired
    assert [names(bits) for bits in np.unique(fired)] == [set(), {"site_unfiled"}]
    assert np.count_nonzero(fired) == 500_000


def test_a_dry_run_tells_who_would_be_cut() -> None:
    facts = Facts.blank(3, **FULL)
    facts.stale[1] = 1
    variant = stricter(RULES, {"filing_stale": {"severity": "violation", "at_gate": "deny"}})
    assert dry_run(facts, ALL_KNOWN, variant).newly_denied.tolist() == [1]
    assert dry_run(facts, ALL_KNOWN, RULES, rules=variant).no_longer_denied.tolist() == [1]


@pytest.mark.parametrize("changes", [{"no_such_rule": {}}, {"filing_stale": {"citation": "Notice §4.5"}}],
                         ids=["unknown rule", "column that cannot vary"])
def test_a_dry_run_refuses_what_it_cannot_vary(changes: dict[str, dict[str, str]]) -> None:
    with pytest.raises(NotFound):
        stricter(RULES, changes)
