"""Handing cases out and ending them: take, release, close, merge, split, reopen, link."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from django.db import connection, transaction
from django.db.models import F, Q

from licet.casework.models import Case, CaseLink, Measure, Signal
from licet.casework.services.people import ensure_may_work
from licet.casework.services.proposals import propose
from licet.casework.services.record import add_event, need_reason, record
from licet.casework.services.steps import binding
from licet.casework.services.subjects import canonical_subject
from licet.casework.tables import CASE_OUTCOMES, MEASURE_BY_ID, OUTCOME_LEAVES, MeasureState
from licet.casework.thresholds import thresholds
from licet.core.actors import Actor
from licet.core.errors import BadInput, Conflict, LicetError, NotFound
from licet.core.rls import acting_as


class HeldBySomebody(Conflict):
    """Somebody else is working on this case."""

    code = "held"


class DraftsOpen(Conflict):
    """The case has measures that nobody decided yet."""

    code = "drafts_open"


class MeasuresInForce(Conflict):
    """The case has measures that bind on, and its outcome does not carry them."""

    code = "measures_in_force"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one case in a bulk action; ``error`` is ``None`` where it worked."""

    case_id: int
    error: LicetError | None


def each(reasons: Mapping[int, str], do: Callable[[int, str], object]) -> list[Outcome]:
    """Run a service per case, each in a savepoint of its own and with its own reason."""
    outcomes = []
    for case_id, reason in sorted(reasons.items()):
        try:
            with transaction.atomic():
                do(case_id, reason)
            outcomes.append(Outcome(case_id, None))
        except LicetError as error:
            outcomes.append(Outcome(case_id, error))
    return outcomes


def locked_case(case_id: int) -> Case:
    """The case, locked until the transaction ends. Raises :class:`NotFound`, also for another desk's case."""
    case = Case.objects.select_for_update(no_key=True).filter(pk=case_id).first()
    if case is None:
        raise NotFound("there is no such case at your desk")
    return case


def workable_case(case_id: int, *, actor: Actor, at: dt.datetime) -> Case:
    """The open case, locked, if this person may work on it and nobody else holds it."""
    case = locked_case(case_id)
    ensure_may_work(actor, case)
    if case.state != "open":
        raise Conflict(f"case {case.number} is {case.state}", hint="reopen it on new facts")
    if case.handler_id not in {None, actor.user_id} and case.handler_until and case.handler_until > at:
        raise HeldBySomebody(hint=f"free again at {case.handler_until.isoformat(timespec='minutes')}")
    return case


def take(case_id: int, *, actor: Actor, at: dt.datetime) -> Case:
    """Hand the case out to this person alone, for the profile's minutes; taking it again prolongs it.

    Compare-and-swap: of two who take it at once, one gets :class:`HeldBySomebody`.
    """
    until = at + dt.timedelta(minutes=thresholds().handout_minutes)
    with acting_as(actor):
        case = Case.objects.filter(pk=case_id).first()
        if case is None:
            raise NotFound("there is no such case at your desk")
        ensure_may_work(actor, case)
        free = Q(handler__isnull=True) | Q(handler=actor.user_id) | Q(handler_until__lte=at)
        taken = Case.objects.filter(free, pk=case_id, state="open").update(handler=actor.user_id, handler_until=until)
        if not taken:
            case.refresh_from_db()
            if case.state != "open":
                raise Conflict(f"case {case.number} is {case.state}", hint="reopen it on new facts")
            raise HeldBySomebody
        case.refresh_from_db()
        record(case, "casework:case:taken", actor=actor, at=at, data={"until": until.isoformat()})
    return case


_SKIP = 20  # cases looked at before giving up, when a person has interests of their own in the first ones


def take_next(desk_id: str, *, actor: Actor, at: dt.datetime) -> Case | None:
    """Take the first free case of a desk's queue in which the person has no interest; ``None`` when there is none."""
    with acting_as(actor):
        free = Q(handler__isnull=True) | Q(handler_until__lte=at)
        candidates = (Case.objects.select_for_update(skip_locked=True, no_key=True)
                      .filter(free, desk_id=desk_id, state="open").order_by("-priority", "opened_at", "id")[:_SKIP])
        refused: LicetError | None = None
        for case in candidates:
            try:
                ensure_may_work(actor, case)
            except LicetError as error:
                if error.code != "conflict_of_interest":
                    raise
                refused = error
                continue
            return take(case.pk, actor=actor, at=at)
        if refused is not None:
            raise refused
    return None


def take_many(case_ids: Sequence[int], *, actor: Actor, at: dt.datetime) -> list[Outcome]:
    """Take several cases; those held by others stay with them."""
    return each(dict.fromkeys(case_ids, "taken"), lambda case_id, _: take(case_id, actor=actor, at=at))


