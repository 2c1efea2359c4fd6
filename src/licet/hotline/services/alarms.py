"""A brigade alarm is judged by one person in one action; whoever holds a receipt may contest it (``contests``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from licet.casework.services.observers import reassign_observers
from licet.casework.tables import VOID_OBSERVER
from licet.core.actors import WORKER, Actor
from licet.core.errors import Conflict, NotFound
from licet.core.rls import acting_as
from licet.hotline.limits import limits
from licet.hotline.models import Alarm, Report
from licet.hotline.services.clusters import Clusters, Key
from licet.hotline.services.people import ensure_may_judge, need_reason
from licet.hotline.services.receiving import source_of
from licet.hotline.tables import AlarmState, ReportState
from licet.journal.services import append


def _open(alarm_id: int, *, actor: Actor) -> Alarm:
    alarm = Alarm.objects.select_for_update(no_key=True, of=("self",)).filter(pk=alarm_id).first()
    if alarm is None:
        raise NotFound("there is no such alarm at your desk")
    ensure_may_judge(Report.objects.filter(alarm=alarm), actor=actor)
    if alarm.state != AlarmState.OPEN:
        raise Conflict(f"the alarm was judged: {alarm.state}")
    return alarm


def _judge(alarm: Alarm, state: AlarmState, *, reason: str, actor: Actor, at: dt.datetime, reports: int) -> None:
    Alarm.objects.filter(pk=alarm.pk).update(state=state, judged_by=actor.user_id, judged_at=at, reason=reason)
    append(f"hotline:alarm:{state.value}", actor=actor, subject=f"{alarm.subject_kind}:{alarm.subject_key}",
           purpose=reason[:500], organisation=alarm.desk_id,
           data={"alarm": alarm.pk, "reports": reports, "networks": alarm.networks})
    alarm.refresh_from_db()


def invalidate(alarm_id: int, *, reason: str, actor: Actor, at: dt.datetime) -> Alarm:
    """One action for a whole batch: none of its reports counts any more. Each receipt shows the reason and how to
    contest it; what was already decided in a case stays a matter of its appeal."""
    reason = need_reason(reason)
    with acting_as(actor):
        alarm = _open(alarm_id, actor=actor)
        members = Report.objects.filter(alarm=alarm, state__in=[ReportState.IN_CASE, ReportState.UNPLACED])
        numbers = list(members.values_list("number", flat=True))
        members.update(state=ReportState.INVALIDATED, looked_at=at, looked_by=actor.user_id)
        reassign_observers({source_of(number): f"{VOID_OBSERVER}{alarm.pk}" for number in numbers},
                           desk_id=alarm.desk_id, reason=reason, actor=actor, at=at)
        _judge(alarm, AlarmState.INVALIDATED, reason=reason, actor=actor, at=at, reports=len(numbers))
    return alarm


def call_genuine(alarm_id: int, *, reason: str, actor: Actor, at: dt.datetime) -> Alarm:
    """A person looked and finds independent people behind the reports: they are told apart again by network, account
    and text, and count as many."""
    reason = need_reason(reason)
    with acting_as(actor):
        alarm = _open(alarm_id, actor=actor)
        reports = list(Report.objects.filter(alarm=alarm, state__in=[ReportState.IN_CASE, ReportState.UNPLACED])
                       .order_by("received_at", "id"))
        _judge(alarm, AlarmState.GENUINE, reason=reason, actor=actor, at=at, reports=len(reports))
        tell_apart(alarm, reports, reason=reason, actor=actor, at=at)
    return alarm


def tell_apart(alarm: Alarm, reports: Sequence[Report], *, reason: str, actor: Actor, at: dt.datetime) -> None:
    """Reports of an alarm, in their order, count again by what tells people apart; those that were invalidated are back
    in their case and in the queue. The caller journals why."""
    key: Key = (alarm.desk_id, alarm.subject_kind, alarm.subject_key)
    with acting_as(WORKER):
        clusters = Clusters({key}, limits(), at=at)
        clusters.known[key].forget(alarm.cluster)
        for report in reports:
            if report.state == ReportState.INVALIDATED:
                report.state = ReportState.IN_CASE if report.case_id is not None else ReportState.UNPLACED
                report.looked_at = report.looked_by = None
            clusters.put_alone(report)
        clusters.follow(reports)
        Report.objects.bulk_update(reports, ["cluster", "state", "rank", "looked_at", "looked_by"], batch_size=500)
    reassign_observers({source_of(report.number): report.cluster for report in reports}, desk_id=alarm.desk_id,
                       reason=reason, actor=actor, at=at)
    clusters.tell_casework()
