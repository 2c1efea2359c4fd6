"""The queue: what to work on next, saved queues, several cases at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from licet.casework import listing, presenting, selectors, services, wording
from licet.casework.models import Case
from licet.casework.services import Outcome
from licet.casework.tables import CASE_OUTCOMES
from licet.console.access import actor_of, may, permission_required
from licet.console.components import Pager, address_with, text_chip
from licet.console.htmx import render_page
from licet.core import clock
from licet.core.errors import BadInput, LicetError

MOST_AT_ONCE = 200


@require_GET
@permission_required("cases.read")
def queue(request: HttpRequest) -> HttpResponse:
    """Cases in the order they should be worked on, filtered by what the address says."""
    actor, now = actor_of(request), clock.now()
    asked = listing.read_question(request.GET, actor)
    found = listing.page(asked, actor, now)
    number = listing.count(asked, actor, now)
    query = urlencode(asked.parameters() if asked.desk != listing.desk_of(actor) else
                      {name: value for name, value in asked.parameters().items() if name != "desk"})
    older = f"{request.path}?{query}&{urlencode({'after': found.after})}" if found.after else ""
    context: dict[str, Any] = {
        "chips": presenting.chips(request, asked, actor), "sentence": presenting.sentence(asked),
        "search": text_chip(request, "q", _("Site, address, code or case number")), "total": presenting.total(number),
        "queues": presenting.standing_queues(actor, now, asked),
        "saved": presenting.saved_queues(selectors.saved_queues(actor.user_id or 0, actor.organisations), actor, now, asked),
        "columns": presenting.columns(), "rows": presenting.rows(found.rows, now), "query": query,
        "pager": Pager(newer_url=address_with(request, {}) if asked.after else "", older_url=older),
        "may_work": may(request, "cases.work"), "actions": presenting.queue_actions(may(request, "cases.work")),
        "is_filtered": bool(query), "state": asked.state, "outcomes": _outcomes()}
    return render_page(request, "casework/queue.html", "casework/_queue.html", context)


def _outcomes() -> list[tuple[str, str]]:
    return [(outcome, wording.outcome(outcome)) for outcome in CASE_OUTCOMES]


@require_POST
@permission_required("cases.work")
def take_next(request: HttpRequest) -> HttpResponse:
    """Take the first free case of one's desk."""
    actor = actor_of(request)
    try:
        case = services.take_next(listing.desk_of(actor), actor=actor, at=clock.now())
    except LicetError as error:
        return _back(request, error)
    if case is None:
        messages.info(request, _("No case is free: all are taken, or none is open."))
        return redirect("case_queue")
    return redirect("case_show", case.number)


def _back(request: HttpRequest, error: LicetError) -> HttpResponse:
    messages.error(request, " ".join(part for part in wording.refusal(error) if part))
    return redirect("case_queue")


@require_POST
@permission_required("cases.read")
def save_queue(request: HttpRequest) -> HttpResponse:
    """Keep the present filters under a name."""
    query = request.POST.get("query", "")
    try:
        services.save_queue(request.POST.get("name", ""), query, shared="shared" in request.POST,
                            actor=actor_of(request), at=clock.now())
    except LicetError as error:
        return _back(request, error)
    messages.success(request, _("Saved. It stands above the queue from now on."))
    return redirect(f"{reverse('case_queue')}?{query}")


@require_POST
@permission_required("cases.read")
def remove_queue(request: HttpRequest, queue_id: int) -> HttpResponse:
    """Forget a saved queue of one's own."""
    services.remove_queue(queue_id, actor=actor_of(request))
    messages.success(request, _("Removed."))
    return redirect("case_queue")


# --- several at once -------------------------------------------------------------------------------------------------
@require_POST
@permission_required("cases.work")
def bulk(request: HttpRequest) -> HttpResponse:
    """The marked cases: first a reason for each, then one line with what became of each."""
    action = request.POST.get("action", "")
    cases = _marked(request)
    if not cases or action not in _DO:
        raise BadInput(_("Nothing was marked, or nothing was chosen to do."), hint=_("Go back and mark some cases."))
    context: dict[str, Any] = {
        "action": action, "cases": cases, "back": f"{reverse('case_queue')}?{request.POST.get('query', '')}",
        "query": request.POST.get("query", ""), "tier": request.POST.get("tier", ""), "into": request.POST.get("into", ""),
        "outcome": request.POST.get("outcome", ""), "what": _what(request, action),
        "reason": request.POST.get("reason", "")}
    if action != "take" and "confirmed" not in request.POST:
        return render_page(request, "casework/bulk.html", "", context)
    reasons = {case.pk: request.POST.get(f"reason-{case.pk}", "") for case in cases}
    outcomes = {outcome.case_id: outcome for outcome in _DO[action](request, reasons)}
    context["lines"] = [_line(case, outcomes[case.pk]) for case in cases]
    context["worked"] = sum(line["error"] == "" for line in context["lines"])
    return render_page(request, "casework/bulk_done.html", "", context)


def _marked(request: HttpRequest) -> list[Case]:
    ids = [int(text) for text in request.POST.getlist("selected")[:MOST_AT_ONCE] if text.isascii() and text.isdigit()]
    found = {case.pk: case for case in Case.objects.filter(pk__in=[number for number in ids if number < 2**63])}
    return [found[number] for number in dict.fromkeys(ids) if number in found]


def _what(request: HttpRequest, action: str) -> str:
    words = {"take": _("Take"), "tier": _("Set tier %(tier)s") % {"tier": request.POST.get("tier", "")},
             "close": _("Close: %(outcome)s") % {"outcome": wording.outcome(request.POST.get("outcome", ""))},
             "merge": _("Merge into %(number)s") % {"number": request.POST.get("into", "")}}
    return words[action]


def _line(case: Case, outcome: Outcome) -> dict[str, Any]:
    message, hint = wording.refusal(outcome.error) if outcome.error else ("", "")
    return {"case": case, "error": message, "hint": hint}


def _take(request: HttpRequest, reasons: dict[int, str]) -> list[Outcome]:
    return services.take_many(list(reasons), actor=actor_of(request), at=clock.now())


def _tier(request: HttpRequest, reasons: dict[int, str]) -> list[Outcome]:
    text = request.POST.get("tier", "")
    return services.set_tier_many(reasons, int(text) if text in {"1", "2", "3"} else 0, actor=actor_of(request),
                                  at=clock.now())


def _close(request: HttpRequest, reasons: dict[int, str]) -> list[Outcome]:
    return services.close_many(reasons, outcome=request.POST.get("outcome", ""), actor=actor_of(request), at=clock.now())


def _merge(request: HttpRequest, reasons: dict[int, str]) -> list[Outcome]:
    into = selectors.case_by_number(request.POST.get("into", "").strip())
    return services.merge_many(reasons, into=into.pk, actor=actor_of(request), at=clock.now())


_DO: dict[str, Callable[[HttpRequest, dict[int, str]], list[Outcome]]] = {
    "take": _take, "tier": _tier, "close": _close, "merge": _merge}
