"""``licet sweep`` and ``licet demo``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from licet.config.terminal import counted

sweep = typer.Typer(no_args_is_help=True, help="Whole access lists against the registers.")

_JSON = typer.Option("--json", help="print one JSON document and nothing else")
_PATIENCE_S = 2.0  # progress is shown when work takes longer


def register(app: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    app.add_typer(sweep, name="sweep")
    app.command("demo")(demo)


def day_of(text: str | None) -> Any:
    """A local day given as YYYY-MM-DD; ``None`` for nothing."""
    import datetime as dt

    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write YYYY-MM-DD") from None


class Progress:
    """One line on standard error that is rewritten; silent on fast work, and where nobody watches."""

    def __init__(self) -> None:
        self._started = self._shown = time.monotonic()
        self._width = 0

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if now - self._started < _PATIENCE_S or now - self._shown < 0.1 or not sys.stderr.isatty():
            return
        self._shown = now
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)

    def close(self) -> None:
        """Clear the line."""
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()


@sweep.command("run")
def run(  # noqa: PLR0917 (options of a command)
    file: Annotated[Path, typer.Argument(help="access list: CSV, XLSX, Parquet or JSON lines")],
    provider: Annotated[str, typer.Option(help="party_id whose list it is; rows of others are rejected")] = "",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="judge by the registers of this day (YYYY-MM-DD)")
    ] = None,
    compare_with: Annotated[
        str, typer.Option("--compare-with", metavar="S-...", help="sweep to compare with; default: the last of the same scope")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="directory for the files; default LICET_HOME/sweeps/<number>")
    ] = None,
    formats: Annotated[str, typer.Option(help="which of csv,parquet,xlsx,html to write")] = "csv,parquet,xlsx,html",
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Sweep a list: what may not be connected, why, and what to do. Exit 1 when rows could not be read (errors.csv)."""
    day = day_of(as_of)
    from licet.config.bootstrap import connect_database
    from licet.config.terminal import speak_terminal_language

    connect_database()
    speak_terminal_language()
    from licet.core.operator import operator
    from licet.sweeps.selectors import directory_of
    from licet.sweeps.services import run_sweep

    line = Progress()
    found = run_sweep(
        file,
        actor=operator(),
        as_of=day,
        provider=provider,
        compare_with=compare_with,
        out=out,
        formats=[name.strip() for name in formats.split(",") if name.strip()],
        progress=lambda stage, done, rows: line(f"{stage}: {counted(rows, 'row')}, {done:.0%}"),
    )
    line.close()
    directory = out or directory_of(found.pk)
    if as_json:
        typer.echo(json.dumps(found.summary | {"directory": str(directory.resolve())}, ensure_ascii=False))
    else:
        _print_summary(found, directory)
    if found.rows_rejected:
        if not as_json:
            sys.stderr.write(
                f"licet: {counted(found.rows_rejected, 'row')} could not be read; the rest was judged\n"
                f"  hint: repair them as {directory / 'errors.csv'} says and sweep again\n"
            )
        raise typer.Exit(1)


