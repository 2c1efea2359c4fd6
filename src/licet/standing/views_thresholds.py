"""Thresholds: looked at as a histogram first, proposed by one, switched on by another; and the exposure list of the desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from licet.console.access import actor_of, may, permission_required
from licet.console.components import Cell, Column, Fact, Link, Row, Stat
from licet.console.fresh import require_fresh_authentication
from licet.core import clock
from licet.core.errors import LicetError
from licet.standing import presenting, selectors, services
from licet.standing.days import local_day
from licet.standing.forms import PreviewForm, ProposalForm, TextForm, advice_word
from licet.standing.models import Threshold
from licet.standing.services import Preview


@require_http_methods(["GET", "POST"])
@permission_required("cases.read")
@require_fresh_authentication
def thresholds(request: HttpRequest) -> HttpResponse:
    """Every threshold; with ``value`` in the address, the histogram of what it would touch; a POST proposes it."""
    form = ProposalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.propose_threshold(form.cleaned_data["advice"], form.milli(), reason=form.cleaned_data["text"],
                                             actor=actor_of(request), at=clock.now())
            return redirect("standing_threshold", row.pk)
        except LicetError as error:
            form.add_error("text", f"{error.message} {error.hint}".strip())
    asked = request.POST if request.method == "POST" else request.GET
    looked = PreviewForm(asked if "value" in asked else None)
    seen = _seen(request, looked.milli()) if looked.is_bound and looked.is_valid() else None
    rows = [_row(row) for row in selectors.thresholds()[:200]]
    return render(request, "standing/thresholds.html", {
        "rows": rows, "form": form, "looked": looked, "seen": seen, "may_propose": may(request, "blacklist.propose"),
        "drawing": presenting.histogram_drawing(seen.bars, seen.value) if seen else None,
        "stats": _stats(seen) if seen else [], "reached": seen.reached[:50] if seen else (),
        "columns": [Column(label=_("Advice")), Column(label=_("From this score on"), kind="num"),
                    Column(label=_("State"), kind="fit"), Column(label=_("Proposed by")), Column(label=_("Switched on by"))],
        "crumbs": [Link(label=_("Standing"), url=reverse("standing_overview"))]}, status=422 if form.errors else 200)


def _seen(request: HttpRequest, value: int) -> Preview:
    return services.preview(value, actor=actor_of(request), as_of=local_day(clock.now()))


def _stats(seen: Preview) -> list[Stat]:
    return [Stat(label=_("Would be reached"), value=len(seen.reached), of=seen.providers)]


def _row(row: Threshold) -> Row:
    return Row(url=reverse("standing_threshold", args=[row.pk]), cells=[
        Cell(text=advice_word(row.advice)), Cell(text=presenting.points_text(row.value)),
        Cell(state=presenting.threshold_state(row)), Cell(text=row.proposed_by.get_username()),
        Cell(text=row.switched_on_by.get_username() if row.switched_on_by else "–")])


@require_http_methods(["GET", "POST"])
@permission_required("cases.read")
@require_fresh_authentication
def threshold(request: HttpRequest, threshold_id: int) -> HttpResponse:
    """One threshold with what it would touch today; the second person switches it on."""
    row, form = selectors.threshold(threshold_id), TextForm(request.POST or None)
    choice = request.POST.get("choice", "")
    if request.method == "POST" and (choice == "on" or form.is_valid()):
        try:
            if choice == "on":
                services.switch_on(row.pk, actor=actor_of(request), at=clock.now())
            else:
                services.switch_off(row.pk, reason=form.cleaned_data["text"], actor=actor_of(request), at=clock.now())
            return redirect("standing_threshold", row.pk)
        except LicetError as error:
            form = TextForm()
            return _page(request, row, form, problem=error)
    return _page(request, row, form)


def _page(request: HttpRequest, row: Threshold, form: TextForm, *,
          problem: LicetError | None = None) -> HttpResponse:
    seen = _seen(request, row.value)
    open_ = row.ended_at is None
    return render(request, "standing/threshold.html", {
        "row": row, "form": form, "problem": problem, "title": advice_word(row.advice), "stats": _stats(seen),
        "state": presenting.threshold_state(row), "drawing": presenting.histogram_drawing(seen.bars, seen.value),
        "reached": seen.reached[:50], "may_act": open_ and may(request, "blacklist.second"),
        "is_mine": row.proposed_by_id == actor_of(request).user_id, "waits": open_ and row.switched_on_at is None,
        "facts": [Fact(label=_("From this score on"), value=presenting.points_text(row.value)),
                  Fact(label=_("Proposed by"), value=row.proposed_by.get_username(), on=row.proposed_at),
                  Fact(label=_("Switched on by"), value=row.switched_on_by.get_username() if row.switched_on_by else "–",
                       on=row.switched_on_at),
                  Fact(label=_("Would have reached when proposed"), value=_("%(reached)s of %(all)s") % {
                      "reached": row.preview["reached"], "all": row.preview["providers"]})],
        "crumbs": [Link(label=_("Standing"), url=reverse("standing_overview")),
                   Link(label=_("Thresholds"), url=reverse("standing_thresholds"))]},
        status=problem.status if problem else 422 if form.errors else 200)


@require_GET
@permission_required("cases.read")
def exposures(request: HttpRequest) -> HttpResponse:
    """What the desk published, what is public now, what was taken back and why."""
    now = clock.now()
    rows = [Row(cells=[
        Cell(text=row.organisation_name, sub=row.organisation_code, url=presenting.decision_url(request, row.measure_id)),
        Cell(state=presenting.exposure_state(row, now)), Cell(text=presenting.measure_word(row.decided), sub=row.about),
        Cell(text=row.decision_ref, mono=True), Cell(text=row.published_at), Cell(text=row.expires_at),
        Cell(text=row.withdrawn_why or "–")]) for row in selectors.exposures()[:200]]
    return render(request, "standing/exposures.html", {
        "rows": rows, "actions": [Link(label=_("The public page"), url=reverse("portal_exposure"))],
        "columns": [Column(label=_("Organisation")), Column(label=_("State"), kind="fit"), Column(label=_("Decided")),
                    Column(label=_("Decision"), kind="fit"), Column(label=_("Published"), kind="fit"),
                    Column(label=_("Until"), kind="fit"), Column(label=_("Taken back because"))],
        "crumbs": [Link(label=_("Standing"), url=reverse("standing_overview"))]})
