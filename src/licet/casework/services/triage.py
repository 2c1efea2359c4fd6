"""A person sets the tier; what the rules proposed stands beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from licet.casework.models import Case
from licet.casework.services.cases import Outcome, each, workable_case
from licet.casework.services.proposals import propose
from licet.casework.services.record import need_reason, record
from licet.core.actors import Actor
from licet.core.errors import BadInput
from licet.core.rls import acting_as


def set_tier(case_id: int, tier: int, *, reason: str, actor: Actor, at: dt.datetime) -> Case:
    """A named person sets the tier, with a reason, whatever was proposed.

    Raises :class:`BadInput` for another tier or no reason, and the refusals of ``cases.workable_case``.
    """
    if tier not in {1, 2, 3}:
        raise BadInput(f"there is no tier {tier}", hint="tiers: 1, 2, 3")
    reason = need_reason(reason)
    with acting_as(actor):
        case = workable_case(case_id, actor=actor, at=at)
        before = {"tier": case.tier, "tier_by": case.tier_by_id}
        Case.objects.filter(pk=case.pk).update(tier=tier, tier_by=actor.user_id, tier_at=at, tier_reason=reason)
        propose([case.pk], at=at)
        case.refresh_from_db()
        record(case, "casework:case:tier_set", actor=actor, at=at, note=reason,
               data={"tier": tier, "proposed": case.proposed_tier, "before": before["tier"]},
               before=before, after={"tier": tier, "tier_by": actor.user_id})
    return case


def set_tier_many(reasons: Mapping[int, str], tier: int, *, actor: Actor, at: dt.datetime) -> list[Outcome]:
    """Set the tier of several cases, each with a reason of its own. One that is refused leaves the others."""
    return each(reasons, lambda case_id, reason: set_tier(case_id, tier, reason=reason, actor=actor, at=at))
