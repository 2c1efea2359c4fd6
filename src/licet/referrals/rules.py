"""Referrals: pure functions over frozen facts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Chosen:
    """The police desk a referral goes to."""

    police_id: str


@dataclasses.dataclass(frozen=True)
class Unclear:
    """No police desk can be chosen without a person; ``text`` says why."""

    text: str


def choose_police(named: str, region: str, desks: Mapping[str, str]) -> Chosen | Unclear:
    """Which police desk: the one somebody named, else the only one of the desk's region, else the only national one.

    ``desks``: party_id of each police desk on record → its region (ISO 3166-2, '' or * for the whole country).
    """
    if named:
        return Chosen(named) if named in desks else Unclear(f"{named} is no police desk on record")
    for wanted in ({region}, {"", "*"}):
        found = sorted(party_id for party_id, of in desks.items() if of in wanted)
        if len(found) == 1:
            return Chosen(found[0])
        if found:
            return Unclear(f"several police desks could take it: {', '.join(found)}")
    return Unclear("there is no police desk on record for this region")
