"""What refused rows name, kept beside a load as Parquet: ``unread-*.parquet``, one row per named value.

Columns: ``line`` int64, of the file; ``what`` and ``value`` string; ``closes`` bool (see ``readable.Named``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from licet.registers.exchange.readable import READABLE, Named, names_of

if TYPE_CHECKING:
    from licet.registers.exchange.staging import Staged

_SCHEMA = pa.schema([("line", pa.int64()), ("what", pa.string()), ("value", pa.string()), ("closes", pa.bool_())])


def write_names(path: Path, names: Iterable[Named]) -> None:
    """Named values as Parquet; no file when there are none."""
    rows = [dataclasses.asdict(named) for named in names]
    if rows:
        pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), path, compression="zstd")


def write_names_of_lines(staged: Staged, name: str, lines: Sequence[int]) -> None:
    """Named values of rows that were read well and are refused all the same, because of another row."""
    wanted, found = pa.array(lines, pa.int64()), list[Named]()
    columns = READABLE.get(staged.kind.id, {}) if staged.kind.id != "access" else {}
    for path in staged.part_paths if columns and len(lines) else ():
        table = pq.read_table(path, columns=["line", *columns])
        for row in table.filter(pc.is_in(table["line"], wanted)).to_pylist():
            cells = {column: _listed(row[column]) if column == "domains" else row[column] for column in columns}
            found += names_of(staged.kind.id, row["line"], cells)
    write_names(staged.directory / f"unread-{name}.parquet", found)


def _listed(literal: str) -> list[str]:
    """The entries of a PostgreSQL array literal of domains."""
    return [entry.strip('"') for entry in literal.strip("{}").split(",") if entry]
