"""The reviewer's pages: the queue with its alarms, one report with similar ones beside it, what is done with one key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from licet.casework.services import set_tier
from licet.config.profile import load_profile
from licet.console.access import actor_of, may, permission_required
from licet.console.components import Link, Pager, address_with, choice_chip, text_chip
from licet.core import clock
from licet.core.errors import BadInput, Conflict, LicetError
from licet.hotline import presenting, selectors, services
from licet.hotline.bulk import as_csv, read_bulk
from licet.hotline.forms import invalid, seen_at, words
from licet.hotline.intake import Receipt, Refusal, Submission, submit
from licet.hotline.models import Alarm, Report
from licet.hotline.review_forms import (
    AskForm,
    BulkForm,
    DismissForm,
    OperatorForm,
    PurposeForm,
    ReasonForm,
    SubjectForm,
    TierForm,
)
from licet.hotline.sealing import grouped, new_key
from licet.hotline.tables import CHANNELS, QUESTION_BY_GROUND, QUESTIONS, ContestState, ReportState

PAGE = selectors.PAGE


@require_GET
@permission_required("cases.read")
def queue(request: HttpRequest) -> HttpResponse:
    """Reports nobody looked at, the most urgent and oldest first; contests and alarms above them."""
    show = request.GET.get("show", "waiting")
    filters = selectors.Filters(show=show, ground=request.GET.get("ground", ""),
                                channel=request.GET.get("channel", ""), subject=request.GET.get("subject", ""))
    after = request.GET.get("after", "")
    page = list(selectors.queue(filters, after=after)[: PAGE + 1])
    further = address_with(request, {"after": selectors.cursor_of(page[PAGE - 1], filters)}) if len(page) > PAGE else ""
    work = may(request, "cases.work")
    return render(request, "hotline/queue.html", {
        "columns": presenting.columns(), "rows": presenting.rows(page[:PAGE]),
        "order": _("children first, then reporters with a track record, then the oldest") if show == "waiting"
        else _("newest first"),
        "pager": Pager(newer_url=address_with(request, {"after": ""}) if after else "", older_url=further),
        "alarms": [presenting.alarm_words(alarm) for alarm in selectors.open_alarms()[:PAGE]], "may_work": work,
        "contests": [presenting.contest_words(one, actor_of(request).user_id) for one in selectors.open_contests()[:PAGE]],
        "actions": [Link(label=_("Somebody phones"), url=reverse("hotline_operator"), kind="primary"),
                    Link(label=_("Bulk file"), url=reverse("hotline_bulk"))] if work else [],
        "chips": [choice_chip(request, "show", _("Show"), [
            ("unplaced", _("without a subject")), ("ended", _("not counted")), ("all", _("all"))],
            anything=_("not looked at yet")),
            choice_chip(request, "ground", _("Ground"), [(row.ground, words(row)) for row in QUESTIONS],
                        anything=_("any")),
            choice_chip(request, "channel", _("Came by"), [(row.id, words(row)) for row in CHANNELS],
                        anything=_("any")),
            text_chip(request, "subject", _("About"))]})


@require_GET
@permission_required("cases.read")
def show(request: HttpRequest, number: str) -> HttpResponse:
    """One report with what else was reported about it."""
    return _record(request, selectors.report_by_number(number))


def _record(request: HttpRequest, report: Report, failed: dict[str, Any] | None = None, *, status: int = 200,
            problem: LicetError | None = None, contact: str = "") -> HttpResponse:
    work, similar = may(request, "cases.work"), selectors.similar(report)
    concerned = selectors.contest_of(report)
    contested = concerned if concerned is not None and concerned.state == ContestState.OPEN else None
    return render(request, "hotline/record.html", {
        "report": report, "number": grouped(report.number), "facts": presenting.facts(report), "problem": problem,
        "crumbs": [Link(label=_("Reports"), url=reverse("hotline_queue"))], "state": f"report-{report.state}",
        "questions": selectors.questions_of(report),
        "columns": presenting.similar_columns(), "similar": presenting.similar_rows(similar),
        "earlier": presenting.earlier(report), "worded": presenting.cases_in_these_words(report, similar),
        "nearby": selectors.near_providers(report.target) if report.state == ReportState.UNPLACED
        and report.target_kind == "provider" else [],
        "alarm": presenting.alarm_words(report.alarm) if report.alarm and report.alarm.state == "open" else None,
        "contest": presenting.contest_words(contested, actor_of(request).user_id) if contested else None,
        "folds": _folds(request, report, failed or {}) if work else [], "contact": contact,
        "can_join": work and report.state == ReportState.IN_CASE and report.looked_at is None}, status=status)


def _folds(request: HttpRequest, report: Report, failed: dict[str, Any]) -> list[dict[str, Any]]:
    """What can be done with the report in its state, each with its key and its form."""
    counts = report.state in {ReportState.IN_CASE, ReportState.UNPLACED}
    offered: list[tuple[str, str, str, str, type, bool]] = [
        ("subject", "n", _("Say what it is about"), _("It becomes a signal in that subject's open case."), SubjectForm,
         report.state == ReportState.UNPLACED),
        ("ask", "q", _("Ask the reporter"), _("Whoever holds the receipt reads the question there and can answer."),
         AskForm, counts and not QUESTION_BY_GROUND[report.ground_id].url_only),
        ("dismiss", "d", _("Dismiss"), _("It counts for nothing from now on; the receipt says why."), DismissForm,
         counts),
        ("tier", "t", _("Set the tier"), _("Of the whole case, in your name. What the rules propose stays beside it."),
         TierForm, report.state == ReportState.IN_CASE and report.case is not None and report.case.state == "open"),
        ("mute", "m", _("Mute the reporter"), _("Their reports are kept and count for nothing; they read the reason and "
                                                "can contest it."), ReasonForm,
         counts and report.reporter is not None and report.reporter.muted_at is None),
        ("unmute", "u", _("Take the mute back"), _("Their next reports count again."), ReasonForm,
         report.reporter is not None and report.reporter.muted_at is not None),
        ("reinstate", "r", _("Reinstate it"), _("The report counts again. Somebody else than who ended it does this."),
         ReasonForm, not counts),
        ("contact", "c", _("Read the contact"), _("Each reading is written into the journal with its purpose."),
         PurposeForm, may(request, "hotline.contact") and selectors.has_contact(report, at=clock.now())),
    ]
    return [{"id": name, "key": key, "label": label, "text": text, "form": failed.get(name) or form(),
             "open": name in failed} for name, key, label, text, form, possible in offered if possible]


Act = Callable[[HttpRequest, Report, dict[str, Any]], object]


def _now() -> dict[str, Any]:
    return {"at": clock.now()}


def _set_tier(request: HttpRequest, report: Report, data: dict[str, Any]) -> None:
    if report.case_id is None:
        raise Conflict("the report is in no case yet", hint="say first what it is about")
    set_tier(report.case_id, data["tier"], reason=data["reason"], actor=actor_of(request), at=clock.now())


ACTS: dict[str, tuple[type, Act]] = {
    "subject": (SubjectForm, lambda request, report, data: services.name_subject(
        report.number, kind=data["kind"], subject=data["subject"], actor=actor_of(request), **_now())),
    "ask": (AskForm, lambda request, report, data: services.ask(
        report.number, data["text"], actor=actor_of(request), **_now())),
    "dismiss": (DismissForm, lambda request, report, data: services.dismiss(
        report.number, data["dismissal"], reason=data["reason"], actor=actor_of(request), **_now())),
    "tier": (TierForm, _set_tier),
    "mute": (ReasonForm, lambda request, report, data: services.mute(
        report.number, reason=data["reason"], actor=actor_of(request), **_now())),
    "unmute": (ReasonForm, lambda request, report, data: services.unmute(
        report.reporter_id or 0, reason=data["reason"], actor=actor_of(request), **_now())),
    "reinstate": (ReasonForm, lambda request, report, data: services.reinstate(
        report.number, reason=data["reason"], actor=actor_of(request), **_now())),
}


@require_POST
@permission_required("cases.work")
def join(request: HttpRequest, number: str) -> HttpResponse:
    """One key: looked at, it stays in its case. Leads to the next report."""
    services.join(number, actor=actor_of(request), at=clock.now())
    return _next(request, number)


@require_POST
@permission_required("cases.work")
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """One of :data:`ACTS`; a refusal stands at its form. Leads to the next report where the report left the queue."""
    report = selectors.report_by_number(number)
    if action == "contact":
        return _contact(request, report)
    if action not in ACTS:
        raise BadInput("there is no such action")
    form_class, do = ACTS[action]
    form = form_class(request.POST)
    if not form.is_valid():
        return _record(request, report, {action: form}, status=422)
    try:
        do(request, report, form.cleaned_data)
    except LicetError as error:
        response = _record(request, selectors.report_by_number(number), {action: form}, status=error.status, problem=error)
        response.licet_refused = True  # type: ignore[attr-defined]
        return response
    messages.success(request, _("Done."))
    return _next(request, number) if action in {"dismiss", "subject"} else redirect("hotline_show", number)


def _contact(request: HttpRequest, report: Report) -> HttpResponse:
    form = PurposeForm(request.POST)
    if not form.is_valid():
        return _record(request, report, {"contact": form}, status=422)
    contact = services.contact_of(report.number, purpose=form.cleaned_data["reason"], actor=actor_of(request),
                                  at=clock.now())
    response = _record(request, report, contact=contact)
    response["Cache-Control"] = "no-store"
    return response


def _next(request: HttpRequest, number: str) -> HttpResponse:
    """The report after this one in the queue, the first one when it was the last, or the empty queue."""
    here = selectors.report_by_number(number)
    following = selectors.queue(after=selectors.cursor_of(here)).first() or selectors.queue().first()
    return redirect("hotline_show", following.number) if following else redirect("hotline_queue")


@require_POST
@permission_required("cases.work")
def alarm(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """One action for a whole batch: bad faith, or genuine."""
    judge = {"invalidate": services.invalidate, "genuine": services.call_genuine}.get(request.POST.get("judgement", ""))
    if judge is None:
        raise BadInput("there is no such judgement", hint="invalidate or genuine")
    judged: Alarm = judge(alarm_id, reason=request.POST.get("reason", ""), actor=actor_of(request), at=clock.now())
    messages.success(request, _("Judged: %(subject)s") % {"subject": judged.subject_key})
    return redirect("hotline_queue")


@require_POST
@permission_required("cases.work")
def contest(request: HttpRequest, contest_id: int) -> HttpResponse:
    """Another person's answer to a contest: it stays, or all of it is taken back in one step."""
    decide = {"uphold": services.uphold, "reverse": services.reverse}.get(request.POST.get("decision", ""))
    if decide is None:
        raise BadInput("there is no such decision", hint="uphold or reverse")
    decide(contest_id, reason=request.POST.get("reason", ""), actor=actor_of(request), at=clock.now())
    messages.success(request, _("Done. The answer stands on the receipts."))
    return redirect("hotline_queue")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("cases.work")
