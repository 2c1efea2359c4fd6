"""Who a report counts as, among all reports about the same subject at the same desk."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import Count, F, Q, QuerySet

from licet.casework.services.observers import reassign_observers
from licet.core.actors import WORKER, Actor
from licet.hotline.models import Alarm, Report
from licet.hotline.rules import Limits, Trace, is_brigade, is_proven, place
from licet.hotline.tables import DISMISSAL_BY_ID, OF_CASE, AlarmState, ReportState
from licet.journal.services import append

Key = tuple[str, str, str]  # desk, kind of subject, subject
NOT_COUNTED = (ReportState.DISMISSED.value, ReportState.INVALIDATED.value, ReportState.MUTED.value)
_UNCONFIRMED = [row.id for row in DISMISSAL_BY_ID.values() if row.outcome == "not_confirmed"]
_CONFIRMED = [case for case, shown in OF_CASE.items() if shown == "actioned"]


def track_records(reporter_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Reporter -> (confirmed, not confirmed) of their judged reports."""
    rows = Report.objects.filter(reporter_id__in=list(reporter_ids)).values("reporter_id").annotate(
        good=Count("id", filter=Q(case__state="closed", case__outcome__in=_CONFIRMED, state="in_case")),
        bad=Count("id", filter=Q(case__state="closed", case__outcome="not_confirmed", state="in_case")
                  | Q(state="dismissed", dismissal__in=_UNCONFIRMED) | Q(state="invalidated")))
    return {row["reporter_id"]: (row["good"], row["bad"]) for row in rows}


