"""``licet notice``: look at letters, save them, let due ones leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from licet.config.terminal import counted

if TYPE_CHECKING:
    from licet.notices.models import Notice

notice = typer.Typer(no_args_is_help=True, help="Letters: statements of reasons and what followed them.")
Json = Annotated[bool, typer.Option("--json", help="machine-readable output, nothing else on standard output")]
Id = Annotated[int, typer.Argument(metavar="ID", help="the letter's id, as `licet notice list` shows it")]


def register(app: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    app.add_typer(notice, name="notice")


def _connect() -> None:
    from licet.config.bootstrap import connect_database

    connect_database()


@notice.command("list")
def list_notices(
    measure: Annotated[int, typer.Option(help="only letters about this measure; 0 = all")] = 0,
    failed: Annotated[bool, typer.Option("--failed", help="only those a channel could not deliver")] = False,
    limit: Annotated[int, typer.Option(min=1, help="at most so many, the newest")] = 50,
    as_json: Json = False,
) -> None:
    """List letters, newest first; --json prints one document per line."""
    _connect()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.notices.selectors import notices

    with acting_as(operator()):
        for row in notices(measure_id=measure or None, failed=failed)[:limit]:
            document = _notice(row)
            typer.echo(json.dumps(document, ensure_ascii=False) if as_json else
                       f"{row.pk}  {row.number}  {row.kind}  measure {row.measure_id}  {document['composed_at']}")


@notice.command("show")
def show_notice(notice_id: Id, as_json: Json = False) -> None:
    """Show a letter's exact text, its hash, and how it travelled."""
    _connect()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.notices import selectors

    with acting_as(operator()):
        row = selectors.notice(notice_id)
        deliveries = [{"channel": one.channel, "recipient": one.recipient, "address": one.address, "state": one.state,
                       "tries": one.tries, "sent_at": one.sent_at.isoformat() if one.sent_at else None,
                       "problem": one.problem, "message_sha256": one.message_sha256}
                      for one in selectors.deliveries_of(row.pk)]
    if as_json:
        typer.echo(json.dumps({**_notice(row), "text": row.text, "deliveries": deliveries}, ensure_ascii=False))
        return
    typer.echo(row.text)
    typer.echo(f"SHA-256 {row.sha256}")
    for one in deliveries:
        typer.echo(f"  {one['channel']}  {one['address'] or '–'}  {one['state']}  {one['problem']}".rstrip())


@notice.command("pdf")
def save_pdf(notice_id: Id, out: Annotated[Path, typer.Option(help="file to write")]) -> None:
    """Write a letter as PDF. Needs a font with Chinese characters."""
    _connect()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.notices import pdf, selectors

    with acting_as(operator()):
        content = pdf.pdf_of(selectors.notice(notice_id))
    out.write_bytes(content)
    typer.echo(f"{out}: {len(content)} bytes")


@notice.command("deliver")
def deliver() -> None:
    """Compose, deliver and remind what is due now. The worker does it every minute."""
    _connect()
    from licet.core import clock
    from licet.notices.services import compose_due, deliver_due, lapse_due, remind_due

    now = clock.now()
    composed = compose_due(now) + remind_due(now)
    moved, lapsed = deliver_due(now), lapse_due(now)
    typer.echo(f"{counted(composed, 'letter')} composed, "
               f"{counted(moved, 'delivery or notification', 'deliveries and notifications')}, {counted(lapsed, 'term')} ran out")


def _notice(row: Notice) -> dict[str, Any]:
    return {"id": row.pk, "number": row.number, "kind": row.kind, "measure": row.measure_id, "desk": row.desk_id,
            "composed_at": row.composed_at.isoformat(), "sha256": row.sha256}
