"""Who must leave a case alone, as a pure function."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class InterestFacts:
    """For :func:`conflict_of_interest`. Ids are party_ids, ``mine`` and ``subject_ids`` also USCCs."""

    mine: frozenset[str]  # organisations the person belongs to, their owners, and their USCCs
    desk: str
    subject_ids: frozenset[str]  # whoever the case is against: provider, organiser, holder of the site's filing
    networks: frozenset[str]  # in whose network it is: the provider concerned, holders of the address


def conflict_of_interest(facts: InterestFacts) -> str:
    """Why this person must leave the case alone, '' if nothing stands against them. Rule: house (decision 0009)

    EITHER one of their organisations (or its owner) is what the case is against, is connected or filed at any name below
    the site or at the address, OR it is in their network and the case is at another's desk. A provider's own desk does
    handle what its customers do: that is its duty.
    """
    if facts.mine & facts.subject_ids:
        return "own_organisation"
    if (facts.networks - {facts.desk}) & facts.mine:
        return "own_network"
    return ""
