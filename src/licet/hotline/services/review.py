"""What a reviewer does with one report: join, place, ask, dismiss, take back."""

from __future__ import annotations

import datetime as dt

from licet.casework.models import Case
from licet.casework.services.observers import reassign_observers
from licet.casework.services.signals import receive_signals
from licet.casework.services.subjects import canonical_subject
from licet.casework.tables import VOID_OBSERVER, SubjectKind
from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, Conflict, NotFound
from licet.core.rls import acting_as
from licet.hotline.limits import limits
from licet.hotline.models import Question, Report
from licet.hotline.services.clusters import Clusters
from licet.hotline.services.contests import end_when_empty
from licet.hotline.services.people import locked_report, need_person, need_reason, need_words, refuse_state
from licet.hotline.services.receiving import signal_of, source_of
from licet.hotline.tables import DISMISSAL_BY_ID, MEANT_HONESTLY, QUESTION_BY_GROUND, ReportState
from licet.journal.services import append


def _journal(tag: str, report: Report, *, actor: Actor, purpose: str = "", **data: object) -> None:
    append(f"hotline:report:{tag}", actor=actor, subject=f"report:{report.number}", purpose=purpose[:500],
           organisation=report.desk_id, data=data)


def join(number: str, *, actor: Actor, at: dt.datetime) -> Report:
    """A person looked and leaves the report in its case: it leaves the queue of reports. Raises :class:`Conflict`
    while nobody said what it is about."""
    with acting_as(actor):
        report = locked_report(number, actor=actor)
        refuse_state(report, ReportState.IN_CASE)
        if report.looked_at is None:
            Report.objects.filter(pk=report.pk).update(looked_at=at, looked_by=actor.user_id)
            _journal("joined", report, actor=actor, case=report.case_id)
        report.refresh_from_db()
    return report


def name_subject(number: str, *, kind: str, subject: str, actor: Actor, at: dt.datetime) -> Report:
    """A person says what a report is about that nothing could be told from (a provider's name, a hash): it becomes a
    signal in that subject's open case. Raises :class:`BadInput` for a subject that cannot be."""
    if kind not in set(SubjectKind):
        raise BadInput(f"there is no kind of subject {kind!r}", hint=f"kinds: {', '.join(SubjectKind)}")
    key = canonical_subject(kind, subject)
    with acting_as(actor):
        report = locked_report(number, actor=actor)
        refuse_state(report, ReportState.UNPLACED)
        report.subject_kind, report.subject_key = kind, key
        with acting_as(WORKER):
            _place(report, at)
        Report.objects.filter(pk=report.pk).update(looked_at=at, looked_by=actor.user_id)
        _journal("subject_named", report, actor=actor, case=report.case_id, subject=f"{kind}:{key}")
        report.refresh_from_db()
    return report


def _place(report: Report, at: dt.datetime) -> None:
    """Work out who the report counts as now, and put it into the case as a signal."""
    clusters = Clusters({(report.desk_id, report.subject_kind, report.subject_key)}, limits(), at=at)
    report.cluster = f"reporter:{report.number}"
    clusters.place(report)
    report.save(update_fields=["subject_kind", "subject_key", "cluster", "alarm", "rank"])
    received = receive_signals([signal_of(report, {})], actor=WORKER, at=at)
    case_id = received.case_of.get(source_of(report.number))
    if case_id is None:
        raise Conflict("the report is a signal already")
    report.case_id, report.state = case_id, ReportState.IN_CASE
    report.save(update_fields=["case", "state"])
    clusters.tell_casework()


def ask(number: str, text: str, *, actor: Actor, at: dt.datetime) -> Question:
    """Ask whoever reported; they read it with their receipt. One question at a time (:class:`Conflict`); none where no
    words are taken (:class:`BadInput`): they could only be answered by a description."""
    text = need_reason(text)
    with acting_as(actor):
        user_id = need_person(actor)
        report = locked_report(number, actor=actor)
        refuse_state(report, ReportState.IN_CASE, ReportState.UNPLACED)
        if QUESTION_BY_GROUND[report.ground_id].url_only:
            raise BadInput("nothing is asked about this ground: an answer would describe what we do not keep",
                           hint="the address or the hash is all we take; look at it with the trained people's means")
        if Question.objects.filter(report=report, answered_at__isnull=True).exists():
            raise Conflict("a question is open already", hint="wait for the answer, or go on without it")
        question = Question.objects.create(report=report, desk_id=report.desk_id, text=text, asked_by_id=user_id,
                                           asked_at=at)
        _journal("asked", report, actor=actor, question=question.pk)
    return question


