"""One step of a measure, whoever takes it. Everything that changes a measure's state goes through :func:`take_step`."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Iterator

from django.db import transaction

from licet.casework import consequences
from licet.casework.models import Appeal, Case, HandedDecision, Measure, MeasureTransition
from licet.casework.rules import Person, Refuse, may_work, state_at, step
from licet.casework.services.finality import carrying
from licet.casework.services.people import person_for
from licet.casework.services.record import add_event, need_reason, record, refusal
from licet.casework.tables import (
    CAN_EXPIRE,
    FINAL_DECISIONS,
    MEASURE_BY_ID,
    RESTS_ON_FINAL,
    RESTS_UNAPPEALED,
    TO_RESTORE,
    MeasureState,
    Transition,
)
from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import NotFound
from licet.core.rls import acting_as

BATCH = 500
# Steps with a service of their own, because they need more than a reason.
_ELSEWHERE = {"approved": "approve_measure", "withdrawn": "withdraw_measure", "stayed": "file_appeal",
              "resumed": "judge_appeal", "overturned": "judge_appeal", "expired": "expire_due",
              "defaulted": "default_overdue_appeals"}


def visible_measure(measure_id: int) -> Measure:
    """The measure, if the present actor may see it. Raises :class:`NotFound`."""
    measure = Measure.objects.filter(pk=measure_id).first()
    if measure is None:
        raise NotFound("there is no such measure, or it is not yours to see")
    return measure


@contextlib.contextmanager
def _as_desk(actor: Actor, desk_id: str) -> Iterator[None]:
    """Write as the desk: directly if the actor is of it, with the system's scope if a rule let somebody else act."""
    if actor.scope in {Scope.SYSTEM, Scope.NATIONAL} or desk_id in actor.organisations:
        yield
    else:
        with acting_as(for_system(actor)):
            yield


def for_system(actor: Actor) -> Actor:
    """The same person acting where a rule of the system, not their own post, lets a row be written. PostgreSQL writes
    their name beside the step all the same."""
    return dataclasses.replace(actor, scope=Scope.SYSTEM)


def advance(measure: Measure | int, event: str, *, actor: Actor, reason: str = "", at: dt.datetime) -> Measure:
    """Take one step: notified, ordered, acknowledged, done, completed, failed, verified, disagreed, lifted, restored, …

    1. the actor sees the measure  2. what ran out by ``at`` is settled  3. the step is listed (else
    ``rules.UnknownStep``)  4. this actor may take it  5. it is taken, followers act, journal.
    Lifting and failing need a reason. Steps that need more (approving, appeals) have services of their own.
    """
    measure_id = measure if isinstance(measure, int) else measure.pk
    with acting_as(actor):
        seen = visible_measure(measure_id)
        with acting_as(WORKER):
            settled = settle(locked_measure(seen.pk), at=at)
        transition = step(settled.state, event)
        _ensure_may_step(transition, settled, actor)
        if event in {"lifted", "failed", "disagreed", "restoration_disagreed"}:
            need_reason(reason)
        with _as_desk(actor, settled.desk_id):
            return take_step(settled, event, actor=actor, reason=reason, at=at)


def _ensure_may_step(transition: Transition, measure: Measure, actor: Actor) -> None:
    if transition.event in _ELSEWHERE:
        raise refusal(Refuse("own_service", f"{transition.event} is not taken this way",
                             f"use {_ELSEWHERE[transition.event]}"))
    if transition.event == "completed" and MEASURE_BY_ID[measure.kind].effect != "none":
        raise refusal(Refuse("carried_out", "something is carried out for this measure, so its notice alone completes nothing",
                             "it is ordered"))
    if actor.scope is Scope.SYSTEM and transition.actor in {"system", "executor"}:
        return
    if transition.actor == "executor" and measure.provider_id and measure.provider_id in actor.organisations:
        return
    if transition.actor in {"system", "executor"}:  # nobody vouches for what was done about their own decision
        raise refusal(Refuse("not_yours", f"{transition.event} is not for whoever decides",
                             "it is written down when the executor, the letter or the check from outside says so"))
    with acting_as(WORKER):
        case = Case.objects.get(pk=measure.case_id)
    person = person_for(actor, case, subject_party=measure.subject_party)
    refuse = may_work(person) or _not_decider(transition, measure, person)
    if refuse is not None:
        raise refusal(refuse)


def _not_decider(transition: Transition, measure: Measure, person: Person) -> Refuse | None:
    kind = MEASURE_BY_ID[measure.kind]
    if transition.actor == "decider" and not person.has_post(kind.party_kinds, kind.roles):
        return Refuse("not_yours", f"{kind.en}: your post does not decide this",
                      f"decided by: {', '.join(sorted(kind.roles))}")
    return None


def locked_measure(measure_id: int) -> Measure:
    """The measure, locked until the transaction ends."""
    measure = Measure.objects.select_for_update(no_key=True, of=("self",)).filter(pk=measure_id).first()
    if measure is None:
        raise NotFound("there is no such measure, or it is not yours to see")
    return measure


def settle(measure: Measure, *, at: dt.datetime) -> Measure:
    """Write down what time did already (``rules.state_at``), so that no step starts from a state that is over.
    The measure is locked; the actor is the system."""
    appeal = Appeal.objects.filter(measure=measure, state="filed").first()
    state = state_at(measure.state, expires_at=measure.expires_at, appeal_due_at=appeal.due_at if appeal else None,
                     now=at)
    if state == measure.state:
        return measure
    if state is MeasureState.EXPIRED:
        assert measure.expires_at is not None
        return take_step(measure, "expired", actor=WORKER, reason="its time ran out", at=measure.expires_at)
    assert appeal is not None
    return default_appeal(appeal, measure)


