"""Lines of DNS and billing lists: written with the order that cuts, and with the one that restores."""

from __future__ import annotations

import datetime as dt

from licet.casework import selectors as casework
from licet.orders.models import Connector, ListEntry, Order
from licet.orders.rules import TARGETS, without
from licet.orders.tables import Channel, OrderKind

FIELDS = {Channel.DNS_FEED.value: ("hosts", "addresses"), Channel.BILLING_FEED.value: ("codes",)}


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


def left_to_restore(order: Order, now: dt.datetime) -> dict[str, list[str]]:
    """What of a restoration's names no other measure in force keeps cut at its executor."""
    others = Order.objects.filter(
        executor_id=order.executor_id, effect=order.effect, kind=OrderKind.CUT.value,
        measure__in=casework.in_force(now).values("pk")).exclude(state="superseded").exclude(measure=order.measure_id)
    return without(order.targets, [other.targets for other in others])


def take_off_lists(order: Order, *, at: dt.datetime) -> None:
    """A restoration takes its names off every list of the executor that still cuts them, whichever way it goes out:
    the cut may have gone another way."""
    left = left_to_restore(order, at)
    for connector in Connector.objects.filter(party_id=order.executor_id, kind__in=list(FIELDS)).order_by("pk"):
        serial = Connector.objects.select_for_update().get(pk=connector.pk).serial
        for field in FIELDS[connector.kind]:
            for value in left[field]:
                last = ListEntry.objects.filter(connector=connector, field=field, value=value).order_by("-serial").first()
                if last is not None and last.action == OrderKind.CUT:
                    serial += 1
                    ListEntry.objects.create(connector=connector, party_id=connector.party_id, serial=serial, order=order,
                                             round=order.round, action=order.kind, field=field, value=value, at=at)