def answer(number: str, text: str, *, at: dt.datetime) -> Question:
    """The answer of whoever holds the receipt; the caller has checked the code. Raises :class:`NotFound` when nothing
    was asked, :class:`BadInput` for an answer that is empty, too long, or free text where none is taken."""
    with acting_as(WORKER):
        question = (Question.objects.select_for_update(no_key=True, of=("self",)).select_related("report")
                    .filter(report__number=number, answered_at__isnull=True).first())
        if question is None:
            raise NotFound("nothing is being asked")
        text = need_words(text, question.report, hint="the answer is missing or too long")
        if text == MEANT_HONESTLY:
            raise BadInput("about this ground nothing is answered", hint="the address or the hash is all we take")
        Question.objects.filter(pk=question.pk).update(answer=text, answered_at=at)
        Report.objects.filter(pk=question.report_id).update(looked_at=None, looked_by=None)  # back into the queue
        _journal("answered", question.report, actor=WORKER, question=question.pk)
        question.refresh_from_db()
    return question


def dismiss(number: str, dismissal: str, *, reason: str, actor: Actor, at: dt.datetime) -> Report:
    """End a report with one of the listed reasons; it counts for nothing from now on, and its receipt says so."""
    row = DISMISSAL_BY_ID.get(dismissal)
    if row is None:
        raise BadInput(f"there is no reason {dismissal!r}", hint=f"reasons: {', '.join(DISMISSAL_BY_ID)}")
    reason = need_reason(reason)
    with acting_as(actor):
        report = locked_report(number, actor=actor)
        refuse_state(report, ReportState.IN_CASE, ReportState.UNPLACED)
        Report.objects.filter(pk=report.pk).update(
            state=ReportState.DISMISSED, dismissal=row.id, reason=reason, looked_at=at, looked_by=actor.user_id)
        if report.case_id is not None:
            reassign_observers({source_of(report.number): f"{VOID_OBSERVER}{report.number}"}, desk_id=report.desk_id,
                               reason=f"report dismissed: {row.en}", actor=actor, at=at)
        _journal("dismissed", report, actor=actor, purpose=reason, dismissal=row.id, case=report.case_id)
        report.refresh_from_db()
    return report


def reinstate(number: str, *, reason: str, actor: Actor, at: dt.datetime) -> Report:
    """Take a report back that was dismissed, invalidated or muted: it counts again, alone or with those it is linked
    to. Another person than the one who ended it (:class:`Conflict`)."""
    reason = need_reason(reason)
    with acting_as(actor):
        report = locked_report(number, actor=actor)
        refuse_state(report, ReportState.DISMISSED, ReportState.INVALIDATED, ReportState.MUTED)
        if _ended_by(report) == actor.user_id:
            raise Conflict("somebody else takes back what you ended", hint="ask a colleague")
        before, alarm_id = report.state, report.alarm_id
        report.state, report.dismissal, report.reason, report.alarm = ReportState.UNPLACED, "", "", None
        report.looked_at = report.looked_by = None
        had_case = report.case_id is not None
        report.case = None
        report.save()
        if report.subject_kind and had_case:
            _back(report, at, actor=actor, reason=reason)
        elif report.subject_kind:
            with acting_as(WORKER):
                _place(report, at)
        _journal("reinstated", report, actor=actor, purpose=reason, before=before)
        if before == ReportState.INVALIDATED and alarm_id is not None:
            end_when_empty(alarm_id, reason=reason, actor=actor, at=at)
        report.refresh_from_db()
    return report


def _ended_by(report: Report) -> int | None:
    """Who decided that the report does not count: by a dismissal, with its batch, or by muting whoever sent it."""
    if report.state == ReportState.INVALIDATED and report.alarm:
        return report.alarm.judged_by_id
    if report.state == ReportState.MUTED and report.reporter:
        return report.reporter.muted_by_id
    return report.looked_by_id


def _back(report: Report, at: dt.datetime, *, actor: Actor, reason: str) -> None:
    """The signal is in its case already; it counts for somebody again."""
    clusters = Clusters({(report.desk_id, report.subject_kind, report.subject_key)}, limits(), at=at)
    report.cluster = f"reporter:{report.number}"
    clusters.place(report)
    case = Case.objects.filter(signals__source=source_of(report.number), desk_id=report.desk_id).get()
    report.case, report.state = case, ReportState.IN_CASE
    report.save()
    reassign_observers({source_of(report.number): report.cluster}, desk_id=report.desk_id, reason=reason, actor=actor,
                       at=at)
    clusters.tell_casework()
