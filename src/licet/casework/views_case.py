"""One case: what is known, what the rules propose, what was done by whom, and what can be done now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from licet.casework import presenting_case as shown
from licet.casework import selectors, services, wording
from licet.casework.forms import CloseForm, DeterminationForm, OtherCaseForm, ReasonForm, TierForm
from licet.casework.models import Case, HandedDecision
from licet.casework.panels import CASE_PANELS
from licet.casework.presenting import holder, tier_state
from licet.casework.rules import may_work
from licet.casework.services.people import person_for
from licet.console.access import actor_of, may, permission_required
from licet.console.components import Link
from licet.console.htmx import render_page
from licet.core import clock
from licet.core.errors import LicetError, NotFound
from licet.evidence.tables import HASH_ONLY_GROUNDS

EVENTS = 100
Forms = Mapping[str, forms.Form]


@require_GET
@permission_required("cases.read")
def show(request: HttpRequest, number: str) -> HttpResponse:
    """The record of a case."""
    return render_case(request, selectors.case_by_number(number))


def render_case(request: HttpRequest, case: Case, failed: Forms | None = None, *, status: int = 200) -> HttpResponse:
    """The page, with a form that was refused if there is one."""
    actor, now = actor_of(request), clock.now()
    before = request.GET.get("before", "")
    events = selectors.timeline_of(case)
    if before.isascii() and before.isdigit():
        events = events.filter(pk__lt=min(int(before), 2**63 - 1))
    page = list(events[: EVENTS + 1])
    measures = list(selectors.measures_at(now).filter(case=case).order_by("-id")[: selectors.PAGE])
    context: dict[str, Any] = {
        "case": case, "crumbs": [Link(label=_("Cases"), url=reverse("case_queue"))], "state": f"case-{case.state}",
        "tier_state": tier_state(case.tier), "facts": shown.facts(case, now), "ground": wording.ground(case.ground_id),
        "may_preserve": case.ground_id not in HASH_ONLY_GROUNDS,
        "register_facts": shown.register_facts(case, actor) if may(request, "registers.read") else [],
        "observers": shown.observers(case), "may_see_sweeps": may(request, "sweeps.read"), "proposal": shown.proposal(case),
        "measure_columns": shown.measure_columns(), "measures": shown.measure_rows(measures),
        "handed": list(HandedDecision.objects.filter(case=case).order_by("-id")[: selectors.PAGE]),
        "links": selectors.links_of(case), "merged": list(Case.objects.filter(merged_into=case)[: selectors.PAGE]),
        "events": shown.timeline(request, page[:EVENTS]), "panels": CASE_PANELS.drawn(request, case),
        "older": f"?before={page[EVENTS - 1].pk}#timeline" if len(page) > EVENTS else "",
        **_what_can_be_done(request, case, failed)}
    return render_page(request, "casework/case.html", "", context, status=status)


def _what_can_be_done(request: HttpRequest, case: Case, failed: Forms | None) -> dict[str, Any]:
    """The actions offered, or why there are none: said before anybody tries."""
    actor, now = actor_of(request), clock.now()
    if not may(request, "cases.work"):
        return {"may_work": False}
    refuse = may_work(person_for(actor, case))
    if refuse is not None:
        return {"may_work": False, "refused": wording.explain(refuse.code, refuse.text, refuse.hint)}
    held = holder(case, now) if case.handler_id != actor.user_id else ""
    mine = case.handler_id == actor.user_id and case.handler_until is not None and case.handler_until > now
    return {"may_work": True, "held": held, "mine": mine, "until": case.handler_until, "is_open": case.state == "open",
            "folds": [] if held else _folds(case, failed or {})}


# --- what can be done ------------------------------------------------------------------------------------------------
def _tier(request: HttpRequest, case: Case, data: dict[str, Any]) -> Case:
    return services.set_tier(case.pk, data["tier"], reason=data["reason"], actor=actor_of(request), at=clock.now())


def _close(request: HttpRequest, case: Case, data: dict[str, Any]) -> Case:
    return services.close_case(case.pk, outcome=data["outcome"], reason=data["reason"], actor=actor_of(request),
                               at=clock.now())


def _merge(request: HttpRequest, case: Case, data: dict[str, Any]) -> Case:
    other = selectors.case_by_number(data["other"].strip())
    return services.merge_cases(case.pk, into=other.pk, reason=data["reason"], actor=actor_of(request), at=clock.now())


def _link(request: HttpRequest, case: Case, data: dict[str, Any]) -> Case:
    other = selectors.case_by_number(data["other"].strip())
    services.link_cases(case.pk, other.pk, why=data["reason"], actor=actor_of(request), at=clock.now())
    return case


def _reopen(request: HttpRequest, case: Case, data: dict[str, Any]) -> Case:
    return services.reopen_case(case.pk, reason=data["reason"], actor=actor_of(request), at=clock.now())


def _determine(request: HttpRequest, case: Case, data: dict[str, Any]) -> Case:
    services.record_determination(case.pk, **data, actor=actor_of(request), at=clock.now())
    return case


Do = Callable[[HttpRequest, Case, dict[str, Any]], Case]
# action -> label, form, service, states of the case in which it is offered, what it leads to in words
ACTIONS: Mapping[str, tuple[Any, type[forms.Form], Do, frozenset[str], Any]] = {
    "tier": (gettext_lazy("Set the tier"), TierForm, _tier, frozenset({"open"}), gettext_lazy("The tier was set.")),
    "determine": (gettext_lazy("Record a determination"), DeterminationForm, _determine, frozenset({"open", "closed"}),
                  gettext_lazy("The determination was recorded.")),
    "merge": (gettext_lazy("Merge"), OtherCaseForm, _merge, frozenset({"open"}), gettext_lazy("The cases were merged.")),
    "link": (gettext_lazy("Link"), OtherCaseForm, _link, frozenset({"open", "closed"}), gettext_lazy("The cases are linked.")),
    "close": (gettext_lazy("Close the case"), CloseForm, _close, frozenset({"open"}), gettext_lazy("The case is closed.")),
    "reopen": (gettext_lazy("Reopen on new facts"), ReasonForm, _reopen, frozenset({"closed"}),
               gettext_lazy("A new case was opened on the new facts.")),
}


def _explanations() -> dict[str, str]:
    return {
        "tier": _("The rules propose; you set. Your name and reason stay in the record."),
        "determine": _("Illegal: suspensions are extended once and drafts to close and to list are proposed. Not illegal: "
                       "every measure of this case ends now and what was cut is restored."),
        "merge": _("This case ends as part of the other; its signals count there. It cannot be undone."),
        "link": _("The two stay apart; each names the other."),
        "close": _("Measures in force go on. New signals about the same subject open a new case."),
        "reopen": _("A new case is opened and linked; this one stays as it ended.")}


def _folds(case: Case, failed: Forms) -> list[dict[str, Any]]:
    words = _explanations()
    return [{"id": action, "label": label, "form": failed.get(action) or form(prefix=action), "text": words[action],
             "open": action in failed}
            for action, (label, form, _do, states, _done) in ACTIONS.items() if case.state in states]


@require_POST
@permission_required("cases.work")
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """One action on a case; refused ones come back in their form."""
    if action not in ACTIONS:
        raise NotFound(_("There is no such action."))
    case = selectors.case_by_number(number)
    _label, form_class, do, _states, done = ACTIONS[action]
    form = form_class(request.POST, prefix=action)
    if form.is_valid():
        try:
            target = do(request, case, form.cleaned_data)
        except LicetError as error:
            message, hint = wording.refusal(error)
            form.add_error(None, " ".join(part for part in (message, hint) if part))
        else:
            messages.success(request, str(done))
            return redirect("case_show", target.number)
    return render_case(request, case, {action: form}, status=422)


@require_POST
@permission_required("cases.work")
def take(request: HttpRequest, number: str) -> HttpResponse:
    """Take the case, or prolong it."""
    return _handout(request, number, services.take)


@require_POST
@permission_required("cases.work")
def release(request: HttpRequest, number: str) -> HttpResponse:
    """Give the case back to the queue."""
    return _handout(request, number, services.release)


@require_POST
@permission_required("cases.work")
def preserve(request: HttpRequest, number: str) -> HttpResponse:
    """Preserve what the registers say as evidence of the case, in one step."""
    case = selectors.case_by_number(number)
    try:
        item = services.preserve_extract(case.pk, purpose=_("What the registers said when the case was worked on"),
                                         actor=actor_of(request), at=clock.now())
    except LicetError as error:
        messages.error(request, " ".join(part for part in wording.refusal(error) if part))
    else:
        messages.success(request, _("%(ref)s is preserved.") % {"ref": item.ref})
    return redirect(reverse("case_show", args=[case.number]) + "#evidence")


def _handout(request: HttpRequest, number: str, service: Callable[..., Case]) -> HttpResponse:
    case = selectors.case_by_number(number)
    try:
        service(case.pk, actor=actor_of(request), at=clock.now())
    except LicetError as error:
        messages.error(request, " ".join(part for part in wording.refusal(error) if part))
    return redirect("case_show", case.number)
