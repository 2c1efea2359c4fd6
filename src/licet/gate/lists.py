"""Reading a list to be judged: the same readers and checks as ``licet import access``, so all read the same files.

Row grain: one access relation. Rows that cannot be read go to ``errors.csv``; the rest is judged.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings

from licet.config.profile import load_profile
from licet.core.actors import Actor, Scope
from licet.core.errors import BadInput, NotAllowed
from licet.core.spreadsheet import SafeCsv
from licet.registers.exchange.cells import CellRules
from licet.registers.exchange.checking import Checker
from licet.registers.exchange.chinese import error_cells
from licet.registers.exchange.readers import Rejection, open_file, rejected_lines
from licet.registers.exchange.validation import Permitted
from licet.registers.kinds import KIND_BY_ID

BATCH_ROWS = 65_536
# A list need not name orders or services: a plain list of domains is one. A blank service is covered by any licence.
_OPTIONAL = frozenset({"access_id", "service_kind"})
ACCESS = dataclasses.replace(KIND_BY_ID["access"], columns=tuple(
    dataclasses.replace(column, required=False) if column.name in _OPTIONAL else column
    for column in KIND_BY_ID["access"].columns))
UNREAD = frozenset({"customer_name", "connected_on"})  # no rule reads these: a bad cell of them is left out
ERROR_COLUMNS = ("line", "field", "value", "reason", "repair")


@dataclasses.dataclass(frozen=True)
class ListBatch:
    """Consecutive rows of a list. ``rows`` has one text column per access column, '' = blank; ``lines`` where they stand.

    ``refused``: line → what could be read of a row that cannot be judged.
    """

    rows: pa.Table
    lines: list[int]
    refused: dict[int, dict[str, str]]
    rejections: list[Rejection]
    read: int  # rows of the file so far in this batch, rejected ones included
    done: float  # share of the file read, 0 to 1


def scope_of(actor: Actor, provider: str) -> str:
    """Whose list it is: ``provider``, or the only organisation a provider's officer acts for; '' = several.

    Raises :class:`NotAllowed` for somebody else's list and :class:`BadInput` when it must be named.
    """
    if actor.scope in {Scope.SYSTEM, Scope.NATIONAL}:
        return provider
    if actor.scope is Scope.ORGANISATION:
        if provider and provider not in actor.organisations:
            raise NotAllowed(f"you do not act for {provider}", hint="sweep your own organisation's list")
        if not provider and len(actor.organisations) != 1:
            raise BadInput("name the provider whose list this is", hint="the list of one provider at a time")
        return provider or actor.organisations[0]
    if actor.scope is Scope.REGIONAL and provider:
        return provider
    raise (
        BadInput("name the provider whose list this is", hint="choose a provider of your region")
        if actor.scope is Scope.REGIONAL
        else NotAllowed()
    )


def read_list(path: Path, *, provider: str) -> Iterator[ListBatch]:
    """The list in batches. ``provider`` fills a blank provider_id, and rows of another one are rejected.

    A blank access_id is the line, so that a finding can be traced to its row.

    Raises :class:`licet.registers.exchange.errors.UnusableFile` when the file as a whole cannot be used.
    """
    permitted = Permitted(owners=frozenset({provider}) if provider else None, provider=provider, acting_for=provider)
    checker = Checker(
        ACCESS, CellRules(load_profile()), key=settings.SECRETS["identifier_key"].encode(), permitted=permitted,
        unread=UNREAD)
    _, batches = open_file(path, ACCESS, provided=frozenset({"provider_id"}) if provider else frozenset())
    for raw in batches(BATCH_ROWS):
        found = checker.check(raw)
        columns: dict[str, Any] = {
            column.name: pc.fill_null(found.rows.column(column.attribute), "") for column in ACCESS.columns
        }
        lines = found.rows.column("line")
        columns["access_id"] = pc.if_else(pc.equal(columns["access_id"], ""), lines.cast(pa.string()), columns["access_id"])
        torn = {bad.line: {"provider_id": provider} for bad in raw.broken}
        yield ListBatch(pa.table(columns), lines.to_pylist(), torn | dict(found.unread), found.rejections, found.read,
                        min(1.0, raw.at / max(raw.total, 1)))


class ErrorsFile:
    """Every rejected cell with line, field, value, reason and repair. Made only when there is one; an old one goes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.unlink(missing_ok=True)
        self.rows = 0
        self.lines: set[int] = set()

    def write(self, rejections: list[Rejection]) -> None:
        """Append rejections."""
        if not rejections:
            return
        with self.path.open("a" if self.rows else "w", newline="", encoding="utf-8") as file:
            writer = SafeCsv(file)
            if not self.rows:
                writer.writerow(ERROR_COLUMNS)
            for bad in sorted(rejections, key=lambda one: one.line):
                writer.writerow(error_cells(bad.line, bad.field, bad.value, bad.reason, bad.repair))
        self.rows += len(rejections)
        self.lines |= rejected_lines(rejections)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
