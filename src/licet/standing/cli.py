"""``licet standing`` and ``licet blacklist``. Checking a feed needs no database and no installation, only the key."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from licet.config.terminal import counted

standing = typer.Typer(no_args_is_help=True, help="Conduct records of providers.")
blacklist = typer.Typer(no_args_is_help=True, help="What decisions listed: entries, reviews, the signed feed.")

_JSON = typer.Option("--json", help="print one JSON document and nothing else")
_DAY = typer.Option("--as-of", help="YYYY-MM-DD, today by default")


def register(app: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    app.add_typer(standing, name="standing")
    app.add_typer(blacklist, name="blacklist")


def _day(text: str) -> dt.date:
    from licet.core import clock
    from licet.standing.days import local_day

    try:
        return dt.date.fromisoformat(text) if text else local_day(clock.now())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write YYYY-MM-DD") from None


def _print(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=1, default=str))


@standing.command("show")
def show(
    provider: Annotated[str, typer.Argument(help="party_id")], as_of: Annotated[str, _DAY] = "",
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """A provider's record on a day: the score, and each decision with what it still weighs."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.standing import presenting, selectors
    from licet.standing.documents import record_document

    with acting_as(operator()):
        record = selectors.record_of(provider, as_of=_day(as_of), for_others=False)
        document, words = record_document(record), presenting.size_words(record)
    if as_json:
        _print(document)
        return
    typer.echo(f"{provider}  score {document['score']}  (as of {document['as_of']})\n{words}")
    for row in document["decisions"]:
        typer.echo(f"  {row['final_on']}  {row['kind']:<20} tier {row['tier']}  {row['points']:>3} points, "
                   f"{row['counts']} count  {row['state']}  {row['case']}")
    if document["advice"]:
        typer.echo(f"advice: {', '.join(document['advice'])}")


@standing.command("list")
def overview(as_of: Annotated[str, _DAY] = "", as_json: Annotated[bool, _JSON] = False) -> None:
    """Every provider, highest score first."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.standing import presenting, selectors

    with acting_as(operator()) as actor:
        lines = selectors.standings(_day(as_of), actor=actor)
    rows = [{"provider_id": line.provider_id, "name": line.name, "decisions": line.points, "size": line.size,
             "total": presenting.points_text(line.total), "score": presenting.points_text(line.score)} for line in lines]
    if as_json:
        _print(rows)
        return
    for row in rows:
        typer.echo(f"{row['score']:>10}  {row['total']:>8} points / {row['size']:>8}  {row['provider_id']}  {row['name']}")


@standing.command("preview")
def preview(score: Annotated[float, typer.Argument(help="a score, in points", min=0.001)],
            as_json: Annotated[bool, _JSON] = False) -> None:
    """Who would reach a threshold, before anybody switches it on."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.standing import presenting, services

    seen = services.preview(int(score * 1000), actor=operator(), as_of=_day(""))
    if as_json:
        _print({"providers": seen.providers, "reached": seen.reached, "bars": [
            {"from": presenting.points_text(bar.low), "to": presenting.points_text(bar.high), "providers": bar.count}
            for bar in seen.bars]})
        return
    for bar in seen.bars:
        typer.echo(f"{presenting.points_text(bar.low):>10}  {'#' if bar.reaches else '-' } {bar.count}")
    typer.echo(f"{len(seen.reached)} of {seen.providers} providers would be reached")


@standing.command("carry-out")
def carry_out() -> None:
    """Do now what the worker does every minute: write, check and take back what measures list or publish."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core import clock
    from licet.standing import services

    typer.echo(f"{services.carry_out_due(clock.now())} steps taken")


@blacklist.command("list")
def entries(due: Annotated[int, typer.Option(help="only entries to be reviewed within this many days")] = -1,
            as_json: Annotated[bool, _JSON] = False) -> None:
    """Entries that decisions wrote, next review first."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.standing import presenting, selectors

    today = _day("")
    with acting_as(operator()):
        found = selectors.entries(register="blacklist")
        if due >= 0:
            found = found.filter(review_on__lte=today + dt.timedelta(days=due))
        rows = [{"kind": row.kind, "value": row.value, "decision_ref": row.decision_ref, "confidence": row.confidence,
                 "since": row.since, "review_on": row.review_on, "valid_to": row.valid_to,
                 "state": presenting.state_of(row, today).removeprefix("entry-")} for row in found]
    if as_json:
        _print(rows)
        return
    for row in rows:
        typer.echo(f"{row['review_on']}  {row['state']:<10} {row['kind']:<8} {row['value']}  {row['decision_ref']}")


@blacklist.command("feed")
def feed(
    out: Annotated[Path, typer.Option(help="the document; the signature goes beside it with the ending .sig")],
    since: Annotated[int, typer.Option(help="cursor of the receiver's list; 0 = everything", min=0)] = 0,
) -> None:
    """Write the signed feed: a snapshot, or what changed after a cursor."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.standing.services.feeding import blacklist_feed

    with acting_as(operator()):
        signed = blacklist_feed(since=since, as_of=_day(""))
    out.write_text(signed.body, encoding="utf-8")
    signature_path(out).write_text(signed.signature + "\n", encoding="utf-8")
    typer.echo(f"{out}: up to cursor {signed.cursor}, signed")


@blacklist.command("key")
def key() -> None:
    """The public key to give to receivers."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.standing.services.feeding import feed_key

    typer.echo(feed_key()["vkey"])


@blacklist.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="a feed, with its signature beside it (.sig)")],
    public: Annotated[str, typer.Option("--key", help="the issuer's key, as `licet blacklist key` prints it")],
) -> None:
    """Check a feed's signature. Works anywhere, without a database."""
    from licet.core.errors import BadInput
    from licet.journal.checkpoint import Verifier
    from licet.standing import feed as feeds

    try:
        body, signature = file.read_text(encoding="utf-8"), signature_path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read: {error}", hint="the feed and its .sig stand in one directory") from error
    document = feeds.verify(body.rstrip("\n"), signature, Verifier.parse(public))
    typer.echo(f"good: {document['kind']} of {document['as_of']}, cursor {document['cursor']}, "
               f"{counted(len(document['entries']), 'entry', 'entries')}, {len(document['removed'])} removed")


def signature_path(file: Path) -> Path:
    """Where the signature of a feed lies."""
    return file.with_name(f"{file.name}.sig")
