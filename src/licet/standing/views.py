"""Pages of standing: providers' records, one record, a point and its objection, the blacklist, an entry and its review."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from licet.console.access import actor_of, may, permission_required
from licet.console.components import Cell, Column, Fact, Link, Pager, Row, Stat, choice_chip, text_chip
from licet.console.fresh import require_fresh_authentication
from licet.core import clock
from licet.core.errors import LicetError, NotFound
from licet.standing import presenting, selectors, services
from licet.standing.days import local_day
from licet.standing.forms import TextForm, advice_word
from licet.standing.models import ConductPoint, Objection, Review
from licet.standing.policy import policy
from licet.standing.rules import curve
from licet.standing.tables import CONFIDENCES, FORMULA_VERSION, POINTS

PAGE = 50
OBJECTION_STATES = {"open": "waiting", "kept": "point-counts", "removed": "point-reversed"}


def day_asked(request: HttpRequest) -> dt.date:
    """The day a record is asked for, today unless the address names one."""
    try:
        return dt.date.fromisoformat(request.GET.get("as_of", ""))
    except ValueError:
        return local_day(clock.now())


def refused(form: TextForm, error: LicetError) -> None:
    """Put a refusal beside the field."""
    form.add_error("text", f"{error.message} {error.hint}".strip())


@require_GET
@permission_required("registers.read")
def overview(request: HttpRequest) -> HttpResponse:
    """Every provider's record on a day; for a provider its own."""
    actor, as_of = actor_of(request), day_asked(request)
    lines = selectors.standings(as_of, actor=actor)
    on = selectors.thresholds_on(as_of)
    rows = [Row(url=reverse("standing_provider", args=[line.provider_id]), cells=[
        Cell(text=line.name, sub=line.provider_id), Cell(text=line.points), Cell(text=presenting.points_text(line.total)),
        Cell(text=line.size), Cell(text=presenting.points_text(line.score)),
        Cell(text=", ".join(advice_word(name) for name, value in sorted(on.items()) if line.score >= value) or "–")])
        for line in lines]
    counted = sum(1 for line in lines if line.points)
    return render(request, "standing/overview.html", {
        "rows": rows, "as_of": as_of, "columns": [
            Column(label=_("Provider")), Column(label=_("Decisions that count"), kind="num"),
            Column(label=_("Points"), kind="num"), Column(label=_("Relations and filings"), kind="num"),
            Column(label=_("Score"), kind="num"), Column(label=_("Advice"))],
        "stats": [Stat(label=_("Providers with points"), value=counted, of=len(lines)),
                  Stat(label=_("Entries to review"), value=selectors.review_due(as_of + dt.timedelta(days=60)).count(),
                       url=f"{reverse('standing_blacklist')}?due=60", note=_("within 60 days"))],
        "chips": [text_chip(request, "as_of", _("As of"), input_type="date")],
        "actions": [Link(label=_("How it is counted"), url=reverse("standing_formula"))]})


@require_GET
@permission_required("registers.read")
def provider(request: HttpRequest, party_id: str) -> HttpResponse:
    """One record: the score in words, the curve, each decision with its link."""
    actor, as_of = actor_of(request), day_asked(request)
    own = selectors.is_own(actor, party_id)
    record = selectors.record_of(party_id, as_of=as_of, for_others=not own)
    name = selectors.provider_name(party_id)
    points = [selectors.as_point(row, record.objections.get(row.pk)) for row in record.points]
    drawing = presenting.curve_drawing(curve(
        points, as_of - dt.timedelta(days=365), as_of + dt.timedelta(days=record.policy.window_days), record.policy,
        step_days=7, for_others=not own), as_of) if points else None
    return render(request, "standing/provider.html", {
        "record": record, "name": name, "own": own, "drawing": drawing, "words": presenting.size_words(record),
        "rows": [presenting.point_row(request, record, point, own=own) for point in record.points],
        "advice": [advice_word(advice) for advice in record.advice],
        "stats": [Stat(label=_("Score"), value=presenting.points_text(record.score), note=_("per %(per)s relations and filings")
                       % {"per": record.policy.size_per}),
                  Stat(label=_("Points"), value=presenting.points_text(record.total)),
                  Stat(label=_("Relations and filings"), value=record.size)],
        "columns": [Column(label=_("Decision")), Column(label=_("Case"), kind="fit"), Column(label=_("Tier"), kind="num"),
                    Column(label=_("Final on"), kind="fit"), Column(label=_("Points"), kind="num"),
                    Column(label=_("Counts now"), kind="num"), Column(label=_("State"), kind="fit"),
                    Column(label=_("Objection"), kind="fit")],
        "chips": [text_chip(request, "as_of", _("As of"), input_type="date")],
        "actions": [Link(label=_("How it is counted"), url=reverse("standing_formula"))],
        "crumbs": [Link(label=_("Standing"), url=reverse("standing_overview"))]})


