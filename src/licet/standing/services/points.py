"""The conduct record: one row per decision that became final, taken away when the decision falls. Rule: Notice §4.5"""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet

from licet.casework.models import Appeal, Case, Measure, MeasureTransition
from licet.casework.services.finality import final_at
from licet.casework.tables import IN_FORCE, MEASURE_BY_ID, MeasureState, SubjectKind
from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import BadInput, Conflict, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.journal.services import append
from licet.parties.models import Party
from licet.parties.selectors import permissions_of
from licet.standing.days import local_day
from licet.standing.models import ConductPoint, Objection
from licet.standing.policy import policy
from licet.standing.rules import points_for
from licet.standing.tables import COUNTED_KINDS, FORMULA_VERSION

BATCH = 200
_TOLD = [state.value for state in IN_FORCE if state is not MeasureState.APPROVED]
_PROVIDERS = ("access_provider", "carrier")


def role_and_provider(measure: Measure, case: Case) -> tuple[str, str]:
    """Whose record a decision is on: ``own`` if it is against the provider, else ``connected`` for who connected it."""
    if case.subject_kind == SubjectKind.PROVIDER:
        return "own", case.subject_key
    hit = measure.subject_party
    if hit and Party.objects.filter(party_id=hit, kind__in=_PROVIDERS, until__isnull=True).exists():
        return "own", hit
    return "connected", measure.provider_id or case.provider_id


def record_points_due(now: dt.datetime, *, batch: int = BATCH) -> int:
    """The job: put decisions that became final by ``now`` on the record. One transaction each; returns how many."""
    count, last = 0, 0
    while True:
        with acting_as(WORKER):
            page = list(_candidates(now).filter(pk__gt=last).values_list("pk", flat=True)[:batch])
        if not page:
            return count
        for measure_id in page:
            with acting_as(WORKER):
                measure = (_candidates(now).filter(pk=measure_id)
                           .select_for_update(skip_locked=True, no_key=True, of=("self",)).first())
                count += 1 if measure is not None and _record(measure, now) is not None else 0
        last = page[-1]


def _candidates(now: dt.datetime) -> QuerySet[Measure]:
    """Measures in force whose time to appeal is over at ``now``, or that were upheld, and that are not on the record."""
    told = MeasureTransition.objects.filter(measure=OuterRef("pk"), event="notified")
    appeals = Appeal.objects.filter(measure=OuterRef("pk"))
    over = Q()
    for kind in COUNTED_KINDS:
        over |= Q(Exists(told.filter(at__lte=now - dt.timedelta(days=MEASURE_BY_ID[kind].appeal_days))), kind=kind)
    upheld = Q(Exists(told)) & Q(Exists(appeals.filter(state="upheld", judged_at__lte=now)))
    return (Measure.objects.filter(over | upheld, kind__in=COUNTED_KINDS, state__in=_TOLD)
            .exclude(Exists(appeals.filter(state="filed")))
            .exclude(Exists(ConductPoint.objects.filter(measure=OuterRef("pk")))).order_by("pk"))


def _record(measure: Measure, now: dt.datetime) -> ConductPoint | None:
    case = Case.objects.get(pk=measure.case_id)
    final = final_at(measure)
    role, provider_id = role_and_provider(measure, case)
    points = points_for(role=role, kind=measure.kind, tier=case.tier)
    if final is None or final > now or case.tier is None or not points or not provider_id:
        return None
    final_on = local_day(final)
    # The provider's time to look first runs from the day it can see the point, however late that was.
    visible_on = max(final_on, local_day(now)) + dt.timedelta(days=policy().preview_days)
    point = ConductPoint.objects.create(
        measure=measure, desk_id=measure.desk_id, provider_id=provider_id, case_number=case.number, role=role,
        kind=measure.kind, tier=case.tier, points=points, formula=FORMULA_VERSION, final_on=final_on,
        visible_on=visible_on, recorded_at=now)
    append("standing:point:recorded", actor=WORKER, subject=f"case:{case.number}", organisation=provider_id,
           purpose=f"{measure.kind}, tier {case.tier}: {points}",
           data={"point": point.pk, "measure": measure.pk, "points": points, "formula": FORMULA_VERSION})
    return point