def release(case_id: int, *, actor: Actor, at: dt.datetime) -> Case:
    """Give a case back to the queue before its time. Raises :class:`Conflict` if one does not hold it."""
    with acting_as(actor):
        case = locked_case(case_id)
        if case.handler_id is None or case.handler_id != actor.user_id:
            raise Conflict("you do not hold this case")
        Case.objects.filter(pk=case.pk).update(handler=None, handler_until=None)
        case.refresh_from_db()
        record(case, "casework:case:released", actor=actor, at=at)
    return case


def _refuse_drafts(case: Case) -> None:
    if Measure.objects.filter(case=case, state=MeasureState.DRAFTED).exists():
        raise DraftsOpen(hint="withdraw or decide the drafts first")


def _refuse_in_force(case: Case, outcome: str, at: dt.datetime) -> None:
    going_on = [measure for measure in binding(case, at)
                if MEASURE_BY_ID[measure.kind].effect not in OUTCOME_LEAVES[outcome]]
    if going_on:
        names = ", ".join(f"M-{measure.pk} ({MEASURE_BY_ID[measure.kind].en})" for measure in going_on)
        raise MeasuresInForce(f"still in force: {names}", hint="lift them first, or close the case as actioned")


def _end(case: Case, at: dt.datetime, **changes: object) -> None:
    ended = Case.objects.filter(pk=case.pk, state="open").update(
        closed_at=at, handler=None, handler_until=None, **changes)
    if ended != 1:
        raise Conflict(f"case {case.number} was ended by somebody else")
    case.refresh_from_db()


def close_case(case_id: int, *, outcome: str, reason: str, actor: Actor, at: dt.datetime) -> Case:
    """Close with an outcome and a reason. Drafts must be decided or withdrawn first.

    Measures in force go on after ``actioned``; whatever another outcome does not carry (``tables.OUTCOME_LEAVES``) is
    lifted first, so that it is restored and verified: nothing stays cut for what was not confirmed, or is gone.
    """
    if outcome not in CASE_OUTCOMES:
        raise BadInput(f"there is no outcome {outcome!r}", hint=f"outcomes: {', '.join(CASE_OUTCOMES)}")
    reason = need_reason(reason)
    with acting_as(actor):
        case = workable_case(case_id, actor=actor, at=at)
        _refuse_drafts(case)
        _refuse_in_force(case, outcome, at)
        _end(case, at, state="closed", outcome=outcome)
        record(case, "casework:case:closed", actor=actor, at=at, note=reason, data={"outcome": outcome},
               before={"state": "open"}, after={"state": "closed", "outcome": outcome})
    return case


def close_many(reasons: Mapping[int, str], *, outcome: str, actor: Actor, at: dt.datetime) -> list[Outcome]:
    """Close several cases, each with a reason of its own. One that is refused leaves the others."""
    return each(reasons,
                lambda case_id, reason: close_case(case_id, outcome=outcome, reason=reason, actor=actor, at=at))


def merge_cases(case_id: int, *, into: int, reason: str, actor: Actor, at: dt.datetime) -> Case:
    """End a case as part of another of the same desk. Its signals stay as they were observed and count for the other;
    later ones about its subject do too. Measures that anybody decided keep it apart (:class:`Conflict`)."""
    reason = need_reason(reason)
    if case_id == into:
        raise BadInput("a case cannot be merged into itself")
    with acting_as(actor):
        first, second = (workable_case(pk, actor=actor, at=at) for pk in sorted((case_id, into)))
        case, target = (first, second) if first.pk == case_id else (second, first)
        if case.desk_id != target.desk_id:
            raise Conflict("the cases belong to different desks", hint="link them instead")
        if Measure.objects.filter(case=case).exclude(state=MeasureState.WITHDRAWN).exists():
            raise Conflict("the case has measures of its own", hint="link the cases instead")
        count = case.signal_count
        Case.objects.filter(merged_into=case).update(merged_into=target)
        _end(case, at, state="merged", merged_into=target)
        Case.objects.filter(pk=target.pk).update(signal_count=F("signal_count") + count)
        propose([target.pk], at=at)
        add_event(target, "casework:case:joined", actor=actor, at=at, note=reason, data={"case": case.number})
        record(case, "casework:case:merged", actor=actor, at=at, note=reason, data={"into": target.number})
        target.refresh_from_db()
    return target


def merge_many(reasons: Mapping[int, str], *, into: int, actor: Actor, at: dt.datetime) -> list[Outcome]:
    """Merge several cases into one, each with a reason of its own. One that is refused leaves the others."""
    return each(reasons, lambda case_id, reason: merge_cases(case_id, into=into, reason=reason, actor=actor, at=at))


