"""Settings and the profile's numbers of evidence, checked when they are read."""

from __future__ import annotations

import dataclasses
from typing import cast

from django.conf import settings

from licet.config.profile import Profile, load_profile
from licet.core.errors import BadSetting
from licet.evidence.rules import Limits


def authorities() -> list[str]:
    """Addresses of the time-stamp authorities (``LICET_TSA_URLS``)."""
    return cast("list[str]", settings.ENV["LICET_TSA_URLS"])


def authority_certificates() -> list[str]:
    """PEM files of the certificates they are trusted by (``LICET_TSA_CA``)."""
    return cast("list[str]", settings.ENV["LICET_TSA_CA"])


def largest_bytes() -> int:
    """How large the content of one item may be (``LICET_EVIDENCE_MAX_BYTES``)."""
    return cast("int", settings.ENV["LICET_EVIDENCE_MAX_BYTES"])


def limits(profile: Profile | None = None) -> Limits:
    """The numbers of the present profile. Raises :class:`BadSetting` naming the key."""
    section = (profile or load_profile()).evidence.get("evidence", {})
    values = {}
    for field in dataclasses.fields(Limits):
        value = section.get(field.name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise BadSetting(f"evidence.toml: [evidence] {field.name} is not a positive whole number",
                             hint=f"write {field.name} = 30")
        values[field.name] = value
    return Limits(**values)
