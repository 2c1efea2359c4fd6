"""Findings into PostgreSQL and compared with the sweep before.

Rows go by COPY into a temporary table and from there into the protected one: PostgreSQL takes no COPY under row-level
security, and this way its policies are asked for every row.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from pyarrow import csv

_COLUMNS = ("access_id", "finding", "severity", "provider_id", "domain", "evidence", "status")
_LIMITS = {"access_id": 80, "provider_id": 80, "domain": 300}
# What makes two findings of two sweeps the same. A shell filing has no access id: its domain tells it apart.
_KEY = "provider_id, access_id, finding, CASE WHEN access_id = '' THEN domain ELSE '' END"


def compare(directory: Path, previous: Path | None) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Findings with their status against the sweep before: all of this one in order, then the gone ones of that.

    ``directory`` and ``previous`` hold ``findings.parquet``; without a previous one everything is new.
    """
    import duckdb

    now = str(directory / "findings.parquet")
    with duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "1GB"}) as db:
        if previous is None:
            found = db.sql(
                "SELECT *, 'new' AS status FROM read_parquet(?, file_row_number = true) ORDER BY file_row_number",
                params=[now],
            )
            yield from (("new", batch) for batch in found.to_arrow_reader(65_536))
            return
        then = str(previous / "findings.parquet")
        keys = f"SELECT DISTINCT {_KEY} AS place FROM read_parquet(?)"
        db.execute(f"CREATE TABLE then_keys AS {keys}", [then])
        db.execute(f"CREATE TABLE now_keys AS {keys}", [now])
        same = (
            "k.provider_id = f.provider_id AND k.access_id = f.access_id AND k.finding = f.finding"
            " AND k.place = CASE WHEN f.access_id = '' THEN f.domain ELSE '' END"
        )
        found = db.sql(
            "SELECT f.*, CASE WHEN k.finding IS NULL THEN 'new' ELSE 'open' END AS status"
            f" FROM read_parquet(?, file_row_number = true) f LEFT JOIN then_keys k ON {same}"
            " ORDER BY f.file_row_number",
            params=[now],
        )
        yield from (("now", batch) for batch in found.to_arrow_reader(65_536))
        gone = db.sql(
            "SELECT f.*, 'gone' AS status FROM read_parquet(?, file_row_number = true) f"
            f" WHERE NOT EXISTS (SELECT 1 FROM now_keys k WHERE {same}) ORDER BY f.file_row_number",
            params=[then],
        )
        yield from (("gone", batch) for batch in gone.to_arrow_reader(65_536))


def store_findings(sweep_id: int, batches: Iterator[tuple[str, pa.RecordBatch]]) -> dict[str, int]:
    """Write findings of a sweep; the number of each status. Inside the caller's transaction, as its stated actor."""
    counts = {"new": 0, "open": 0, "gone": 0}
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE sweep_findings (row bigserial, access_id text, finding text, severity text,"
            " provider_id text, domain text, evidence text, status text) ON COMMIT DROP"
        )
        with cursor.copy(f"COPY sweep_findings ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT csv)") as copy:
            for _, batch in batches:
                table = pa.table({name: _fitted(name, batch[name]) for name in _COLUMNS})
                for row in pc.value_counts(table["status"]).to_pylist():
                    counts[row["values"]] += row["counts"]
                copy.write(_as_csv(table))
        cursor.execute(
            f"INSERT INTO sweeps_finding (sweep_id, {', '.join(_COLUMNS)})"
            f" SELECT %s, {', '.join(_COLUMNS)} FROM sweep_findings ORDER BY row",
            [sweep_id],
        )
        cursor.execute("DROP TABLE sweep_findings")
    return counts


def _fitted(name: str, column: Any) -> Any:
    column = pc.fill_null(column.cast(pa.string()), "")
    column = pc.replace_substring(column, "\x00", "")
    return pc.utf8_slice_codeunits(column, 0, _LIMITS[name]) if name in _LIMITS else column


def _as_csv(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    return sink.getvalue()


def discard_findings(sweep_id: int) -> None:
    """Remove what an interrupted run stored."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sweeps_finding WHERE sweep_id = %s", [sweep_id])


__all__ = ["compare", "discard_findings", "store_findings"]