def operator(request: HttpRequest) -> HttpResponse:
    """Write down what somebody says on the telephone; the receipt is read out to them."""
    now, zone = clock.now(), load_profile().time_zone
    fresh = {"key": new_key(), "seen_on": clock.today(zone)}
    form = OperatorForm(request.POST or None, initial=fresh)
    receipt: Receipt | None = None
    problem: LicetError | None = None
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        day = data.pop("seen_on")
        data["seen_at"] = _seen(day, now, zone) if day else None
        try:
            receipt = submit(Submission(channel="operator", operator=actor_of(request).user_id, **data), at=now)
        except Refusal as error:
            field = {"seen_at": "seen_on"}.get(error.field, error.field)
            form.add_error(field if field in form.fields else None, invalid(error))
        except LicetError as error:
            problem = error
    status = 422 if request.method == "POST" and receipt is None else 200
    return render(request, "hotline/operator.html", {
        "form": OperatorForm(initial=fresh) if receipt else form, "receipt": receipt, "problem": problem,
        "crumbs": [Link(label=_("Reports"), url=reverse("hotline_queue"))]}, status=status)


def _seen(day: dt.date, now: dt.datetime, zone: str) -> dt.datetime:
    """Noon of a day that has come; of one that has not, as it was written: it is refused."""
    return seen_at(day, now, zone) if day <= now.astimezone(ZoneInfo(zone)).date() else dt.datetime.combine(
        day, dt.time(12), ZoneInfo(zone))


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("cases.work")
def bulk(request: HttpRequest) -> HttpResponse:
    """Hand in a file; each line is accepted with a receipt or refused with line, field and repair."""
    form = BulkForm(request.POST or None, request.FILES or None)
    result = None
    if request.method == "POST" and form.is_valid():
        actor = actor_of(request)
        account = actor.organisations[0] if actor.organisations else ""
        result = read_bulk(form.cleaned_data["file"].read(), account=account, at=clock.now())
        if request.POST.get("answer") == "csv":
            response = HttpResponse(as_csv(result), content_type="text/csv; charset=utf-8")
            response["Content-Disposition"] = 'attachment; filename="receipts.csv"'
            response["Cache-Control"] = "no-store"
            return response
    return render(request, "hotline/bulk.html", {
        "form": form, "result": result, "crumbs": [Link(label=_("Reports"), url=reverse("hotline_queue"))]},
        status=422 if request.method == "POST" and result is None else 200)
