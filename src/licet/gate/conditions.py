"""The rules' conditions over fact columns. Pure; one row or millions by the same code.

``APPLIES[id]`` says for which rows a rule has anything to say, whatever the registers hold (that is where it is unknown
when its register is); ``FIRES[id]`` says where it fires; ``DOUBTS[id]`` where the register is known but silent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

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


def _is_named(facts: Facts) -> Mask:
    return np.asarray(facts.named != 0)


def _has_filing_fact(facts: Facts) -> Mask:
    return cast("Mask", facts.filing != FilingFact.NO_FACT)


def _may_differ(facts: Facts) -> Mask:
    return cast("Mask", _has_filing_fact(facts) & (facts.sponsor == SponsorFact.VALID))


def _has_usable_domain(facts: Facts) -> Mask:
    return np.asarray(facts.domain == DomainFact.USABLE)


def _has_address(facts: Facts) -> Mask:
    return np.asarray(facts.address != AddressFact.NO_FACT)


def _has_declared(facts: Facts) -> Mask:
    return np.asarray(facts.declares != 0)


def _is_licence(code: LicenceFact) -> Condition:
    return lambda facts: np.asarray(facts.licence == code)


def _is_filing(code: FilingFact) -> Condition:
    return lambda facts: np.asarray(facts.filing == code)


def _is_listed(column: str) -> Condition:
    return lambda facts: np.asarray(getattr(facts, column) >= 0)


APPLIES: dict[str, Condition] = {
    "provider_unlicensed": _is_named,
    "licence_suspended_or_revoked": _is_named,
    "licence_expired": _is_named,
    "licence_category_missing": _is_named,
    "region_not_covered": _is_named,
    "annual_review_failed": _is_named,
    "upstream_unlicensed": lambda facts: np.asarray(facts.upstream != UpstreamFact.NO_FACT),
    "site_unfiled": _has_filing_fact,
    "filing_cancelled": _has_filing_fact,
    "filing_suspended": _has_filing_fact,
    "filed_with_other_provider": _has_filing_fact,
    "declared_number_wrong": _has_declared,
    "filing_stale": _has_filing_fact,
    "sponsor_id_invalid": lambda facts: np.asarray(facts.sponsor != SponsorFact.ABSENT),
    "sponsor_mismatch": _may_differ,
    "duplicate_filing": _has_usable_domain,
    "address_outside_provider_range": lambda facts: _has_address(facts) & _is_named(facts),
    "blacklisted_domain": _has_usable_domain,
    "blacklisted_sponsor": lambda facts: np.asarray(facts.sponsor != SponsorFact.ABSENT) | _has_filing_fact(facts),
    "blacklisted_address": _has_address,
    "blacklisted_provider": _is_named,
    "domain_unusable": lambda facts: np.asarray(facts.domain != DomainFact.ABSENT),
}

FIRES: dict[str, Condition] = {
    "provider_unlicensed": _is_licence(LicenceFact.NONE),
    "licence_suspended_or_revoked": _is_licence(LicenceFact.SUSPENDED_OR_REVOKED),
    "licence_expired": _is_licence(LicenceFact.EXPIRED),
    "licence_category_missing": _is_licence(LicenceFact.CATEGORY_MISSING),
    "region_not_covered": _is_licence(LicenceFact.REGION_NOT_COVERED),
    "annual_review_failed": lambda facts: np.asarray(facts.review == ReviewFact.FAILED),
    "upstream_unlicensed": lambda facts: np.asarray(facts.upstream == UpstreamFact.BAD),
    "site_unfiled": _is_filing(FilingFact.NONE),
    "filing_cancelled": _is_filing(FilingFact.ALL_CANCELLED),
    "filing_suspended": _is_filing(FilingFact.SUSPENDED),
    "filed_with_other_provider": _is_filing(FilingFact.ELSEWHERE),
    "declared_number_wrong": lambda facts: np.asarray(facts.declared >= DeclaredFact.OTHER),
    "filing_stale": lambda facts: np.asarray(facts.stale != 0),
    "sponsor_id_invalid": lambda facts: np.asarray(facts.sponsor == SponsorFact.INVALID),
    "sponsor_mismatch": lambda facts: np.asarray(facts.subject == SubjectFact.DIFFERENT),
    "duplicate_filing": lambda facts: np.asarray(facts.duplicate != 0),
    "address_outside_provider_range": lambda facts: np.asarray(facts.address == AddressFact.OUTSIDE),
    "blacklisted_domain": _is_listed("listed_domain"),
    "blacklisted_sponsor": _is_listed("listed_sponsor"),
    "blacklisted_address": _is_listed("listed_address"),
    "blacklisted_provider": _is_listed("listed_provider"),
    "domain_unusable": lambda facts: np.asarray(facts.domain == DomainFact.UNUSABLE),
}

DOUBTS: dict[str, Condition] = {
    "annual_review_failed": lambda facts: np.asarray(facts.review == ReviewFact.UNKNOWN),
}
