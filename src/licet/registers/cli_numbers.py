"""``licet numbers``: filing and licence numbers a page shows."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from licet.core.errors import BadInput, NotFound


def numbers(
    file: Annotated[str, typer.Argument(help="A page or text file; '-' reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")] = False,
) -> None:
    """Filing and licence numbers a page shows, canonical, one per line."""
    from licet.config.profile import load_profile
    from licet.core import clock
    from licet.registers.identifiers import NumberFormats, decode_page, numbers_report

    page, profile = decode_page(_bytes_of(file)), load_profile()
    formats = NumberFormats.from_toml(profile.numbers)
    found = numbers_report(page, formats, clock.today(profile.time_zone))
    if not found:
        typer.echo("The page shows no filing or licence number.", err=True)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for number in found:
        typer.echo(number["canonical"])


def _bytes_of(file: str) -> bytes:
    """The file's content. Raises ``NotFound`` or ``BadInput`` with the repair."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except FileNotFoundError:
        raise NotFound(f"There is no file {file}.", hint="Check the path, or give - to read standard input.") from None
    except OSError as failed:
        hint = "Give a file that can be read, or - for standard input."
        raise BadInput(f"{file} cannot be read: {failed.strerror}.", hint=hint) from failed
