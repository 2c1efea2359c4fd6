"""Appeals: filed by whoever is hit, judged by somebody who had no part in the measure, won if nobody judges in time."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from licet.casework.models import Appeal, Case, Measure
from licet.casework.rules import FilingFacts, Refuse, may_appeal, may_judge, may_work
from licet.casework.selectors import state_of
from licet.casework.services.cases import locked_case
from licet.casework.services.measures import MeasureDraft, write_draft
from licet.casework.services.people import person_for
from licet.casework.services.record import need_reason, record, refusal
from licet.casework.services.steps import (
    BATCH,
    default_appeal,
    fall,
    lift_dependents,
    locked_measure,
    settle,
    take_step,
    visible_measure,
)
from licet.casework.tables import MEASURE_BY_ID, MeasureState
from licet.casework.thresholds import thresholds
from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import BadInput, Conflict, NotFound
from licet.core.rls import acting_as

RESULTS = ("upheld", "overturned", "modified", "remitted")  # what happens to the measure
WON = frozenset({"overturned", "modified", "remitted", "defaulted"})  # it was found wrong, or counts as such


@dataclasses.dataclass(frozen=True, kw_only=True)
class Replacement:
    """The milder measure a judge puts in the place of one that went too far; others sign it."""

    scope: Mapping[str, Any] | None = None  # None = as before
    expires_at: dt.datetime | None = None  # None = as before
    kind: str = ""  # '' = as before


def file_appeal(measure_id: int, *, filed_by: str, text: str, actor: Actor, at: dt.datetime) -> Appeal:
    """Take an appeal. ``filed_by``: party_id of whoever is hit, or the holder of the notice's token (the portal checks
    the token and acts as the system). The desk may write down what came on paper.

    Where the table says so the measure is stayed at once, by the first appeal against it. Raises :class:`NotFound` for a
    measure the actor cannot see and the refusals of ``rules.may_appeal``.
    """
    text = need_reason(text)
    with acting_as(actor):
        visible_measure(measure_id)
        with acting_as(WORKER):  # the affected may read the measure; the rule lets them add an appeal to it
            case = locked_case(Measure.objects.get(pk=measure_id).case_id)
            measure = settle(locked_measure(measure_id), at=at)
            facts = filing_facts(measure, filed_by=filed_by, at=at)
            refuse = _not_theirs(measure, filed_by, actor) or may_appeal(facts)
            if refuse is not None:
                raise refusal(refuse)
            kind = MEASURE_BY_ID[measure.kind]
            appeal = _add(measure, filed_by, text, at)
            if kind.stays and not facts.anybody_appealed and measure.state in {state.value for state in _STAYABLE}:
                take_step(measure, "stayed", actor=actor, reason="an appeal was filed", at=at)
            lift_dependents(measure, actor=WORKER, at=at, appealed=True)
            record(case, "casework:appeal:filed", actor=actor, at=at, data={"appeal": appeal.pk, "measure": measure.pk,
                                                                            "due": appeal.due_at.isoformat()})
    return appeal


def reopen_appeal(measure_id: int, *, filed_by: str, facts: str, actor: Actor, at: dt.datetime) -> Appeal:
    """Take an appeal up again on facts that were not known, also after it was judged or the time to appeal was over.

    A person of the desk does it, so that nobody can keep a measure from standing by appealing again and again: it stays
    nothing, somebody else judges it. ``facts``: what is new. Raises the refusals of ``rules.may_work`` and ``may_appeal``.
    """
    facts = need_reason(facts)
    with acting_as(actor):
        measure = visible_measure(measure_id)
        case = locked_case(measure.case_id)
        refuse = may_work(person_for(actor, case, subject_party=measure.subject_party))
        if refuse is not None:
            raise refusal(refuse)
        with acting_as(WORKER):
            measure = settle(locked_measure(measure_id), at=at)
        refuse = may_appeal(filing_facts(measure, filed_by=filed_by, at=at, new_facts=True))
        if refuse is not None:
            raise refusal(refuse)
        appeal = _add(measure, filed_by, facts, at, new_facts=True)
        record(case, "casework:appeal:reopened", actor=actor, at=at, data={"appeal": appeal.pk, "measure": measure.pk,
                                                                          "due": appeal.due_at.isoformat()})
    return appeal


_S = MeasureState
_STAYABLE = frozenset({_S.NOTIFIED, _S.ORDERED, _S.ACKNOWLEDGED, _S.DONE, _S.VERIFIED, _S.FAILED})


def _not_theirs(measure: Measure, filed_by: str, actor: Actor) -> Refuse | None:
    """An organisation appeals for itself; the desk and the system write down what others said."""
    if actor.scope in {Scope.SYSTEM, Scope.NATIONAL, Scope.REGIONAL} or measure.desk_id in actor.organisations:
        return None
    if filed_by in actor.organisations and filed_by in {measure.subject_party, measure.provider_id}:
        return None
    return Refuse("not_yours", "an appeal is filed by whoever the measure hits", "name your own organisation")


def filing_facts(measure: Measure, *, filed_by: str, at: dt.datetime, new_facts: bool = False) -> FilingFacts:
    """What :func:`rules.may_appeal` asks. Pages ask it too, to say why nothing can be filed."""
    with acting_as(WORKER):  # single steps stay with the desk; whoever is hit may know what follows from them
        notified = measure.transitions.filter(event="notified").order_by("-id").first()
        filed = list(Appeal.objects.filter(measure=measure).values_list("state", "filed_by"))
    return FilingFacts(
        kind=MEASURE_BY_ID[measure.kind], state=state_of(measure, at).value, now=at,
        notified_at=notified.at if notified else None, open_appeal=any(state == "filed" for state, _ in filed),
        anybody_appealed=bool(filed), found_wrong=any(state in WON for state, _ in filed),
        appealed=any(who == filed_by for _, who in filed), new_facts=new_facts)


def _add(measure: Measure, filed_by: str, text: str, at: dt.datetime, *, new_facts: bool = False) -> Appeal:
    due = at + dt.timedelta(days=thresholds().appeal_default_days)
    try:
        with transaction.atomic():
            return Appeal.objects.create(
                measure=measure, desk_id=measure.desk_id, filed_by=filed_by, filed_at=at, grounds=text, due_at=due,
                decider_id=measure.decided_by_id or 0, seconder_id=measure.seconded_by_id,
                drafter_id=measure.drafted_by_id, on_new_facts=new_facts)
    except IntegrityError as error:
        raise Conflict("an appeal is pending already", hint="add to it instead") from error


def judge_appeal(appeal_id: int, *, result: str, judgement: str, actor: Actor, authenticated_at: dt.datetime | None,
                 at: dt.datetime, replacement: Replacement | None = None) -> Appeal:
    """Judge an appeal; ``result`` is what happens to the measure, in one transaction with all that follows:

    - ``upheld``: a stayed measure goes on.
    - ``overturned``: it ends, what it led to is cleared, what rested on it is lifted, restoration begins.
    - ``modified``: as overturned, and the judge drafts the milder ``replacement`` for others to sign.
    - ``remitted``: as overturned, and the desk decides anew; a new measure is a new decision.

    Raises the refusals of ``rules.may_judge``; PostgreSQL refuses a judge who drafted, decided or seconded as well.
    """
    if result not in RESULTS:
        raise BadInput(f"there is no judgement {result!r}", hint=f"judgements: {', '.join(RESULTS)}")
    if (result == "modified") != (replacement is not None):
        raise BadInput("modified names the milder measure, the others name none")
    judgement = need_reason(judgement)
    with acting_as(actor):
        appeal, measure, case = _locked(appeal_id, at)
        _ensure_may_judge(measure, case, actor, authenticated_at, at)
        count = Appeal.objects.filter(pk=appeal.pk, state="filed").update(
            state=result, judge=actor.user_id, judged_at=at, judgement=judgement)
        if count != 1:
            raise Conflict("the appeal was judged already")
        if result == "upheld":
            if measure.state == MeasureState.STAYED:
                measure = take_step(measure, "resumed", actor=actor, reason=judgement, at=at)
        else:
            measure = fall(measure, "overturned", actor=actor, reason=judgement, at=at)
        if replacement is not None:
            _draft_milder(case, measure, replacement, judgement=judgement, actor=actor, at=at)
        appeal.refresh_from_db()
        record(case, f"casework:appeal:{result}", actor=actor, at=at, note=judgement,
               data={"appeal": appeal.pk, "measure": measure.pk}, before={"state": "filed"}, after={"state": result})
    return appeal


def _locked(appeal_id: int, at: dt.datetime) -> tuple[Appeal, Measure, Case]:
    """Case, measure, appeal, in this order. What ran out meanwhile is written down first, and may end the appeal."""
    appeal = Appeal.objects.filter(pk=appeal_id).first()
    if appeal is None:
        raise NotFound("there is no such appeal, or it is not yours to see")
    case = locked_case(Measure.objects.get(pk=appeal.measure_id).case_id)
    locked_measure(appeal.measure_id)
    if appeal.state != "filed":
        raise Conflict(f"the appeal is {appeal.state} already")
    if appeal.due_at <= at:
        raise Conflict("the time to judge is over: the appeal counts in favour of the affected",
                       hint="the job writes it down within a minute")
    with acting_as(WORKER):
        measure = settle(locked_measure(appeal.measure_id), at=at)
    return appeal, measure, case


def _ensure_may_judge(measure: Measure, case: Case, actor: Actor, authenticated_at: dt.datetime | None,
                      at: dt.datetime) -> None:
    refuse = may_judge(person_for(actor, case, subject_party=measure.subject_party), authenticated_at=authenticated_at,
                       signers=(measure.drafted_by_id, measure.decided_by_id, measure.seconded_by_id), now=at,
                       limits=thresholds())
    if refuse is not None:
        raise refusal(refuse)


def _draft_milder(case: Case, measure: Measure, replacement: Replacement, *, judgement: str, actor: Actor,
                  at: dt.datetime) -> None:
    if case.state != "open":
        raise Conflict("the case is closed, so nothing can be drafted", hint="overturn, and reopen the case")
    write_draft(case, MeasureDraft(
        kind=replacement.kind or measure.kind, reasons=[*measure.reasons, {"appeal": judgement}],
        rule_cited=measure.rule_cited, scope=replacement.scope or measure.scope, provider_id=measure.provider_id,
        subject_party=measure.subject_party, deadline_on=measure.deadline_on,
        expires_at=replacement.expires_at or measure.expires_at, determination_id=measure.determination_id,
        attachments=measure.attachments, replaces_id=measure.pk), actor=actor, at=at)


def default_overdue_appeals(now: dt.datetime, *, batch: int = BATCH) -> int:
    """The job: appeals nobody judged in time end in favour of the affected. Returns how many.

    ``rules.state_at`` says the same before the job ran; one transaction per appeal.
    """
    count = 0
    while count < batch:
        with acting_as(WORKER):
            due = Appeal.objects.filter(state="filed", due_at__lte=now).order_by("due_at", "id").first()
            if due is None:
                break
            locked_case(Measure.objects.get(pk=due.measure_id).case_id)
            measure = locked_measure(due.measure_id)
            appeal = Appeal.objects.select_for_update().get(pk=due.pk)
            if appeal.state == "filed":
                settle(measure, at=appeal.due_at)
                appeal.refresh_from_db()
                if appeal.state == "filed":  # the measure had ended already
                    default_appeal(appeal, measure)
        count += 1
    return count
