"""The profile's numbers of standing as one frozen value, checked when it is read."""

from __future__ import annotations

import itertools
from typing import Any

from licet.config.profile import Profile, load_profile
from licet.core.errors import BadSetting
from licet.standing.rules import Policy

_NUMBERS = {"review_days": ("blacklist", "review_days"), "size_floor": ("conduct", "size_floor"),
            "size_per": ("conduct", "size_per"), "preview_days": ("conduct", "preview_days"),
            "recheck_minutes": ("carrying_out", "recheck_minutes")}


def policy(profile: Profile | None = None) -> Policy:
    """The numbers of the present profile. Raises :class:`BadSetting` naming section and key."""
    rows = (profile or load_profile()).standing
    numbers = {field: _number(rows, *place) for field, place in _NUMBERS.items()}
    return Policy(decay=_decay(rows.get("conduct", {}).get("decay")), **numbers)


def _number(rows: dict[str, Any], section: str, key: str) -> int:
    value = rows.get(section, {}).get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadSetting(f"standing.toml: [{section}] {key} is not a positive whole number", hint=f"write {key} = 30")
    return value


def _decay(value: Any) -> tuple[tuple[int, int], ...]:
    rows = tuple(tuple(row) for row in value) if isinstance(value, list) else ()
    falling = all(early[0] < late[0] and early[1] >= late[1] for early, late in itertools.pairwise(rows))
    if not rows or rows[0] != (0, 100) or rows[-1][1] != 0 or not falling:
        raise BadSetting("standing.toml: [conduct] decay does not fall from 100 to 0",
                         hint="rows of [age in days, percent], the first [0, 100], the last [..., 0]")
    return rows
