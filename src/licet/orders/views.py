"""Pages of orders: the board, one order, what can be done with it, and the page behind a mail's link."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from licet.casework.models import Case
from licet.casework.panels import explain, said
from licet.casework.rules import may_work
from licet.casework.services.people import person_for
from licet.casework.services.preserved import preserved_refs
from licet.console.access import actor_of, may, permission_required
from licet.console.components import Chip, Link, Pager, Stat, address_with, choice_chip, text_chip
from licet.console.htmx import render_page
from licet.core import clock
from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import LicetError, NotFound
from licet.core.rls import acting_as
from licet.orders import presenting, selectors, services
from licet.orders.forms import AgainForm, CheckForm, ReportForm
from licet.orders.models import Order
from licet.orders.rules import may_check
from licet.orders.selectors import BoardFilters
from licet.orders.tables import CARRIED_OUT, EFFECTS, WITH_EXECUTOR, OrderKind, OrderState
from licet.orders.wording import read_token

PAGE = 50
_COUNTED = ("ordered", "overdue", "unverified", "failed", "restoring")
_STATES = {"overdue": "late-undone", "unverified": "late-unverified", "failed": "order-failed",
           "restoring": "order-restore"}


def _views() -> dict[str, str]:
    return {"open": _("not finished"), "mine": _("for my organisation to carry out"), "ordered": _("ordered, not reported done"),
            "overdue": _("overdue"), "unverified": _("reported done, not verified"), "failed": _("refused or not possible"),
            "restoring": _("being restored"), "all": _("all")}


def _own_work(actor: Actor) -> bool:
    """The organisation mostly carries out what others decide."""
    return actor.scope is Scope.ORGANISATION


@require_GET
@permission_required("orders.read")
def board(request: HttpRequest) -> HttpResponse:
    """Orders, what is due first on top. Who carries orders out begins with their own."""
    now, actor = clock.now(), actor_of(request)
    view = request.GET.get("view", "mine" if _own_work(actor) else "open")
    filters = BoardFilters(
        view=view if view in selectors.VIEWS else "open", executor_id=request.GET.get("executor", ""),
        effect=request.GET.get("effect", ""), escalated=bool(request.GET.get("escalated")), mine=actor.organisations)
    page = list(selectors.after(selectors.board(filters, now), _cursor(request))[: PAGE + 1])
    pager = Pager(newer_url=address_with(request, {}) if request.GET.get("cursor") else "",
                  older_url=_older(request, page[PAGE - 1]) if len(page) > PAGE else "")
    actions = [Link(label=_("Connectors"), url=reverse("connector_list"))] if may(request, "connectors.manage") else []
    return render_page(request, "orders/board.html", "", {
        "rows": presenting.board_rows(page[:PAGE], now), "columns": presenting.board_columns(), "pager": pager,
        "stats": _stats(filters, now), "chips": _chips(request, filters), "actions": actions, "view": filters.view})


def _stats(filters: BoardFilters, now: dt.datetime) -> list[Stat]:
    words = {"ordered": _("Ordered, not done"), "overdue": _("Overdue"), "unverified": _("Not verified"),
             "failed": _("Refused or not possible"), "restoring": _("Being restored")}
    found = selectors.counts(dataclasses.replace(filters, escalated=False, executor_id="", effect=""), now, _COUNTED)
    most = selectors.MOST_COUNTED
    return [Stat(label=words[view], value=_("%(count)s or more") % {"count": most} if found[view] >= most else found[view],
                 url=f"{reverse('order_board')}?view={view}", state=_STATES.get(view, "") if found[view] else "")
            for view in _COUNTED]


def _chips(request: HttpRequest, filters: BoardFilters) -> list[Chip]:
    chip = choice_chip(request, "view", _("Orders"), list(_views().items()))
    if not chip.value:
        chip = dataclasses.replace(chip, value=_views()[filters.view])
    return [chip,
            choice_chip(request, "effect", _("What"), [(one, presenting.EFFECT_WORDS[one]) for one in EFFECTS],
                        anything=_("any")),
            choice_chip(request, "escalated", _("Escalated"), [("1", _("yes"))], anything=_("any")),
            text_chip(request, "executor", _("Carried out by"))]


def _cursor(request: HttpRequest) -> tuple[dt.datetime, int] | None:
    moment, _sep, number = request.GET.get("cursor", "").rpartition("~")
    try:
        at, key = dt.datetime.fromisoformat(moment), int(number)
    except ValueError:
        return None
    return (at, key) if at.tzinfo is not None and 0 <= key < 2**63 else None


def _older(request: HttpRequest, last: Order) -> str:
    query = request.GET.copy()
    query["cursor"] = f"{last.done_by.isoformat()}~{last.pk}"
    return f"{request.path}?{query.urlencode()}"


@require_GET
@permission_required("orders.read")
def show(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order: what, by whom, how it went, what was seen from outside, what can be done."""
    return _page(request, _visible(order_id))


def _visible(order_id: int) -> Order:
    return selectors.order_by_number(str(order_id))


