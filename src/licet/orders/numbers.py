"""The profile's numbers of orders as frozen values, checked when they are read."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from licet.config.profile import Profile, load_profile
from licet.core.calendar import calendar_of, is_business_day
from licet.core.errors import BadSetting
from licet.orders.rules import Checking, Clock, OpenHours, Retry, runs_out_at
from licet.orders.tables import OrderKind

_CLOCKS = ("acknowledge", "done", "restore_acknowledge", "restore_done", "verified", "authority_after")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Numbers:
    """Everything ``orders.toml`` says."""

    office: OpenHours
    clocks: dict[str, Clock]
    retry: Retry
    timeout_s: int
    checking: Checking
    first_check: dt.timedelta  # from "done" to the first look
    watch: dt.timedelta  # between looks at a verified cut
    block_addresses: frozenset[str]
    block_hosts: frozenset[str]

    def due(self, name: str, kind: str, start: dt.datetime) -> dt.datetime:
        """When ``acknowledge`` or ``done`` runs out for an order of this kind."""
        return self.after(f"restore_{name}" if kind == OrderKind.RESTORE else name, start)

    def after(self, name: str, start: dt.datetime) -> dt.datetime:
        """When the clock ``name`` started at ``start`` runs out."""
        return runs_out_at(start, self.clocks[name], self.office)


def numbers(profile: Profile | None = None) -> Numbers:
    """The numbers of the present profile. Raises :class:`BadSetting` naming section and key."""
    chosen = profile or load_profile()
    rows = chosen.orders
    calendar = calendar_of(chosen)
    office = OpenHours(opens=_whole(rows, "office", "opens"), closes=_whole(rows, "office", "closes"),
                       works=lambda day: is_business_day(day, calendar), zone=ZoneInfo(chosen.time_zone))
    checks = Checking(
        agreeing=_whole(rows, "checks", "agreeing"), disagreeing=_whole(rows, "checks", "disagreeing"),
        distance=_minutes(rows, "distance_minutes"), again=_minutes(rows, "again_minutes"))
    return Numbers(
        office=office, clocks={name: _clock(rows, name) for name in _CLOCKS},
        retry=Retry(tries=_whole(rows, "webhook", "tries"), base_s=_whole(rows, "webhook", "base_s"),
                    cap_s=_whole(rows, "webhook", "cap_s"), jitter=_share(rows, "webhook", "jitter")),
        timeout_s=_whole(rows, "webhook", "timeout_s"), checking=checks,
        first_check=_minutes(rows, "first_after_minutes"),
        watch=dt.timedelta(hours=_whole(rows, "checks", "watch_hours")),
        block_addresses=frozenset(rows["block_pages"]["addresses"]), block_hosts=frozenset(rows["block_pages"]["hosts"]))


def _whole(rows: dict[str, Any], section: str, key: str) -> int:
    value = rows.get(section, {}).get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadSetting(f"orders.toml: [{section}] {key} is not a positive whole number", hint=f"write {key} = 10")
    return value


def _share(rows: dict[str, Any], section: str, key: str) -> float:
    value = rows.get(section, {}).get(key)
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise BadSetting(f"orders.toml: [{section}] {key} is not between 0 and 1", hint=f"write {key} = 0.5")
    return float(value)


def _minutes(rows: dict[str, Any], key: str) -> dt.timedelta:
    return dt.timedelta(minutes=_whole(rows, "checks", key))


def _clock(rows: dict[str, Any], name: str) -> Clock:
    row = rows.get("clocks", {}).get(name, {})
    if not isinstance(row.get("hours"), int) or row["hours"] < 1 or not isinstance(row.get("business"), bool):
        raise BadSetting(f"orders.toml: [clocks] {name} is no clock",
                         hint=f"write {name} = {{ hours = 4, business = false }}")
    return Clock(hours=row["hours"], business=row["business"])