class Clusters:
    """The clusters of some subjects while a batch about them is received. Holds the traces of the profile's window."""

    def __init__(self, subjects: set[Key], limits: Limits, *, at: dt.datetime) -> None:
        self.limits, self.at = limits, at
        self.since = at - dt.timedelta(days=limits.window_days)
        self.proven: dict[int, bool] = {}
        self.known: dict[Key, dict[str, list[Trace]]] = defaultdict(dict)
        self.moved: dict[Key, dict[str, str]] = defaultdict(dict)  # cluster -> the cluster it turned out to be
        self.alarms = self._open_alarms(subjects)
        # Reports under no alarm: when they came, and whose they are. Enough to see that no alarm is due.
        self.before: dict[Key, list[tuple[dt.datetime, int | None]]] = defaultdict(list)
        self._load(subjects)

    def _open_alarms(self, subjects: set[Key]) -> dict[Key, Alarm]:
        found = Alarm.objects.filter(state=AlarmState.OPEN, subject_key__in=[key[2] for key in subjects])
        rows = {(alarm.desk_id, alarm.subject_kind, alarm.subject_key): alarm for alarm in found.select_for_update()}
        return {key: alarm for key, alarm in rows.items() if key in subjects}

    def _load(self, subjects: set[Key]) -> None:
        """All subjects of the batch with one query. Who is under an open alarm is in its cluster and needs no look."""
        found = (Report.objects.filter(subject_key__in=[key[2] for key in subjects], received_at__gte=self.since)
                 .exclude(state__in=NOT_COUNTED).exclude(alarm__state=AlarmState.OPEN).order_by("id"))
        rows = [row for row in found.values_list(
            "desk_id", "subject_kind", "subject_key", "cluster", "network", "reporter_id", "fingerprint", "received_at",
            "alarm_id") if row[:3] in subjects]
        self._ask_records(row[5] for row in rows)
        seen: dict[Key, set[tuple[str, Trace]]] = defaultdict(set)
        for desk, kind, subject, cluster, network, reporter, text, at, alarm_id in rows:
            key, trace = (desk, kind, subject), self._trace(network, reporter, text)
            if (cluster, trace) not in seen[key]:
                seen[key].add((cluster, trace))
                self.known[key].setdefault(cluster, []).append(trace)
            if alarm_id is None:
                self.before[key].append((at, reporter))

    def _ask_records(self, reporters: Iterable[int | None]) -> None:
        new = {reporter for reporter in reporters if reporter is not None} - self.proven.keys()
        if new:
            self.proven |= dict.fromkeys(new, False) | {
                reporter: is_proven(*record, self.limits) for reporter, record in track_records(new).items()}

    def know(self, reports: Sequence[Report]) -> None:
        """Ask for the track records of a batch's reporters at once."""
        self._ask_records(report.reporter_id for report in reports)

    def _trace(self, network: str, reporter: int | None, text: int | None) -> Trace:
        return Trace(network=network, reporter="" if reporter is None else str(reporter), text=text,
                     proven=bool(reporter and self.proven.get(reporter)))

    def trace_of(self, report: Report) -> Trace:
        """The traces of a report, with its reporter's track record."""
        self._ask_records([report.reporter_id])
        return self._trace(report.network, report.reporter_id, report.fingerprint)

    def place(self, report: Report) -> None:
        """Write into the report who it counts as. An open alarm takes everybody without a track record."""
        if not report.subject_kind or report.state == ReportState.MUTED:
            return
        key = (report.desk_id, report.subject_kind, report.subject_key)
        trace = self.trace_of(report)
        alarm = self.alarms.get(key)
        if alarm is not None and not trace.proven:
            report.alarm, report.cluster = alarm, alarm.cluster
            return
        self._put(key, report, trace)

    def put_alone(self, report: Report) -> None:
        """Write who the report counts as, without asking for alarms: network, account and text tell people apart."""
        report.cluster = f"reporter:{report.number}"
        self._put((report.desk_id, report.subject_kind, report.subject_key), report, self.trace_of(report))

    def _put(self, key: Key, report: Report, trace: Trace) -> None:
        placed = place(trace, self.known[key], report.cluster, self.limits)
        report.cluster = placed.cluster
        traces = self.known[key].setdefault(placed.cluster, [])
        for other in placed.absorbed:
            traces += self.known[key].pop(other)
            self.moved[key][other] = placed.cluster
        if trace not in traces:
            traces.append(trace)

    def raise_alarms(self, reports: Sequence[Report]) -> int:
        """Raise what :func:`is_brigade` finds, and put the reports concerned under the alarm. Returns how many."""
        self.follow(reports)
        raised = 0
        by_subject: dict[Key, list[Report]] = defaultdict(list)
        for report in reports:
            if report.subject_kind and report.state != ReportState.MUTED:
                by_subject[report.desk_id, report.subject_kind, report.subject_key].append(report)
        for key, new in by_subject.items():
            alarm = self.alarms.get(key)
            if alarm is None:
                alarm = self._raise(key, new)
                raised += alarm is not None
            if alarm is not None:
                _count(alarm, [report for report in new if report.alarm == alarm])
        return raised

    def follow(self, reports: Sequence[Report]) -> None:
        """Write the final cluster into reports of clusters that turned out to be another."""
        for report in reports:
            moved = self.moved.get((report.desk_id, report.subject_kind, report.subject_key), {})
            while report.cluster in moved:
                report.cluster = moved[report.cluster]

    def _raise(self, key: Key, new: Sequence[Report]) -> Alarm | None:
        unproven = [report for report in new if not self.trace_of(report).proven]
        moments = [at for at, reporter in self.before[key] if reporter is None or not self.proven.get(reporter)]
        moments += [report.received_at for report in unproven]
        if not unproven or not is_brigade(moments, self.limits) or self._judged_genuine(key):
            return None
        before = [row for row in _about(key).filter(received_at__gte=self.since, alarm__isnull=True).exclude(
            state__in=NOT_COUNTED).exclude(pk__in=[report.pk for report in new if report.pk])
            if not self.trace_of(row).proven]
        alarm = Alarm.objects.create(
            desk_id=key[0], subject_kind=key[1], subject_key=key[2], raised_at=self.at, first_at=min(moments),
            last_at=max(moments), reports=len(before),
            networks=len({row.network for row in before if row.network}))
        for row in before:
            self.moved[key][row.cluster] = alarm.cluster
        for report in unproven:
            report.alarm, report.cluster = alarm, alarm.cluster
        Report.objects.filter(pk__in=[row.pk for row in before]).update(alarm=alarm)
        append("hotline:alarm:raised", actor=WORKER, subject=f"{key[1]}:{key[2]}", organisation=key[0],
               data={"alarm": alarm.pk, "reports": len(moments)})
        self.alarms[key] = alarm
        return alarm

    def _judged_genuine(self, key: Key) -> bool:
        """Somebody looked a short while ago and said that independent people do report this."""
        recent = self.at - dt.timedelta(hours=self.limits.flood_hours)
        return Alarm.objects.filter(desk_id=key[0], subject_kind=key[1], subject_key=key[2], state=AlarmState.GENUINE,
                                    judged_at__gte=recent).exists()

    def tell_casework(self) -> None:
        """Let signals of clusters that turned out to be others count for those from now on."""
        for key, moved in self.moved.items():
            rename(key, moved, reason="reporters turned out not to be independent", actor=WORKER, at=self.at)


def _about(key: Key) -> QuerySet[Report]:
    return Report.objects.filter(desk_id=key[0], subject_kind=key[1], subject_key=key[2])


def rename(key: Key, moved: dict[str, str], *, reason: str, actor: Actor, at: dt.datetime) -> None:
    """Rename clusters of a subject, in the reports and in the signals they became."""
    final = {}
    for old in moved:
        new = old
        while new in moved:
            new = moved[new]
        final[old] = new
    observers: dict[str, str] = {}
    for old, new in final.items():
        rows = _about(key).filter(cluster=old).exclude(state__in=NOT_COUNTED)
        observers |= {f"report:{number}": new for number in rows.values_list("number", flat=True)}
        rows.update(cluster=new)
    reassign_observers(observers, desk_id=key[0], reason=reason, actor=actor, at=at)


def _count(alarm: Alarm, new: Sequence[Report]) -> None:
    """Keep the alarm's numbers: reports, distinct networks, first and last moment."""
    if not new:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT network FROM hotline_report WHERE alarm_id = %s AND network <> ''", [alarm.pk])
        networks = {row[0] for row in cursor.fetchall()} | {report.network for report in new if report.network}
    Alarm.objects.filter(pk=alarm.pk).update(
        reports=F("reports") + len(new), networks=len(networks),
        last_at=max(alarm.last_at, *(report.received_at for report in new)))
