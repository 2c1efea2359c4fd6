"""``licet order`` and ``licet connector``: look, report, send, check; configure how orders arrive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from licet.config.terminal import counted

if TYPE_CHECKING:
    from licet.orders.models import Order

order = typer.Typer(no_args_is_help=True, help="Orders: what executors are told to cut and to restore.")
connector = typer.Typer(no_args_is_help=True, help="Connectors: how orders reach those who carry them out.")
Json = Annotated[bool, typer.Option("--json", help="machine-readable output, nothing else on standard output")]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="the order's number, e.g. O-12, or its id")]


def register(app: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    app.add_typer(order, name="order")
    app.add_typer(connector, name="connector")


def _connect() -> None:
    from licet.config.bootstrap import connect_database

    connect_database()


@order.command("list")
def list_orders(
    view: Annotated[str, typer.Option(help="open, ordered, overdue, unverified, failed, restoring or all")] = "open",
    executor: Annotated[str, typer.Option(help="party_id of whoever carries them out")] = "",
    limit: Annotated[int, typer.Option(min=1, help="at most so many")] = 50,
    as_json: Json = False,
) -> None:
    """List orders, what is due first on top; --json prints one document per line."""
    _connect()
    from licet.core import clock
    from licet.core.errors import BadInput
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.orders.selectors import VIEWS, BoardFilters, board

    if view not in VIEWS or view == "mine":
        raise BadInput(f"there is no view {view!r}", hint="views: " + ", ".join(row for row in VIEWS if row != "mine"))
    with acting_as(operator()):
        for row in board(BoardFilters(view=view, executor_id=executor), clock.now())[:limit]:
            typer.echo(json.dumps(_document(row), ensure_ascii=False) if as_json else _line(row))


def _document(row: Order) -> dict[str, Any]:
    from licet.core import clock
    from licet.orders.selectors import late_word
    from licet.orders.wording import order_document

    return {**order_document(row), "channel": row.channel, "late": late_word(row, clock.now())}


def _line(row: Order) -> str:
    from licet.core import clock
    from licet.orders.selectors import late_word

    late = late_word(row, clock.now())
    names = ", ".join(str(name) for field in ("hosts", "addresses", "codes") for name in row.targets.get(field, ()))
    return f"{row.number}  {row.kind}  {row.state}  {row.executor_id}  {names}  {late}".rstrip()


@order.command("show")
def show_order(number: Number, as_json: Json = False) -> None:
    """Show an order with its steps, tries, escalations and what was seen from outside."""
    _connect()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.orders import selectors

    with acting_as(operator()):
        row = selectors.order_by_number(number)
        steps = [{"at": step.at.isoformat(), "event": step.event, "actor": step.actor, "reason": step.reason}
                 for step in selectors.steps_of(row)][::-1]
        tries = [{"at": one.started_at.isoformat(), "id": one.message_id, "outcome": one.outcome, "status": one.status,
                  "ms": one.ms, "error": one.error} for one in selectors.attempts_of(row)][::-1]
        looks = [{"at": one.at.isoformat(), "probe": one.probe, "verdict": one.verdict, "facts": one.facts}
                 for one in selectors.observations_of(row)][::-1]
        raised = [{"at": one.escalated_at.isoformat(), "why": one.why, "level": one.level}
                  for one in selectors.escalations_of(row)][::-1]
        document, line = _document(row), _line(row)
    if as_json:
        typer.echo(json.dumps({**document, "steps": steps, "tries": tries, "looks": looks, "escalations": raised},
                              ensure_ascii=False))
        return
    typer.echo(line)
    for step in steps:
        typer.echo(f"  {step['at']}  {step['event']}  {step['actor']}  {step['reason']}".rstrip())
    for one in looks:
        typer.echo(f"  {one['at']}  seen by {one['probe']}: {one['verdict']}")
    for one in raised:
        typer.echo(f"  {one['at']}  escalated to the {one['level']}: {one['why']}")


@order.command("report")
def report_order(
    number: Number,
    said: Annotated[str, typer.Argument(metavar="STATUS", help="acknowledged, done, refused or failed")],
    reason: Annotated[str, typer.Option(help="why; needed for refused and failed")] = "",
) -> None:
    """Write down what the executor said, for instance on the phone."""
    _connect()
    from licet.core import clock
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.orders import selectors, services

    actor = operator()
    with acting_as(actor):
        row = selectors.order_by_number(number)
    done = services.report(row.pk, said, actor=actor, at=clock.now(), reason=reason)
    typer.echo(f"{done.number} is {done.state}")


@order.command("dispatch")
def dispatch_orders() -> None:
    """Send what is due. The worker does it every minute."""
    _connect()
    from licet.core import clock
    from licet.orders import services

    now = clock.now()
    completed, sent = services.complete_due(now), services.dispatch_due(now)
    typer.echo(f"{counted(sent, 'order')} handled, {counted(completed, 'measure')} without an order completed, "
               f"{counted(services.escalate_overdue(now), 'escalation')}")


@order.command("verify")
def verify_orders() -> None:
    """Look from outside at what is due. The worker does it every minute."""
    _connect()
    from licet.core import clock
    from licet.orders import services

    typer.echo(f"{services.verify_due(clock.now())} looks")


@connector.command("add")
def add_connector(  # noqa: PLR0917 (options of a command)
    party: Annotated[str, typer.Argument(metavar="PARTY", help="party_id of whoever carries orders out")],
    kind: Annotated[str, typer.Argument(metavar="KIND", help="webhook, dns_feed, billing_feed or email")],
    name: Annotated[str, typer.Option(help="what it reaches, in words")],
    url: Annotated[str, typer.Option(help="address of a webhook")] = "",
    mail: Annotated[str, typer.Option(help="address of a mail box")] = "",
    effect: Annotated[list[str] | None, typer.Option(help="cut_access or cut_billing; default: all it can carry")] = None,
) -> None:
    """Add a connector. A webhook's signing secret is printed this once."""
    _connect()
    from licet.core import clock
    from licet.core.operator import operator
    from licet.orders.services import ConnectorIn
    from licet.orders.services import add_connector as add

    wanted = ConnectorIn(party_id=party, kind=kind, name=name, url=url, mail=mail, effects=effect or ())
    row, secret = add(wanted, actor=operator(), at=clock.now())
    typer.echo(f"connector {row.pk} added")
    if secret:
        typer.echo(f"signing secret (shown once): {secret}")


