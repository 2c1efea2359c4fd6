"""Signals: those of a case, one entered by hand, the findings of a sweep."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from licet.casework import listing, selectors, services, wording
from licet.casework import presenting_case as shown
from licet.casework.forms import SignalForm, SplitForm
from licet.casework.models import Case, Signal
from licet.casework.services import SignalIn
from licet.config.profile import load_profile
from licet.console.access import actor_of, check_permission, may, permission_required
from licet.console.components import Cell, Column, Link, Pager, Row
from licet.console.htmx import render_page
from licet.core import clock
from licet.core.errors import LicetError
from licet.sweeps.selectors import sweep as sweep_by_id

PAGE = 100


@require_http_methods(["GET", "POST"])
@permission_required("cases.read")
def of_case(request: HttpRequest, number: str) -> HttpResponse:
    """The signals of a case, newest first; some of them can be split off into another case."""
    case = selectors.case_by_number(number)
    form = SplitForm(request.POST or None, initial={"subject_kind": case.subject_kind, "ground": case.ground_id})
    if request.method == "POST":
        check_permission(request, "cases.work")
        other = _split(request, case, form)
        if other is not None:
            messages.success(request, _("The signals were split off into this case."))
            return redirect("case_show", other.number)
    below = request.GET.get("before", "")
    signals = selectors.signals_of(case)
    if below.isascii() and below.isdigit():
        last = Signal.objects.filter(pk=min(int(below), 2**63 - 1)).first()
        if last is not None:
            signals = signals.filter(received_at__lte=last.received_at).exclude(
                received_at=last.received_at, pk__gte=last.pk)
    page = list(signals[: PAGE + 1])
    older = f"?before={page[PAGE - 1].pk}" if len(page) > PAGE else ""
    links = may(request, "sweeps.read")
    context = {"case": case, "rows": [_row(signal, links=links) for signal in page[:PAGE]], "columns": _columns(), "form": form,
               "pager": Pager(newer_url=request.path if below else "", older_url=older),
               "crumbs": [Link(label=_("Cases"), url=reverse("case_queue")),
                          Link(label=case.number, url=reverse("case_show", args=[case.number]))]}
    return render_page(request, "casework/signals.html", "", context, status=422 if form.errors else 200)


def _columns() -> list[Column]:
    return [Column(label=_("Kind"), kind="fit"), Column(label=_("Observer")),
            Column(label=_("What was observed"), kind="long"), Column(label=_("Observed"), kind="fit"),
            Column(label=_("Received"), kind="fit"), Column(label=_("Source"))]


def _row(signal: Signal, *, links: bool) -> Row:
    score = _("score %(score)s") % {"score": f"{signal.score:.2f}"} if signal.score is not None else ""
    return Row(key=str(signal.pk), cells=[
        Cell(text=wording.SIGNAL_KINDS[signal.kind], sub=score), Cell(text=wording.observer(signal.observer)),
        Cell(text=shown.observed(signal) or "–", url=shown.finding_address(signal) if links else ""),
        Cell(text=signal.observed_at.date()), Cell(text=signal.received_at), Cell(text=signal.source, mono=True)])


def _split(request: HttpRequest, case: Case, form: SplitForm) -> Case | None:
    if not form.is_valid():
        return None
    ids = [int(text) for text in request.POST.getlist("selected") if text.isascii() and text.isdigit()]
    try:
        return services.split_case(case.pk, ids, **form.cleaned_data, actor=actor_of(request), at=clock.now())
    except LicetError as error:
        form.add_error(None, " ".join(part for part in wording.refusal(error) if part))
        return None


@require_http_methods(["GET", "POST"])
@permission_required("cases.work")
def enter(request: HttpRequest) -> HttpResponse:
    """A fact that came by letter, call or order."""
    form = SignalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor = actor_of(request)
        try:
            services.ensure_on_record(form.cleaned_data["provider_id"])
            case_id = services.receive_signal(_signal(form.cleaned_data, listing.desk_of(actor)), actor=actor,
                                              at=clock.now())
        except LicetError as error:
            form.add_error(_field_of(error), error.message)
        else:
            if case_id is None:
                messages.info(request, _("The desk has this signal already; it counts once."))
                return redirect("case_queue")
            messages.success(request, _("Received. It joined this case."))
            return redirect("case_show", Case.objects.get(pk=case_id).number)
    context = {"form": form, "crumbs": [Link(label=_("Cases"), url=reverse("case_queue"))]}
    return render_page(request, "casework/signal_enter.html", "", context, status=422 if form.errors else 200)


def _field_of(error: LicetError) -> str | None:
    known = {"unknown_ground": "ground", "executor_unknown": "provider_id"}
    return known.get(error.code, "subject" if error.status == 422 else None)


def _signal(data: dict[str, Any], desk: str) -> SignalIn:
    from zoneinfo import ZoneInfo

    day: dt.date = data["observed_on"]
    observed = dt.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(load_profile().time_zone))
    return SignalIn(kind=data["kind"], desk_id=desk, ground=data["ground"], subject_kind=data["subject_kind"],
                    subject=data["subject"], provider_id=data["provider_id"], observer=data["observer"],
                    source=f"hand:{data['kind']}:{data['reference']}", observed_at=observed,
                    facts={"note": data["note"], "reference": data["reference"]})


@require_POST
@permission_required("cases.work")
def from_finding(request: HttpRequest, finding_id: int) -> HttpResponse:
    """Receive one finding of a sweep as a signal, and go to its case."""
    actor = actor_of(request)
    case_id = services.signal_from_finding(finding_id, desk_id=listing.desk_of(actor), actor=actor, at=clock.now())
    messages.success(request, _("Received. It joined this case."))
    return redirect("case_show", Case.objects.get(pk=case_id).number)


@require_http_methods(["GET", "POST"])
@permission_required("cases.work")
def from_sweep(request: HttpRequest, sweep_id: int) -> HttpResponse:
    """Receive what a sweep found as signals; the worker does it, the page can be left."""
    sweep = sweep_by_id(sweep_id)
    if request.method == "POST":
        from licet.casework.tasks import receive_sweep

        actor = actor_of(request)
        transaction.on_commit(functools.partial(
            receive_sweep.defer, sweep_id=sweep.pk, person=actor.user_id, desk=listing.desk_of(actor),
            warnings="warnings" in request.POST))
        messages.success(request, _("The findings are being received; their cases appear in the queue."))
        return redirect("case_queue")
    context = {"sweep": sweep, "severities": sweep.summary.get("by_severity", {}),
               "crumbs": [Link(label=sweep.number, url=reverse("sweep_record", args=[sweep.pk]))]}
    return render_page(request, "casework/from_sweep.html", "", context)