def binding(case: Case, at: dt.datetime) -> list[Measure]:
    """Measures of the case that still bind at ``at``, locked; what ran out by then is written down first."""
    rows = Measure.objects.select_for_update(no_key=True, of=("self",)).filter(
        case=case, state__in=[state.value for state in CAN_EXPIRE]).order_by("pk")
    with acting_as(WORKER):
        return [measure for measure in (settle(row, at=at) for row in list(rows))
                if MeasureState(measure.state) in CAN_EXPIRE]


def default_appeal(appeal: Appeal, measure: Measure, *, text: str = "nobody judged the appeal in time",
                   at: dt.datetime | None = None) -> Measure:
    """An appeal ends in favour of the affected without a judge; what rests on the measure falls with it."""
    moment = at or appeal.due_at
    Appeal.objects.filter(pk=appeal.pk, state="filed").update(state="defaulted", judged_at=moment, judgement=text)
    case = Case.objects.get(pk=measure.case_id)
    add_event(case, "casework:appeal:defaulted", actor=WORKER, at=moment, note=text, data={"appeal": appeal.pk})
    return fall(measure, "defaulted", actor=WORKER, reason=text, at=moment)


def fall(measure: Measure, event: str, *, actor: Actor, reason: str, at: dt.datetime) -> Measure:
    """A measure was wrong: overturn it if it still binds, clear its consequences if it ended already, and lift what
    rested on it (blacklist, exposure). ``event`` is ``overturned`` or ``defaulted``."""
    if MeasureState(measure.state) in CAN_EXPIRE:
        measure = take_step(measure, event, actor=actor, reason=reason, at=at)
    else:
        with acting_as(WORKER):
            consequences.tell(consequences.StepTaken(measure=measure, event=event, frm=measure.state, to=measure.state,
                                                     actor=actor, reason=reason, at=at))
        record(Case.objects.get(pk=measure.case_id), "casework:measure:found_wrong", actor=actor, at=at, note=reason,
               data={"measure": measure.pk, "state": measure.state})
    lift_dependents(measure, actor=actor, at=at)
    return measure


def lift_dependents(measure: Measure, *, actor: Actor, at: dt.datetime, appealed: bool = False) -> None:
    """Lift what rested on a decision that ended and that nothing carries any more (``finality.carrying``): blacklist
    and exposure measures of its case, and of the cases it was handed to. One that rests on this very decision is not
    saved by another.

    ``appealed``: the decision stands, but somebody appealed; only what must be unappealed ends (exposure).
    """
    if measure.kind not in FINAL_DECISIONS:
        return
    reason = "the decision it rested on was appealed" if appealed else "the decision it rested on fell"
    with acting_as(for_system(actor)):  # it follows from the judgement, whoever may decide such a measure
        theirs = HandedDecision.objects.filter(measure__case=measure.case_id).values_list("case_id", flat=True)
        cases = [measure.case_id, *theirs]
        carried = {case.pk: carrying(case) for case in Case.objects.filter(pk__in=cases)}
        resting = Measure.objects.select_for_update(no_key=True, of=("self",)).filter(
            case__in=cases, kind__in=RESTS_UNAPPEALED if appealed else RESTS_ON_FINAL,
            state__in=[state.value for state in CAN_EXPIRE]).order_by("pk")
        for one in resting:
            base, still = consequences.foundation(one), carried[one.case_id]
            if (base not in still) if base is not None else not still:
                take_step(one, "lifted", actor=actor, reason=reason, at=at)


def take_step(measure: Measure, event: str, *, actor: Actor, reason: str, at: dt.datetime) -> Measure:
    """The step itself. The caller holds the lock, stated an actor who may write, and asked who may do it.

    Adding the row moves the state in PostgreSQL (compare-and-swap, migration 0003), which asks whether this kind of actor
    takes it (migration 0015). What was never ordered has nothing to restore, so ending it ends it for good.
    """
    transition = step(measure.state, event)
    with acting_as(for_system(actor)) if transition.actor in {"system", "executor"} else contextlib.nullcontext():
        MeasureTransition.objects.create(measure=measure, desk_id=measure.desk_id, frm=measure.state, event=event,
                                         to=transition.to.value, actor=actor.name, reason=reason, at=at)
    before = measure.state
    measure.refresh_from_db()
    case = Case.objects.get(pk=measure.case_id)
    with acting_as(WORKER):
        consequences.tell(consequences.StepTaken(measure=measure, event=event, frm=before, to=measure.state,
                                                 actor=actor, reason=reason, at=at))
    record(case, transition.tag, actor=actor, at=at, note=reason,
           data={"measure": measure.pk, "kind": measure.kind, "from": before, "to": measure.state},
           before={"state": before}, after={"state": measure.state})
    if event == "lifted":
        lift_dependents(measure, actor=actor, at=at)
    if measure.state in TO_RESTORE and _touched_nothing(measure):
        return take_step(measure, "nothing_to_restore", actor=WORKER, reason="nothing had been carried out", at=at)
    return measure


def _touched_nothing(measure: Measure) -> bool:
    if MEASURE_BY_ID[measure.kind].effect == "none":
        return True
    return not MeasureTransition.objects.filter(measure=measure, event="ordered").exists()


def expire_due(now: dt.datetime, *, batch: int = BATCH) -> int:
    """The job: write down which terms ran out. Correctness does not depend on it (see ``rules.state_at``); restoring
    does, because it starts with the written step. One transaction per measure; returns how many."""
    count = 0
    while count < batch:
        with acting_as(WORKER):
            measure = (Measure.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
                       .filter(expires_at__lte=now, state__in=[state.value for state in CAN_EXPIRE])
                       .order_by("expires_at", "id").first())
            if measure is None:
                break
            with transaction.atomic():
                settle(measure, at=now)
        count += 1
    return count
