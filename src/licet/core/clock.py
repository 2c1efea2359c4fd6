"""The only place that reads the clock. Rules never do: time is handed to them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


def now() -> dt.datetime:
    """The present moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def today(zone: str = "Asia/Shanghai") -> dt.date:
    """The local date in ``zone`` (IANA name); registers and deadlines count in local days."""
    return now().astimezone(ZoneInfo(zone)).date()