def _page(request: HttpRequest, order: Order, failed: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    now, actor, forms = clock.now(), actor_of(request), failed or {}
    desk = _may_decide(actor, order)
    reports = _may_report(request, order)
    late = selectors.late_word(order, now)
    return render(request, "orders/order.html", {
        "order": order, "title": presenting.kind_word(order), "state": f"order-{order.state}",
        "late": f"late-{late}" if late else "", "facts": presenting.facts(order, desk=desk, linked=may(request, "cases.read")),
        "events": presenting.timeline(order, desk=desk), "names": presenting.targets_of(order, 8),
        "report_form": forms.get("report", ReportForm()) if reports else None,
        "again_form": forms.get("again", AgainForm()) if desk and order.state in _STUCK else None,
        **_check(actor, order, forms.get("check")),
        "problem": forms.get("problem"), "crumbs": [Link(label=_("Orders"), url=reverse("order_board"))]}, status=status)


def _check(actor: Actor, order: Order, failed: CheckForm | None) -> dict[str, Any]:
    """The form of a check by hand, or why this person's look would be none."""
    if order.state not in CARRIED_OUT or not _may_decide(actor, order):
        return {}
    refuse = may_check(services.checker(order, actor))
    if refuse is not None:
        return {"no_check": " ".join(explain(refuse))}
    return {"check_form": failed or _check_form(order)}


def _check_form(order: Order, data: Any = None) -> CheckForm:
    case = Case.objects.filter(pk=order.measure.case_id).first()
    return CheckForm(preserved_refs(case).split() if case else [], data, needed=not services.checkable(order.effect))


_STUCK = frozenset({OrderState.REFUSED, OrderState.FAILED})


def _may_report(request: HttpRequest, order: Order) -> bool:
    decided = order.kind == OrderKind.CUT and order.state in _STUCK
    return (may(request, "orders.carry_out") and order.state in WITH_EXECUTOR and not decided
            and bool({order.executor_id, order.desk_id} & set(actor_of(request).organisations)))


def _may_decide(actor: Actor, order: Order) -> bool:
    case = Case.objects.filter(pk=order.measure.case_id).first()
    return case is not None and may_work(person_for(actor, case, subject_party=order.measure.subject_party)) is None


@require_POST
@permission_required("orders.carry_out")
def report(request: HttpRequest, order_id: int) -> HttpResponse:
    """Acknowledge, done, refused, not possible."""
    form = ReportForm(request.POST)
    return _do(request, order_id, "report", form=form, act=lambda data: services.report(
        order_id, data["said"], actor=actor_of(request), at=clock.now(), reason=data["reason"]),
        thanks=_("Noted. Thank you."))


@require_POST
@permission_required("cases.work")
def again(request: HttpRequest, order_id: int) -> HttpResponse:
    """Order it again after a refusal or a failure."""
    form = AgainForm(request.POST)
    return _do(request, order_id, "again", form=form, act=lambda data: services.reissue(
        order_id, actor=actor_of(request), at=clock.now(), reason=data["reason"]),
        thanks=_("Ordered again."))


@require_POST
@permission_required("cases.work")
def check(request: HttpRequest, order_id: int) -> HttpResponse:
    """A person looked by hand."""
    form = _check_form(_visible(order_id), request.POST)
    return _do(request, order_id, "check", form=form, act=lambda data: services.check_by_hand(
        order_id, data["verdict"], actor=actor_of(request), at=clock.now(), reason=data["reason"], evidence=data["evidence"]),
        thanks=_("Noted."))


def _do(request: HttpRequest, order_id: int, name: str, *, form: Any, act: Callable[[dict[str, Any]], object],
        thanks: str) -> HttpResponse:
    order = _visible(order_id)
    if not form.is_valid():
        return _page(request, order, {name: form}, status=422)
    try:
        act(form.cleaned_data)
    except LicetError as error:
        return _page(request, _visible(order_id), {name: form, "problem": said(error)}, status=error.status)
    messages.success(request, thanks)
    return redirect("order_show", order_id)


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link of a mail: whoever holds it answers for this order and round, and sees nothing else."""
    found = read_token(token)
    with acting_as(WORKER):
        order = Order.objects.select_related("measure", "connector").filter(pk=found[0] if found else 0).first()
        if found is None or order is None or order.round != found[1]:
            raise NotFound(_("This link is not valid any more."), hint=_("Use the link of the newest mail."))
        form, status, problem = ReportForm(request.POST or None), 200, None
        if request.method == "POST" and form.is_valid():
            try:
                services.report(order.pk, form.cleaned_data["said"], reason=form.cleaned_data["reason"], at=clock.now(),
                                actor=Actor(name=f"mail:{order.number}", scope=Scope.SYSTEM))
                messages.success(request, _("Noted. Thank you."))
                return redirect("order_answer", token)
            except LicetError as error:
                problem = said(error)
        open_ = order.state in WITH_EXECUTOR | {OrderState.PENDING} and not (
            order.kind == OrderKind.CUT and order.state in _STUCK)
        return render(request, "orders/answer.html", {
            "order": order, "title": presenting.kind_word(order), "state": f"order-{order.state}", "problem": problem,
            "facts": presenting.facts(order, desk=False),
            "form": form if open_ else None},
            status=422 if form.errors else status)
