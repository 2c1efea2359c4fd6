"""One step of an order, and what it means for its measure. Whoever changes an order holds its measure first, so that
the measure's own steps (which write orders) and an order's steps (which move the measure) never wait for each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from licet.casework import selectors as casework
from licet.casework.models import Measure
from licet.casework.services import advance
from licet.casework.services.record import record
from licet.core.actors import WORKER, Actor
from licet.core.errors import NotFound
from licet.orders.models import Escalation, Order, OrderTransition
from licet.orders.numbers import numbers
from licet.orders.rules import measure_event, step
from licet.orders.tables import OrderKind, OrderState

_MEASURE_STEPS = 4  # more than any order's step can call for


def locked_order(order_id: int) -> Order:
    """The order, its measure and itself locked until the transaction ends; the actor is the system."""
    row = Order.objects.filter(pk=order_id).values("measure_id").first()
    if row is None:
        raise NotFound("there is no such order, or it is not yours to see")
    measure = Measure.objects.select_for_update(no_key=True, of=("self",)).get(pk=row["measure_id"])
    order = Order.objects.select_for_update(of=("self",)).get(pk=order_id)
    order.measure = measure
    return order


def note(order: Order, tag: str, *, actor: Actor, at: dt.datetime, text: str = "",
         data: Mapping[str, Any] | None = None) -> None:
    """A line in the case's timeline and the journal: the last thing a transaction does."""
    record(order.measure.case, tag, actor=actor, at=at, note=text,
           data={"order": order.number, "measure": order.measure_id, "kind": order.kind, **(data or {})})


def take_step(order: Order, event: str, *, actor: Actor, at: dt.datetime, reason: str = "",
              reported_at: dt.datetime | None = None) -> Order:
    """The step itself. The caller holds the locks, is the system, and asked who may do it.

    Adding the row moves the state in PostgreSQL (compare-and-swap, migration 0003). Raises
    :class:`rules.UnknownOrderStep`.
    """
    row = step(order.state, event)
    OrderTransition.objects.create(
        order=order, desk_id=order.desk_id, executor_id=order.executor_id, frm=order.state, event=event,
        to=row.to.value, actor=actor.name, reason=reason, at=at, reported_at=reported_at)
    measure = order.measure
    order.refresh_from_db()
    order.measure = measure
    _wind_clocks(order, at)
    note(order, row.tag, actor=actor, at=at, text=reason, data={"from": row.frm.value, "to": row.to.value})
    return order


def _wind_clocks(order: Order, at: dt.datetime) -> None:
    """What is due next in the state the order came to."""
    known = numbers()
    if order.state == OrderState.DONE:
        order.next_check_at, order.verify_by = at + known.first_check, known.after("verified", at)
    elif order.state == OrderState.VERIFIED:
        order.next_check_at = at + known.watch if order.kind == OrderKind.CUT else None
    else:
        order.next_check_at = order.verify_by = None
    if order.state != OrderState.PENDING:
        order.next_try_at = None
    order.save(update_fields=["next_check_at", "verify_by", "next_try_at"])


def order_again(order: Order, *, at: dt.datetime, channel: str = "", same_round: bool = False) -> None:
    """A pending order starts from the beginning: a new round has a new message id, because the receiver did the old one
    already. ``channel`` is fixed when connectors are not to be asked again."""
    order.round += 0 if same_round else 1
    order.tries, order.channel, order.connector, order.next_try_at = 0, channel, None, at
    order.acknowledge_by = numbers().due("acknowledge", order.kind, at)
    order.done_by = numbers().due("done", order.kind, at)
    order.save(update_fields=["round", "tries", "channel", "connector", "next_try_at", "acknowledge_by", "done_by"])


def carry_on(order: Order, *, at: dt.datetime, said: str = "") -> None:
    """Take the measure's steps that the order's state calls for (``rules.measure_event``), until there is none.
    ``said``: what the steps give as reason, the order's state by default.

    A measure whose time is over takes none: casework writes its end down first, and the follower answers that.
    """
    for _ in range(_MEASURE_STEPS):
        measure = Measure.objects.get(pk=order.measure_id)
        order.measure = measure
        event = measure_event(order.kind, order.state, measure.state)
        if not event or casework.state_of(measure, at) != measure.state:
            return
        advance(measure, event, actor=WORKER, reason=f"{order.number}: {said or order.state}", at=at)


def escalate(order: Order, why: str, *, level: str, at: dt.datetime) -> bool:
    """Tell somebody above, once per round, reason and level."""
    _row, made = Escalation.objects.get_or_create(
        order=order, round=order.round, why=why, level=level,
        defaults={"desk_id": order.desk_id, "executor_id": order.executor_id, "escalated_at": at})
    if made:
        note(order, "orders:order:escalated", actor=WORKER, at=at, data={"why": why, "level": level})
    return made


