"""Reports as the reviewer's pages show them. Nothing of who reported but whether they are known and how they did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licet.casework.tables import CASE_OUTCOMES
from licet.console.components import Cell, Column, Fact, Row
from licet.core.language import is_chinese
from licet.hotline import selectors
from licet.hotline.forms import words
from licet.hotline.models import Alarm, Contest, Report
from licet.hotline.sealing import grouped
from licet.hotline.tables import CHANNELS, DISMISSAL_BY_ID, QUESTION_BY_GROUND, SEEN, TARGET_BY_ID

CHANNEL_BY_ID = {channel.id: channel for channel in CHANNELS}
SEEN_BY_ID = {row.id: row for row in SEEN}


def columns() -> list[Column]:
    """Of the queue and of similar reports."""
    return [Column(label=_("Receipt"), kind="fit"), Column(label=_("State"), kind="fit"), Column(label=_("About")),
            Column(label=_("Because")), Column(label=_("Came by"), kind="fit"), Column(label=_("Received"), kind="fit")]


def rows(reports: Sequence[Report]) -> list[Row]:
    """One line per report; ``e`` opens what can be done."""
    return [Row(url=reverse("hotline_show", args=[report.number]), act_url=reverse("hotline_show", args=[report.number]) + "#act",
                cells=[Cell(text=grouped(report.number), mono=True), Cell(state=f"report-{report.state}"),
                       Cell(text=report.subject_key or report.target, sub=report.target if report.subject_key else ""),
                       Cell(text=words(QUESTION_BY_GROUND[report.ground_id])),
                       Cell(text=words(CHANNEL_BY_ID[report.channel])), Cell(text=report.received_at)])
            for report in reports]


def similar_columns() -> list[Column]:
    """Of similar reports, beside the record."""
    return [Column(label=_("Receipt"), kind="fit"), Column(label=_("About")), Column(label=_("Received"), kind="fit")]


def similar_rows(reports: Sequence[Report]) -> list[Row]:
    """One line per similar report."""
    return [Row(url=row.url, cells=[row.cells[0], row.cells[2], Cell(text=timezone.localdate(report.received_at))])
            for report, row in zip(reports, rows(reports), strict=True)]


def facts(report: Report) -> list[Fact]:
    """What is known about the report."""
    kind = TARGET_BY_ID[report.target_kind]
    found = [
        Fact(label=words(kind), value=report.target, mono=True),
        Fact(label=_("Because"), value=words(QUESTION_BY_GROUND[report.ground_id])),
        Fact(label=_("Case"), value=report.case.number if report.case else _("none yet"),
             url=reverse("case_show", args=[report.case.number]) if report.case else ""),
        Fact(label=_("Seen"), value=report.seen_at), Fact(label=_("Received"), value=report.received_at),
        Fact(label=_("How"), value=words(SEEN_BY_ID[report.how])),
        Fact(label=_("Came by"), value=words(CHANNEL_BY_ID[report.channel])),
        Fact(label=_("Reporter"), value=reporter_words(report)),
    ]
    if report.operator:
        found.append(Fact(label=_("Written down by"), value=report.operator.get_full_name() or report.operator.get_username()))
    if report.dismissal:
        found.append(Fact(label=_("Dismissed because"), value=words(DISMISSAL_BY_ID[report.dismissal])))
    if report.reason:
        found.append(Fact(label=_("Reason"), value=report.reason))
    return found


def reporter_words(report: Report) -> str:
    """How well the reporter is known: never who it is."""
    record = selectors.track_record(report)
    if record is None:
        return _("left neither account nor contact")
    told = ngettext("%(good)s confirmed, %(bad)s not", "%(good)s confirmed, %(bad)s not", record.confirmed) % {
        "good": record.confirmed, "bad": record.not_confirmed}
    if record.muted:
        return _("muted") + " · " + told
    if not record.verified:
        return _("left a contact that nobody verified") + " · " + told
    return (_("has a track record") if record.proven else _("known by account or verified address")) + " · " + told


def earlier(report: Report) -> list[dict[str, Any]]:
    """Closed cases about the same subject, with how they ended."""
    return [{"number": case.number, "closed_at": case.closed_at,
             "outcome_words": CASE_OUTCOMES[case.outcome][0 if is_chinese() else 1]}
            for case in selectors.earlier_cases(report)]


SHOWN_OBJECTIONS = 5


def contest_words(contest: Contest, user_id: int | None) -> dict[str, Any]:
    """A contest with everything its panel shows. ``mine``: this person decided what is contested."""
    said = list(contest.objections.select_related("report").order_by("pk")[:SHOWN_OBJECTIONS + 1])
    alarm, reporter = contest.alarm, contest.reporter
    concerned = Report.objects.filter(alarm=alarm, state="invalidated") if alarm else Report.objects.filter(
        reporter=reporter, state="muted")
    return {"contest": contest, "url": reverse("hotline_contest", args=[contest.pk]), "alarm": alarm,
            "contested_reason": alarm.reason if alarm else reporter.mute_reason if reporter else "",
            "said": [(grouped(one.report.number), reverse("hotline_show", args=[one.report.number]), one.text)
                     for one in said[:SHOWN_OBJECTIONS]],
            "more": len(said) > SHOWN_OBJECTIONS, "reports": concerned.count(), "mine": contest.against_id == user_id,
            "who": contest.against.get_full_name() or contest.against.get_username(),
            "reports_url": f"{reverse('hotline_queue')}?show=all&subject={alarm.subject_key}" if alarm else ""}


def cases_in_these_words(report: Report, similar: Sequence[Report]) -> list[dict[str, Any]]:
    """Cases of similar reports that are not this report's own, open ones first: does it belong there?"""
    return [{"number": case.number, "about": case.subject_key, "outcome_words": CASE_OUTCOMES[case.outcome][
        0 if is_chinese() else 1] if case.outcome else _("open")} for case in selectors.cases_of(similar, but=report)]


def alarm_words(alarm: Alarm) -> dict[str, Any]:
    """An alarm with everything its panel shows."""
    return {"alarm": alarm, "url": reverse("hotline_alarm", args=[alarm.pk]),
            "reports_url": f"{reverse('hotline_queue')}?show=all&subject={alarm.subject_key}"}
