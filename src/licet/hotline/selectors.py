"""Reads of the hotline. Row-level security decides what the actor sees; a receipt is read as the system, by its code."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import difflib
import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from licet.casework.models import Case, Measure, Signal
from licet.casework.tables import MEASURE_BY_ID, MeasureState
from licet.core.actors import WORKER
from licet.core.errors import NotFound
from licet.core.rls import acting_as
from licet.hotline.intake import Submission, digest_of, spool
from licet.hotline.limits import limits
from licet.hotline.models import ENDED, WAITING, Alarm, Contact, Contest, Question, Report
from licet.hotline.rules import HELD, ReceiptFacts, Shown, is_proven, near, receipt_shows
from licet.hotline.services.clusters import track_records
from licet.hotline.tables import DISMISSAL_BY_ID, QUESTION_BY_GROUND, ContestState, ReportState
from licet.parties.models import Party

PAGE = 50
SIMILAR = 12
COMPARED = 2000
PROVIDERS = ("access_provider", "carrier", "billing_partner")
MOST_NAMES = 20_000
NEAR_NAMES = 3
SHORTEST_NAME = 2  # characters of a name that may be part of another
_TOLD = frozenset(MeasureState) - {MeasureState.DRAFTED, MeasureState.WITHDRAWN, MeasureState.APPROVED}
_TAKEN_BACK = frozenset({MeasureState.OVERTURNED.value})


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReceiptView:
    """What a receipt shows. ``measures``: (zh, en, rule cited) of what was done; ``taken_back``: an appeal undid it."""

    shown: Shown
    number: str
    received_at: dt.datetime | None = None
    reported: tuple[str, str, str] | None = None  # kind of target, target, ground, as the reporter gave them
    measures: tuple[tuple[str, str, str], ...] = ()
    taken_back: bool = False
    dismissal: str = ""
    reason: str = ""  # only of a mute or an invalidated batch: what the reporter may contest
    contested: bool = False  # whoever holds this receipt said so, and nobody answered yet
    may_contest: bool = False
    answer: tuple[str, str, dt.datetime] | None = None  # upheld or reversed, the reason, when: also if others contested
    question: str = ""


def receipt(number: str) -> ReceiptView:
    """What whoever holds the receipt of ``number`` (canonical form) reads; the caller has checked the code.

    Raises :class:`NotFound` for a number that was never accepted (the form was not finished).
    """
    with acting_as(WORKER):
        found = Report.objects.select_related("alarm", "reporter").filter(number=number)
        report = found.first()
        if report is None:
            waiting = receipt_waiting(number)
            if waiting is not None:
                return waiting
            report = found.all().first()  # it was taken over between the two looks
        if report is None:
            raise NotFound("this number was never given out")
        case = _case_of(report)
        question = None if QUESTION_BY_GROUND[report.ground_id].url_only else Question.objects.filter(
            report=report, answered_at__isnull=True).first()
        shown = receipt_shows(ReceiptFacts(
            report_state=report.state, outcome=DISMISSAL_BY_ID[report.dismissal].outcome if report.dismissal else "",
            case_state=case.state if case else "", case_outcome=case.outcome if case else "",
            open_question=question is not None))
        measures = _measures(case) if case and shown.outcome == "actioned" else []
        found_contest = contest_of(report)
        return ReceiptView(
            shown=shown, number=number, received_at=report.received_at,
            reported=(report.target_kind, report.target, report.ground_id), dismissal=report.dismissal,
            measures=tuple((MEASURE_BY_ID[row.kind].zh, MEASURE_BY_ID[row.kind].en, row.rule_cited)
                           for row in measures if row.state not in _TAKEN_BACK),
            taken_back=bool(measures) and all(_was_taken_back(row) for row in measures), reason=_reason(report),
            **_contested(report, found_contest), question=question.text if question and shown.state == "asked" else "")


def receipt_waiting(number: str) -> ReceiptView | None:
    """As :func:`receipt`, of what waits on this machine's disk alone; needs no database."""
    item = spool().item_of(number)
    if item is None:
        return None
    try:
        body = json.loads(item.body)
        reported, at = (body["target_kind"], body["target"], body["ground"]), dt.datetime.fromisoformat(item.taken_at)
    except (ValueError, KeyError, TypeError):  # damaged and set aside, or put back: the number still stands for it
        reported, at = None, None
    return ReceiptView(shown=receipt_shows(ReceiptFacts(report_state=None)), number=number, received_at=at,
                       reported=reported)


def _case_of(report: Report) -> Case | None:
    """The case its signal is in now, or the one that was merged into."""
    signal = Signal.objects.select_related("case__merged_into").filter(
        source=f"report:{report.number}", desk_id=report.desk_id).first()
    if signal is None:
        return None
    return signal.case.merged_into or signal.case


