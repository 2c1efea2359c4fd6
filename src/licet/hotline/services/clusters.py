"""Who a report counts as, among all reports about the same subject at the same desk."""

from __future__ import annotations

import bisect
import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import connection
from django.db.models import Count, Q

from licet.casework.services.observers import reassign_observers
from licet.core.actors import WORKER, Actor
from licet.hotline.crowd import Crowd
from licet.hotline.models import Alarm, Report, Reporter
from licet.hotline.rules import HELD, Limits, Trace, is_brigade, is_proven, queue_rank
from licet.hotline.tables import DISMISSAL_BY_ID, FIRST_GROUNDS, OF_CASE, AlarmState, ReportState
from licet.journal.services import append

Key = tuple[str, str, str]  # desk, kind of subject, subject
NOT_COUNTED = (ReportState.DISMISSED.value, ReportState.INVALIDATED.value, ReportState.MUTED.value)
_UNCONFIRMED = [row.id for row in DISMISSAL_BY_ID.values() if row.outcome == "not_confirmed"]
_CONFIRMED = [case for case, shown in OF_CASE.items() if shown == "actioned"]


def track_records(reporter_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Reporter -> (confirmed, not confirmed) of their judged reports; those nothing was judged of may be left out."""
    if not (asked := list(reporter_ids)):
        return {}
    rows = Report.objects.filter(reporter_id__in=asked).values("reporter_id").annotate(
        good=Count("id", filter=Q(case__state="closed", case__outcome__in=_CONFIRMED, state="in_case")),
        bad=Count("id", filter=Q(case__state="closed", case__outcome="not_confirmed", state="in_case")
                  | Q(state="dismissed", dismissal__in=_UNCONFIRMED) | Q(state="invalidated")))
    return {row["reporter_id"]: (row["good"], row["bad"]) for row in rows}


@dataclasses.dataclass(frozen=True)
class _Raised:
    """An alarm with the reports that led to it: those that are here, and new ones up to the one that made it due."""

    here: Sequence[Report]
    new: Sequence[Report]
    alarm: Alarm


class Clusters:
    """The clusters of some subjects while a batch about them is received. Holds the traces of the profile's window."""

    def __init__(self, subjects: set[Key], limits: Limits, *, at: dt.datetime) -> None:
        self.limits, self.at = limits, at
        self.since = at - dt.timedelta(days=limits.window_days)
        self.people: dict[int, tuple[str, bool, bool]] = {}  # reporter -> person, verified, has a track record
        self.known: dict[Key, Crowd] = defaultdict(lambda: Crowd(limits))
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
        for desk, kind, subject, cluster, network, reporter, text, at, alarm_id in rows:
            key = (desk, kind, subject)
            self.known[key].add(cluster, self._trace(network, reporter, text))
            if alarm_id is None:
                self.before[key].append((at, reporter))

    def _ask_records(self, reporters: Iterable[int | None]) -> None:
        """Only who is verified can have a track record: a contact that anybody may write has none."""
        new = {reporter for reporter in reporters if reporter is not None} - self.people.keys()
        if not new:
            return
        rows = {pk: (person, verified) for pk, person, verified in Reporter.objects.filter(pk__in=new).values_list(
            "pk", "person", "verified")}
        proven = {reporter for reporter, record in track_records(pk for pk, row in rows.items() if row[1]).items()
                  if is_proven(*record, self.limits)}
        self.people |= {pk: (person, verified, pk in proven) for pk, (person, verified) in rows.items()}

    def _trace(self, network: str, reporter: int | None, text: int | None) -> Trace:
        person, verified, proven = ("", False, False) if reporter is None else self.people[reporter]
        return Trace(network=network, reporter=person, text=text, verified=verified, proven=proven)

    def trace_of(self, report: Report) -> Trace:
        """The traces of a report, with its reporter's track record."""
        self._ask_records([report.reporter_id])
        return self._trace(report.network, report.reporter_id, report.fingerprint)

    def place(self, report: Report) -> None:
        """Write into the report who it counts as, and its place in the queue. An open alarm takes everybody without a
        track record."""
        self._rank(report)
        if not report.subject_kind or report.state == ReportState.MUTED:
            return
        key = (report.desk_id, report.subject_kind, report.subject_key)
        trace = self.trace_of(report)
        alarm = self.alarms.get(key)
        if alarm is not None and not trace.proven:
            self._put_report_under(alarm, report)
            return
        self._put(key, report, trace)

    def put_alone(self, report: Report) -> None:
        """Write who the report counts as, without asking for alarms: network, account and text tell people apart."""
        report.cluster = f"reporter:{report.number}"
        self._rank(report)
        self._put((report.desk_id, report.subject_kind, report.subject_key), report, self.trace_of(report))

    def _put(self, key: Key, report: Report, trace: Trace) -> None:
        placed = self.known[key].put(trace, report.cluster)
        report.cluster = placed.cluster
        for other in placed.absorbed:
            self.moved[key][other] = placed.cluster

    def take(self, reports: Sequence[Report]) -> int:
        """Place the reports of a batch in their order, and raise an alarm with the very report that makes it due: what
        comes of a batch is what would come of its reports one at a time. Returns how many alarms were raised."""
        self._ask_records(report.reporter_id for report in reports)
        by_subject: dict[Key, list[Report]] = defaultdict(list)
        for report in reports:
            self._rank(report)
            if report.subject_kind and report.state != ReportState.MUTED:
                by_subject[report.desk_id, report.subject_kind, report.subject_key].append(report)
        raised = self._raise(self._due(by_subject))
        for key, new in by_subject.items():
            for report in new:
                self.place(report)
                if key in raised and report is raised[key].new[-1]:
                    self._put_under(key, raised[key])
        self.follow(reports)
        return len(raised)

    def _is_proven(self, reporter: int | None) -> bool:
        return reporter is not None and self.people.get(reporter, ("", False, False))[2]

    def _due(self, by_subject: Mapping[Key, Sequence[Report]]) -> dict[Key, Sequence[Report]]:
        """Subjects that their new reports make a brigade, with those up to the first one that does."""
        due: dict[Key, Sequence[Report]] = {}
        for key, new in by_subject.items():
            before = [at for at, reporter in self.before[key] if not self._is_proven(reporter)]
            counted = [n for n, report in enumerate(new) if not self._is_proven(report.reporter_id)]
            moments = before + [new[n].received_at for n in counted]
            if key in self.alarms or not counted or not is_brigade(moments, self.limits):
                continue
            due[key] = new[:counted[self._first(moments, len(before))] + 1]
        genuine = self._judged_genuine(due.keys())
        return {key: first for key, first in due.items() if key not in genuine}

    def _first(self, moments: Sequence[dt.datetime], before: int) -> int:
        """Which moment after the first ``before`` makes it a brigade; once it is one, it stays one."""
        return bisect.bisect_left(range(len(moments) - before), True,
                                  key=lambda n: is_brigade(moments[:before + n + 1], self.limits))

    def follow(self, reports: Sequence[Report]) -> None:
        """Write the final cluster into reports of clusters that turned out to be another."""
        for report in reports:
            moved = self.moved.get((report.desk_id, report.subject_kind, report.subject_key), {})
            report.cluster = _end(moved, report.cluster)

    def _raise(self, due: Mapping[Key, Sequence[Report]]) -> dict[Key, _Raised]:
        """Raise the alarms that are due, with the reports up to the one that makes each due."""
        if not due:
            return {}
        here: dict[Key, list[Report]] = {key: [] for key in due}
        for row in Report.objects.filter(subject_key__in=[key[2] for key in due], received_at__gte=self.since,
                                         alarm__isnull=True).exclude(state__in=NOT_COUNTED).order_by("id"):
            key = (row.desk_id, row.subject_kind, row.subject_key)
            if key in here and not self._is_proven(row.reporter_id):
                here[key].append(row)
        raised = {}
        for key, reports in due.items():
            new = [report for report in reports if not self._is_proven(report.reporter_id)]
            moments = [report.received_at for report in (*here[key], *new)]
            raised[key] = _Raised(here[key], new, Alarm(
                desk_id=key[0], subject_kind=key[1], subject_key=key[2], raised_at=self.at, first_at=min(moments),
                last_at=max(moments)))
        Alarm.objects.bulk_create([one.alarm for one in raised.values()])
        for key, one in raised.items():
            append("hotline:alarm:raised", actor=WORKER, subject=f"{key[1]}:{key[2]}", organisation=key[0],
                   data={"alarm": one.alarm.pk, "reports": len(one.here) + len(one.new)})
        under = [(report.pk, one.alarm.pk) for one in raised.values() for report in one.here]
        if under:
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE hotline_report r SET alarm_id = i.alarm, rank = {HELD}"
                               " FROM unnest(%s::bigint[], %s::bigint[])"
                               " AS i(id, alarm) WHERE r.id = i.id", [list(column) for column in zip(*under, strict=True)])
        return raised

    def _put_under(self, key: Key, raised: _Raised) -> None:
        """From this report on everybody without a track record is in the alarm's cluster."""
        self.alarms[key] = raised.alarm
        for row in (*raised.here, *raised.new[:-1]):
            last = _end(self.moved[key], row.cluster)
            if last != raised.alarm.cluster:
                self.moved[key][last] = raised.alarm.cluster
        for report in raised.new:
            self._put_report_under(raised.alarm, report)

    @staticmethod
    def _put_report_under(alarm: Alarm, report: Report) -> None:
        report.alarm, report.cluster, report.rank = alarm, alarm.cluster, HELD

    def _rank(self, report: Report) -> None:
        self._ask_records([report.reporter_id])
        report.rank = queue_rank(first=report.ground_id in FIRST_GROUNDS, proven=self._is_proven(report.reporter_id))

    def _judged_genuine(self, keys: Collection[Key]) -> set[Key]:
        """Where somebody looked a short while ago and said that independent people do report this."""
        if not keys:
            return set()
        recent = self.at - dt.timedelta(hours=self.limits.flood_hours)
        return set(Alarm.objects.filter(subject_key__in=[key[2] for key in keys], state=AlarmState.GENUINE,
                                        judged_at__gte=recent).values_list("desk_id", "subject_kind", "subject_key"))

    def count_alarms(self) -> None:
        """Keep the numbers of the alarms concerned: reports, distinct networks, the latest moment. Called when the
        batch's reports are written."""
        if self.alarms:
            with connection.cursor() as cursor:
                cursor.execute(_COUNT, [[alarm.pk for alarm in self.alarms.values()]])

    def tell_casework(self) -> None:
        """Let signals of clusters that turned out to be others count for those from now on."""
        rename(self.moved, reason="reporters turned out not to be independent", actor=WORKER, at=self.at)


