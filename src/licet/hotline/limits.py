"""The profile's numbers of the hotline as one frozen value, checked when they are read."""

from __future__ import annotations

import dataclasses
from typing import Any

from licet.config.profile import Profile, load_profile
from licet.core.errors import BadSetting
from licet.hotline.rules import Limits, PhonePlan

SECTIONS = ("independence", "brigade", "intake", "retention")


def limits(profile: Profile | None = None) -> Limits:
    """The numbers of the present profile. Raises :class:`BadSetting` naming the key."""
    rows = (profile or load_profile()).hotline
    given = {key: value for section in SECTIONS for key, value in rows.get(section, {}).items()}
    return Limits(**{field.name: _number(given, field.name) for field in dataclasses.fields(Limits)})


def phone_plan(profile: Profile | None = None) -> PhonePlan:
    """How phone numbers are written here. Raises :class:`BadSetting` naming the key."""
    rows = (profile or load_profile()).hotline.get("contact", {})
    for key in ("country_code", "international_prefix", "trunk_prefix"):
        text = rows.get(key, "" if key == "trunk_prefix" else None)
        if not isinstance(text, str) or text.strip("0123456789") or (not text and key != "trunk_prefix"):
            raise BadSetting(f"hotline.toml: {key} is no text of digits", hint=f'write {key} = "86" below [contact]')
    return PhonePlan(country_code=rows["country_code"], international_prefix=rows["international_prefix"],
                     trunk_prefix=rows.get("trunk_prefix", ""), national_digits=int(_number(rows, "national_digits")))


def desk(profile: Profile | None = None) -> str:
    """party_id of the desk that handles what the public reports."""
    return str((profile or load_profile()).hotline["desk"])


def elsewhere(chinese: bool) -> list[str]:
    """Where to turn with what is not ours, in one language."""
    return [row["zh" if chinese else "en"] for row in load_profile().hotline.get("elsewhere", [])]


def _number(rows: dict[str, Any], key: str) -> Any:
    value = rows.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise BadSetting(f"hotline.toml: {key} is not a positive number", hint=f"write {key} = 10")
    return value
