"""The ``licet`` command; each concept contributes its sub-commands. Exit codes: 0 done, 1 failure, 2 usage."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

import typer

from licet.core.errors import LicetError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Licet: the compliance and abuse desk for those who connect others to the internet.")

# Modules with a ``register(app)`` function. They import nothing heavy, so that `licet --help` answers at once.
CONCEPTS = ("licet.config.cli", "licet.parties.cli", "licet.registers.cli", "licet.gate.cli", "licet.sweeps.cli",
            "licet.journal.cli", "licet.casework.cli", "licet.orders.cli", "licet.evidence.cli", "licet.referrals.cli",
            "licet.standing.cli", "licet.notices.cli", "licet.hotline.cli")


_UsageError: Any = typer.BadParameter.__mro__[1]  # typer does not export it


def _assemble() -> typer.Typer:
    for name in CONCEPTS:
        importlib.import_module(name).register(app)
    return app


def main() -> None:
    """Run a command; a refusal is one line with its repair on standard error, with ``--json`` a document as well."""
    as_json = "--json" in sys.argv[1:]
    try:
        code = _assemble()(standalone_mode=not as_json)  # alone, typer prints what is wrong with a command line itself
    except LicetError as error:
        _refuse(error.code, error.message, error.hint, as_json=as_json)
        sys.exit(1)
    except _UsageError as error:
        shown = error.ctx.command_path if error.ctx else "licet"
        _refuse("usage", error.format_message(), f"see {shown} --help", as_json=as_json)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _refuse(code: str, message: str, hint: str, *, as_json: bool) -> None:
    sys.stderr.write(f"licet: {message}\n" + (f"  hint: {hint}\n" if hint else ""))
    if as_json:
        document = {"error": {"code": code, "message": message, "hint": hint}}
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
