"""``licet hotline``: reports from a mail pipe, a mailbox, files; the spool; what is erased."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Reports of the public and of partners.")
FETCH_EVERY_S = 60.0
Json = Annotated[bool, typer.Option("--json", help="machine-readable output, nothing else on standard output")]


def register(root: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    root.add_typer(app, name="hotline")


@app.command()
def mail(as_json: Json = False) -> None:
    """Read one e-mail from standard input (plain or MARF) and accept it; print the acknowledgement to send.

    For a mail server's pipe: `licet hotline mail | sendmail -t`. Needs no database. Exit code 1: refused; the reply
    says what is missing.
    """
    settings = _settings()
    from licet.core import clock
    from licet.hotline.mail import read_message

    answer = read_message(sys.stdin.buffer.read(), sender=str(settings["LICET_MAIL_FROM"]), at=clock.now())
    if as_json:
        typer.echo(json.dumps({
            "accepted": answer.receipt is not None, "number": answer.receipt.number if answer.receipt else "",
            "refused": answer.refusal.as_problem() if answer.refusal else None}, ensure_ascii=False))
    elif answer.reply is not None:
        typer.echo(answer.reply.as_string())
    if answer.refusal is not None:
        raise typer.Exit(1)


@app.command()
def fetch(once: Annotated[bool, typer.Option("--once", help="one run, then end")] = False, as_json: Json = False) -> None:
    """Take reports from the mailbox of LICET_HOTLINE_IMAP_URL, every minute until stopped; needs no database.

    `licet run` does the same by itself. With --once exit code 1 says that the mailbox could not be used, or that
    acknowledgements do not leave; the reason and the repair are on standard error.
    """
    _settings()
    from licet.core.errors import LicetError
    from licet.hotline.mailbox import account

    account()
    if once:
        if not _fetch(as_json=as_json):
            raise typer.Exit(1)
        return
    ended = _until_stopped()
    while not ended.is_set():
        try:
            _fetch(as_json=as_json, quiet=True)
        except LicetError as error:  # tried again in a minute, whatever it was
            typer.echo(f"licet: {error.message}\n  hint: {error.hint}", err=True)
        ended.wait(FETCH_EVERY_S)


def _fetch(*, as_json: bool, quiet: bool = False) -> bool:
    """One run, told; whether all went well."""
    import dataclasses

    from licet.core import clock
    from licet.hotline.mailbox import fetch_due

    fetched = fetch_due(clock.now())
    if as_json and (fetched or not quiet):
        typer.echo(json.dumps(dataclasses.asdict(fetched), ensure_ascii=False))
    elif fetched or not quiet:
        typer.echo(f"accepted {fetched.accepted}   refused {fetched.refused}   answered later {fetched.answered_later}"
                   f"   unanswered {fetched.unanswered}   left {fetched.left}")
    if fetched.problem:
        typer.echo(f"licet: acknowledgements do not leave: {fetched.problem}\n  hint: check LICET_EMAIL_URL; the reports "
                   "are kept, and the answers are tried again", err=True)
    return not fetched.problem and not fetched.left


def _until_stopped() -> threading.Event:
    """Set by SIGINT and SIGTERM: the run that is on its way ends first."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended


@app.command()
def bulk(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
         account: Annotated[str, typer.Option(help="party_id of whoever hands it in")], as_json: Json = False) -> None:
    """Accept a CSV or XLSX file of reports; each line is answered with a receipt or with what to repair."""
    _settings()
    from licet.core import clock
    from licet.hotline.bulk import read_bulk

    lines = read_bulk(file.read_bytes(), account=account, at=clock.now())
    for line in lines:
        if as_json:
            typer.echo(json.dumps({"line": line.line, "reference": line.reference, "field": line.field,
                                   "number": line.receipt.number if line.receipt else "", "reason": line.reason,
                                   "code": line.receipt.code if line.receipt else "", "repair": line.repair},
                                  ensure_ascii=False))
        elif line.receipt:
            typer.echo(f"{line.line}\t{line.receipt.number}\t{line.receipt.code}")
        else:
            typer.echo(f"{line.line}\t{line.field}: {line.reason} ({line.repair})", err=True)
    if any(line.receipt is None for line in lines):
        raise typer.Exit(1)


@app.command()
def status(as_json: Json = False) -> None:
    """How many reports wait in this machine's spool, and what was set aside with which problem."""
    _settings()
    from licet.hotline.intake import spool

    waiting, aside = spool().counts()
    problems = spool().set_aside()
    if as_json:
        typer.echo(json.dumps({"waiting": waiting, "aside": [
            {"number": number, "problem": problem} for number, problem in problems]}, ensure_ascii=False))
        return
    typer.echo(f"waiting {waiting}   set aside {aside}")
    for number, problem in problems:
        typer.echo(f"{number}\t{problem}")


@app.command()
def drain() -> None:
    """Take this machine's waiting reports over into PostgreSQL now (the worker does it every ten seconds)."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core import clock
    from licet.hotline.services.drain import drain_due

    typer.echo(str(drain_due(clock.now())))


@app.command()
def retry(number: Annotated[str, typer.Argument(help="receipt number of a report that was set aside")]) -> None:
    """Offer a report that was set aside again, after what kept it was repaired."""
    _settings()
    from licet.core.errors import NotFound
    from licet.hotline.intake import spool
    from licet.hotline.sealing import typed

    if not spool().take_back(typed(number)):
        raise NotFound(f"no report {number} was set aside here", hint="licet hotline status lists them")


@app.command()
def xarf(number: Annotated[str, typer.Argument(help="receipt number of a report, or number of a case")]) -> None:
    """Print a report or a case as XARF v4 (JSON) to hand on: what, where and on which day, nothing of who reported it."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.hotline import sealing, services

    hand_on = services.hand_on_report if sealing.typed(number) else services.hand_on_case
    typer.echo(json.dumps(hand_on(number, actor=operator()), ensure_ascii=False, indent=1))


@app.command()
def erase() -> None:
    """Erase contacts, traces and processed mail whose days are over (the worker does it every night)."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from django.conf import settings

    from licet.core import clock
    from licet.hotline.services.retention import erase_due, erase_mail_due

    erased = erase_due(clock.now())
    if settings.HOTLINE_MAILBOX is not None:
        erased += erase_mail_due(clock.now())
    typer.echo(f"contacts {erased.contacts}   traces {erased.traces}   reporters {erased.reporters}"
               f"   waiting {erased.waiting}   mails {erased.mails}")


def _settings() -> dict[str, object]:
    """Start Django without a database: the spool needs none."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "licet.config.settings")
    django.setup()
    from django.conf import settings

    return dict(settings.ENV)
