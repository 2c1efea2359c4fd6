"""DNS and billing lists: written with the order, fetched and confirmed by the executor. Fetching says "we have it",
confirming a serial says "done up to here"."""

from __future__ import annotations

import datetime as dt

from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, NotFound
from licet.core.rls import acting_as
from licet.orders.models import Connector, ListEntry, Order
from licet.orders.rules import TARGETS
from licet.orders.services.reports import take_report
from licet.orders.services.steps import carry_on, locked_order
from licet.orders.tables import Channel, OrderKind, OrderState

FIELDS = {Channel.DNS_FEED.value: ("hosts", "addresses"), Channel.BILLING_FEED.value: ("codes",)}
PAGE = 10_000


def write_lines(order: Order, connector: Connector, *, at: dt.datetime) -> None:
    """One line per name of the order, in the order's transaction; the connector stays locked until it ends, so that
    serials are handed out in the order in which they become visible."""
    serial = Connector.objects.select_for_update().get(pk=connector.pk).serial
    there = set(ListEntry.objects.filter(connector=connector, order=order, round=order.round).values_list("field", "value"))
    for field in TARGETS:
        for value in order.targets.get(field, ()) if field in FIELDS[connector.kind] else ():
            if (field, value) in there:
                continue
            serial += 1
            ListEntry.objects.create(connector=connector, party_id=connector.party_id, serial=serial, order=order,
                                     round=order.round, action=order.kind, field=field, value=value, at=at)


def take_off_lists(order: Order, *, at: dt.datetime) -> None:
    """A restoration takes its names off every list of the executor that still cuts them, whichever way it goes out:
    the cut may have gone another way."""
    for connector in Connector.objects.filter(party_id=order.executor_id, kind__in=list(FIELDS)).order_by("pk"):
        serial = Connector.objects.select_for_update().get(pk=connector.pk).serial
        for field in FIELDS[connector.kind]:
            for value in order.targets.get(field, ()):
                last = ListEntry.objects.filter(connector=connector, field=field, value=value).order_by("-serial").first()
                if last is not None and last.action == OrderKind.CUT:
                    serial += 1
                    ListEntry.objects.create(connector=connector, party_id=connector.party_id, serial=serial, order=order,
                                             round=order.round, action=order.kind, field=field, value=value, at=at)


def visible_list(connector_id: int, kind: str) -> Connector:
    """The list, if the present actor may see it. Raises :class:`NotFound`."""
    row = Connector.objects.filter(pk=connector_id, kind=kind).first()
    if row is None:
        raise NotFound("there is no such list, or it is not yours to see")
    return row


def fetch(connector_id: int, kind: str, *, cursor: int, actor: Actor, at: dt.datetime) -> list[ListEntry]:
    """Lines after ``cursor``, oldest first, at most :data:`PAGE`. The orders on them become acknowledged."""
    with acting_as(actor):
        row = visible_list(connector_id, kind)
        lines = list(ListEntry.objects.filter(connector=row, serial__gt=cursor).select_related("order")
                     .order_by("serial")[:PAGE])
        if lines and lines[-1].serial > row.fetched_serial and row.party_id in actor.organisations:
            mark_fetched(row, lines[-1].serial, actor=actor, at=at)
    return lines


def mark_fetched(row: Connector, serial: int, *, actor: Actor, at: dt.datetime) -> None:
    """The executor has the list up to ``serial``."""
    with acting_as(WORKER):
        fresh = Connector.objects.get(pk=row.pk)
        if serial <= fresh.fetched_serial:
            return
        _report_up_to(fresh, serial, "acknowledged", {OrderState.DISPATCHED}, actor=actor, at=at)
        Connector.objects.filter(pk=row.pk, fetched_serial__lt=serial).update(fetched_serial=serial)


def confirm(connector_id: int, serial: int, *, actor: Actor, at: dt.datetime) -> Connector:
    """The executor carried out everything up to ``serial``. Saying it again changes nothing.

    Raises :class:`BadInput` for a serial nobody handed out.
    """
    with acting_as(actor):
        row = Connector.objects.filter(pk=connector_id, kind__in=list(FIELDS)).first()
        if row is None or not (row.party_id in actor.organisations or actor.scope == "system"):
            raise NotFound("there is no such list, or it is not yours to confirm")
        if not 0 <= serial <= row.serial:
            raise BadInput(f"the list ends at {row.serial}", hint="confirm a serial that you fetched")
        with acting_as(WORKER):
            fresh = Connector.objects.get(pk=row.pk)
            if serial > fresh.confirmed_serial:
                open_ = {OrderState.DISPATCHED, OrderState.ACKNOWLEDGED}
                _report_up_to(fresh, serial, "done", open_, actor=actor, at=at)
                Connector.objects.filter(pk=row.pk, confirmed_serial__lt=serial).update(
                    confirmed_serial=serial, fetched_serial=max(serial, fresh.fetched_serial))
            row.refresh_from_db()
    return row


def _report_up_to(row: Connector, serial: int, said: str, states: set[OrderState], *, actor: Actor,
                  at: dt.datetime) -> None:
    """Say it for every order whose lines of this round all lie at or below ``serial``."""
    ids = (ListEntry.objects.filter(connector=row, serial__lte=serial, order__state__in=[s.value for s in states])
           .order_by("order_id").values_list("order_id", flat=True).distinct())
    for order_id in list(ids):
        order = locked_order(order_id)
        later = ListEntry.objects.filter(order=order, round=order.round, connector=row, serial__gt=serial).exists()
        here = order.connector_id == row.pk and ListEntry.objects.filter(order=order, round=order.round, connector=row).exists()
        if order.state in states and here and not later:
            take_report(order, said, actor=actor, at=at, reason=f"list {row.pk}, line {serial}")
            carry_on(order, at=at)
