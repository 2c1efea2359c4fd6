"""``licet case`` and ``licet measure``: look, take, set a tier, write down what ran out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from licet.config.terminal import counted

if TYPE_CHECKING:
    from licet.casework.models import Case, Measure
    from licet.core.actors import Actor

case = typer.Typer(no_args_is_help=True, help="Cases: what was seen about one subject on one ground.")
measure = typer.Typer(no_args_is_help=True, help="Measures: what was decided, and how it is carried out.")
Json = Annotated[bool, typer.Option("--json", help="machine-readable output, nothing else on standard output")]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="the case's number, e.g. 2026-000123")]
As = Annotated[str, typer.Option("--as", help="user name of the person who acts; their password is asked for")]
Password = Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="LICET_PASSWORD",
                                         help="that person's password")]


def register(app: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    app.add_typer(case, name="case")
    app.add_typer(measure, name="measure")


@case.command("list")
def list_cases(  # noqa: PLR0917 (options of a command)
    desk: Annotated[str, typer.Option(help="party_id of the desk")] = "",
    tier: Annotated[int, typer.Option(min=0, max=3, help="only this tier; 0 = all")] = 0,
    ground: Annotated[str, typer.Option(help="only this ground")] = "",
    state: Annotated[str, typer.Option(help="open, closed or merged")] = "open",
    limit: Annotated[int, typer.Option(min=1, help="at most so many")] = 50,
    as_json: Json = False,
) -> None:
    """List cases in the order they should be worked on; --json prints one document per line."""
    _connect()
    from licet.casework.selectors import QueueFilters, queue
    from licet.core.operator import operator
    from licet.core.rls import acting_as

    filters = QueueFilters(desk_id=desk, tier=tier or None, ground=ground, state=state)
    with acting_as(operator()):
        for row in queue(filters)[:limit]:
            typer.echo(json.dumps(_case(row), ensure_ascii=False) if as_json else _case_line(row))


@case.command("show")
def show_case(number: Number, as_json: Json = False) -> None:
    """Show a case with its signals, measures and timeline."""
    _connect()
    from licet.casework.models import Measure
    from licet.casework.selectors import case_by_number, signals_of, timeline_of
    from licet.core.operator import operator
    from licet.core.rls import acting_as

    with acting_as(operator()):
        row = case_by_number(number)
        signals = [{"kind": signal.kind, "source": signal.source, "observer": signal.observer,
                    "received_at": signal.received_at.isoformat(), "facts": signal.facts}
                   for signal in signals_of(row)[:100]]
        measures = [_measure(one) for one in Measure.objects.filter(case=row).order_by("id")]
        events = [{"at": event.at.isoformat(), "tag": event.tag, "actor": event.actor, "note": event.note}
                  for event in timeline_of(row)[:100]]
    if as_json:
        typer.echo(json.dumps({**_case(row), "proposal": row.proposal, "signals": signals, "measures": measures,
                               "timeline": events}, ensure_ascii=False))
        return
    typer.echo(_case_line(row))
    for one in measures:
        typer.echo(f"  measure {one['id']}  {one['kind']}  {one['state_now']}")
    for signal in signals:
        typer.echo(f"  signal  {signal['received_at']}  {signal['kind']}  {signal['source']}")
    for event in events:
        typer.echo(f"  {event['at']}  {event['tag']}  {event['actor']}  {event['note']}".rstrip())


@case.command("take")
def take_case(number: Number, person: As, password: Password) -> None:
    """Take a case: nobody else works on it until the profile's time is over."""
    _connect()
    from licet.casework.selectors import case_by_number
    from licet.casework.services import take
    from licet.core import clock
    from licet.core.rls import acting_as

    with acting_as(_person(person, password)) as actor:
        row = take(case_by_number(number).pk, actor=actor, at=clock.now())
        typer.echo(f"{row.number} is yours until {row.handler_until}")