_COUNT = """
UPDATE hotline_alarm a SET reports = c.reports, networks = c.networks, last_at = greatest(a.last_at, c.last_at)
FROM (SELECT r.alarm_id, count(*) AS reports, count(DISTINCT r.network) FILTER (WHERE r.network <> '') AS networks,
        max(r.received_at) AS last_at FROM hotline_report r WHERE r.alarm_id = ANY (%s::bigint[]) GROUP BY 1) c
WHERE a.id = c.alarm_id
"""
_RENAME = """
UPDATE hotline_report r SET cluster = i.new
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) AS i(desk, kind, key, old, new)
WHERE r.desk_id = i.desk AND r.subject_kind = i.kind AND r.subject_key = i.key AND r.cluster = i.old
  AND r.state <> ALL (%s::text[]) RETURNING r.desk_id, r.number, r.cluster
"""


def rename(moved: Mapping[Key, Mapping[str, str]], *, reason: str, actor: Actor, at: dt.datetime) -> None:
    """Rename clusters of subjects, in the reports and in the signals they became."""
    final = [(*key, old, _end(renamed, old)) for key, renamed in moved.items() for old in renamed]
    if not final:
        return
    columns = [list(column) for column in zip(*final, strict=True)]
    observers: dict[str, dict[str, str]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_RENAME, [*columns, list(NOT_COUNTED)])
        for desk, number, cluster in cursor.fetchall():
            observers[desk][f"report:{number}"] = cluster
    for desk, changed in sorted(observers.items()):
        reassign_observers(changed, desk_id=desk, reason=reason, actor=actor, at=at)


def _end(renamed: Mapping[str, str], cluster: str) -> str:
    while cluster in renamed:
        cluster = renamed[cluster]
    return cluster
