"""Rows of one file compared with each other: repeated keys and overlapping validity.

Runs in DuckDB over the staged parts, so that millions of keys need a bounded amount of memory. An identical later row
is a repetition and only counted. Where rows of one key contradict each other nobody can tell which is right: all of them
are rejected. So are all rows whose validity overlaps.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from licet.registers.exchange.readers import Rejection
from licet.registers.exchange.staging import Staged, write_rejections
from licet.registers.exchange.unread_parts import write_names_of_lines
from licet.registers.kinds import Kind

MEMORY_LIMIT = "500MB"
_KEPT_IN_MEMORY = 200_000  # rejections written at a time


def compare_rows(staged: Staged) -> NDArray[np.int64]:
    """Lines of the staged rows that are not to be merged, sorted. Rejections are written beside the parts."""
    if not staged.rows:
        return np.empty(0, np.int64)
    with duck(staged.directory) as connection:
        connection.execute(_duplicates_sql(staged))
        rejected = _write(staged, "errors-duplicates", _duplicate_rejections(connection, staged.kind))
        staged.repeated = _count(connection, "SELECT count(*) FROM later WHERE agree")
        if staged.kind.period:
            connection.execute(_overlaps_sql(staged))
            rejected += _write(staged, "errors-overlaps", _overlap_rejections(connection))
        else:
            connection.execute("CREATE TEMP TABLE overlapping (line BIGINT)")
        staged.rejected += rejected
        refused = connection.execute("SELECT line FROM later WHERE NOT agree UNION SELECT line FROM overlapping").fetchnumpy()
        write_names_of_lines(staged, "compared", np.asarray(refused["line"], dtype=np.int64).tolist())
        lines = connection.execute("SELECT line FROM later UNION SELECT line FROM overlapping ORDER BY 1").fetchnumpy()
    return np.asarray(lines["line"], dtype=np.int64)


@contextlib.contextmanager
def duck(directory: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB with bounded memory that spills into ``directory``."""
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(directory / "spill"),
                                "threads": "2",
                                "preserve_insertion_order": "false"}) as connection:
        yield connection


def _parts(staged: Staged) -> str:
    names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in staged.part_paths)
    return f"read_parquet([{names}])"


def _key(kind: Kind) -> str:
    return f"concat_ws(chr(31), {', '.join(kind.by_name[name].attribute for name in kind.key)})"


def _duplicates_sql(staged: Staged) -> str:
    """Table ``later``: lines that are not merged. ``agree``: it repeats an earlier row; else ``other`` contradicts it."""
    parts, key = _parts(staged), _key(staged.kind)
    return f"""
    CREATE TEMP TABLE twice AS SELECT hash({key}) AS h FROM {parts} GROUP BY 1 HAVING count(*) > 1;
    CREATE TEMP TABLE later AS SELECT line, agree, CASE WHEN same THEN differs ELSE first_line END AS other FROM (
      SELECT line, first_line, same, bool_and(same) OVER k AS agree,
             min(CASE WHEN NOT same THEN line END) OVER k AS differs
      FROM (SELECT line, {key} AS key, first_value(line) OVER w AS first_line,
                   (content_hash, ending) = first_value((content_hash, ending)) OVER w AS same
            FROM {parts} WHERE hash({key}) IN (FROM twice) WINDOW w AS (PARTITION BY {key} ORDER BY line))
      WINDOW k AS (PARTITION BY key))
    WHERE line <> first_line OR NOT agree
    """


def _overlaps_sql(staged: Staged) -> str:
    """Table ``overlapping``: rows of one thing whose validity overlaps that of the row before or after (``other``)."""
    period = ", ".join(staged.kind.period)
    return f"""
    CREATE TEMP TABLE overlapping AS
    SELECT line, valid_from, CASE WHEN ends >= valid_from THEN before ELSE after END AS other FROM (
      SELECT line, valid_from, coalesce(valid_to, '9999-12-31') AS own, lag(line) OVER w AS before,
             lead(line) OVER w AS after, lead(valid_from) OVER w AS next,
             max(coalesce(valid_to, '9999-12-31')) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ends
      FROM {_parts(staged)} WHERE NOT ending AND line NOT IN (SELECT line FROM later)
      WINDOW w AS (PARTITION BY {period} ORDER BY valid_from, line))
    WHERE ends >= valid_from OR next <= own
    """


def _duplicate_rejections(connection: duckdb.DuckDBPyConnection, kind: Kind) -> Iterator[Rejection]:
    key = ", ".join(kind.key)
    for line, other in _rows(connection, "SELECT line, other FROM later WHERE NOT agree ORDER BY line"):
        yield Rejection(line, key, "", f"line {other} has the same {key} and says something else",
                        "keep the row that is right")


def _overlap_rejections(connection: duckdb.DuckDBPyConnection) -> Iterator[Rejection]:
    for line, start, other in _rows(connection, "SELECT line, valid_from, other FROM overlapping ORDER BY line"):
        yield Rejection(line, "valid_from", start, f"its validity overlaps that of line {other}",
                        "end one period before the other begins")


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Any, ...]]:
    reader: pa.RecordBatchReader = connection.sql(query).to_arrow_reader(10_000)
    for batch in reader:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _write(staged: Staged, name: str, rejections: Iterator[Rejection]) -> int:
    return write_in_slices(staged.directory, name, rejections)


def write_in_slices(directory: Path, name: str, rejections: Iterator[Rejection]) -> int:
    """Write rejections as ``name-N.parquet``; how many there were."""
    count, pending = 0, []
    for rejection in rejections:
        pending.append(rejection)
        count += 1
        if len(pending) >= _KEPT_IN_MEMORY:
            write_rejections(directory / f"{name}-{count}.parquet", pending)
            pending = []
    write_rejections(directory / f"{name}-{count}.parquet", pending)
    return count


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