@case.command("preserve")
def preserve_registers(
    number: Number,
    purpose: Annotated[str, typer.Option(help="what it is preserved for")],
    person: As,
    password: Password,
) -> None:
    """Preserve what the registers say about a case as evidence, in the name of a person."""
    _connect()
    from licet.casework.selectors import case_by_number
    from licet.casework.services import preserve_extract
    from licet.core import clock
    from licet.core.rls import acting_as

    with acting_as(_person(person, password)) as actor:
        item = preserve_extract(case_by_number(number).pk, purpose=purpose, actor=actor, at=clock.now())
        typer.echo(f"{item.ref}  {item.bytes:,} bytes  sha256 {item.sha256}")


@case.command("finding")
def add_finding(finding: Annotated[int, typer.Argument(help="id of a sweep's finding")], person: As, password: Password) -> None:
    """Make one finding of a sweep a case, or let it join the open one, in the name of a person."""
    _connect()
    from licet.casework.listing import desk_of
    from licet.casework.models import Case
    from licet.casework.services import signal_from_finding
    from licet.core import clock
    from licet.core.rls import acting_as

    with acting_as(_person(person, password)) as actor:
        case_id = signal_from_finding(finding, desk_id=desk_of(actor), actor=actor, at=clock.now())
        typer.echo(_case_line(Case.objects.get(pk=case_id)))


@case.command("tier")
def tier_case(
    number: Number,
    tier: Annotated[int, typer.Argument(min=1, max=3)],
    reason: Annotated[str, typer.Option(help="why this tier")],
    person: As,
    password: Password,
) -> None:
    """Set a case's tier, with a reason, in the name of a person."""
    _connect()
    from licet.casework.selectors import case_by_number
    from licet.casework.services import set_tier
    from licet.core import clock
    from licet.core.rls import acting_as

    with acting_as(_person(person, password)) as actor:
        row = set_tier(case_by_number(number).pk, tier, reason=reason, actor=actor, at=clock.now())
        typer.echo(f"{row.number}: tier {row.tier} (proposed: {row.proposed_tier or 'none'})")


@case.command("signal")
def add_signal(  # noqa: PLR0917 (options of a command)
    kind: Annotated[str, typer.Option(help="finding, report, dialtest, model or order")],
    ground: Annotated[str, typer.Option(help="id from the closed list of grounds")],
    subject: Annotated[str, typer.Option(help="the site, address, code, organisation id or credit code")],
    source: Annotated[str, typer.Option(help="your reference of it; the same one is received once")],
    observer: Annotated[str, typer.Option(help="who observed it; one observer counts once")],
    subject_kind: Annotated[str, typer.Option("--about", help="site, address, code, provider, sponsor or hash")] = "site",
    desk: Annotated[str, typer.Option(help="party_id of the desk that receives it")] = "authority",
    provider: Annotated[str, typer.Option(help="party_id of the provider concerned")] = "",
) -> None:
    """Receive one signal: it joins the open case of its subject and ground, or opens one."""
    _connect()
    from licet.casework.models import Case
    from licet.casework.services import SignalIn, receive_signal
    from licet.casework.tables import SubjectKind
    from licet.core import clock
    from licet.core.errors import BadInput
    from licet.core.operator import operator
    from licet.core.rls import acting_as

    if subject_kind not in set(SubjectKind):
        raise BadInput(f"a signal is not about a {subject_kind!r}", hint=f"kinds: {', '.join(SubjectKind)}")
    if kind == "determination":
        raise BadInput("a determination is recorded by a person", hint="on the page of its case")
    now = clock.now()
    with acting_as(operator()) as actor:
        case_id = receive_signal(SignalIn(kind=kind, desk_id=desk, ground=ground, subject_kind=subject_kind,
                                          subject=subject, source=f"cli:{source}", observer=observer, provider_id=provider,
                                          observed_at=now), actor=actor, at=now)
        typer.echo("received before; it counts once" if case_id is None else Case.objects.get(pk=case_id).number)


