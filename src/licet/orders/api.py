"""Orders over HTTP, for programs of those who carry them out: my orders, reports, lists."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field, StringConstraints

from licet.config.api import Key, Person, person_of
from licet.core import clock
from licet.orders import selectors, services
from licet.orders.lists import csv_text, line_document, zone_text
from licet.orders.models import Connector
from licet.orders.tables import OPEN, Channel, OrderState
from licet.orders.wording import order_document

router = Router(auth=Key("orders.carry_out"))
MOST = 500
_Name = Annotated[str, StringConstraints(max_length=80)]


class Targets(Schema):
    """What is cut or restored. A host means the name and everything below it."""

    hosts: list[str]
    addresses: list[str]
    codes: list[str]
    regions: list[str] = Field(description="where; * = everywhere")


class OrderOut(Schema):
    """An order."""

    id: uuid.UUID
    number: str
    kind: str = Field(description="cut or restore")
    effect: str = Field(description="cut_access or cut_billing")
    sequence: int = Field(description="within the measure: never carry out a lower one after a higher one")
    round: int
    measure: str
    measure_kind: str
    rule: str
    desk: str
    executor: str
    targets: Targets
    technical: str = Field(description="by what means: dns, access, billing; blank = as you do it")
    state: str
    expires_at: str | None
    acknowledge_by: str
    done_by: str


class OrdersOut(Schema):
    """Orders, oldest first, and where the next page starts."""

    orders: list[OrderOut]
    next: int | None = Field(description="give it as `after`; blank = that was all")


class ReportIn(Schema):
    """What you say about an order. Saying it again changes nothing."""

    status: Literal["acknowledged", "done", "refused", "failed"]
    reason: Annotated[str, StringConstraints(max_length=1000)] = Field("", description="needed for refused and failed")
    at: AwareDatetime | None = Field(None, description="when it happened, with its zone; blank = now")


class LineOut(Schema):
    """One line of a list. Of a name the last line counts."""

    serial: int
    action: str = Field(description="cut or restore")
    kind: str = Field(description="host, address or code")
    value: str
    order: uuid.UUID
    at: str


class LinesOut(Schema):
    """Lines after your cursor."""

    lines: list[LineOut]
    cursor: int = Field(description="give it as `cursor` next time, and to `confirm` when it is carried out")


class ConfirmIn(Schema):
    """Everything up to this serial is carried out."""

    serial: int = Field(ge=0)


class ConfirmOut(Schema):
    """Where the list stands."""

    serial: int
    fetched: int
    confirmed: int


@router.get("", response=OrdersOut, summary="My orders", operation_id="orders_list")
def my_orders(request: HttpRequest, state: _Name = "open", after: Annotated[int, Query(ge=0)] = 0,
              limit: Annotated[int, Query(ge=1, le=MOST)] = 100) -> dict[str, Any]:
    """Orders your organisation carries out, oldest first. ``state``: ``open``, ``all``, or one state."""
    found = selectors.board(selectors.BoardFilters(view="all"), clock.now()).filter(
        executor_id__in=request.actor.organisations, pk__gt=after).order_by("id")  # type: ignore[attr-defined]
    if state == "open":
        found = found.filter(state__in=[one.value for one in OPEN])
    elif state in {one.value for one in OrderState}:
        found = found.filter(state=state)
    page = list(found[: limit + 1])
    return {"orders": [order_document(order) for order in page[:limit]],
            "next": page[limit - 1].pk if len(page) > limit else None}


@router.get("/{uuid:order_id}", response=OrderOut, summary="One order", operation_id="orders_get")
def one_order(request: HttpRequest, order_id: uuid.UUID) -> dict[str, Any]:
    """An order by its id."""
    return order_document(selectors.order_by_number(str(order_id)))


@router.post("/{uuid:order_id}/reports", response=OrderOut, summary="Report on an order", operation_id="orders_report")
def report(request: HttpRequest, order_id: uuid.UUID, said: ReportIn) -> dict[str, Any]:
    """Acknowledge it, say that it is done, refuse it, or say that it cannot be done. Safe to repeat."""
    seen = selectors.order_by_number(str(order_id))
    services.report(seen.pk, said.status, actor=request.actor, at=clock.now(), reason=said.reason,  # type: ignore[attr-defined]
                    reported_at=said.at)
    return order_document(selectors.order_by_number(str(order_id)))


def _answer_list(request: HttpRequest, row: Connector, lines: Any, content_type: str) -> HttpResponse:
    response = HttpResponse(lines, content_type=content_type)
    response["ETag"] = f'"{row.pk}-{row.serial}"'
    response["X-Licet-Serial"] = str(row.serial)
    return response


def _mark(request: HttpRequest, row: Connector, at: dt.datetime) -> None:
    actor = request.actor  # type: ignore[attr-defined]
    if row.party_id in actor.organisations and row.serial > row.fetched_serial:
        services.mark_fetched(row, row.serial, actor=actor, at=at)


@router.get("/lists/{connector_id}/zone", response={200: None}, summary="DNS list as a zone",
            operation_id="orders_zone")
def zone(request: HttpRequest, connector_id: int) -> HttpResponse:
    """The complete list as response policy zone (RPZ) text; its SOA serial is the list's. `If-None-Match` with the last
    `ETag` answers 304 while nothing changed. Fetching it acknowledges the orders on it."""
    now = clock.now()
    row = services.present_list(connector_id, Channel.DNS_FEED.value, at=now)
    if request.headers.get("If-None-Match") == f'"{row.pk}-{row.serial}"':
        return HttpResponse(status=304)
    text = zone_text(row, services.lines_now(row, at=now))
    _mark(request, row, now)
    return _answer_list(request, row, text, "text/dns; charset=utf-8")


@router.get("/lists/{connector_id}/dns", response=LinesOut, summary="DNS list as lines", operation_id="orders_dns")
def dns_lines(request: HttpRequest, connector_id: int, cursor: Annotated[int, Query(ge=0)] = 0) -> dict[str, Any]:
    """Lines after `cursor`, oldest first. Fetching them acknowledges the orders on them."""
    return _lines(request, connector_id, Channel.DNS_FEED.value, cursor)


@router.get("/lists/{connector_id}/billing", response=LinesOut, summary="Billing list as lines",
            operation_id="orders_billing")
def billing_lines(request: HttpRequest, connector_id: int, cursor: Annotated[int, Query(ge=0)] = 0) -> dict[str, Any]:
    """Codes to cut and to restore after `cursor`, oldest first. Fetching them acknowledges the orders on them."""
    return _lines(request, connector_id, Channel.BILLING_FEED.value, cursor)


@router.get("/lists/{connector_id}/billing.csv", response={200: None}, summary="Billing list as CSV",
            operation_id="orders_billing_csv")
def billing_csv(request: HttpRequest, connector_id: int, cursor: Annotated[int, Query(ge=0)] = 0) -> HttpResponse:
    """As above, as CSV."""
    kind = Channel.BILLING_FEED.value
    lines = services.fetch(connector_id, kind, cursor=cursor, actor=request.actor, at=clock.now())  # type: ignore[attr-defined]
    row = services.visible_list(connector_id, kind)
    return _answer_list(request, row, csv_text(lines), "text/csv; charset=utf-8")


def _lines(request: HttpRequest, connector_id: int, kind: str, cursor: int) -> dict[str, Any]:
    lines = services.fetch(connector_id, kind, cursor=cursor, actor=request.actor, at=clock.now())  # type: ignore[attr-defined]
    return {"lines": [line_document(line) for line in lines], "cursor": lines[-1].serial if lines else cursor}


@router.post("/lists/{connector_id}/confirm", response=ConfirmOut, summary="Confirm a list",
             operation_id="orders_confirm")
def confirm(request: HttpRequest, connector_id: int, said: ConfirmIn) -> dict[str, Any]:
    """Say that everything up to a serial is carried out. The orders that end there are done. Safe to repeat."""
    row = services.confirm(connector_id, said.serial, actor=request.actor, at=clock.now())  # type: ignore[attr-defined]
    return {"serial": row.serial, "fetched": row.fetched_serial, "confirmed": row.confirmed_serial}


# --- what the desk's people do ---------------------------------------------------------------------------------------
_DESK = [Key("cases.work"), Person("cases.work")]


class AgainIn(Schema):
    """Why it is ordered again."""

    reason: Annotated[str, StringConstraints(max_length=1000)]


@router.post("/{uuid:order_id}/again", response=OrderOut, auth=_DESK, summary="Order again (people only)",
             operation_id="orders_again")
def again(request: HttpRequest, order_id: uuid.UUID, given: AgainIn) -> dict[str, Any]:
    """After a refusal or a failure a person of the desk decides."""
    actor = person_of(request)
    seen = selectors.order_by_number(str(order_id))
    services.reissue(seen.pk, actor=actor, at=clock.now(), reason=given.reason)
    return order_document(selectors.order_by_number(str(order_id)))


class CheckIn(Schema):
    """What somebody saw who neither signed nor carried it out."""

    verdict: Literal["agrees", "disagrees"]
    reason: Annotated[str, StringConstraints(max_length=1000)] = Field(description="how they looked")
    evidence: _Name = Field("", description="reference of preserved evidence; needed for billing")


@router.post("/{uuid:order_id}/checks", response=OrderOut, auth=_DESK, summary="Check by hand (people only)",
             operation_id="orders_check")
def check(request: HttpRequest, order_id: uuid.UUID, given: CheckIn) -> dict[str, Any]:
    """One look of a named person is enough; whoever signed or carried it out is refused."""
    actor = person_of(request)
    seen = selectors.order_by_number(str(order_id))
    services.check_by_hand(seen.pk, given.verdict, actor=actor, at=clock.now(), reason=given.reason, evidence=given.evidence)
    return order_document(selectors.order_by_number(str(order_id)))
