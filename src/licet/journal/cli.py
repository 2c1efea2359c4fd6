"""``licet journal``: show, sign, verify, prove."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from licet.config.terminal import counted

if TYPE_CHECKING:
    from licet.journal.models import Entry
    from licet.journal.rules import Finding

journal = typer.Typer(no_args_is_help=True, help="The tamper-evident journal of everything that was done.")
Json = Annotated[bool, typer.Option("--json", help="machine-readable output, nothing else on standard output")]
Vkey = Annotated[str, typer.Option(help="the public key to trust (a line like name+1a2b3c4d+base64)")]


def register(app: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    app.add_typer(journal, name="journal")


@journal.command("show")
def show(  # noqa: PLR0917 (options of a command)
    tag: Annotated[str, typer.Option(help="beginning of the tag, e.g. account:")] = "",
    subject: Annotated[str, typer.Option(help="what it is about, e.g. user:1")] = "",
    actor: Annotated[str, typer.Option(help="who did it, e.g. cli:root")] = "",
    since: Annotated[str, typer.Option(help="ISO date or time; a date means its local beginning")] = "",
    limit: Annotated[int, typer.Option(min=1, help="at most so many, the newest")] = 100,
    as_json: Json = False,
) -> None:
    """List entries, oldest first; --json prints the canonical text of each, one per line."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.journal.selectors import Filters, recent

    filters = Filters(tag=tag, subject=subject, actor=actor, since=_moment(since))
    with acting_as(operator()):
        for entry in reversed(recent(limit, filters=filters)):
            typer.echo(entry.canonical if as_json else _line(entry))


@journal.command("checkpoint")
def checkpoint(as_json: Json = False) -> None:
    """Sign what is new and print the newest signed checkpoint. Keep a copy elsewhere (see verify --against)."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core import clock
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.journal.checkpoint import signer
    from licet.journal.models import SignedCheckpoint
    from licet.journal.services import checkpoint as sign
    from licet.journal.services import home

    sign(clock.now())
    with acting_as(operator()):
        newest = SignedCheckpoint.objects.order_by("-size").first()
    vkey = signer(home()).verifier.vkey()
    if as_json:
        typer.echo(json.dumps({"size": newest.size if newest else 0, "note": newest.note if newest else "",
                               "root": bytes(newest.root).hex() if newest else "", "vkey": vkey}, ensure_ascii=False))
    elif newest is None:
        typer.echo("the journal is empty; nothing to sign")
    else:
        typer.echo(newest.note, nl=False)
        typer.echo(f"public key: {vkey}", err=True)


@journal.command("verify")
def verify(
    vkey: Vkey = "",
    against: Annotated[Path | None, typer.Option(exists=True, dir_okay=False,
                                                 help="a checkpoint kept elsewhere")] = None,
    as_json: Json = False,
) -> None:
    """Read the whole journal and name every entry that was changed, removed or inserted; exit 1 if there is one."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.journal import selectors

    started = time.monotonic()
    report = selectors.verify(vkey=vkey, against=against.read_text() if against else "", progress=_Progress(started))
    seconds = time.monotonic() - started
    if as_json:
        document = {name: getattr(report, name) for name in ("entries", "checkpoints", "signed", "pinned", "vkey")}
        typer.echo(json.dumps(document | {"intact": report.intact, "seconds": round(seconds, 3),
                                          "findings": [_plain(finding) for finding in report.findings]}))
    else:
        for finding in report.findings:
            typer.echo(_sentence(finding))
        rate = report.entries / seconds if seconds else 0
        typer.echo(f"{'intact' if report.intact else 'NOT INTACT'}: {counted(report.entries, 'entry', 'entries')} read"
                   f" ({rate:,.0f} per second), {counted(report.checkpoints, 'signed checkpoint')},"
                   f" {counted(report.signed, 'entry', 'entries')} signed,"
                   f" {report.entries - min(report.signed, report.entries)} younger than the last checkpoint")
    if not report.intact:
        raise typer.Exit(1)


