"""A register to a file in the canonical columns, so that what one desk exports another imports.

Streams from the database; memory does not grow with the register. CSV and XLSX cells never start a formula: an
apostrophe is put before them, and ``import`` takes it away again. Parquet and JSON lines hold the values as they are.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection

from licet.core.actors import Actor, Scope
from licet.core.errors import BadInput, NotAllowed
from licet.core.rls import acting_as
from licet.core.spreadsheet import SHEET_ROWS, SafeCsv, safe_workbook, write_cell
from licet.registers.exchange.headers import CHANGE
from licet.registers.exchange.readers import SUFFIXES
from licet.registers.kinds import Column, Kind

Format = Literal["csv", "xlsx", "parquet", "jsonl"]
FORMATS: tuple[Format, ...] = ("csv", "xlsx", "parquet", "jsonl")
SLICE = 5_000  # rows fetched and written at a time
Row = tuple[Any, ...]


def export_kind(kind: str, *, actor: Actor, out: Path | BinaryIO, since: int | None = None,
                as_of: dt.date | None = None, file_format: str = "", provider: str = "") -> int:
    """Write the register ``kind`` as the actor may see it; the cursor for the next ``since``.

    ``since``: only records that changed after that cursor, with a column ``_change`` (added, changed, ended); for
    ended ones the row as it last was. ``as_of``: the register of that day. ``provider``: only that provider's rows.
    ``out``: a path (the format follows its ending; it appears when it is complete) or a binary stream.
    """
    from licet.registers.exchange.services import find_kind

    row = find_kind(kind)
    if since is not None and as_of is not None:
        raise BadInput("since and as_of exclude each other", hint="a delta leads to the present register")
    if actor.scope is Scope.NOBODY:
        raise NotAllowed("sign in to export registers")
    chosen = format_for(out, file_format)
    with acting_as(actor), contextlib.ExitStack() as stack:
        stream = stack.enter_context(_replacing(out)) if isinstance(out, Path) else out
        cursor = _cursor_now(row)
        rows = _rows(row, since=since, cursor=cursor, as_of=as_of, provider=provider)
        _WRITERS[chosen](row, rows, stream, since is not None)
    return cursor


def format_for(out: Path | BinaryIO, file_format: str) -> Format:
    """The format asked for, or the one the path's ending names. Raises :class:`BadInput`."""
    wanted = file_format or (SUFFIXES.get(out.suffix.lower(), "") if isinstance(out, Path) else "csv")
    for known in FORMATS:
        if wanted == known:
            return known
    raise BadInput(f"the format {file_format or str(out)!r} is not known", hint=f"formats: {' '.join(FORMATS)}")


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its place only when it was written to its end."""
    handle, temporary = tempfile.mkstemp(prefix=".licet-export-", dir=path.parent or Path())
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _cursor_now(kind: Kind) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(change_seq), 0) FROM {kind.model_class._meta.db_table}")
        return int(cursor.fetchone()[0])


def _rows(kind: Kind, *, since: int | None, cursor: int, as_of: dt.date | None, provider: str) -> Iterator[list[Row]]:
    """Slices of rows: canonical values (text, lists, dates), and the change in front for a delta."""
    table = kind.model_class._meta.db_table
    chosen = ", ".join(_expression(column) for column in kind.columns)
    keys = [kind.by_name[name].attribute for name in kind.key]
    order = ", ".join(f"m.{name}" for name in keys)
    same = " AND ".join(f"v.{name} = m.{name}" for name in keys)
    values: dict[str, Any] = {"since": since, "cursor": cursor, "day": as_of, "provider": provider}
    if since is not None:
        change = (f"CASE WHEN m.until IS NOT NULL THEN 'ended' WHEN EXISTS (SELECT 1 FROM {table} v WHERE {same}"
                  " AND v.since < m.since) THEN 'changed' ELSE 'added' END")
        where = ("m.change_seq > %(since)s AND m.change_seq <= %(cursor)s AND (m.until IS NULL OR NOT EXISTS"
                 f" (SELECT 1 FROM {table} v WHERE {same} AND v.since > m.since))")
    else:
        change = "''"
        where = "m.since <= %(day)s AND (m.until IS NULL OR m.until > %(day)s)" if as_of else "m.until IS NULL"
    if provider:
        where += f" AND m.{kind.owner_column or _no_owner(kind)} = %(provider)s"
    with connection.chunked_cursor() as query:
        query.execute(f"SELECT {change}, {chosen} FROM {table} m WHERE {where} ORDER BY {order}", values)
        while rows := query.fetchmany(SLICE):
            yield rows


def _no_owner(kind: Kind) -> str:
    raise BadInput(f"{kind.id} are not kept by provider", hint="leave the provider out")


def _expression(column: Column) -> str:
    name = f"m.{column.attribute}"
    if column.type == "ip":
        return f"coalesce(host({name}), '')"
    if column.type == "cidr":
        return f"{name}::text"
    return f"nullif({name}, '{column.default}')" if column.default else name


def _headers(kind: Kind, delta: bool) -> list[str]:
    return [*([CHANGE] if delta else []), *(column.name for column in kind.columns)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _write_csv(kind: Kind, slices: Iterator[list[Row]], stream: BinaryIO, delta: bool) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    writer = SafeCsv(text)
    writer.writerow(_headers(kind, delta))
    start = 0 if delta else 1
    for rows in slices:
        writer.writerows([_text(value) for value in row[start:]] for row in rows)
    text.flush()
    text.detach()


def _write_json_lines(kind: Kind, slices: Iterator[list[Row]], stream: BinaryIO, delta: bool) -> None:
    names, start = _headers(kind, delta), 0 if delta else 1
    for rows in slices:
        for row in rows:
            document = dict(zip(names, row[start:], strict=True))
            stream.write(json.dumps(document, ensure_ascii=False, default=_text).encode() + b"\n")


def _write_workbook(kind: Kind, slices: Iterator[list[Row]], stream: BinaryIO, delta: bool) -> None:
    start, at = 0 if delta else 1, 0
    with safe_workbook(stream) as book:
        sheet = book.add_worksheet(kind.id)
        for column, name in enumerate(_headers(kind, delta)):
            write_cell(sheet, 0, column, name)
        sheet.freeze_panes(1, 0)
        for rows in slices:
            for row in rows:
                at += 1
                if at > SHEET_ROWS:
                    raise BadInput(f"{kind.id} have more rows than a workbook holds", hint="export CSV or Parquet")
                for column, value in enumerate(row[start:]):
                    write_cell(sheet, at, column, _text(value))


_ARROW: dict[str, pa.DataType] = {"date": pa.date32(), "year": pa.int16()}


def _write_parquet(kind: Kind, slices: Iterator[list[Row]], stream: BinaryIO, delta: bool) -> None:
    types = [*([pa.string()] if delta else []),
             *(pa.list_(pa.string()) if column.is_list else _ARROW.get(column.type, pa.string())
               for column in kind.columns)]
    schema = pa.schema(list(zip(_headers(kind, delta), types, strict=True)))
    start = 0 if delta else 1
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for rows in slices:
            columns = list(zip(*rows, strict=True))[start:]
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


_WRITERS: dict[Format, Callable[[Kind, Iterator[list[Row]], BinaryIO, bool], None]] = {
    "csv": _write_csv, "jsonl": _write_json_lines, "xlsx": _write_workbook, "parquet": _write_parquet}
