"""Business days: weekends, holidays and weekend days worked instead are data of the profile (``calendar.toml``).

Pure: no clock. Beyond the last year of the data only weekends count; ``licet doctor`` says so in time.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, Literal
from zoneinfo import ZoneInfo

from licet.config.profile import Profile, load_profile
from licet.core.errors import BadInput, BadSetting

Kind = Literal["business", "calendar"]
_DAY = dt.timedelta(days=1)
_DAYS_OF_A_WEEK = frozenset(range(1, 8))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Calendar:
    """Which days offices of one jurisdiction work."""

    weekend: frozenset[int]  # ISO weekdays
    holidays: frozenset[dt.date]
    working: frozenset[dt.date]  # weekend days worked instead of others
    years: frozenset[int]  # years there is data of
    arranged: frozenset[int]  # years whose moved days are known as well

    @property
    def last_year(self) -> int:
        """The last year there is data of; later years know weekends only. 0 = there is none."""
        return max(self.years, default=0)


def read_calendar(rows: dict[str, Any]) -> Calendar:
    """The parsed ``calendar.toml`` as a value. Raises :class:`BadSetting` naming what cannot be used."""
    weekend = frozenset(rows.get("weekend", ()))
    if not weekend < _DAYS_OF_A_WEEK:
        raise BadSetting("calendar.toml: weekend is not a list of ISO weekdays", hint="write weekend = [6, 7]")
    holidays: set[dt.date] = set()
    working: set[dt.date] = set()
    years = rows.get("years", {})
    for name, year in years.items():
        for holiday in year["holidays"]:
            holidays |= _days(holiday["from"], holiday["to"], name)
        working |= set(year["working_weekends"])
    wrong = sorted(day for day in working if day.isoweekday() not in weekend or day in holidays)
    if wrong:
        raise BadSetting(f"calendar.toml: {wrong[0]} is no weekend day, or a holiday as well",
                         hint="working_weekends lists days of the weekend that are worked")
    return Calendar(weekend=weekend, holidays=frozenset(holidays), working=frozenset(working),
                    years=frozenset(int(name) for name in years),
                    arranged=frozenset(int(name) for name, year in years.items() if year["arranged"]))


def _days(first: dt.date, last: dt.date, year: str) -> set[dt.date]:
    if last < first or str(first.year) != year or str(last.year) != year:
        raise BadSetting(f"calendar.toml: {first} to {last} is no holiday of {year}",
                         hint="`from` is not after `to`, and both lie in the year they are listed under")
    return {first + dt.timedelta(days=n) for n in range((last - first).days + 1)}


def calendar_of(profile: Profile | None = None) -> Calendar:
    """The calendar of a profile, of the present one if none is given."""
    return read_calendar((profile or load_profile()).calendar)


def is_business_day(day: dt.date, calendar: Calendar | None = None) -> bool:
    """Offices work on this local day."""
    known = calendar or calendar_of()
    return day in known.working or (day.isoweekday() not in known.weekend and day not in known.holidays)


def add_business_days(day: dt.date, n: int, calendar: Calendar | None = None) -> dt.date:
    """The ``n``-th business day after ``day`` (``day`` itself does not count); before it when ``n`` is negative."""
    known = calendar or calendar_of()
    step = _DAY if n >= 0 else -_DAY
    for _ in range(abs(n)):
        day += step
        while not is_business_day(day, known):
            day += step
    return day


def deadline_at(start: dt.datetime, days: int, kind: Kind = "business", zone: str = "", *,
                calendar: Calendar | None = None) -> dt.datetime:
    """The last second of the last local day of a term of ``days`` that began at ``start``; aware, in UTC.

    The day of ``start`` does not count. A term in calendar days that would end on a day nobody works ends on the next
    one that is worked, in favour of whoever must act. ``days`` 0 is the end of the day itself. ``zone``: IANA name,
    the profile's if not given. Raises :class:`BadInput` for a naive start or a negative term.

    Rule: house (decision 0011)
    """
    if start.tzinfo is None or days < 0:
        raise BadInput("a term starts at an aware moment and is not negative", hint="give the moment with its zone")
    known = calendar or calendar_of()
    local = ZoneInfo(zone or load_profile().time_zone)
    last = start.astimezone(local).date()
    if kind == "business":
        last = add_business_days(last, days, known)
    elif days:
        last += dt.timedelta(days=days)
        while not is_business_day(last, known):
            last += _DAY
    return dt.datetime.combine(last, dt.time(23, 59, 59), tzinfo=local).astimezone(dt.UTC)


def gaps(calendar: Calendar, today: dt.date) -> tuple[str, ...]:
    """What is not known of the calendar within the next year, in words; empty when all is."""
    said = []
    for year in (today.year, (today + dt.timedelta(days=366)).year):
        if year not in calendar.years:
            said.append(f"{year}: weekends only")
        elif year not in calendar.arranged:
            said.append(f"{year}: statutory holidays only")
    return tuple(dict.fromkeys(said))