def _measures(case: Case) -> list[Measure]:
    """What was done in the case, as far as whoever was hit has been told."""
    return list(Measure.objects.filter(case=case, state__in=[state.value for state in _TOLD]).order_by("id"))


def _was_taken_back(measure: Measure) -> bool:
    return measure.transitions.filter(event__in=["overturned", "defaulted"]).exists()


def _reason(report: Report) -> str:
    if report.state == ReportState.INVALIDATED and report.alarm:
        return report.alarm.reason
    return report.reporter.mute_reason if report.state == ReportState.MUTED and report.reporter else ""


def contest_of(report: Report) -> Contest | None:
    """The contest a report is concerned by: that of its batch, of the mute it came during, or its holder's own."""
    if report.alarm_id is not None and report.state != ReportState.MUTED:
        return Contest.objects.filter(alarm_id=report.alarm_id).first()
    own = Contest.objects.filter(objections__report=report).order_by("-opened_at").first()
    if own is not None or report.reporter_id is None:
        return own
    return Contest.objects.filter(reporter_id=report.reporter_id, since__lte=report.received_at).filter(
        Q(state=ContestState.OPEN) | Q(decided_at__gte=report.received_at)).order_by("-since").first()


def _contested(report: Report, contest: Contest | None) -> dict[str, Any]:
    if contest is not None and contest.decided_at is not None:
        return {"answer": (contest.state, contest.reason, contest.decided_at)}
    said = contest is not None and contest.objections.filter(report=report).exists()
    return {"contested": said,
            "may_contest": not said and report.state in {ReportState.INVALIDATED, ReportState.MUTED}}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filters:
    """What the queue asks for; '' asks for everything."""

    show: str = "waiting"  # waiting, answered, unplaced, ended
    ground: str = ""
    channel: str = ""
    subject: str = ""


def queue(filters: Filters | None = None, *, after: str = "") -> QuerySet[Report]:
    """Reports at the actor's desks. What waits comes in the order it is to be looked at (``rules.queue_rank``, then the
    oldest), everything else newest first. Those of an open alarm are not listed one by one: the alarm is. ``after``:
    what :func:`cursor_of` gave for the last report of the page before; anything else is the beginning."""
    asked = filters or Filters()
    rows = Report.objects.select_related("case", "reporter")
    if asked.show == "waiting":
        rows = rows.filter(looked_at__isnull=True, state__in=WAITING, rank__lt=HELD).order_by("rank", "id")
    else:
        rows = rows.order_by("-id")
        if asked.show in {"unplaced", "ended"}:
            rows = rows.filter(state="unplaced") if asked.show == "unplaced" else rows.filter(state__in=ENDED)
    for field, value in (("ground", asked.ground), ("channel", asked.channel), ("subject_key", asked.subject)):
        if value:
            rows = rows.filter(**{field: value})
    return _after(rows, asked, after)


_CURSOR = re.compile(r"(?:(\d)-)?(\d{1,18})", re.ASCII)


def _after(rows: QuerySet[Report], asked: Filters, after: str) -> QuerySet[Report]:
    found = _CURSOR.fullmatch(after)
    if found is None:
        return rows
    if asked.show != "waiting":
        return rows.filter(pk__lt=int(found[2]))
    rank = int(found[1] or 0)
    return rows.filter(rank__gte=rank).exclude(rank=rank, pk__lte=int(found[2]))


def cursor_of(report: Report, filters: Filters | None = None) -> str:
    """Where a report stands in a list, for the page after it."""
    return f"{report.rank}-{report.pk}" if (filters or Filters()).show == "waiting" else str(report.pk)


def report_by_number(number: str) -> Report:
    """One report. Raises :class:`NotFound`, also for another desk's."""
    found = Report.objects.select_related("case", "reporter", "alarm", "operator").filter(number=number).first()
    if found is None:
        raise NotFound("there is no such report at your desk")
    return found


def similar(report: Report) -> list[Report]:
    """Reports a reviewer should see beside this one: about the same subject, or with nearly the same words."""
    others = Report.objects.filter(desk_id=report.desk_id).exclude(pk=report.pk)
    same = list(others.filter(subject_kind=report.subject_kind, subject_key=report.subject_key)
                .exclude(subject_key="").order_by("-id")[:SIMILAR])
    texts = (others.filter(fingerprint__isnull=False).exclude(pk__in=[row.pk for row in same])
             .order_by("-id").values_list("number", "fingerprint")[:COMPARED])
    numbers = near(texts, report.fingerprint, limits())[:SIMILAR]
    return same + list(Report.objects.filter(number__in=numbers).order_by("-id"))


