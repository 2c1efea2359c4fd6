"""DNS and billing lists as executors read them. Fetching says "we have it", confirming a serial says "done up to here"."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef

from licet.casework import selectors as casework
from licet.casework.services.steps import locked_measure, settle
from licet.casework.tables import CAN_EXPIRE, MeasureState
from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, NotFound
from licet.core.rls import acting_as
from licet.orders.models import Connector, ListEntry, Order
from licet.orders.selectors import standing_lines
from licet.orders.services.dispatch import give_back_on_lists
from licet.orders.services.lists import FIELDS
from licet.orders.services.reports import take_report
from licet.orders.services.steps import carry_on, locked_order
from licet.orders.tables import OrderKind, OrderState

PAGE = 10_000
_OVER = [MeasureState.EXPIRED.value, MeasureState.OVERTURNED.value]


def visible_list(connector_id: int, kind: str) -> Connector:
    """The list, if the present actor may see it. Raises :class:`NotFound`."""
    row = Connector.objects.filter(pk=connector_id, kind=kind).first()
    if row is None:
        raise NotFound("there is no such list, or it is not yours to see")
    return row


def present_list(connector_id: int, kind: str, *, at: dt.datetime) -> Connector:
    """The list as it has to be at ``at``. Raises :class:`NotFound`.

    A term that ran out ended its measure at that moment, and nobody may stay cut until a job noticed. So before anybody
    reads a list, what time ended is written down and taken off it: the lines, the serial, the zone's SOA and the ETag then
    say the same, and a receiver of deltas is told as well.
    """
    row = visible_list(connector_id, kind)
    with acting_as(WORKER):
        _write_down_what_ended(row, at)
        for order_id, measure_id in _restorations_due(row):
            locked_measure(measure_id)
            give_back_on_lists(order_id, at=at)
    row.refresh_from_db()
    return row


def lines_now(row: Connector, *, at: dt.datetime) -> list[ListEntry]:
    """What a list that the caller may see cuts at ``at``."""
    with acting_as(WORKER):  # who may read the list need not see the measures behind it
        return list(standing_lines(row, at))


def _write_down_what_ended(row: Connector, at: dt.datetime) -> None:
    over = (casework.measures_at(at).filter(state__in=[state.value for state in CAN_EXPIRE], state_now__in=_OVER)  # type: ignore[misc]
            .filter(Exists(ListEntry.objects.filter(connector=row, order__measure=OuterRef("pk")))))
    for measure_id in list(over.order_by("pk").values_list("pk", flat=True)):
        settle(locked_measure(measure_id), at=at)


def _restorations_due(row: Connector) -> list[tuple[int, int]]:
    """(order, measure) of restorations that did not go out yet and whose measure has lines on the list."""
    waiting = Order.objects.filter(executor_id=row.party_id, kind=OrderKind.RESTORE.value, state=OrderState.PENDING.value)
    on_list = ListEntry.objects.filter(connector=row, order__measure=OuterRef("measure"), action=OrderKind.CUT.value)
    return list(waiting.filter(Exists(on_list)).order_by("measure_id", "pk").values_list("pk", "measure_id"))


def fetch(connector_id: int, kind: str, *, cursor: int, actor: Actor, at: dt.datetime) -> list[ListEntry]:
    """Lines after ``cursor``, oldest first, at most :data:`PAGE`. The orders on them become acknowledged."""
    with acting_as(actor):
        row = present_list(connector_id, kind, at=at)
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