@require_http_methods(["GET", "POST"])
@permission_required("registers.read")
def point(request: HttpRequest, point_id: int) -> HttpResponse:
    """A decision on the record: the provider objects, somebody of the authority answers."""
    row = ConductPoint.objects.filter(pk=point_id).first()
    if row is None:
        raise NotFound(_("There is no such decision on a record."))
    objection = Objection.objects.filter(point=row).select_related("answered_by").first()
    own = selectors.is_own(actor_of(request), row.provider_id)
    signed = actor_of(request).user_id in selectors.signers_of(row)
    may_answer = (objection is not None and objection.state == "open" and may(request, "appeals.judge")
                  and not own and not signed)
    form = TextForm(request.POST or None, label=_("Answer") if may_answer else _("What is wrong"))
    if request.method == "POST" and form.is_valid():
        try:
            _act_on(request, row, objection, form.cleaned_data["text"])
            return redirect("standing_point", row.pk)
        except LicetError as error:
            refused(form, error)
    return render(request, "standing/point.html", {
        "point": row, "objection": objection, "form": form, "may_answer": may_answer,
        "objection_state": OBJECTION_STATES[objection.state] if objection else "",
        "may_object": own and objection is None and row.reversed_at is None,
        "title": presenting.measure_word(row.kind), "facts": _point_facts(request, row), "crumbs": [
            Link(label=_("Standing"), url=reverse("standing_overview")),
            Link(label=row.provider_id, url=reverse("standing_provider", args=[row.provider_id]))]},
        status=422 if form.errors else 200)


def _act_on(request: HttpRequest, row: ConductPoint, objection: Objection | None, text: str) -> None:
    if objection is None:
        services.object_to(row.pk, text=text, actor=actor_of(request), at=clock.now())
    else:
        services.answer_objection(objection.pk, remove=request.POST.get("choice") == "remove", answer=text,
                                  actor=actor_of(request), at=clock.now())


def _point_facts(request: HttpRequest, row: ConductPoint) -> list[Fact]:
    return [
        Fact(label=_("Case"), value=row.case_number, mono=True),
        Fact(label=_("Decision"), value=presenting.measure_word(row.kind),
             url=presenting.decision_url(request, row.measure_id)),
        Fact(label=_("Tier"), value=row.tier), Fact(label=_("Points"), value=row.points),
        Fact(label=_("Formula"), value=row.formula, url=reverse("standing_formula")),
        Fact(label=_("Final on"), value=row.final_on), Fact(label=_("Others count it from"), value=row.visible_on),
        *([Fact(label=_("Reversed"), value=row.reversed_on), Fact(label=_("Why"), value=row.reversed_why)]
          if row.reversed_on else [])]


@require_GET
@permission_required("registers.read")
def formula(request: HttpRequest) -> HttpResponse:
    """The public tables: what weighs how much, how it fades, over what size; who is sure enough to be listed."""
    numbers = policy()
    roles = {"own": _("against the provider itself"), "connected": _("against what it connected")}
    return render(request, "standing/formula.html", {
        "version": FORMULA_VERSION, "numbers": numbers, "decay": presenting.decay_rows(numbers),
        "decay_columns": [Column(label=_("From this age in days"), kind="num"), Column(label=_("Counts"), kind="num")],
        "points": [Row(cells=[Cell(text=presenting.measure_word(row.kind)), Cell(text=roles[row.role]), Cell(text=row.tier),
                              Cell(text=row.points)]) for row in POINTS],
        "point_columns": [Column(label=_("Final decision")), Column(label=_("Against")), Column(label=_("Tier"), kind="num"),
                          Column(label=_("Points"), kind="num")],
        "confidences": [Row(cells=[Cell(text=presenting.confidence_word(row.id), sub=row.source),
                                   Cell(text=row.enters)]) for row in CONFIDENCES],
        "confidence_columns": [Column(label=_("How sure it is who runs the site")), Column(label=_("May be listed"))],
        "crumbs": [Link(label=_("Standing"), url=reverse("standing_overview"))]})


