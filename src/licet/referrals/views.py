"""Pages of referrals: the sending desk's list, the police desk's incoming list, and the record both read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from licet.console.access import actor_of, may, permission_required
from licet.console.components import Link, Pager
from licet.core import clock
from licet.core.errors import LicetError, NotFound
from licet.evidence.attachments import sealed_off
from licet.referrals import presenting as shown
from licet.referrals import selectors, services
from licet.referrals.forms import NothingForm, PoliceForm, PurposeForm, ReceiptForm, ReplyForm
from licet.referrals.models import Referral

PAGE = 50


@require_GET
@permission_required("cases.read")
def referral_list(request: HttpRequest) -> HttpResponse:
    """Referrals the reader's desks sent or received, newest first."""
    text = request.GET.get("before", "")
    found = selectors.incoming(actor_of(request).organisations) if services.is_police(actor_of(request)) else (
        selectors.referrals())
    if text.isascii() and text.isdigit():
        found = found.filter(pk__lt=min(int(text), 2**63 - 1))
    page = list(found[: PAGE + 1])
    pager = Pager(newer_url=request.path if text else "",
                  older_url=f"{request.path}?before={page[PAGE - 1].pk}" if len(page) > PAGE else "")
    return render(request, "referrals/list.html", {
        "columns": shown.columns(), "rows": shown.rows(page[:PAGE]), "pager": pager,
        "police": services.is_police(actor_of(request))})


@require_GET
@permission_required("cases.read")
def referral_show(request: HttpRequest, number: str) -> HttpResponse:
    """One referral, with what its reader may do now."""
    return _render(request, selectors.by_number(number))


def _render(request: HttpRequest, referral: Referral, failed: Mapping[str, forms.Form] | None = None, *,
            status: int = 200) -> HttpResponse:
    folds = [(action, label, (failed or {}).get(action) or form(prefix=action), action in (failed or {}), words)
             for action, (label, form, words) in _offered(request, referral).items()]
    case = referral.case_number if not services.is_police(actor_of(request)) else ""
    return render(request, "referrals/show.html", {
        "referral": referral, "state": f"referral-{referral.state}", "facts": shown.facts(referral), "folds": folds,
        "overdue": referral.escalated_at if referral.state in {"sent", "received"} else None, "case": case,
        "crumbs": [Link(label=_("Referrals"), url=reverse("referral_list"))]}, status=status)


Offer = dict[str, tuple[Any, type[forms.Form], Any]]
_POLICE: Offer = {
    "fetch": (gettext_lazy("Fetch the package"), PurposeForm,
              gettext_lazy("The sealed bag with custody, time stamps and journal proofs. It holds evidence in the clear, "
                           "unless your desk gave a key.")),
    "receipt": (gettext_lazy("Acknowledge"), ReceiptForm,
                gettext_lazy("Your receipt proves that what arrived is what was sealed; the time to answer begins.")),
    "answer": (gettext_lazy("Answer"), ReplyForm,
               gettext_lazy("The sending desk records it as a determination. Not illegal: every measure of the case ends.")),
}
_DESK: Offer = {
    "record": (gettext_lazy("Record the determination"), NothingForm,
               gettext_lazy("Illegal: drafts to close and to list are proposed. Not illegal: every measure of the case ends "
                            "now.")),
    "name": (gettext_lazy("Name the police desk"), PoliceForm, gettext_lazy("The referral goes out again.")),
}
_WHEN = {"fetch": {"sent", "received", "answered", "recorded"}, "receipt": {"sent"}, "answer": {"received"},
         "record": {"answered"}, "name": {"failed"}}


def _offered(request: HttpRequest, referral: Referral) -> Offer:
    mine = services.is_police(actor_of(request)) and referral.police_id in actor_of(request).organisations
    offers = _POLICE if mine else _DESK if may(request, "cases.work") else {}
    return {action: row for action, row in offers.items() if referral.state in _WHEN[action]}


def _fetch(request: HttpRequest, number: str, form: Any) -> HttpResponseBase:
    name, content = services.fetch_package(number, purpose=form.cleaned_data["purpose"], actor=actor_of(request),
                                           at=clock.now())
    return sealed_off(StreamingHttpResponse(content), name)


def _receipt(request: HttpRequest, number: str, form: Any) -> str:
    referral = services.acknowledge(number, form.receipt(), actor=actor_of(request), at=clock.now())
    return _("Acknowledged; the hash is the bag's.") if referral.state == "received" else _(
        "Written down, but the hash is not the bag's. Fetch the package again.")


def _answer(request: HttpRequest, number: str, form: Any) -> str:
    services.answer(number, form.reply(), actor=actor_of(request), at=clock.now())
    return _("Answered. The sending desk was told.")


def _record(request: HttpRequest, number: str, form: Any) -> str:
    services.record_answer(number, actor=actor_of(request), at=clock.now())
    return _("The determination is recorded.")


def _name(request: HttpRequest, number: str, form: Any) -> str:
    services.name_police(number, form.cleaned_data["police_id"], reason=form.cleaned_data["reason"],
                         actor=actor_of(request), at=clock.now())
    return _("It goes out again.")


_ACTS: Mapping[str, Callable[[HttpRequest, str, Any], str | HttpResponseBase]] = {
    "fetch": _fetch, "receipt": _receipt, "answer": _answer, "record": _record, "name": _name}


@require_POST
@permission_required("cases.read")
def referral_act(request: HttpRequest, number: str, action: str) -> HttpResponseBase:
    """One step; what is refused comes back in its form."""
    referral = selectors.by_number(number)
    offered = _offered(request, referral)
    if action not in offered:
        raise NotFound(_("There is no such action."))
    form = offered[action][1](request.POST, prefix=action)
    if form.is_valid():
        try:
            with transaction.atomic():
                done = _ACTS[action](request, number, form)
        except LicetError as error:
            form.add_error(None, f"{error.message} {error.hint}".strip())
        else:
            if not isinstance(done, str):
                return done
            messages.success(request, done)
            return redirect("referral_show", number)
    return _render(request, referral, {action: form}, status=422)
