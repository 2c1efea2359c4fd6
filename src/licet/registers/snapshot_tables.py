"""What a register snapshot holds: one Parquet file per table, streamed from PostgreSQL by COPY in bounded memory."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import connection
from pyarrow import csv

_ITEM = "\x1f"  # stands between the items of a list in the stream; no register value may hold control characters
_BLOCK = 8 << 20  # bytes of COPY output parsed at a time
_ROWS = 2000  # rows taken from the connection at a time
_LIST = pa.list_(pa.string())
_TEXT, _DAY, _YEAR = pa.string(), pa.date32(), pa.int16()


@dataclasses.dataclass(frozen=True, kw_only=True)
class SnapshotTable:
    """One file of the snapshot: where its rows come from and the Arrow types of its columns."""

    name: str  # file name without .parquet
    kind: str  # the register (kind of load) its versions and dates belong to
    table: str  # table in PostgreSQL
    columns: dict[str, pa.DataType]
    renamed: dict[str, str] = dataclasses.field(default_factory=dict)  # column here -> SQL expression
    where: str = ""  # further condition
    distinct: bool = False
    every_day: bool = False  # all rows with their dates: whoever reads them knows which day counts

    def select(self) -> str:
        """The rows visible on a day, given twice as a parameter; without parameters for a table of every day."""
        parts = []
        for name, kind in self.columns.items():
            source = self.renamed.get(name, name)
            parts.append(f"array_to_string({source}, E'\\x1f')" if kind == _LIST else source)
        if self.every_day:
            return f"SELECT {', '.join(parts)} FROM {self.table} ORDER BY id"
        extra = f" AND {self.where}" if self.where else ""
        return (
            f"SELECT {'DISTINCT ' if self.distinct else ''}{', '.join(parts)} FROM {self.table}"
            f" WHERE since <= %s AND (until IS NULL OR until > %s){extra}"
        )


TABLES: tuple[SnapshotTable, ...] = (
    SnapshotTable(
        name="parties",
        kind="parties",
        table="parties_party",
        columns={"party_id": _TEXT, "kind": _TEXT, "name": _TEXT, "uscc": _TEXT, "region": _TEXT, "parent_id": _TEXT},
    ),
    SnapshotTable(
        name="licences",
        kind="licences",
        table="registers_licence",
        columns={
            "licence_no": _TEXT,
            "provider_id": _TEXT,
            "category": _LIST,
            "catalogue_year": _YEAR,
            "regions": _LIST,
            "valid_from": _DAY,
            "valid_to": _DAY,
            "status": _TEXT,
            "issuer": _TEXT,
        },
    ),
    SnapshotTable(
        name="annual_reviews",
        kind="annual_reviews",
        table="registers_annualreview",
        columns={"licence_no": _TEXT, "year": _YEAR, "result": _TEXT, "decided_on": _DAY},
    ),
    SnapshotTable(
        name="filings",
        kind="filings",
        table="registers_filing",
        columns={
            "filing_no": _TEXT,
            "subject_no": _TEXT,
            "subject_name": _TEXT,
            "subject_uscc": _TEXT,
            "subject_kind": _TEXT,
            "site_name": _TEXT,
            "domains": _LIST,
            "home_url": _TEXT,
            "provider_id": _TEXT,
            "addresses": _LIST,
            "service_kind": _TEXT,
            "filed_on": _DAY,
            "verified_on": _DAY,
            "status": _TEXT,
        },
    ),
    SnapshotTable(
        name="addresses",
        kind="addresses",
        table="registers_addressblock",
        renamed={"cidr": "cidr::text"},
        columns={"cidr": _TEXT, "holder_id": _TEXT, "kind": _TEXT, "valid_from": _DAY, "valid_to": _DAY},
    ),
    SnapshotTable(
        name="blacklist",
        kind="blacklist",
        table="registers_blacklistentry",
        renamed={"ground": "ground_id"},
        columns={
            "kind": _TEXT,
            "value": _TEXT,
            "ground": _TEXT,
            "decided_on": _DAY,
            "valid_to": _DAY,
            "decision_ref": _TEXT,
        },
    ),
    SnapshotTable(
        name="edges",
        kind="access",
        table="registers_accessrelation",
        distinct=True,
        columns={"provider_id": _TEXT, "upstream_provider_id": _TEXT},
        where="upstream_provider_id <> ''",
    ),
    SnapshotTable(
        name="unread",
        kind="unread",
        table="registers_unreadrow",
        every_day=True,
        columns={"kind": _TEXT, "what": _TEXT, "value": _TEXT, "line": pa.int64(), "file_name": _TEXT, "since": _DAY,
                 "until": _DAY},
    ),
)
TABLE_BY_NAME = {table.name: table for table in TABLES}


class _CopyStream(io.RawIOBase):
    """The bytes of a running COPY as a file, so that Arrow pulls them at its own pace."""

    def __init__(self, blocks: Iterator[Any]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if not self._rest:  # one message is one row: take many at a time
            self._rest = memoryview(b"".join(itertools.islice(self._blocks, _ROWS)))
        size = min(len(target), len(self._rest))
        target[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _lists(column: pa.Array) -> pa.Array:
    """Items of a joined text; a blank text is an empty list, not a list of one blank."""
    split = pc.split_pattern(pc.fill_null(column, ""), _ITEM)
    blank = pc.equal(pc.fill_null(column, ""), "")
    return pc.if_else(blank, pa.scalar([], _LIST), split) if pc.any(blank).as_py() else split


def _read_batches(table: SnapshotTable, stream: _CopyStream) -> Iterator[pa.RecordBatch]:
    """The stream's rows with the table's types. Unquoted nothing is null, quoted nothing is an empty text."""
    source = io.BufferedReader(stream, 1 << 20)
    if not source.peek(1):
        return
    types = {name: _TEXT if kind == _LIST else kind for name, kind in table.columns.items()}
    reader = csv.open_csv(
        pa.PythonFile(source, "r"),
        read_options=csv.ReadOptions(column_names=list(table.columns), block_size=_BLOCK, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=types, strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=False
        ),
    )
    schema = pa.schema(list(table.columns.items()))
    for batch in reader:
        columns = [
            _lists(column) if kind == _LIST else column
            for column, kind in zip(batch.columns, table.columns.values(), strict=True)
        ]
        yield pa.record_batch(columns, schema=schema)


def write_table(table: SnapshotTable, path: Path, *, on: dt.date, progress: Callable[[int], None] | None = None) -> int:
    """Write the rows visible on ``on`` to ``path`` (complete or not at all); the number of rows.

    Runs on Django's connection inside the caller's transaction. ``progress`` gets the rows written so far.
    """
    schema = pa.schema(list(table.columns.items()))
    temporary, rows = path.with_suffix(".new"), 0
    connection.ensure_connection()
    with (
        connection.connection.cursor() as cursor,
        pq.ParquetWriter(temporary, schema, compression="zstd") as writer,
        cursor.copy(f"COPY ({table.select()}) TO STDOUT (FORMAT csv)", None if table.every_day else [on, on]) as copy,
    ):
        for batch in _read_batches(table, _CopyStream(iter(copy))):
            writer.write_batch(batch)
            rows += batch.num_rows
            if progress:
                progress(rows)
    temporary.replace(path)
    return rows