# --- the blacklist ---------------------------------------------------------------------------------------------------


@require_GET
@permission_required("cases.read")
def blacklist(request: HttpRequest) -> HttpResponse:
    """Entries of the desk's decisions, those to be reviewed first."""
    today = local_day(clock.now())
    due, live = request.GET.get("due", ""), request.GET.get("show", "") != "all"
    found = selectors.entries(text=request.GET.get("q", ""), live=live)
    if due.isascii() and due.isdigit():
        found = found.filter(review_on__lte=today + dt.timedelta(days=min(int(due), 36_500)))
    after = request.GET.get("after", "")
    start = min(int(after), 10**6) if after.isascii() and after.isdigit() else 0
    page = list(found[start:start + PAGE + 1])
    older = f"{request.path}?{_with(request, start + PAGE)}" if len(page) > PAGE else ""
    return render(request, "standing/blacklist.html", {
        "rows": [presenting.entry_row(entry, today) for entry in page[:PAGE]],
        "columns": [Column(label=_("Listed")), Column(label=_("State"), kind="fit"), Column(label=_("Decision"), kind="fit"),
                    Column(label=_("Since"), kind="fit"), Column(label=_("Review"), kind="fit"),
                    Column(label=_("Until"), kind="fit"), Column(label=_("Check from outside"))],
        "chips": [choice_chip(request, "due", _("Review"), [("30", _("within 30 days")), ("60", _("within 60 days")),
                                                           ("180", _("within 180 days"))], anything=_("whenever")),
                  choice_chip(request, "show", _("Show"), [("all", _("ended ones too"))], anything=_("what stands"))],
        "search": text_chip(request, "q", _("Domain, number or address, whole")), "pager": Pager(older_url=older),
        "crumbs": [Link(label=_("Standing"), url=reverse("standing_overview"))],
        "actions": [Link(label=_("The register"), url=reverse("register_list", args=["blacklist"]))]})


def _with(request: HttpRequest, after: int) -> str:
    query = request.GET.copy()
    query["after"] = str(after)
    return query.urlencode()


@require_http_methods(["GET", "POST"])
@permission_required("cases.read")
@require_fresh_authentication
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """An entry: what it rests on, and its review by two people."""
    row = selectors.entry(entry_id)
    today, review = local_day(clock.now()), selectors.open_review(row)
    form = TextForm(request.POST or None, label=_("Why it must stand longer"))
    if request.method == "POST" and (review is not None or form.is_valid()):
        try:
            _review(request, row.pk, review, form)
            return redirect("standing_entry", row.pk)
        except LicetError as error:
            refused(form, error) if form.is_valid() else form.errors.setdefault("text", form.error_class()).append(
                f"{error.message} {error.hint}".strip())
    standing = presenting.state_of(row, today) in {"entry-in_force", "entry-review_due"} and row.register == "blacklist"
    context: dict[str, Any] = {
        "entry": row, "state": presenting.state_of(row, today), "facts": presenting.entry_facts(request, row), "form": form,
        "review": review, "is_mine": review is not None and review.proposed_by_id == actor_of(request).user_id,
        "may_propose": standing and review is None and may(request, "blacklist.propose"),
        "may_second": standing and review is not None and may(request, "blacklist.second"),
        "reviews": selectors.reviews_of(row), "ground": presenting.ground_word(row.measure.case.ground_id),
        "crumbs": [Link(label=_("Standing"), url=reverse("standing_overview")),
                   Link(label=_("Blacklist"), url=reverse("standing_blacklist"))]}
    return render(request, "standing/entry.html", context, status=422 if form.errors else 200)


def _review(request: HttpRequest, entry_id: int, review: Review | None, form: TextForm) -> None:
    if review is None:
        services.propose_review(entry_id, reason=form.cleaned_data["text"], actor=actor_of(request), at=clock.now())
    else:
        services.second_review(review.pk, actor=actor_of(request), at=clock.now())
