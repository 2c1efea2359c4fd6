"""What is late or stuck goes up: first to the desk, then to the authority."""

from __future__ import annotations

import datetime as dt

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.orders.models import Escalation, Order
from licet.orders.numbers import numbers
from licet.orders.rules import Due, overdue
from licet.orders.selectors import late_orders
from licet.orders.services.steps import escalate, locked_order
from licet.orders.tables import OrderState

BATCH = 200
_S = OrderState
_STUCK = {_S.REFUSED.value: "refused", _S.FAILED.value: "impossible"}  # nobody but the desk gets it going again


def trouble_of(order: Order, now: dt.datetime) -> str:
    """Why an order is to be escalated, '' if all is well."""
    due = Due(acknowledge_at=order.acknowledge_by, done_at=order.done_by, verified_at=order.verify_by)
    return _STUCK.get(order.state) or overdue(order.state, due, now)


def escalate_overdue(now: dt.datetime, *, batch: int = BATCH) -> int:
    """The job. Returns how many escalations were written; writes each once, whoever runs beside it."""
    with acting_as(WORKER):
        found = list((late_orders(now) | Order.objects.filter(state__in=list(_STUCK))).order_by("done_by", "id")
                     .values_list("pk", flat=True))
    count = 0
    for order_id in found:
        with acting_as(WORKER):
            count += _escalate(order_id, now)
        if count >= batch:
            break
    return count


def _escalate(order_id: int, now: dt.datetime) -> int:
    order = locked_order(order_id)
    why = trouble_of(order, now)
    if not why:
        return 0
    told = (Escalation.objects.filter(order=order, round=order.round, why=why, level="desk")
            .values_list("escalated_at", flat=True).first())
    if told is None:
        return int(escalate(order, why, level="desk", at=now))
    if now >= numbers().after("authority_after", told):
        return int(escalate(order, why, level="authority", at=now))
    return 0
