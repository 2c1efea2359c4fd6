"""The rules' conditions over fact columns. Pure; one row or millions by the same code.

``APPLIES[id]`` says for which rows a rule has anything to say, whatever the registers hold (that is where it is unknown
when its register is); ``FIRES[id]`` says where it fires; ``DOUBTS[id]`` where the register is known but silent.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

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

Mask = NDArray[np.bool_]
Condition = Callable[[Facts], Mask]


def _equals(column: str, code: int) -> Condition:
    wanted = int(code)  # an enum member costs a look-up each time it is named
    return lambda facts: np.asarray(getattr(facts, column) == wanted)


def _differs(column: str, code: int) -> Condition:
    unwanted = int(code)
    return lambda facts: np.asarray(getattr(facts, column) != unwanted)


def _at_least(column: str, code: int) -> Condition:
    least = int(code)
    return lambda facts: np.asarray(getattr(facts, column) >= least)


def _both(one: Condition, other: Condition) -> Condition:
    return lambda facts: one(facts) & other(facts)


def _either(one: Condition, other: Condition) -> Condition:
    return lambda facts: one(facts) | other(facts)


_IS_NAMED = _differs("named", 0)
_HAS_FILING_FACT = _differs("filing", FilingFact.NO_FACT)
_HAS_USABLE_DOMAIN = _equals("domain", DomainFact.USABLE)
_HAS_ADDRESS = _differs("address", AddressFact.NO_FACT)
_HAS_SPONSOR = _differs("sponsor", SponsorFact.ABSENT)

APPLIES: dict[str, Condition] = {
    "provider_unlicensed": _IS_NAMED,
    "licence_suspended_or_revoked": _IS_NAMED,
    "licence_expired": _IS_NAMED,
    "licence_category_missing": _IS_NAMED,
    "region_not_covered": _IS_NAMED,
    "annual_review_failed": _IS_NAMED,
    "upstream_unlicensed": _differs("upstream", UpstreamFact.NO_FACT),
    "site_unfiled": _HAS_FILING_FACT,
    "filing_cancelled": _HAS_FILING_FACT,
    "filing_suspended": _HAS_FILING_FACT,
    "filed_with_other_provider": _HAS_FILING_FACT,
    "declared_number_wrong": _differs("declares", 0),
    "filing_stale": _HAS_FILING_FACT,
    "sponsor_id_invalid": _HAS_SPONSOR,
    "sponsor_mismatch": _both(_HAS_FILING_FACT, _equals("sponsor", SponsorFact.VALID)),
    "duplicate_filing": _HAS_USABLE_DOMAIN,
    "address_outside_provider_range": _both(_HAS_ADDRESS, _IS_NAMED),
    "blacklisted_domain": _HAS_USABLE_DOMAIN,
    "blacklisted_sponsor": _either(_HAS_SPONSOR, _HAS_FILING_FACT),
    "blacklisted_address": _HAS_ADDRESS,
    "blacklisted_provider": _IS_NAMED,
    "domain_unusable": _differs("domain", DomainFact.ABSENT),
}

FIRES: dict[str, Condition] = {
    "provider_unlicensed": _equals("licence", LicenceFact.NONE),
    "licence_suspended_or_revoked": _equals("licence", LicenceFact.SUSPENDED_OR_REVOKED),
    "licence_expired": _equals("licence", LicenceFact.EXPIRED),
    "licence_category_missing": _equals("licence", LicenceFact.CATEGORY_MISSING),
    "region_not_covered": _equals("licence", LicenceFact.REGION_NOT_COVERED),
    "annual_review_failed": _equals("review", ReviewFact.FAILED),
    "upstream_unlicensed": _equals("upstream", UpstreamFact.BAD),
    "site_unfiled": _equals("filing", FilingFact.NONE),
    "filing_cancelled": _equals("filing", FilingFact.ALL_CANCELLED),
    "filing_suspended": _equals("filing", FilingFact.SUSPENDED),
    "filed_with_other_provider": _equals("filing", FilingFact.ELSEWHERE),
    "declared_number_wrong": _at_least("declared", DeclaredFact.OTHER),
    "filing_stale": _differs("stale", 0),
    "sponsor_id_invalid": _equals("sponsor", SponsorFact.INVALID),
    "sponsor_mismatch": _equals("subject", SubjectFact.DIFFERENT),
    "duplicate_filing": _differs("duplicate", 0),
    "address_outside_provider_range": _equals("address", AddressFact.OUTSIDE),
    "blacklisted_domain": _at_least("listed_domain", 0),
    "blacklisted_sponsor": _at_least("listed_sponsor", 0),
    "blacklisted_address": _at_least("listed_address", 0),
    "blacklisted_provider": _at_least("listed_provider", 0),
    "domain_unusable": _equals("domain", DomainFact.UNUSABLE),
}

DOUBTS: dict[str, Condition] = {
    "annual_review_failed": _equals("review", ReviewFact.UNKNOWN),
}
