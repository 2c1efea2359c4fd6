"""The numbers a day of judging needs, handed in by the caller from the profile; nothing here has a default."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

REGISTERS = ("licences", "annual_reviews", "filings", "addresses", "blacklist")


@dataclass(frozen=True, kw_only=True)
class JudgingParams:
    """Thresholds of one profile. Days are calendar days."""

    max_age_days: Mapping[str, int]  # register -> oldest usable last load, in days before D; a missing name never ages
    filing_stale_days: int  # an active filing verified longer ago than this is stale
    shell_grace_days: int  # a filing younger than this need not be connected yet
    review_deadline: tuple[int, int]  # (month, day): after it, last year's review is due
    categories: Mapping[tuple[int, str], frozenset[str]]
    # (catalogue year, service kind) -> category codes that cover it; a licence is read by the last catalogue not younger

    def due_year(self, as_of: dt.date) -> int:
        """The year whose annual review must be on record on ``as_of`` (docs/judging.md, Annual review)."""
        after = (as_of.month, as_of.day) > tuple(self.review_deadline)
        return as_of.year - (1 if after else 2)

    def service_kinds(self) -> tuple[str, ...]:
        """Service kinds the profile lists, in alphabetical order; any other kind is covered by every category."""
        return tuple(sorted({kind for _, kind in self.categories}))
