"""Reads of orders. Row-level security decides what the actor sees; filters here are for the question asked."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q, QuerySet

from licet.casework.models import Measure
from licet.casework.selectors import in_force
from licet.core.errors import NotFound
from licet.orders.models import Attempt, Connector, Escalation, ListEntry, Observation, Order, OrderTransition
from licet.orders.rules import Due, overdue
from licet.orders.tables import OPEN, OrderKind, OrderState

PAGE = 50
MOST_COUNTED = 1000  # a count beyond is shown as "at least"
_S = OrderState
_OPEN = [state.value for state in OPEN]
_SILENT = [_S.PENDING.value, _S.DISPATCHED.value]


def _late(now: dt.datetime) -> Q:
    """Orders whose clock ran out (``rules.overdue`` as a query)."""
    return (Q(state__in=_SILENT, acknowledge_by__lte=now)
            | Q(state__in=[*_SILENT, _S.ACKNOWLEDGED.value], done_by__lte=now)
            | Q(state=_S.DONE.value, verify_by__lte=now))


def late_orders(now: dt.datetime) -> QuerySet[Order]:
    """Orders whose clock ran out."""
    return Order.objects.filter(_late(now))


# What the board shows; the words stand with the page. An order may be in several.
VIEWS = ("open", "ordered", "overdue", "unverified", "failed", "restoring", "mine", "all")


@dataclasses.dataclass(frozen=True, kw_only=True)
class BoardFilters:
    """What the board asks for; empty fields ask for everything."""

    view: str = "open"
    executor_id: str = ""
    effect: str = ""
    desk_id: str = ""
    escalated: bool = False
    mine: tuple[str, ...] = ()  # organisations of the asker, for the view "mine"


def board(filters: BoardFilters, now: dt.datetime) -> QuerySet[Order]:
    """Orders of one view, what is due first on top; page by :func:`after`."""
    orders = _view(filters.view, filters, now)
    for field, value in (("executor_id", filters.executor_id), ("effect", filters.effect), ("desk_id", filters.desk_id)):
        if value:
            orders = orders.filter(**{field: value})
    if filters.escalated:
        orders = orders.filter(Exists(Escalation.objects.filter(order=OuterRef("pk"), round=OuterRef("round"))))
    return orders.select_related("measure").order_by("done_by", "id")


def _view(view: str, filters: BoardFilters, now: dt.datetime) -> QuerySet[Order]:
    told = [*_SILENT, _S.ACKNOWLEDGED.value]
    failed = [_S.REFUSED.value, _S.FAILED.value]
    asked = {
        "ordered": Q(state__in=told), "overdue": _late(now), "unverified": Q(state=_S.DONE.value),
        "failed": Q(state__in=failed), "restoring": Q(state__in=_OPEN, kind=OrderKind.RESTORE.value),
        "mine": Q(executor_id__in=filters.mine, state__in=[*told, *failed]), "all": Q()}
    return Order.objects.filter(asked.get(view, Q(state__in=_OPEN)))


def after(orders: QuerySet[Order], cursor: tuple[dt.datetime, int] | None) -> QuerySet[Order]:
    """The page after a cursor (``done_by``, id)."""
    if cursor is None:
        return orders
    return orders.filter(Q(done_by__gt=cursor[0]) | Q(done_by=cursor[0], pk__gt=cursor[1]))


def counts(filters: BoardFilters, now: dt.datetime, views: tuple[str, ...]) -> dict[str, int]:
    """How many orders each view holds, at most :data:`MOST_COUNTED`."""
    return {view: board(dataclasses.replace(filters, view=view), now).order_by()[:MOST_COUNTED].count()
            for view in views}


def waiting_for(organisations: tuple[str, ...], now: dt.datetime) -> tuple[int, int]:
    """How many orders these organisations have to carry out, and how many of them are late; one query for the overview."""
    rows = _view("mine", BoardFilters(mine=organisations), now).values_list(
        "state", "acknowledge_by", "done_by", "verify_by")[:MOST_COUNTED]
    late = [overdue(state, Due(acknowledge_at=first, done_at=done, verified_at=seen), now) for state, first, done, seen in rows]
    return len(late), sum(word != "" for word in late)


def late_word(order: Order, now: dt.datetime) -> str:
    """What is late about an order, '' if nothing is (an id of ``tables.ESCALATIONS``)."""
    return overdue(order.state, Due(acknowledge_at=order.acknowledge_by, done_at=order.done_by,
                                    verified_at=order.verify_by), now)


def order_by_number(number: str) -> Order:
    """The order people call O-12, 12, or programs by its id. Raises :class:`NotFound`."""
    text = number.strip().upper().removeprefix("O-")
    found = Order.objects.select_related("measure", "connector")
    row = None
    if text.isascii() and text.isdigit() and len(text) < 19:
        row = found.filter(pk=int(text)).first()
    else:
        try:
            row = found.filter(public_id=uuid.UUID(number.strip())).first()
        except ValueError:
            row = None
    if row is None:
        raise NotFound("there is no such order, or it is not yours to see")
    return row


def orders_of(measure: Measure) -> QuerySet[Order]:
    """Orders of a measure, newest first."""
    return Order.objects.filter(measure=measure).select_related("connector").order_by("-sequence")


def steps_of(order: Order) -> QuerySet[OrderTransition]:
    """Its steps, newest first."""
    return OrderTransition.objects.filter(order=order).order_by("-id")


def attempts_of(order: Order) -> QuerySet[Attempt]:
    """Every try to tell the executor, newest first."""
    return Attempt.objects.filter(order=order).order_by("-id")


def escalations_of(order: Order) -> QuerySet[Escalation]:
    """Who was told about trouble, newest first."""
    return Escalation.objects.filter(order=order).order_by("-id")


def observations_of(order: Order) -> QuerySet[Observation]:
    """What was seen from outside, newest first."""
    return Observation.objects.filter(order=order).order_by("-at", "-id")


def connectors() -> QuerySet[Connector]:
    """Connectors the actor may see, those in use first."""
    return Connector.objects.order_by("-active", "party_id", "id")


def connector(connector_id: int) -> Connector:
    """One connector. Raises :class:`NotFound`."""
    row = Connector.objects.filter(pk=connector_id).first()
    if row is None:
        raise NotFound("there is no such connector, or it is not yours to see")
    return row


def standing_lines(row: Connector, now: dt.datetime) -> Iterator[ListEntry]:
    """What a list cuts at ``now``: of each name its last line, where that is a cut that a measure in force still asks
    for. Oldest first."""
    lines = ListEntry.objects.filter(connector=row)
    asked = set(lines.filter(action=OrderKind.CUT, order__measure__in=in_force(now).values("pk"))
                .values_list("field", "value"))
    last = lines.order_by("field", "value", "-serial").distinct("field", "value")
    yield from sorted((line for line in last if line.action == OrderKind.CUT and (line.field, line.value) in asked),
                      key=lambda line: line.serial)
