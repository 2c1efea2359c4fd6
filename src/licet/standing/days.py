"""Local days, in which terms, reviews and points count."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from licet.config.profile import load_profile


def local_day(at: dt.datetime) -> dt.date:
    """The local date of a moment."""
    return at.astimezone(ZoneInfo(load_profile().time_zone)).date()
