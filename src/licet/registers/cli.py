"""``licet import``, ``licet export``, ``licet numbers``."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from licet.config.terminal import counted
from licet.registers.cli_numbers import numbers
from licet.registers.kinds import KIND_BY_ID

if TYPE_CHECKING:
    from licet.registers.exchange.services import LoadReport
    from licet.registers.exchange.staging import Progress

_STAGES = {"read": "reading and checking", "compare": "comparing rows", "store": "handing to the database",
           "merge": "merging"}
KindArgument = Annotated[str, typer.Argument(metavar="KIND", help=" ".join(KIND_BY_ID))]


def register(app: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    app.command("import")(import_)
    app.command("export")(export)
    app.command("numbers")(numbers)


def _known(kind: str) -> str:
    if kind not in KIND_BY_ID:
        raise typer.BadParameter(f"there is no kind {kind!r}; kinds: {' '.join(KIND_BY_ID)}", param_hint="KIND")
    return kind


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date; write it like 2026-03-01", param_hint="--as-of") from None


def import_(  # noqa: PLR0917 - options of a command
    kind: KindArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX, Parquet or JSON lines")],
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="D", help="day the data reflects (today)")] = None,
    provider: Annotated[str, typer.Option("--provider", metavar="P",
                                          help="whose rows these are; others are rejected")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would change; write nothing")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="end the records the file does not hold")] = False,
    none: Annotated[bool, typer.Option("--none", help="JSON lines without a row say that there are none")] = False,
    errors: Annotated[Path | None, typer.Option("--errors", metavar="PATH", help="where rejected rows go")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Load a file into a register. Good rows are taken, bad ones come back in errors.csv with their repair."""
    kind, day = _known(kind), _day(as_of)
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.config.terminal import speak_terminal_language
    from licet.core.operator import operator
    from licet.registers.exchange.services import import_file

    speak_terminal_language()

    with _progress_bar() as progress:
        report = import_file(kind, file, actor=operator(), as_of=day, provider=provider, dry_run=dry_run,
                             replace=replace, none=none, errors=errors, progress=progress)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        _print(report)
    raise typer.Exit(1 if report.rejected or report.left_out else 0)


def _print(report: LoadReport) -> None:
    would = "would be " if report.dry_run else ""
    typer.echo(f"{report.kind}: {counted(report.read, 'row')} read from {report.file}, as of {report.as_of}")
    typer.echo(f"  {would}added {report.added:,} · changed {report.changed:,} · ended {report.ended:,} ·"
               f" unchanged {report.unchanged:,} · rejected {report.rejected:,}")
    for note in report.notes:
        typer.echo(f"  note: {note}")
    if report.left_out and not report.rejected:
        typer.echo(f"  {report.left_out:,} cells could not be used as a whole; their rows were taken without: {report.errors}")
    if report.rejected:
        taken = "nothing was written (dry run)" if report.dry_run else "the other rows were taken"
        typer.echo(f"  rejected rows with their repair: {report.errors}\n  {taken}")


def export(  # noqa: PLR0917 - options of a command
    kind: KindArgument,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="file, or - for standard output")] = "-",
    since: Annotated[int | None, typer.Option("--since", metavar="CURSOR", help="only what changed after it")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="D", help="the register of that day")] = None,
    provider: Annotated[str, typer.Option("--provider", metavar="P", help="only that provider's rows")] = "",
    file_format: Annotated[str, typer.Option("--format", help="csv xlsx parquet jsonl; default: by the ending")] = "",
) -> None:
    """Write a register in its canonical columns; prints the cursor for the next --since."""
    kind, day = _known(kind), _day(as_of)
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.registers.exchange.services import export_kind

    target = sys.stdout.buffer if out == "-" else Path(out)
    cursor = export_kind(kind, actor=operator(), out=target, since=since, as_of=day, file_format=file_format,
                         provider=provider)
    typer.echo(f"cursor {cursor}", err=out == "-")


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    """A bar per stage on standard error; nothing where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TimeRemainingColumn

    with Bars(*Bars.get_default_columns()[:-1], TimeRemainingColumn(), console=Console(stderr=True),
              transient=True) as bars:
        tasks = {stage: bars.add_task(text, total=None, visible=False) for stage, text in _STAGES.items()}
        yield lambda stage, done, total: bars.update(tasks[stage], completed=done, total=total, visible=True)
