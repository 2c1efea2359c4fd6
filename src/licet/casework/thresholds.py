"""The profile's numbers of casework as one frozen value, checked when it is read."""

from __future__ import annotations

import dataclasses
from typing import Any

from licet.casework.rules import Thresholds
from licet.config.profile import Profile, load_profile
from licet.core.errors import BadSetting

_SECTIONS = {  # field of Thresholds -> section of casework.toml; the key is the field's name unless given
    "window_days": ("triage", "window_days"),
    "independent_observers": ("triage", "independent_observers"),
    "prior_days": ("triage", "prior_days"),
    "handout_minutes": ("handout", "minutes"),
    "fresh_minutes": ("signing", "fresh_minutes"),
    "first_signature_days": ("signing", "first_signature_days"),
    "suspension_days": ("terms", "suspension_days"),
    "blacklist_days": ("terms", "blacklist_days"),
    "exposure_days": ("terms", "exposure_days"),
    "determination_extension_days": ("terms", "determination_extension_days"),
    "appeal_default_days": ("appeals", "appeal_default_days"),
}


def thresholds(profile: Profile | None = None) -> Thresholds:
    """The numbers of the present profile. Raises :class:`BadSetting` naming section and key."""
    rows = (profile or load_profile()).casework
    return Thresholds(**{field: _number(rows, *place) for field, place in _SECTIONS.items()})


def _number(rows: dict[str, Any], section: str, key: str) -> int:
    value = rows.get(section, {}).get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadSetting(f"casework.toml: [{section}] {key} is not a positive whole number", hint=f"write {key} = 30")
    return value


assert set(_SECTIONS) == {field.name for field in dataclasses.fields(Thresholds)}