@connector.command("list")
def list_connectors(as_json: Json = False) -> None:
    """List connectors, those in use first."""
    _connect()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.orders.selectors import connectors

    with acting_as(operator()):
        for row in connectors():
            document = {"id": row.pk, "party": row.party_id, "kind": row.kind, "name": row.name, "effects": row.effects,
                        "active": row.active, "url": row.url, "mail": row.mail, "test": row.test_result}
            typer.echo(json.dumps(document, ensure_ascii=False) if as_json else
                       f"{row.pk}  {row.party_id}  {row.kind}  {row.name}  {'' if row.active else 'off'}".rstrip())


@connector.command("test")
def test_connector(connector_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Send a test event now."""
    _connect()
    from licet.core import clock
    from licet.core.operator import operator
    from licet.orders.services import try_out

    sent = try_out(connector_id, actor=operator(), at=clock.now())
    typer.echo(f"{sent.outcome} {sent.status or ''} {sent.error} ({sent.ms} ms)".replace("  ", " "))
    raise typer.Exit(0 if sent.outcome == "taken" else 1)


@connector.command("off")
def switch_off(connector_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Stop using a connector."""
    _connect()
    from licet.core.operator import operator
    from licet.orders.services import switch_off as off

    typer.echo(f"connector {off(connector_id, actor=operator()).pk} switched off")
