"""Which load of a register answers for a day, for everybody or for one organisation (docs/judging.md, what is known)."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Load = Mapping[str, Any]  # a register's row of meta.json


@dataclass(frozen=True)
class Standing:
    """Where a register stands on a day: the load that answers, ``known`` = young enough, ``early`` = a later day's."""

    day: dt.date | None
    known: bool
    early: bool


NEVER = Standing(None, False, False)


def load_row(version: int, whole: Iterable[dt.date], of: Mapping[str, Iterable[dt.date]]) -> dict[str, Any]:
    """A register's row of ``meta.json``. ``whole``: days of loads that speak for everybody; ``of``: organisation → days.

    ``first_as_of`` is the first day of any load: before it the register has no rows.
    """
    days = sorted({day.isoformat() for day in whole})
    slices = {party: sorted({day.isoformat() for day in found}) for party, found in sorted(of.items())}
    every = [*days, *(found[0] for found in slices.values())]
    return {"loaded": bool(days), "version": version, "first_as_of": min(every, default=None),
            "last_as_of": days[-1] if days else None, "days": days, "of": slices}


def rows_of_day(load: Load, as_of: dt.date) -> dt.date:
    """The day whose rows answer for ``as_of``: before the first load, those of the first load."""
    first = load.get("first_as_of")
    return max(as_of, dt.date.fromisoformat(first)) if first else as_of


def standing(load: Load, as_of: dt.date, oldest: int | None, party: str = "") -> Standing:
    """The younger of what stands for everybody and, with ``party``, for that organisation.

    ``oldest``: the age in days at which a load no longer counts; ``None``: it never ages.
    """
    until = rows_of_day(load, as_of)
    found = [day for days in (_days(load), load.get("of", {}).get(party, ())) if (day := _answering(days, as_of, until))]
    if not found:
        return NEVER
    day = max(found)
    return Standing(day, oldest is None or (as_of - day).days <= oldest, day > as_of)


def known_parties(load: Load, as_of: dt.date, oldest: int | None) -> list[str]:
    """Organisations for which a register is known that is not known for everybody."""
    return [party for party in load.get("of", {}) if standing(load, as_of, oldest, party).known]


def _days(load: Load) -> Sequence[str]:
    if "days" in load:
        days: Sequence[str] = load["days"]
        return days
    return sorted({load["first_as_of"], load["last_as_of"]}) if load.get("loaded") else ()


def _answering(days: Sequence[str], as_of: dt.date, until: dt.date) -> dt.date | None:
    """The last load up to ``as_of``, else the first if its rows are there (not after ``until``)."""
    at = bisect.bisect_right(days, as_of.isoformat())
    found = days[at - 1] if at else days[0] if days and days[0] <= until.isoformat() else None
    return dt.date.fromisoformat(found) if found else None
