"""Appeals: the list, due first, and the page on which somebody who had no part in the measure judges."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from licet.casework import listing, wording
from licet.casework import presenting_measure as shown
from licet.casework.forms import JudgeForm, lines
from licet.casework.models import Appeal, Case, Measure
from licet.casework.panels import CASE_PANELS, MEASURE_PANELS
from licet.casework.presenting import people_names
from licet.casework.rules import may_judge
from licet.casework.selectors import state_of
from licet.casework.services import Replacement, judge_appeal
from licet.casework.services.people import person_for
from licet.casework.tables import MEASURE_BY_ID, MEASURES, SEVERITY
from licet.casework.thresholds import thresholds
from licet.casework.views_measures import end_of
from licet.console.access import actor_of, check_permission, may, permission_required
from licet.console.components import Cell, Column, Link, Pager, Row, address_with, choice_chip
from licet.console.fresh import authenticated_at, require_fresh_authentication
from licet.console.htmx import render_page
from licet.core import clock
from licet.core.errors import LicetError, NotFound

PAGE = 50


@require_GET
@permission_required("cases.read")
def appeal_list(request: HttpRequest) -> HttpResponse:
    """Appeals of the desk: those to be judged first, in the order they run out."""
    now, desk = clock.now(), request.GET.get("desk", "")[:80] or listing.desk_of(actor_of(request))
    judged = request.GET.get("show") == "judged"
    found = Appeal.objects.filter(desk_id=desk).select_related("measure__case")
    below = request.GET.get("before", "")
    if judged:
        found = found.exclude(state="filed").order_by("-id")
        found = found.filter(pk__lt=min(int(below), 2**63 - 1)) if below.isascii() and below.isdigit() else found
    else:
        found = found.filter(state="filed").order_by("due_at", "id")
    page = list(found[: PAGE + 1])
    older = address_with(request, {"before": str(page[PAGE - 1].pk)}) if judged and len(page) > PAGE else ""
    context = {"rows": [_row(row, now) for row in page[:PAGE]], "columns": _columns(), "judged": judged,
               "chips": [choice_chip(request, "show", _("State"), [("judged", _("judged"))], anything=_("to be judged"))],
               "pager": Pager(newer_url=address_with(request, {"before": None}) if below else "", older_url=older)}
    return render_page(request, "casework/appeals.html", "", context)


def _columns() -> list[Column]:
    return [Column(label=_("Appeal of")), Column(label=_("State"), kind="fit"), Column(label=_("Against")),
            Column(label=_("About"), kind="long"), Column(label=_("Filed"), kind="fit"),
            Column(label=_("To be judged by"), kind="fit")]


def _row(row: Appeal, now: dt.datetime) -> Row:
    url = reverse("appeal_show", args=[row.pk])
    days = (row.due_at - now).days
    left = ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days} if row.state == "filed" and days >= 0 else ""
    return Row(url=url, act_url=f"{url}#act", cells=[
        Cell(text=shown.appellant(row.filed_by), sub=row.number), Cell(state=f"appeal-{row.state}"),
        Cell(text=wording.measure(row.measure.kind), sub=f"M-{row.measure_id}"), Cell(text=row.measure.case.subject_key),
        Cell(text=row.filed_at.date()), Cell(text=row.due_at.date(), sub=left)])


@require_http_methods(["GET", "POST"])
@permission_required("cases.read")
@require_fresh_authentication
def appeal_show(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """What was said against the measure, the measure as it was decided, and the judgement."""
    appeal = Appeal.objects.filter(pk=appeal_id).first()
    measure = Measure.objects.filter(pk=appeal.measure_id).first() if appeal else None
    if appeal is None or measure is None:
        raise NotFound(_("There is no such appeal, or you may not see it."))
    form = JudgeForm(_milder_kinds(measure), request.POST or None)
    if request.method == "POST":
        check_permission(request, "appeals.judge")
        if form.is_valid() and _judge(request, appeal, form):
            return redirect("appeal_show", appeal.pk)
    return _page(request, appeal, measure, form)


def _milder_kinds(measure: Measure) -> list[tuple[str, str]]:
    """Lighter measures of the same effect, or a letter alone."""
    kind = MEASURE_BY_ID[measure.kind]
    return [(one.id, wording.named(one)) for one in MEASURES
            if SEVERITY[one.id] < SEVERITY[kind.id] and one.effect in {kind.effect, "none"}]


def _judge(request: HttpRequest, appeal: Appeal, form: JudgeForm) -> bool:
    data, replacement = form.cleaned_data, None
    if data["result"] == "modified":
        hosts = lines(data["hosts"])
        replacement = Replacement(scope={**appeal.measure.scope, "hosts": hosts} if hosts else None,
                                  expires_at=end_of(data["expires_on"]), kind=data["kind"])
    try:
        judge_appeal(appeal.pk, result=data["result"], judgement=data["judgement"], actor=actor_of(request),
                     authenticated_at=authenticated_at(request), at=clock.now(), replacement=replacement)
    except LicetError as error:
        form.add_error(None, " ".join(part for part in wording.refusal(error) if part))
        return False
    messages.success(request, _("Judged. What follows from it happened in the same moment."))
    return True


def _page(request: HttpRequest, appeal: Appeal, measure: Measure, form: JudgeForm) -> HttpResponse:
    case, now = Case.objects.filter(pk=measure.case_id).first(), clock.now()
    is_over = appeal.state == "filed" and appeal.due_at <= now  # won by time alone; the job writes it down
    context: dict[str, Any] = {
        "appeal": appeal, "measure": measure, "case": case, "form": form,
        "state": "appeal-defaulted" if is_over else f"appeal-{appeal.state}",
        "judged_at": appeal.due_at if is_over else appeal.judged_at,
        "measure_state": f"measure-{state_of(measure, now).value}", "measure_title": wording.measure(measure.kind),
        "appellant": shown.appellant(appeal.filed_by),
        "panels": [*MEASURE_PANELS.drawn(request, measure), *(CASE_PANELS.drawn(request, case, only="evidence") if case else [])],
        "collateral": shown.collateral(measure) if case else None, "facts": shown.facts(measure, case),
        "reasons": shown.reasons(measure), "signatures": shown.signatures(measure, now),
        "judging": [form["result"], form["judgement"]], "milder": [form["kind"], form["hosts"], form["expires_on"]],
        "milder_open": form.is_bound, "judge": people_names([appeal.judge_id]).get(appeal.judge_id or 0, ""),
        "is_open": appeal.state == "filed" and not is_over,
        "crumbs": [Link(label=_("Appeals"), url=reverse("appeal_list")),
                   Link(label=f"M-{measure.pk}", url=reverse("measure_show", args=[measure.pk]))]}
    if case is not None and may(request, "appeals.judge"):
        refuse = may_judge(
            person_for(actor_of(request), case, subject_party=measure.subject_party), authenticated_at=now, now=now,
            signers=(measure.drafted_by_id, measure.decided_by_id, measure.seconded_by_id), limits=thresholds())
        context["refused"] = wording.explain(refuse.code, refuse.text, refuse.hint) if refuse else None
        context["may_judge"] = refuse is None
    return render_page(request, "casework/appeal.html", "", context, status=422 if form.errors else 200)