@journal.command("prove")
def prove(
    seq: Annotated[int, typer.Argument(min=0, help="number of the entry")],
    out: Annotated[Path, typer.Option(help="file to write")],
) -> None:
    """Export one entry with the proof that it is in the signed journal."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.journal.selectors import proof_of

    with acting_as(operator()):
        document = proof_of(seq)
    out.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    typer.echo(f"wrote {out}; check it anywhere with: licet journal check-proof {out}")


@journal.command("check-proof")
def check_proof(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="what `licet journal prove` wrote")],
    vkey: Vkey = "",
    as_json: Json = False,
) -> None:
    """Check an exported proof. Needs no database and no LICET_HOME; exit 1 if the proof does not hold."""
    from licet.core.errors import BadInput
    from licet.journal.proofs import check_proof as check

    try:
        document = json.loads(file.read_text())
    except ValueError as error:
        raise BadInput(f"{file} is not JSON", hint="export it again: licet journal prove SEQ --out FILE") from error
    try:
        proven = check(document, vkey=vkey)
    except BadInput as error:
        if as_json:
            typer.echo(json.dumps({"valid": False, "reason": error.message}))
            raise typer.Exit(1) from error
        raise
    if as_json:
        typer.echo(json.dumps({"valid": True, "entry": proven.entry, "size": proven.checkpoint.size,
                               "origin": proven.checkpoint.origin, "vkey": proven.verifier.vkey(),
                               "pinned": proven.pinned}, ensure_ascii=False))
        return
    entry = proven.entry
    typer.echo(f"valid: entry {entry['seq']} ({entry['tag']}, {entry['at']}, by {entry['actor']}) is in the journal of"
               f" {counted(proven.checkpoint.size, 'entry', 'entries')} signed by {proven.verifier.name}")
    if not proven.pinned:
        typer.echo(f"the key came with the proof; compare it with the published one, or give --vkey:\n"
                   f"  {proven.verifier.vkey()}")


class _Progress:
    """A counter on standard error once the work has taken two seconds; nothing when nobody watches."""

    def __init__(self, started: float) -> None:
        self._next = started + 2

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + 1
            if sys.stderr.isatty():
                sys.stderr.write(f"\rverifying {done:,} of {total:,} entries" + ("\n" if done >= total else ""))
                sys.stderr.flush()


def _moment(text: str) -> dt.datetime | None:
    from zoneinfo import ZoneInfo

    from licet.config.profile import load_profile
    from licet.core.errors import BadInput

    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{text!r} is not a date", hint="write 2026-03-02 or 2026-03-02T08:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(load_profile().time_zone))


def _line(entry: Entry) -> str:
    return f"{entry.seq}\t{entry.at:%Y-%m-%dT%H:%M:%SZ}\t{entry.tag}\t{entry.actor}\t{entry.subject}"


def _plain(finding: Finding) -> dict[str, Any]:
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(finding).__name__)
    return {"finding": name.lstrip("_"), **dataclasses.asdict(finding)}


def _sentence(finding: Finding) -> str:  # noqa: PLR0911 (one line per finding)
    from licet.journal import rules

    match finding:
        case rules.Changed(seq, last, reason):
            return f"changed: {_entries(seq, last)}: {reason}"
        case rules.Removed(seq, last):
            return f"removed: {_entries(seq, last)}"
        case rules.Inserted(seq, last):
            return f"inserted: {_entries(seq, last)}"
        case rules.Reordered(seq, last, by):
            return f"moved: {_entries(seq, last)} belongs {abs(by)} place(s) {'earlier' if by > 0 else 'later'}"
        case rules.BrokenLink(seq):
            return f"broken link: entry {seq} does not continue entry {seq - 1}; one of the two was changed"
        case rules.RootMismatch(size, count):
            return f"root: the first {size} entries are not what was signed ({counted(count, 'checkpoint')} affected)"
        case rules.HeadMismatch(size, entries):
            return f"head: it stands at {size} entries and does not fit the {entries} found"
        case rules.BadCheckpoint(size, reason):
            return f"checkpoint{'' if size is None else f' of {size} entries'}: {reason}"
        case rules.TilesUnusable(reason):
            return f"hash tiles: {reason}; altered entries cannot be named with certainty"


def _entries(seq: int, last: int) -> str:
    return f"entry {seq}" if seq == last else f"entries {seq} to {last}"
