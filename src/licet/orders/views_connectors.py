"""Pages of connectors: how an organisation gets its orders."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from licet.console.access import actor_of, permission_required
from licet.console.components import Link
from licet.core import clock
from licet.core.actors import Actor, Scope
from licet.core.errors import LicetError
from licet.orders import presenting, selectors, services
from licet.orders.forms import ConnectorForm
from licet.orders.models import Connector
from licet.orders.services import ConnectorIn
from licet.orders.tables import CHANNEL_BY_ID
from licet.parties.models import Party

MOST_PARTIES = 500
_KINDS = ("access_provider", "carrier", "billing_partner")


def _crumbs(*more: Link) -> list[Link]:
    return [Link(label=_("Orders"), url=reverse("order_board")), *more]


def _parties(actor: Actor) -> list[tuple[str, str]]:
    """Organisations the actor may configure: their own, or for an authority all that carry orders out."""
    found = Party.objects.filter(until__isnull=True)
    if actor.scope is Scope.NATIONAL:
        found = found.filter(kind__in=_KINDS)
    elif actor.scope is Scope.REGIONAL:
        found = found.filter(kind__in=_KINDS, region__in=actor.regions)
    else:
        found = found.filter(party_id__in=actor.organisations)
    return [(party.party_id, f"{party.name} ({party.party_id})") for party in found.order_by("name")[:MOST_PARTIES]]


@require_GET
@permission_required("connectors.manage")
def connector_list(request: HttpRequest) -> HttpResponse:
    """Connectors, those in use first."""
    rows = presenting.connector_rows(selectors.connectors()[:MOST_PARTIES])
    return render(request, "orders/connectors.html", {
        "rows": rows, "columns": presenting.connector_columns(), "crumbs": _crumbs(),
        "actions": [Link(label=_("Add a connector"), url=reverse("connector_add"), kind="primary")]})


@require_http_methods(["GET", "POST"])
@permission_required("connectors.manage")
def add(request: HttpRequest) -> HttpResponse:
    """Configure one. A webhook's secret is shown once, on the page that follows."""
    actor, problem = actor_of(request), None
    form = ConnectorForm(_parties(actor), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row, secret = services.add_connector(ConnectorIn(**form.cleaned_data), actor=actor, at=clock.now())
        except LicetError as error:
            problem = error
        else:
            return _shown(request, row, secret=secret) if secret else redirect("connector_show", row.pk)
    return render(request, "orders/connector_add.html", {
        "form": form, "problem": problem,
        "crumbs": _crumbs(Link(label=_("Connectors"), url=reverse("connector_list")))},
        status=problem.status if problem else 422 if form.errors else 200)


@require_GET
@permission_required("connectors.manage")
def show(request: HttpRequest, connector_id: int) -> HttpResponse:
    """One connector."""
    return _shown(request, selectors.connector(connector_id))


def _shown(request: HttpRequest, row: Connector, **more: Any) -> HttpResponse:
    base = f"{request.scheme}://{request.get_host()}"
    return render(request, "orders/connector.html", {
        "row": row, "state": "connector-active" if row.active else "connector-off",
        "kind": presenting.word_of(CHANNEL_BY_ID[row.kind]), "facts": presenting.connector_facts(row, base=base),
        "pushes": CHANNEL_BY_ID[row.kind].pushes, "crumbs": _crumbs(
            Link(label=_("Connectors"), url=reverse("connector_list"))), **more})


@require_POST
@permission_required("connectors.manage")
def act(request: HttpRequest, connector_id: int, action: str) -> HttpResponse:
    """Send a test event, make a new secret, switch off."""
    actor = actor_of(request)
    if action == "test":
        sent = services.try_out(connector_id, actor=actor, at=clock.now())
        words = presenting.OUTCOME_WORDS[sent.outcome]
        said = _("Test event: %(outcome)s, %(ms)s ms") % {"outcome": words, "ms": sent.ms}
        (messages.success if sent.outcome == "taken" else messages.error)(request, said)
    elif action == "secret":
        row, secret = services.new_signing_secret(connector_id, actor=actor)
        return _shown(request, row, secret=secret)
    elif action == "off":
        services.switch_off(connector_id, actor=actor)
        messages.success(request, _("Switched off."))
    return redirect("connector_show", connector_id)
