"""Measures: the board, drafting one, and the page on which it is signed, withdrawn, lifted, appealed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from licet.casework import board, listing, presenting, selectors, services, wording
from licet.casework import presenting_measure as shown
from licet.casework.forms import AppealForm, DraftForm, HandForm, NewFactsForm, ReasonForm, ScopeForm, SignForm
from licet.casework.models import Case, HandedDecision, Measure
from licet.casework.panels import MEASURE_PANELS
from licet.casework.presenting_draft import as_it_stands, beginning, offered
from licet.casework.rules import may_work, possible_events
from licet.casework.services import Amendment, MeasureDraft
from licet.casework.services.finality import final_decisions
from licet.casework.services.people import person_for
from licet.casework.services.steps import visible_measure
from licet.casework.tables import FINAL_DECISIONS, HANDED_TO, MEASURE_BY_ID, MEASURES, MeasureState
from licet.config.profile import load_profile
from licet.console.access import actor_of, check_permission, may, permission_required
from licet.console.components import Link, Pager, address_with, choice_chip
from licet.console.fresh import authenticated_at, require_fresh_authentication
from licet.console.htmx import render_page
from licet.core import clock
from licet.core.errors import LicetError, NotFound
from licet.parties.models import Party

_USUAL = {1: "stop_access", 2: "suspend_access", 3: "warn"}  # offered first for a tier; the person chooses
_SELDOM = frozenset({"addresses", "codes", "parties", "regions", "technical", "wide_scope", "bag", "chain_operator",
                     "chain_partner", "chain_service", "assessment", "subject_party"})


def end_of(day: dt.date | None) -> dt.datetime | None:
    """The end of a local day, the moment a term ends."""
    if day is None:
        return None
    zone = ZoneInfo(load_profile().time_zone)
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone).astimezone(dt.UTC)


# --- drafting --------------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
@permission_required("cases.work")
def draft(request: HttpRequest, number: str) -> HttpResponse:
    """Propose a measure in a case. Nobody is affected by a draft."""
    case, actor = selectors.case_by_number(number), actor_of(request)
    person = person_for(actor, case)
    posts = {kind for kind, _role in person.posts}
    possible = [kind for kind in MEASURES if (case.tier is None or case.tier in kind.tiers) and kind.party_kinds & posts]
    refuse = may_work(person)
    choices = offered(case)
    form = DraftForm([(kind.id, wording.named(kind)) for kind in possible], choices, request.POST or None, initial=beginning(
        case, request.GET.get("kind", "") or _USUAL.get(case.tier or 0, ""), choices))
    if request.method == "POST" and form.is_valid():
        try:
            measure = services.draft_measure(case.pk, _draft_of(form), actor=actor, at=clock.now())
        except LicetError as error:
            form.add_error(None, " ".join(part for part in wording.refusal(error) if part))
        else:
            messages.success(request, _("Drafted. Nobody is affected before it is signed."))
            return redirect("measure_show", measure.pk)
    more = [field for field in form.visible_fields() if field.name in _SELDOM and not field.value() and not field.errors]
    context = {"case": case, "form": form, "more": more,
               "fields": [field for field in form.visible_fields() if field not in more],
               "kinds": [(wording.named(kind), shown.who_decides(kind), wording.citation(kind.source)) for kind in possible],
               "refused": wording.explain(refuse.code, refuse.text, refuse.hint) if refuse else None,
               "crumbs": [Link(label=_("Cases"), url=reverse("case_queue")),
                          Link(label=case.number, url=reverse("case_show", args=[case.number]))]}
    return render_page(request, "casework/draft.html", "", context, status=422 if form.errors else 200)


def _draft_of(form: DraftForm) -> MeasureDraft:
    data = form.cleaned_data
    return MeasureDraft(
        kind=data["kind"], reasons=form.all_reasons(),
        rule_cited=data["rule_cited"], scope=form.scope(), provider_id=data["provider_id"],
        subject_party=data["subject_party"], deadline_on=data["deadline_on"], expires_at=end_of(data["expires_on"]),
        determination_id=data["determination_id"], attachments=form.attachments())


# --- the decision page -----------------------------------------------------------------------------------------------
@require_GET
@permission_required("cases.read")
def show(request: HttpRequest, measure_id: int) -> HttpResponse:
    """What is proposed and why, what it needs and hits, what the other side will read; then the choice."""
    return render_measure(request, visible_measure(measure_id))


def render_measure(request: HttpRequest, measure: Measure, failed: dict[str, forms.Form] | None = None, *,
                   status: int = 200) -> HttpResponse:
    """The page, with a form that was refused if there is one. Who only carries it out or is hit sees no case."""
    now, actor, failed = clock.now(), actor_of(request), failed or {}
    case = Case.objects.filter(pk=measure.case_id).first()
    kind, state = MEASURE_BY_ID[measure.kind], selectors.state_of(measure, now)
    context: dict[str, Any] = {
        "measure": measure, "case": case, "title": wording.measure(measure.kind), "state": f"measure-{state.value}",
        "facts": shown.facts(measure, case), "reasons": shown.reasons(measure), "signatures": shown.signatures(measure, now),
        "panels": MEASURE_PANELS.drawn(request, measure), "appeals": shown.appeals(measure), "kind": kind,
        "until": shown.appeal_until(measure), "consequence": shown.consequence(measure), "crumbs": _crumbs(case),
        "is_draft": measure.state == MeasureState.DRAFTED, "appeal_form": failed.get("appeal") or AppealForm(
            prefix="appeal", initial={"filed_by": next(iter(actor.organisations), "")}),
        "appeal_failed": "appeal" in failed, **shown.appealing(measure, actor, now)}
    if case is not None:
        context |= {"needs": shown.needs(case, measure, now), "collateral": shown.collateral(measure),
                    "events": shown.steps(measure), **_choice(request, measure, case, failed, now)}
    return render_page(request, "casework/measure.html", "", context, status=status)


def _crumbs(case: Case | None) -> list[Link]:
    crumbs = [Link(label=_("Measures"), url=reverse("measure_board"))]
    return [*crumbs, Link(label=case.number, url=reverse("case_show", args=[case.number]))] if case else crumbs


def _choice(request: HttpRequest, measure: Measure, case: Case, failed: dict[str, forms.Form],
            now: dt.datetime) -> dict[str, Any]:
    """What this person can do here, or why not."""
    actor = actor_of(request)
    refuse = may_work(person_for(actor, case, subject_party=measure.subject_party)) if may(request, "cases.work") else None
    found: dict[str, Any] = {
        "refused": wording.explain(refuse.code, refuse.text, refuse.hint) if refuse else None,
        "may_work": may(request, "cases.work") and refuse is None,
        "sign_form": failed.get("sign") or SignForm(prefix="sign"),
        "withdraw_form": failed.get("withdraw") or ReasonForm(prefix="withdraw"), "failed": list(failed),
        "lift_form": failed.get("lift") or ReasonForm(prefix="lift"),
        "facts_form": failed.get("facts") or NewFactsForm(prefix="facts"),
        "order_form": failed.get("order") or ReasonForm(prefix="order"),
        "hand_form": failed.get("hand") or _hand_form(measure, now),
        "may_lift": "lifted" in possible_events(measure.state), "may_order": measure.state == MeasureState.FAILED}
    if measure.state == MeasureState.DRAFTED:
        found |= {"signs_second": measure.decided_by_id is not None and not services.first_signature_lapsed(measure, now),
                  "answer": shown.answer(measure, actor, now) if may(request, "measures.decide") else None,
                  "amend_form": failed.get("amend") or _amend_form(measure, case) if measure.decided_by_id is None else None}
    return found


def _hand_form(measure: Measure, now: dt.datetime, data: Any = None) -> HandForm | None:
    """For a final decision, if there is an association that does not have it yet."""
    if measure.kind not in FINAL_DECISIONS or measure.pk not in {one.pk for one in final_decisions(measure.case, now)}:
        return None
    given = HandedDecision.objects.filter(measure=measure).values("party_id")
    parties = Party.objects.filter(kind__in=HANDED_TO, until__isnull=True).exclude(party_id__in=given).order_by("name")
    choices = list(parties.values_list("party_id", "name")[:100])
    return HandForm(choices, data, prefix="hand") if choices else None


def _amend_form(measure: Measure, case: Case, data: Any = None) -> ScopeForm:
    """The draft as it stands."""
    end = measure.expires_at
    return ScopeForm(offered(case), data, prefix="amend", initial={
        **as_it_stands(measure),
        "expires_on": (end - dt.timedelta(seconds=1)).astimezone(ZoneInfo(load_profile().time_zone)).date() if end else None})


@require_POST
@permission_required("measures.decide")
@require_fresh_authentication
def sign(request: HttpRequest, measure_id: int) -> HttpResponse:
    """A signature, first or second, of somebody who proved just now who they are."""
    measure = visible_measure(measure_id)
    form = SignForm(request.POST, prefix="sign")
    first = measure.decided_by_id is None or services.first_signature_lapsed(measure, clock.now())
    service = services.approve_measure if first else services.second_measure
    if form.is_valid():
        try:
            signed = service(measure.pk, actor=actor_of(request), authenticated_at=authenticated_at(request),
                             at=clock.now(), reason=form.cleaned_data["reason"])
        except LicetError as error:
            form.add_error(None, " ".join(part for part in wording.refusal(error) if part))
        else:
            messages.success(request, _("Signed. A second person signs next.") if signed.state == MeasureState.DRAFTED
                             else _("Signed. The measure is decided; the statement of reasons goes out next."))
            return redirect("measure_show", measure.pk)
    return render_measure(request, measure, {"sign": form}, status=422)


# --- what needs no signature -----------------------------------------------------------------------------------------
def _withdraw(request: HttpRequest, measure: Measure, form: forms.Form) -> None:
    services.withdraw_measure(measure.pk, reason=form.cleaned_data["reason"], actor=actor_of(request), at=clock.now())


def _lift(request: HttpRequest, measure: Measure, form: forms.Form) -> None:
    services.advance(measure, "lifted", actor=actor_of(request), reason=form.cleaned_data["reason"], at=clock.now())


def _order(request: HttpRequest, measure: Measure, form: forms.Form) -> None:
    services.advance(measure, "ordered", actor=actor_of(request), reason=form.cleaned_data["reason"], at=clock.now())


def _amend(request: HttpRequest, measure: Measure, form: forms.Form) -> None:
    assert isinstance(form, ScopeForm)
    data = form.cleaned_data
    blank = dict.fromkeys(("evidence", "bag", "billing_chain", "assessment", "wide_scope"), "")
    services.amend_measure(measure.pk, Amendment(
        attachments={**blank, **form.attachments()}, scope=form.scope(),
        deadline_on=data["deadline_on"], expires_at=end_of(data["expires_on"]),
        determination_id=data["determination_id"]), actor=actor_of(request), at=clock.now())


def _new_facts(request: HttpRequest, measure: Measure, form: forms.Form) -> None:
    services.reopen_appeal(measure.pk, filed_by=form.cleaned_data["filed_by"], facts=form.cleaned_data["facts"],
                           actor=actor_of(request), at=clock.now())


def _hand(request: HttpRequest, measure: Measure, form: forms.Form) -> None:
    services.hand_decision(measure.pk, form.cleaned_data["party_id"], reason=form.cleaned_data["reason"],
                           actor=actor_of(request), at=clock.now())


def _appeal(request: HttpRequest, measure: Measure, form: forms.Form) -> None:
    services.file_appeal(measure.pk, filed_by=form.cleaned_data["filed_by"], text=form.cleaned_data["text"],
                         actor=actor_of(request), at=clock.now())


_DO: dict[str, tuple[type[forms.Form], Callable[[HttpRequest, Measure, forms.Form], None], str]] = {
    "withdraw": (ReasonForm, _withdraw, "cases.work"), "lift": (ReasonForm, _lift, "measures.decide"),
    "order": (ReasonForm, _order, "measures.decide"), "amend": (ScopeForm, _amend, "cases.work"),
    "appeal": (AppealForm, _appeal, "cases.read"), "facts": (NewFactsForm, _new_facts, "cases.work"),
    "hand": (HandForm, _hand, "cases.work"),
}


@require_POST
@permission_required("cases.read")
def act(request: HttpRequest, measure_id: int, action: str) -> HttpResponse:
    """Withdraw or complete a draft, lift a measure, order it again, write down an appeal."""
    measure = visible_measure(measure_id)
    if action not in _DO:
        raise NotFound(_("There is no such action."))
    form_class, do, permission = _DO[action]
    check_permission(request, permission)
    if form_class is ScopeForm:
        form: forms.Form = _amend_form(measure, measure.case, request.POST)
    elif form_class is HandForm:
        handing = _hand_form(measure, clock.now(), request.POST)
        if handing is None:
            raise NotFound(_("There is no such action."))
        form = handing
    else:
        form = form_class(request.POST, prefix=action)
    if form.is_valid():
        try:
            do(request, measure, form)
        except LicetError as error:
            form.add_error(None, " ".join(part for part in wording.refusal(error) if part))
        else:
            messages.success(request, _done(action))
            return redirect("measure_show", measure.pk)
    return render_measure(request, measure, {action: form}, status=422)


def _done(action: str) -> str:
    return {"withdraw": _("Withdrawn. Nobody was affected."), "amend": _("The draft was completed."),
            "lift": _("Lifted. What was cut is restored next, and verified."), "order": _("Ordered again."),
            "facts": _("Taken up again. Somebody who had no part in the measure judges it."),
            "hand": _("Handed on. A case about the same is open at their desk."),
            "appeal": _("The appeal was filed. Somebody who had no part in the measure judges it.")}[action]


# --- the board -------------------------------------------------------------------------------------------------------
@require_GET
@permission_required("cases.read")
def measure_board(request: HttpRequest) -> HttpResponse:
    """Measures of the desk by where they stand: what waits, what is under way, what is not verified."""
    desk, now = request.GET.get("desk", "")[:80] or listing.desk_of(actor_of(request)), clock.now()
    counts = {one.id: board.count(one, desk) for one in board.TABS}
    busy = next((one for one in board.TABS if counts[one.id]), board.TABS[0])  # nobody opens an empty part of a busy board
    tab = board.TAB_BY_ID.get(request.GET.get("show", ""), busy)
    below = request.GET.get("before", "")
    found = board.page(tab, desk, kind=request.GET.get("kind", ""), now=now,
                       below=min(int(below), 2**63 - 1) if below.isascii() and below.isdigit() else 0)
    kinds = [(kind.id, wording.named(kind)) for kind in MEASURES]
    context = {
        "tabs": [{"label": one.label, "url": address_with(request, {"show": one.id}), "current": one.id == tab.id,
                  "count": presenting.counted(counts[one.id])} for one in board.TABS],
        "rows": shown.board_rows(found[: board.PAGE]), "columns": shown.board_columns(),
        "chips": [choice_chip(request, "kind", _("Measure"), kinds, anything=_("any"))],
        "pager": Pager(newer_url=address_with(request, {"before": None}) if below else "",
                       older_url=address_with(request, {"before": str(found[board.PAGE - 1].pk)})
                       if len(found) > board.PAGE else "")}
    return render_page(request, "casework/board.html", "", context)
