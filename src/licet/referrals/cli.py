"""``licet referrals``: the sending desk's list; keys and packages of a police desk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

referrals = typer.Typer(no_args_is_help=True, help="Cases handed to police desks as sealed packages.")
Json = Annotated[bool, typer.Option("--json", help="machine-readable output, nothing else on standard output")]


def register(app: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    app.add_typer(referrals, name="referrals")


@referrals.command("list")
def list_referrals(
    state: Annotated[str, typer.Option(help="only this state")] = "",
    limit: Annotated[int, typer.Option(min=1, help="at most so many")] = 50,
    as_json: Json = False,
) -> None:
    """List referrals, newest first; --json prints one document per line."""
    _connect()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.referrals import selectors

    with acting_as(operator()):
        found = selectors.referrals().filter(state=state) if state else selectors.referrals()
        for row in found[:limit]:
            document = {"number": row.number, "state": row.state, "case": row.case_number, "desk": row.desk_id,
                        "police": row.police_id, "sent_at": row.sent_at, "receipt_no": row.receipt_no,
                        "reply_due_at": row.reply_due_at, "result": row.result, "document_no": row.document_no}
            typer.echo(json.dumps(document, default=str, ensure_ascii=False) if as_json else "\t".join(
                (row.number, row.state, row.police_id or "-", row.subject, row.problem)))


@referrals.command("keygen")
def keygen(out: Annotated[Path, typer.Argument(help="file for the private key; it must not exist")]) -> None:
    """Make a police desk's key pair. Prints the public key; the private one stays in the file. Needs no database."""
    import base64
    import os

    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    from licet.core.errors import BadInput

    private = X25519PrivateKey.generate()
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BadInput(f"{out} is there already", hint="name a new file") from error
    with os.fdopen(handle, "w") as file:
        file.write(base64.b64encode(private.private_bytes_raw()).decode() + "\n")
    typer.echo(base64.b64encode(private.public_key().public_bytes_raw()).decode())


@referrals.command("set-key")
def set_key(
    party: Annotated[str, typer.Argument(help="party_id of the police desk")],
    public_key: Annotated[str, typer.Argument(help="what `licet referrals keygen` printed")],
) -> None:
    """Encrypt packages for a police desk to this key from now on."""
    _connect()
    from licet.core import clock
    from licet.core.operator import operator
    from licet.referrals import services

    services.set_key(party, public_key, actor=operator(), at=clock.now())
    typer.echo(f"{party}: packages are encrypted to this key")


@referrals.command("open")
def open_file(
    package: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a .sealed package")],
    key: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="the private key of `licet referrals keygen`")],
    out: Annotated[Path, typer.Option(help="the .zip to write; it must not exist")],
) -> None:
    """Open an encrypted package and print the SHA-256 the receipt must name. Needs no database."""
    import base64
    import hashlib

    from licet.core.errors import BadInput
    from licet.referrals.packages import open_package

    if out.exists():
        raise BadInput(f"{out} is there already", hint="name a new file")
    digest, part = hashlib.sha256(), out.with_name(out.name + ".part")
    try:
        private = base64.b64decode(key.read_text().strip(), validate=True)
        with package.open("rb") as source, part.open("xb") as target:
            for piece in open_package(private, source):
                digest.update(piece)
                target.write(piece)
        part.replace(out)
    except ValueError as error:
        raise BadInput(f"{key} holds no private key") from error
    finally:
        part.unlink(missing_ok=True)
    typer.echo(digest.hexdigest())
    typer.echo(f"check it with: licet evidence verify {out}", err=True)


def _connect() -> None:
    from licet.config.bootstrap import connect_database

    connect_database()