def earlier_cases(report: Report) -> Sequence[Case]:
    """Closed cases about the same subject: was it decided before?"""
    if not report.subject_key:
        return []
    return list(Case.objects.filter(desk_id=report.desk_id, subject_kind=report.subject_kind, state="closed",
                                    subject_key=report.subject_key).order_by("-closed_at")[:SIMILAR])


def cases_of(reports: Sequence[Report], *, but: Report) -> list[Case]:
    """The cases of some reports that are not a report's own: open ones first, the latest first."""
    ids = {row.case_id for row in reports if row.case_id is not None} - {but.case_id}
    found = Case.objects.filter(pk__in=ids).exclude(subject_kind=but.subject_kind, subject_key=but.subject_key)
    return sorted(found.order_by("-pk"), key=lambda case: case.state != "open")[:SIMILAR]


def near_providers(name: str) -> list[tuple[str, str]]:
    """(name, party_id) of organisations whose names are nearly, or part of, what a reporter wrote: suggestions."""
    rows = Party.objects.filter(until__isnull=True, kind__in=PROVIDERS).values_list("name", "party_id")[:MOST_NAMES]
    known = {_folded(row[0]): row for row in rows}
    asked = _folded(name)
    part = [key for key in known if len(asked) >= SHORTEST_NAME and (asked in key or key in asked)][:NEAR_NAMES]
    near = difflib.get_close_matches(asked, known, n=NEAR_NAMES, cutoff=0.7)
    return [known[key] for key in dict.fromkeys((*part, *near))][:NEAR_NAMES]


def _folded(name: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", name).casefold() if char.isalnum())


def open_alarms() -> QuerySet[Alarm]:
    """Alarms nobody judged yet."""
    return Alarm.objects.filter(state="open").order_by("-raised_at")


def open_contests() -> QuerySet[Contest]:
    """Batches and mutes that reporters contest and nobody answered yet, oldest first."""
    return Contest.objects.filter(state=ContestState.OPEN).select_related("alarm", "reporter", "against").order_by(
        "opened_at", "pk")


@dataclasses.dataclass(frozen=True)
class TrackRecord:
    """How a reporter's judged reports came out. It puts a report further up and confirms nothing."""

    confirmed: int
    not_confirmed: int
    proven: bool
    muted: bool
    verified: bool


def track_record(report: Report) -> TrackRecord | None:
    """The track record of whoever sent the report; ``None`` when they left no account or contact."""
    if report.reporter is None:
        return None
    confirmed, not_confirmed = track_records([report.reporter.pk]).get(report.reporter.pk, (0, 0))
    verified = report.reporter.verified
    return TrackRecord(confirmed, not_confirmed, verified and is_proven(confirmed, not_confirmed, limits()),
                       report.reporter.muted_at is not None, verified)


def has_contact(report: Report, *, at: dt.datetime) -> bool:
    """Whether there is a contact to read: left, and not erased. What it is stays unread."""
    with acting_as(WORKER):
        return Contact.objects.filter(report=report, erased_at__isnull=True, erase_at__gt=at).exists()


def questions_of(report: Report) -> list[Question]:
    """What was asked and answered, oldest first."""
    return list(Question.objects.filter(report=report).order_by("id"))


def handed_in_by(number: str, account: str) -> bool:
    """Whether a partner handed the report in, also while it waits in the spool."""
    with acting_as(WORKER):
        if Report.objects.filter(number=number, reporter__account=account).exists():
            return True
    return waiting_from(number, account)


def waiting_from(number: str, account: str) -> bool:
    """Whether a partner's report waits on this machine's disk; needs no database."""
    body = spool().body_of(number)
    return body is not None and json.loads(body)["account"] == account


@dataclasses.dataclass(frozen=True)
class Known:
    """What a number stands for: the digest of all that was said ('' once it was erased), and since when."""

    digest: str
    accepted_at: dt.datetime

    def is_of(self, submission: Submission) -> bool:
        """Whether it may be this submission, sent again."""
        return self.digest in {"", digest_of(submission)}


def known(numbers: Sequence[str]) -> dict[str, Known]:
    """What these numbers stand for, in PostgreSQL and on this machine's disk; those never accepted are left out."""
    with acting_as(WORKER):
        rows = Report.objects.filter(number__in=numbers).values_list("number", "digest", "received_at")
        found = {number: Known(digest, at) for number, digest, at in rows}
    return known_waiting([number for number in numbers if number not in found]) | found


def known_waiting(numbers: Sequence[str]) -> dict[str, Known]:
    """The same from the disk alone."""
    found = {}
    for item in spool().items_of(numbers):
        with contextlib.suppress(ValueError, TypeError, AttributeError):  # damaged, or put back after a repair
            found[item.number] = Known(json.loads(item.body).get("digest", ""), dt.datetime.fromisoformat(item.taken_at))
    return found
