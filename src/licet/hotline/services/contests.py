"""Somebody says that a mute or an invalidated batch is wrong: it is answered once, with reasons, by another person than
the one who decided it, and the answer stands on every receipt concerned."""

from __future__ import annotations

import datetime as dt

from licet.core.actors import WORKER, Actor
from licet.core.errors import Conflict, NotFound
from licet.core.rls import acting_as
from licet.hotline.models import Alarm, Contest, Objection, Report, Reporter
from licet.hotline.services.alarms import tell_apart
from licet.hotline.services.giving_back import give_back
from licet.hotline.services.people import ensure_may_judge, need_person, need_reason, need_words
from licet.hotline.services.receiving import one_at_a_time
from licet.hotline.tables import AlarmState, ContestKind, ContestState, ReportState
from licet.journal.services import append


def contest(number: str, text: str, *, at: dt.datetime) -> Contest:
    """Whoever holds the receipt of a report that does not count says that it was meant honestly; the caller has checked
    the code. Raises :class:`BadInput` (``people.need_words``), or :class:`Conflict` when there is nothing to contest, they
    said so already, or it was answered."""
    with acting_as(WORKER):
        report = Report.objects.filter(number=number, state__in=[ReportState.INVALIDATED, ReportState.MUTED]).first()
        found = None if report is None else _of_batch(report, at) if report.alarm_id else _of_mute(report, at)
        if report is None or found is None:
            raise Conflict("there is nothing to contest")
        text = need_words(text, report, hint="say why it should count")
        if found.state != ContestState.OPEN:
            raise Conflict("this was contested and judged by another person", hint="the answer stands on this page")
        _said, first = Objection.objects.get_or_create(contest=found, report=report, defaults={
            "desk_id": found.desk_id, "text": text, "at": at})
        if not first:
            raise Conflict("you contested this already", hint="the answer will stand on this page")
        append(f"hotline:{_about(found)}:contested", actor=WORKER, subject=f"report:{number}",
               organisation=found.desk_id, data={"contest": found.pk})
    return found


def _of_batch(report: Report, at: dt.datetime) -> Contest | None:
    alarm = Alarm.objects.select_for_update(no_key=True, of=("self",)).get(members=report)
    if report.state != ReportState.INVALIDATED or alarm.judged_by_id is None or alarm.judged_at is None:
        return None
    return Contest.objects.get_or_create(alarm=alarm, defaults={
        "desk_id": alarm.desk_id, "kind": ContestKind.BATCH, "against_id": alarm.judged_by_id, "since": alarm.judged_at,
        "opened_at": at})[0]


def _of_mute(report: Report, at: dt.datetime) -> Contest | None:
    reporter = Reporter.objects.select_for_update(no_key=True, of=("self",)).filter(reports=report).first()
    if reporter is None or reporter.muted_at is None or reporter.muted_by_id is None:
        return None
    return Contest.objects.get_or_create(reporter=reporter, since=reporter.muted_at, defaults={
        "desk_id": reporter.desk_id, "kind": ContestKind.MUTE, "against_id": reporter.muted_by_id, "opened_at": at})[0]


def uphold(contest_id: int, *, reason: str, actor: Actor, at: dt.datetime) -> Contest:
    """Another person looked and the mute, or the batch's invalidation, stays. That ends it: the receipts say so, with the
    reason, and it cannot be contested again."""
    reason = need_reason(reason)
    with acting_as(actor):
        found = _locked(contest_id, actor=actor)
        _decide(found, ContestState.UPHELD, reason=reason, actor=actor, at=at)
    return found


def reverse(contest_id: int, *, reason: str, actor: Actor, at: dt.datetime) -> Contest:
    """Another person looked and takes the mute, or the batch's invalidation, back in one step: every report concerned
    counts again, told apart by the same rules as ever."""
    reason = need_reason(reason)
    with acting_as(actor):
        one_at_a_time()  # before any row, as receiving does
        found = _locked(contest_id, actor=actor)
        count = _restore(found, reason=reason, actor=actor, at=at)
        _decide(found, ContestState.REVERSED, reason=reason, actor=actor, at=at, reports=count)
    return found