def _print_summary(found: Any, directory: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    summary, console = found.summary, Console()
    table = Table(title=f"Sweep {found.number} · {found.file_name} · judged by {found.as_of} · {counted(found.rows, 'row')}")
    for name in ("finding", "severity"):
        table.add_column(name)
    for name in ("count", "of rows"):
        table.add_column(name, justify="right")
    for row in summary["by_finding"]:
        table.add_row(row["finding"], row["severity"], f"{row['count']:,}", f"{row['share'] or 0:.2%}")
    console.print(table)
    rate = summary["accuracy_rate"]
    console.print(
        f"accuracy rate: {'–' if rate is None else f'{rate:.2%}'} of {counted(summary['rows_known'], 'row')} judged known; "
        f"{counted(summary['rows_unknown'], 'row')} unknown"
    )
    for note in summary.get("notes", ()):
        console.print(f"note: {note}", style="bold", soft_wrap=True)
    if summary["compared_with"]:
        console.print(
            f"against {summary['compared_with']['number']}: {summary['new']:,} new, {summary['open']:,} still open, "
            f"{summary['gone']:,} gone"
        )
    console.print(f"files: {directory}", soft_wrap=True)


@sweep.command("list")
def show_all(
    provider: Annotated[str, typer.Option(help="only this provider's")] = "", as_json: Annotated[bool, _JSON] = False
) -> None:
    """List the last hundred sweeps, newest first."""
    from licet.config.bootstrap import connect_database
    from licet.config.terminal import speak_terminal_language

    connect_database()
    speak_terminal_language()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.sweeps.selectors import sweeps

    with acting_as(operator()):
        rows = list(sweeps(provider)[:100])
    if as_json:
        typer.echo(json.dumps([_brief(row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        typer.echo(
            f"{row.pk}\t{row.number}\t{row.state}\t{row.as_of}\t{row.provider_id or '*'}\t{row.rows}\t{row.file_name}"
        )


def _brief(row: Any) -> dict[str, Any]:
    return {
        "sweep": row.pk,
        "number": row.number,
        "state": row.state,
        "as_of": row.as_of.isoformat(),
        "provider_id": row.provider_id,
        "rows": row.rows,
        "file": row.file_name,
        "problem": row.problem,
    }


@sweep.command("show")
def show(
    number: Annotated[int, typer.Argument(help="number of the sweep, as in licet sweep list")],
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Show a sweep's summary."""
    from licet.config.bootstrap import connect_database
    from licet.config.terminal import speak_terminal_language

    connect_database()
    speak_terminal_language()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.sweeps.selectors import directory_of
    from licet.sweeps.selectors import sweep as find

    with acting_as(operator()):
        row = find(number)
    if as_json:
        typer.echo(json.dumps(_brief(row) | {"summary": row.summary}, ensure_ascii=False))
    elif row.state == "finished":
        _print_summary(row, directory_of(row.pk))
    else:
        typer.echo(f"{row.number} is {row.state}. {row.problem}".strip())


def demo(
    rows: Annotated[int, typer.Option(help="access rows to generate")] = 20_000,
    seed: Annotated[int, typer.Option(help="the same seed gives the same province")] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="keep the generated files in LICET_HOME/demo")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="end the demo's records and discard its sweeps")] = False,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Generate a province with planted faults, import it, sweep it: planted, found, missed, false. Exit 1 on a miss."""
    from licet.config.bootstrap import connect_database
    from licet.config.terminal import speak_terminal_language

    connect_database()
    speak_terminal_language()
    from licet.core.operator import operator
    from licet.sweeps.demo.run import remove_demo, run_demo

    if remove:
        ended = remove_demo(actor=operator())
        told = ", ".join(f"{count:,} {name}" for name, count in ended.items()) or "there was no demo data"
        typer.echo(json.dumps({"removed": ended}, ensure_ascii=False) if as_json else told)
        return
    line = Progress()
    result = run_demo(rows=rows, seed=seed, actor=operator(), progress=line, keep=keep)
    line.close()
    if as_json:
        typer.echo(json.dumps(result.as_json(), ensure_ascii=False))
    else:
        _print_demo(result)
    if not result.is_good:
        raise typer.Exit(1)


def _print_demo(result: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=f"Demo province · {counted(result.rows, 'row')} · {result.seconds:.1f} s")
    table.add_column("finding")
    for name in ("planted", "found", "missed", "false"):
        table.add_column(name, justify="right")
    for row in result.lines:
        table.add_row(row["finding"], *(str(row[name]) for name in ("planted", "found", "missed", "false")))
    console.print(table)
    verdict = "all planted faults were found, none was invented" if result.is_good else "NOT as planted"
    console.print(f"{verdict} · sweep {result.sweep.number}")
    console.print(f"browse it: licet run, then /sweeps/{result.sweep.pk}/")