@measure.command("list")
def list_measures(
    state: Annotated[str, typer.Option(help="only this state, as of now")] = "",
    limit: Annotated[int, typer.Option(min=1, help="at most so many, the newest")] = 50,
    as_json: Json = False,
) -> None:
    """List measures, newest first; --json prints one document per line."""
    _connect()
    from licet.casework.selectors import measures_at
    from licet.core import clock
    from licet.core.operator import operator
    from licet.core.rls import acting_as

    with acting_as(operator()):
        rows = measures_at(clock.now()).select_related("case").order_by("-id")
        chosen = rows.filter(state_now=state) if state else rows  # type: ignore[misc]
        for row in chosen[:limit]:
            document = _measure(row)
            typer.echo(json.dumps(document, ensure_ascii=False) if as_json else
                       f"{row.pk}  {row.case.number}  {row.kind}  {document['state_now']}  {row.provider_id}")


@measure.command("show")
def show_measure(measure_id: Annotated[int, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """Show a measure with every step it took."""
    _connect()
    from licet.casework.selectors import steps_of
    from licet.casework.services.steps import visible_measure
    from licet.core.operator import operator
    from licet.core.rls import acting_as

    with acting_as(operator()):
        row = visible_measure(measure_id)
        steps = [{"at": step.at.isoformat(), "event": step.event, "from": step.frm, "to": step.to, "actor": step.actor,
                  "reason": step.reason} for step in steps_of(row)]
        document = {**_measure(row), "scope": row.scope, "collateral": row.collateral, "reasons": row.reasons,
                    "steps": steps}
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False))
        return
    typer.echo(f"{row.kind} in {document['case']}: {document['state_now']}, {row.rule_cited}")
    for step in steps:
        typer.echo(f"  {step['at']}  {step['event']}  {step['actor']}  {step['reason']}".rstrip())


@measure.command("expire")
def expire() -> None:
    """Write down which terms ran out and which appeals nobody judged in time. The worker does it every minute."""
    _connect()
    from licet.casework.services import default_overdue_appeals, expire_due
    from licet.core import clock

    now = clock.now()
    appeals, terms = default_overdue_appeals(now), expire_due(now)
    typer.echo(f"{counted(terms, 'measure')} expired, {counted(appeals, 'appeal')} ended in favour of the affected")


def _connect() -> None:
    from licet.config.bootstrap import connect_database

    connect_database()


def _person(name: str, password: str) -> Actor:
    """The named person, if the password is theirs. Only a person sets tiers, on the command line too."""
    from django.contrib.auth import get_user_model

    from licet.core.errors import NotAllowed
    from licet.parties.selectors import actor_for

    user = get_user_model().objects.filter(username=name, is_active=True).first()
    if user is None or not user.check_password(password):
        raise NotAllowed("user name and password do not fit")
    return actor_for(user)


def _case(row: Case) -> dict[str, Any]:
    return {"number": row.number, "state": row.state, "desk": row.desk_id, "provider": row.provider_id,
            "ground": row.ground_id, "subject_kind": row.subject_kind, "subject": row.subject_key, "tier": row.tier,
            "proposed_tier": row.proposed_tier, "signals": row.signal_count, "priority": row.priority,
            "opened_at": row.opened_at.isoformat(), "last_signal_at": row.last_signal_at.isoformat()}


def _case_line(row: Case) -> str:
    tier = f"tier {row.tier}" if row.tier else f"tier {row.proposed_tier} proposed" if row.proposed_tier else "no tier"
    return f"{row.number}  {row.state}  {tier}  {row.ground_id}  {row.subject_key}  {counted(row.signal_count, 'signal')}"


def _measure(row: Measure) -> dict[str, Any]:
    from licet.casework.selectors import state_of
    from licet.core import clock

    return {"id": row.pk, "case": row.case.number, "kind": row.kind, "state": row.state,
            "state_now": state_of(row, clock.now()).value, "provider": row.provider_id,
            "expires_at": row.expires_at.isoformat() if row.expires_at else None}