def _locked(contest_id: int, *, actor: Actor) -> Contest:
    user_id = need_person(actor)
    found = Contest.objects.select_for_update(no_key=True, of=("self",)).filter(pk=contest_id).first()
    if found is None:
        raise NotFound("nobody contests this at your desk")
    if found.state != ContestState.OPEN:
        raise Conflict(f"this was judged: {found.state}")
    if found.against_id == user_id:
        raise Conflict("somebody else judges what you decided", hint="ask a colleague")
    ensure_may_judge(Report.objects.filter(alarm__contest=found) if found.kind == ContestKind.BATCH else
                     Report.objects.filter(reporter__contests=found), actor=actor)
    return found


def _restore(found: Contest, *, reason: str, actor: Actor, at: dt.datetime) -> int:
    if found.alarm_id is not None:
        alarm = Alarm.objects.select_for_update(no_key=True, of=("self",)).get(pk=found.alarm_id)
        reports = list(Report.objects.filter(alarm=alarm, state=ReportState.INVALIDATED).order_by("received_at", "id"))
        Alarm.objects.filter(pk=alarm.pk).update(state=AlarmState.GENUINE, judged_by=actor.user_id, judged_at=at,
                                                 reason=reason)
        tell_apart(alarm, reports, reason=reason, actor=actor, at=at)
        return len(reports)
    reporter = Reporter.objects.select_for_update(no_key=True, of=("self",)).filter(contests=found).first()
    return 0 if reporter is None else give_back(reporter, at=at)


def _decide(found: Contest, state: ContestState, *, reason: str, actor: Actor, at: dt.datetime, **data: object) -> None:
    Contest.objects.filter(pk=found.pk).update(state=state, decided_by=actor.user_id, decided_at=at, reason=reason)
    append(f"hotline:{_about(found)}:{state.value}", actor=actor, subject=f"{_about(found)}:{_about_id(found)}",
           purpose=reason[:500], organisation=found.desk_id, data={"contest": found.pk, **data})
    found.refresh_from_db()


def _about(found: Contest) -> str:
    return "alarm" if found.kind == ContestKind.BATCH else "reporter"


def _about_id(found: Contest) -> int | None:
    return found.alarm_id if found.kind == ContestKind.BATCH else found.reporter_id


def end_when_empty(alarm_id: int, *, reason: str, actor: Actor, at: dt.datetime) -> None:
    """The last report of a contested batch was taken back one by one, by somebody else than who judged it: that is the
    answer, and the batch is no more."""
    found = Contest.objects.select_for_update(no_key=True, of=("self",)).filter(
        alarm_id=alarm_id, state=ContestState.OPEN).first()
    if found is None or Report.objects.filter(alarm_id=alarm_id, state=ReportState.INVALIDATED).exists():
        return
    Alarm.objects.filter(pk=alarm_id).update(state=AlarmState.GENUINE, judged_by=actor.user_id, judged_at=at, reason=reason)
    _decide(found, ContestState.REVERSED, reason=reason, actor=actor, at=at)


def end_with_mute(reporter: Reporter, *, reason: str, actor: Actor, at: dt.datetime) -> None:
    """A contested mute was taken back by another person (:class:`Conflict` for the one who muted): that is the answer."""
    found = Contest.objects.select_for_update(no_key=True, of=("self",)).filter(
        reporter=reporter, state=ContestState.OPEN).first()  # of this mute: the one before ended its contest
    if found is None:
        return
    if found.against_id == actor.user_id:
        raise Conflict("somebody else judges this", hint="ask a colleague")
    _decide(found, ContestState.REVERSED, reason=reason, actor=actor, at=at)
