"""Who answers for what a provider connects: provider → upstream → licence, each broken link with its finding.

Pure: facts about each link in, findings out. The ids are those of the gate's rules (docs/judging.md), judged here for
providers alone, without a row: category and region depend on the service connected and stay with gate and sweep.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence


@dataclasses.dataclass(frozen=True, kw_only=True)
class LicenceFacts:
    """What the chain needs of a licence. ``reviews``: year -> (result, decided_on or None)."""

    licence_no: str
    valid_from: dt.date
    valid_to: dt.date | None
    status: str
    reviews: Mapping[int, tuple[str, dt.date | None]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Known:
    """Whether the registers asked were loaded lately enough for silence to mean something (docs/judging.md)."""

    licences: bool
    annual_reviews: bool
    blacklist: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Link:
    """One provider in the chain and what it buys from whom."""

    party_id: str
    findings: tuple[str, ...]  # ids of rules that fired
    unknown: tuple[str, ...]  # ids of rules that could not be asked
    licence_no: str  # evidence: the first deciding licence; '' = none
    upstream: tuple[Link, ...] = ()
    seen_before: bool = False  # the chain returned to a provider already shown above

    @property
    def is_broken(self) -> bool:
        """A finding at this very link."""
        return bool(self.findings)

    def walk(self) -> Iterator[Link]:
        """This link and every one above it."""
        yield self
        for link in self.upstream:
            yield from link.walk()


def due_year(day: dt.date, review_deadline: str) -> int:
    """The year whose review must be on record on ``day``. ``review_deadline``: "MM-DD". Rule: Notice §4.1.1"""
    month, date = (int(part) for part in review_deadline.split("-"))
    return day.year - 1 if day > dt.date(day.year, month, date) else day.year - 2


def in_force(licence: LicenceFacts, day: dt.date) -> bool:
    """Active and within its validity."""
    return (licence.status == "active" and licence.valid_from <= day
            and (licence.valid_to is None or day <= licence.valid_to))


def review_of(licences: Sequence[LicenceFacts], day: dt.date, year: int) -> str:
    """``passed``, ``unknown`` or ``failed``: the best any of the licences has. Rule: Notice §4.1.1"""
    results = set()
    for licence in licences:
        result, decided_on = licence.reviews.get(year, ("", None))
        if licence.valid_from.year > year:
            results.add("passed")
        elif not result or (decided_on is not None and decided_on > day):
            results.add("unknown")
        else:
            results.add("passed" if result == "pass" else "failed")
    return next((name for name in ("passed", "unknown", "failed") if name in results), "passed")


def judge_provider(
    licences: Sequence[LicenceFacts], *, day: dt.date, year: int, blacklisted: bool, known: Known
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Findings, unknown rules and the evidence licence of one provider, by the rules that need no row.

    Rule: Notice §4.1.1; Notice §4.5
    """
    findings: list[str] = []
    unknown: list[str] = []
    ordered = sorted(licences, key=lambda licence: (licence.licence_no, licence.valid_from))
    valid = [licence for licence in ordered if in_force(licence, day)]
    if not known.licences:
        unknown.append("provider_unlicensed")
    elif not ordered:
        findings.append("provider_unlicensed")
    elif not valid:
        expired = any(licence.status == "active" for licence in ordered)
        findings.append("licence_expired" if expired else "licence_suspended_or_revoked")
    elif not known.annual_reviews:
        unknown.append("annual_review_failed")
    else:
        review = review_of(valid, day, year)
        if review == "failed":
            findings.append("annual_review_failed")
        elif review == "unknown":
            unknown.append("annual_review_failed")
    if not known.blacklist:
        unknown.append("blacklisted_provider")
    elif blacklisted:
        findings.append("blacklisted_provider")
    evidence = valid or ordered
    return tuple(findings), tuple(unknown), evidence[0].licence_no if evidence else ""
