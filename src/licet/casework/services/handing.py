"""A final decision handed to an association: it decides nothing like it itself, and makes public what others decided."""

from __future__ import annotations

import datetime as dt

from licet.casework.models import Case, HandedDecision, Measure
from licet.casework.services.cases import locked_case
from licet.casework.services.finality import final_decisions
from licet.casework.services.people import ensure_may_work
from licet.casework.services.record import need_reason, record
from licet.casework.services.signals import SignalIn, receive_signals
from licet.casework.services.steps import for_system, visible_measure
from licet.casework.tables import HANDED_TO, SignalKind
from licet.core.actors import Actor
from licet.core.errors import BadInput, Conflict
from licet.core.rls import acting_as
from licet.parties.models import Party


def hand_decision(measure_id: int, party_id: str, *, reason: str, actor: Actor, at: dt.datetime) -> HandedDecision:
    """Show one final decision to an association and open a case about the same at its desk.

    It sees that measure from then on, not the case it was made in; what it publishes falls with the decision. Both
    timelines and the journal say who handed it on and why. Raises the refusals of ``rules.may_work``,
    :class:`BadInput` for another kind of organisation, :class:`Conflict` for a decision that is not final or was handed
    on before. Rule: Notice §4.3
    """
    reason = need_reason(reason)
    with acting_as(actor):
        measure = visible_measure(measure_id)
        case = locked_case(measure.case_id)
        ensure_may_work(actor, case)
        assert actor.user_id is not None  # ensure_may_work refused everybody else
        if not Party.objects.filter(party_id=party_id, kind__in=HANDED_TO, until__isnull=True).exists():
            raise BadInput(f"{party_id!r} is no association on record", hint="choose one of the list")
        if measure.pk not in {one.pk for one in final_decisions(case, at) if one.case_id == case.pk}:
            raise Conflict("the decision is not final", hint="wait until the time to appeal it is over, or until it stood")
        if HandedDecision.objects.filter(measure=measure, party_id=party_id).exists():
            raise Conflict("it was handed to them before")
        with acting_as(for_system(actor)):  # the receiver's desk is not the giver's to write at; the rule lets one row in
            handed = _open(measure, case, party_id, reason=reason, actor=actor, at=at)
        record(case, "casework:decision:handed", actor=actor, at=at, note=reason,
               data={"measure": measure.pk, "to": party_id})
    return handed


def _open(measure: Measure, case: Case, party_id: str, *, reason: str, actor: Actor, at: dt.datetime) -> HandedDecision:
    assert actor.user_id is not None
    source = f"decision:{measure.pk}"
    received = receive_signals([SignalIn(
        kind=SignalKind.ORDER, desk_id=party_id, ground=case.ground_id, subject_kind=case.subject_kind,
        subject=case.subject_key, source=source, observer=f"desk:{case.desk_id}", observed_at=at,
        provider_id=case.provider_id, facts={"decision": f"M-{measure.pk}", "measure": measure.kind})],
        actor=for_system(actor), at=at)
    theirs = Case.objects.get(pk=received.case_of[source])
    handed = HandedDecision.objects.create(measure=measure, desk_id=measure.desk_id, party_id=party_id, case=theirs,
                                           reason=reason, given_by_id=actor.user_id, given_at=at)
    record(theirs, "casework:decision:received", actor=actor, at=at, note=reason,
           data={"measure": measure.pk, "from": measure.desk_id})
    return handed
