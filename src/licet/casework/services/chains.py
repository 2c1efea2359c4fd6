"""The billing chain of a measure: who bills, for whom, under which code, for which service. Rule: Notice §4.1.2

Shown before billing is cut, so that whoever signs sees every link. Kept in ``attachments["billing_chain"]`` as a list of
objects with these four fields, one for each code.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from licet.casework.models import Case, Measure
from licet.core.actors import WORKER
from licet.core.errors import BadInput
from licet.core.rls import acting_as
from licet.parties.models import Party

FIELDS = ("operator", "partner", "code", "service")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chain:
    """One way of billing."""

    operator: str  # party_id of who puts it on the bill
    partner: str  # who offers the service: party_id, or its name while it is not on record
    code: str  # short code, number or billing code
    service: str  # what is charged for; a site's host where it is one


def clean_chain(value: Any) -> list[dict[str, str]]:
    """The chain as it is kept. Raises :class:`BadInput` for anything but objects with all four fields."""
    rows = value if isinstance(value, list) else [value]
    if not all(isinstance(row, Mapping) for row in rows):
        raise BadInput("a billing chain names operator, partner, code and service",
                       hint='"billing_chain": [{"operator": "…", "partner": "…", "code": "…", "service": "…"}]')
    found = []
    for row in rows:
        empty = [field for field in FIELDS if not str(row.get(field, "")).strip()]
        more = sorted(set(row) - set(FIELDS))
        if empty or more:
            raise BadInput(f"the billing chain lacks its {empty[0]}" if empty else f"a billing chain has no {more[0]!r}",
                           hint=f"fields: {', '.join(FIELDS)}")
        clean = {field: str(row[field]).strip() for field in FIELDS}
        found.append({**clean, "code": "".join(clean["code"].split()).upper()})
    return found


def chains_of(attachments: Mapping[str, Any]) -> list[Chain]:
    """The chains of a measure's attachments; what is not one is left out."""
    value = attachments.get("billing_chain")
    rows = value if isinstance(value, list) else []
    return [Chain(**{field: str(row.get(field, "")) for field in FIELDS}) for row in rows if isinstance(row, Mapping)]


def chain_shown(case: Case, measure: Measure) -> bool:
    """Every code in the scope has its chain, whole, with an operator on record."""
    chains = [chain for chain in chains_of(measure.attachments) if all(dataclasses.astuple(chain))]
    with acting_as(WORKER):
        known = set(Party.objects.filter(party_id__in=[chain.operator for chain in chains], until__isnull=True)
                    .values_list("party_id", flat=True))
    return bool(chains) and known >= {chain.operator for chain in chains} and {
        chain.code for chain in chains} >= set(measure.scope.get("codes", ()))
