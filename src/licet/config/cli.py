"""``licet run`` and ``licet doctor``."""

from __future__ import annotations

import os
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this concept's commands to ``licet``."""
    app.command("run")(run)
    app.command("doctor")(doctor)


def run(
    port: Annotated[int | None, typer.Option(help="port of the web server; 0 takes a free one [default: 8080]",
                                             min=0, max=65535, show_default=False)] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="do not open a browser")] = False,
) -> None:
    """Run everything: database, web server, worker. Ctrl-C stops it."""
    from licet.config import run as running
    from licet.config.settings import ENV, LICET_HOME

    running.run(host=str(ENV["LICET_BIND"]), port=int(str(ENV["LICET_PORT"])) if port is None else port,
                home=LICET_HOME, say=_say, browse=not no_open)


def _say(text: str) -> None:
    typer.echo(text)


def doctor(json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False) -> None:
    """Check the installation; each row says what it means and how to repair it. Exit code 1 if a check fails."""
    from licet.config import doctor as checks
    from licet.config import settings  # noqa: F401 - a setting that cannot be used stops here, with its hint

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "licet.config.settings")
    import django

    django.setup()  # checks need it before the database is reached, and whether it is or not
    results = checks.examine()
    typer.echo(checks.as_json(results) if json else checks.as_text(results))
    if not all(result.ok for result in results):
        raise typer.Exit(1)
