"""The ``licet`` command; each concept contributes its sub-commands. Exit codes: 0 done, 1 failure, 2 usage."""

from __future__ import annotations

import importlib
import sys

import typer

from licet.core.errors import LicetError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Licet: the compliance and abuse desk for those who connect others to the internet.")

# Modules with a ``register(app)`` function. They import nothing heavy, so that `licet --help` answers at once.
CONCEPTS = ("licet.config.cli", "licet.parties.cli", "licet.registers.cli", "licet.gate.cli", "licet.sweeps.cli",
            "licet.journal.cli", "licet.casework.cli", "licet.orders.cli", "licet.evidence.cli", "licet.referrals.cli",
            "licet.standing.cli", "licet.notices.cli", "licet.hotline.cli")


def _assemble() -> typer.Typer:
    for name in CONCEPTS:
        importlib.import_module(name).register(app)
    return app


def main() -> None:
    """Run a command; a refusal is one line with its repair on standard error."""
    try:
        _assemble()()
    except LicetError as error:
        sys.stderr.write(f"licet: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"  hint: {error.hint}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
