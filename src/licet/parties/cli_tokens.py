"""``licet token``: keys of programs that speak for an organisation."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

token = typer.Typer(no_args_is_help=True, help="Keys of programs.")

_JSON = typer.Option("--json", help="print one JSON document")


def register(app: typer.Typer) -> None:
    """Add these commands to ``licet``."""
    app.add_typer(token, name="token")


def _document(row: Any) -> dict[str, Any]:
    ended = row.revoked_at
    return {
        "id": row.pk,
        "hint": row.hint,
        "name": row.name,
        "party": row.party_id,
        "scopes": row.scopes,
        "expires_at": row.expires_at.isoformat(),
        "last_used_at": row.last_used_at.isoformat() if row.last_used_at else None,
        "revoked_at": ended.isoformat() if ended else None,
    }


@token.command("add")
def add(
    name: Annotated[str, typer.Argument(help="what uses the key, in words")],
    party: Annotated[str, typer.Option(help="party_id of the organisation it speaks for")],
    scope: Annotated[list[str] | None, typer.Option(help="what it may do; repeat for several")] = None,
    days: Annotated[int, typer.Option(help="how long it is valid")] = 365,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Make a key. It is printed once and cannot be read again."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.parties.tokens import add_token

    with acting_as(operator()) as actor:
        row, key = add_token(name, party_id=party, scopes=scope or ["gate.ask"], by=actor, days=days)
    if as_json:
        typer.echo(json.dumps(_document(row) | {"key": key}, ensure_ascii=False))
    else:
        typer.echo(
            f"key {row.pk} of {row.party_id} for {', '.join(row.scopes)}, valid until {row.expires_at:%Y-%m-%d}:"
        )
        typer.echo(key)


@token.command("list")
def show(as_json: Annotated[bool, _JSON] = False) -> None:
    """List keys, newest first."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.parties.tokens import tokens

    with acting_as(operator()):
        rows = list(tokens())
    if as_json:
        typer.echo(json.dumps([_document(row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        state = "revoked" if row.revoked_at else f"until {row.expires_at:%Y-%m-%d}"
        typer.echo(f"{row.pk}\t{row.hint}…\t{row.party_id}\t{','.join(row.scopes)}\t{state}\t{row.name}")


@token.command("revoke")
def revoke(
    token_id: Annotated[int, typer.Argument(help="number of the key")],
    reason: Annotated[str, typer.Option(help="why; kept in the journal")] = "",
) -> None:
    """End a key at once."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.parties.tokens import revoke_token

    with acting_as(operator()) as actor:
        row = revoke_token(token_id, by=actor, reason=reason)
    typer.echo(f"revoked {row.pk} ({row.hint}…)")