def reverse_point(measure: Measure, *, why: str, at: dt.datetime) -> bool:
    """Take the point of a decision that fell off the record. The caller is the step's transaction."""
    point = ConductPoint.objects.select_for_update(of=("self",)).filter(measure=measure, reversed_at__isnull=True).first()
    if point is not None:
        _reverse(point, actor=WORKER, why=why, at=at)
    return point is not None


def _reverse(point: ConductPoint, *, actor: Actor, why: str, at: dt.datetime) -> None:
    with acting_as(WORKER):
        point.reversed_at, point.reversed_on, point.reversed_why = at, local_day(at), why[:300]
        point.save(update_fields=["reversed_at", "reversed_on", "reversed_why"])
        append("standing:point:reversed", actor=actor, subject=f"case:{point.case_number}", purpose=why[:500],
               organisation=point.provider_id, data={"point": point.pk, "points": point.points})


def object_to(point_id: int, *, text: str, actor: Actor, at: dt.datetime) -> Objection:
    """The provider objects to a point on its own record, once; others do not count it until somebody answered.

    Raises :class:`NotFound`, :class:`NotAllowed` for anybody else, :class:`BadInput` without a text and
    :class:`Conflict` for a second objection or a point that is gone.
    """
    text = text.strip()
    if not text:
        raise BadInput("an objection says what is wrong", hint="a sentence or two")
    with acting_as(actor):
        point = ConductPoint.objects.filter(pk=point_id).first()
        if point is None:
            raise NotFound("there is no such point, or it is not yours to see")
        if actor.user_id is None or point.provider_id not in actor.organisations:
            raise NotAllowed("the provider itself objects", hint="sign in as somebody of the provider")
        if point.reversed_at is not None or Objection.objects.filter(point=point).exists():
            raise Conflict("there is nothing left to object to", hint="the point is gone, or was objected to before")
        objection = Objection.objects.create(point=point, provider_id=point.provider_id, text=text,
                                             filed_by_id=actor.user_id, filed_at=at)
        append("standing:objection:filed", actor=actor, subject=f"case:{point.case_number}",
               organisation=point.provider_id, data={"objection": objection.pk, "point": point.pk})
    return objection


def answer_objection(objection_id: int, *, remove: bool, answer: str, actor: Actor, at: dt.datetime) -> Objection:
    """Somebody of the authority who did not decide answers: the point stays, or is taken away.

    Raises :class:`NotFound`, :class:`NotAllowed`, :class:`BadInput` without reasons, :class:`Conflict` when answered.
    """
    if not answer.strip():
        raise BadInput("an answer gives its reasons", hint="a sentence or two")
    with acting_as(actor):
        objection = Objection.objects.select_for_update(of=("self",)).filter(pk=objection_id).first()
        if objection is None:
            raise NotFound("there is no such objection, or it is not yours to see")
        if "appeals.judge" not in permissions_of(actor) or actor.scope not in {Scope.NATIONAL, Scope.REGIONAL}:
            raise NotAllowed("somebody of the authority who judges appeals answers this")
        point = ConductPoint.objects.get(pk=objection.point_id)
        measure = Measure.objects.get(pk=point.measure_id)
        if actor.user_id in {measure.drafted_by_id, measure.decided_by_id, measure.seconded_by_id}:
            raise NotAllowed("nobody answers an objection to their own decision", hint="leave it to a colleague")
        if objection.state != "open":
            raise Conflict("the objection was answered already")
        objection.state, objection.answer = ("removed" if remove else "kept"), answer.strip()
        objection.answered_by_id, objection.answered_at = actor.user_id, at
        objection.save(update_fields=["state", "answer", "answered_by", "answered_at"])
        if remove:
            _reverse(point, actor=actor, why=answer.strip(), at=at)
        append("standing:objection:answered", actor=actor, subject=f"case:{point.case_number}",
               purpose=answer.strip()[:500], organisation=point.provider_id,
               data={"objection": objection.pk, "point": point.pk, "removed": remove})
    return objection