def split_case(case_id: int, signal_ids: Sequence[int], *, subject_kind: str, subject: str, ground: str, reason: str,
               actor: Actor, at: dt.datetime) -> Case:
    """Move signals to the open case of another subject or ground, which is opened if need be. A site may be a single
    host here, for names under which many people publish. At least one signal stays."""
    reason = need_reason(reason)
    key = subject.strip().lower() if subject_kind == "site" else canonical_subject(subject_kind, subject)
    if subject_kind == "site":
        canonical_subject("site", key)  # raises for what is no host
    with acting_as(actor):
        case = workable_case(case_id, actor=actor, at=at)
        moved = Signal.objects.filter(case=case, pk__in=list(signal_ids))
        count = moved.count()
        if count == 0 or count != len(set(signal_ids)) or count >= case.signal_count:
            raise Conflict("choose some of the signals of this case, not all", hint="at least one stays")
        if (case.ground_id, case.subject_kind, case.subject_key) == (ground, subject_kind, key):
            raise Conflict("the signals would stay in the same case", hint="name another subject or ground")
        other = _case_for(case, ground, subject_kind, key, at)
        moved.update(case=other, ground=ground, subject_kind=subject_kind, subject_key=key)
        Case.objects.filter(pk=case.pk).update(signal_count=F("signal_count") - count)
        Case.objects.filter(pk=other.pk).update(signal_count=F("signal_count") + count, last_signal_at=at)
        CaseLink.objects.get_or_create(case=case, other=other, desk_id=case.desk_id, defaults={"why": "split"})
        propose([case.pk, other.pk], at=at)
        other.refresh_from_db()
        add_event(other, "casework:case:split_off", actor=actor, at=at, note=reason, data={"from": case.number})
        record(case, "casework:case:split", actor=actor, at=at, note=reason,
               data={"into": other.number, "signals": sorted(signal_ids)})
    return other


def _number(at: dt.datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('casework_case_number')")
        return f"{at:%Y}-{cursor.fetchone()[0]:06d}"


def _case_for(case: Case, ground: str, kind: str, key: str, at: dt.datetime, **more: object) -> Case:
    """The open case of a subject at the same desk, opened if there is none."""
    Case.objects.bulk_create(
        [Case(number=_number(at), desk_id=case.desk_id, provider_id=case.provider_id, ground_id=ground,
              subject_kind=kind, subject_key=key, opened_at=at, last_signal_at=at, **more)], ignore_conflicts=True)
    return Case.objects.select_for_update(no_key=True).get(
        desk_id=case.desk_id, ground=ground, subject_kind=kind, subject_key=key, state="open")


def reopen_case(case_id: int, *, reason: str, actor: Actor, at: dt.datetime) -> Case:
    """Open a new case on new facts about what a closed one was about, linked to it. The closed one stays as it ended;
    the tier is set anew. Raises :class:`Conflict` if the case is open or its subject has an open case again."""
    reason = need_reason(reason)
    with acting_as(actor):
        old = locked_case(case_id)
        ensure_may_work(actor, old)
        if old.state != "closed":
            raise Conflict(f"case {old.number} is {old.state}", hint="only a closed case is reopened")
        if Case.objects.filter(desk_id=old.desk_id, ground=old.ground_id, subject_kind=old.subject_kind,
                               subject_key=old.subject_key, state="open").exists():
            raise Conflict("this subject has an open case again", hint="work on that one")
        case = _case_for(old, old.ground_id, old.subject_kind, old.subject_key, at, reopened_from=old)
        CaseLink.objects.create(case=case, other=old, desk_id=case.desk_id, why="reopened")
        propose([case.pk], at=at)
        case.refresh_from_db()
        add_event(old, "casework:case:reopened_as", actor=actor, at=at, note=reason, data={"case": case.number})
        record(case, "casework:case:reopened", actor=actor, at=at, note=reason, data={"from": old.number})
    return case


def link_cases(case_id: int, other_id: int, *, why: str, actor: Actor, at: dt.datetime) -> CaseLink:
    """Note that two cases of a desk have to do with each other. Idempotent."""
    why = need_reason(why)
    with acting_as(actor):
        case, other = locked_case(case_id), locked_case(other_id)
        for one in (case, other):
            ensure_may_work(actor, one)
        if case.desk_id != other.desk_id:
            raise Conflict("the cases belong to different desks")
        link, is_new = CaseLink.objects.get_or_create(case=case, other=other, defaults={"desk_id": case.desk_id,
                                                                                       "why": why})
        if is_new:
            record(case, "casework:case:linked", actor=actor, at=at, note=why, data={"other": other.number})
    return link
