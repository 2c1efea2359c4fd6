"""What standing decides, as pure functions: who is the organiser, what a decision weighs today, what a size allows.

No clock, no database: facts and the day come in. ``tables.py`` holds the rows these functions read.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterable, Mapping, Sequence

from licet.standing.tables import CONFIDENCE_BY_ID, POINTS_BY_KEY

MILLI = 1000  # points are added in thousandths, as whole numbers: the order of adding never matters


@dataclasses.dataclass(frozen=True, kw_only=True)
class Policy:
    """The profile's numbers of standing (standing.toml). ``decay``: (age in days from, percent that still counts),
    falling to 0 at ``window_days``."""

    review_days: int
    decay: tuple[tuple[int, int], ...]
    size_floor: int
    size_per: int
    preview_days: int
    recheck_minutes: int

    @property
    def window_days(self) -> int:
        """Age at which a point counts nothing any more."""
        return self.decay[-1][0]


# --- identity --------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class IdentityFacts:
    """What the records say about one organiser of a site. ``number``: credit code or keyed token, '' if none."""

    number: str
    number_valid: bool  # its check character holds
    in_filing: bool  # subject of a present filing of the site
    in_customer_record: bool  # a provider's present access relation names it
    credential: bool  # the measure says where the verified document is kept


def identity_confidence(facts: IdentityFacts) -> str:
    """Id of :data:`tables.CONFIDENCES`: how sure it is that this organiser runs the site. Rule: Notice §4.5

    A number that fails its check is worth no more than a name.
    """
    if not facts.number or not facts.number_valid:
        return "name_only"
    if facts.credential:
        return "credential"
    if facts.in_filing:
        return "agreeing_records" if facts.in_customer_record else "filing"
    return "customer_record" if facts.in_customer_record else "name_only"


def enters(confidence: str) -> bool:
    """Whether somebody identified this surely may be blacklisted; an unknown word never is. Rule: Notice §4.5"""
    row = CONFIDENCE_BY_ID.get(confidence)
    return row is not None and row.enters


# --- the conduct record ----------------------------------------------------------------------------------------------


def points_for(*, role: str, kind: str, tier: int | None) -> int:
    """Points of a final decision, 0 where the table has no row. Rule: Notice §4.5"""
    row = POINTS_BY_KEY.get((role, kind, tier or 0))
    return row.points if row else 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Point:
    """One decision on a record. ``reversed_on``: the day a reversal took it away."""

    points: int
    final_on: dt.date
    reversed_on: dt.date | None = None
    visible_on: dt.date | None = None  # from when on others than the provider count it


def percent_at(age_days: int, decay: Sequence[tuple[int, int]]) -> int:
    """How much of a point counts at an age, in percent. Before the first row's age nothing counts."""
    percent = 0
    for since, value in decay:
        if age_days < since:
            break
        percent = value
    return percent


def weight_at(point: Point, day: dt.date, policy: Policy, *, for_others: bool = True) -> int:
    """Thousandths of a point that count on a day. A reversed point counts nothing on any day asked from then on, and a
    history asked for an earlier day shows what was believed then."""
    if point.reversed_on is not None and point.reversed_on <= day:
        return 0
    if for_others and point.visible_on is not None and day < point.visible_on:
        return 0
    age = (day - point.final_on).days
    return point.points * percent_at(age, policy.decay) * MILLI // 100 if age >= 0 else 0


def total_at(points: Iterable[Point], day: dt.date, policy: Policy, *, for_others: bool = True) -> int:
    """Thousandths of points on a day."""
    return sum(weight_at(point, day, policy, for_others=for_others) for point in points)


def score_of(total_milli: int, size: int, policy: Policy) -> int:
    """Points per ``size_per`` relations and filings, in thousandths. The floor keeps a small provider from being judged
    by a single decision as if it had thousands. Rule: house (decision 0015)"""
    return total_milli * policy.size_per // max(size, policy.size_floor)


def curve(points: Sequence[Point], since: dt.date, until: dt.date, policy: Policy, *, step_days: int,
          for_others: bool = True) -> list[tuple[dt.date, int]]:
    """(day, thousandths of points) every ``step_days`` from ``since`` to ``until``; both ends included."""
    days = [since + dt.timedelta(days=n) for n in range(0, (until - since).days, step_days)] + [until]
    return [(day, total_at(points, day, policy, for_others=for_others)) for day in days]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of a histogram: scores from ``low`` up to (not including) ``high``, in thousandths."""

    low: int
    high: int
    count: int
    reaches: bool  # every score of the bar reaches the threshold


def histogram(scores: Iterable[int], threshold: int, *, parts: int = 5, most: int = 20) -> list[Bar]:
    """How providers' scores are spread, before a threshold is switched on. Bars are a ``parts``-th of the threshold wide, so
    that it falls between two of them; the last bar takes in everything above it."""
    values = list(scores)
    top = max([*values, threshold])
    count = min(max(-(-(top + 1) * parts // threshold), parts + 1), most)
    edges = sorted({threshold * n // parts for n in range(count + 1)})
    edges[-1] = max(edges[-1], top + 1)
    return [Bar(low=low, high=high, reaches=low >= threshold, count=sum(1 for value in values if low <= value < high))
            for low, high in itertools.pairwise(edges)]


def advised(score: int, thresholds: Mapping[str, int]) -> tuple[str, ...]:
    """Ids of the advice whose threshold a score reaches, lowest threshold first. Advice binds nobody."""
    return tuple(name for name, value in sorted(thresholds.items(), key=lambda row: (row[1], row[0])) if score >= value)


# --- entries and exposure --------------------------------------------------------------------------------------------


def entry_end(*, expires_on: dt.date | None, review_on: dt.date) -> dt.date:
    """The last day an entry stands unless a review renews it: the review, or the term's end if that comes first."""
    return min(expires_on, review_on) if expires_on else review_on


def entry_state(*, ended_on: dt.date | None, valid_to: dt.date | None, review_on: dt.date | None, today: dt.date) -> str:
    """``ended``, ``lapsed`` (its time ran out), ``review_due`` (within 60 days) or ``in_force``; a function of time."""
    if ended_on is not None:
        return "ended"
    if valid_to is not None and valid_to < today:
        return "lapsed"
    if review_on is not None and review_on - dt.timedelta(days=60) <= today:
        return "review_due"
    return "in_force"


def may_publish(*, is_organisation: bool, named: bool) -> str:
    """Why an exposure cannot name this subject, '' if it can. Persons are never published. Rule: Notice §4.3"""
    if not named:
        return "nobody_on_record"
    return "" if is_organisation else "a_person"
