"""``licet user add``: add a person from the server's command line."""

from __future__ import annotations

from typing import Annotated

import typer

from licet.parties import cli_tokens

user = typer.Typer(no_args_is_help=True, help="People who sign in.")


def register(app: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    app.add_typer(user, name="user")
    cli_tokens.register(app)


@user.command("add")
def add(
    name: Annotated[str, typer.Argument(help="user name")],
    party: Annotated[str, typer.Option(help="party_id of the organisation they act for")] = "authority",
    role: Annotated[list[str] | None, typer.Option(help="role in it; repeat for several")] = None,
    password_stdin: Annotated[bool, typer.Option(help="read the first password from standard input")] = False,
) -> None:
    """Add a person with roles in an organisation; prints a first password that must be changed."""
    import secrets
    import sys

    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.parties.services import add_person

    password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(12)
    with acting_as(operator()) as actor:
        add_person(name, password=password, party_id=party, roles=tuple(role or ["observer"]), by=actor)
    typer.echo(f"added {name}" if password_stdin else f"added {name}; first password: {password}")


@user.command("list")
def show() -> None:
    """List people and their roles."""
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.core.rls import acting_as
    from licet.parties.models import Membership

    with acting_as(operator()):
        for row in Membership.objects.filter(ended_at__isnull=True).select_related("user").order_by("user__username"):
            typer.echo(f"{row.user.get_username()}\t{row.party_id}\t{row.role}")
