"""The files of a sweep: findings as CSV and Parquet (``workbook`` makes XLSX of these).

One row per finding, columns ``tables.FINDING_COLUMNS``.

Written batch by batch, so that memory does not grow with the list. No cell of a CSV can start a formula.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from licet.core.language import language
from licet.core.spreadsheet import safe_columns
from licet.gate.texts import evidence_text
from licet.sweeps.tables import FINDING_COLUMNS

SCHEMA = pa.schema([(name, pa.string()) for name in FINDING_COLUMNS])
_BATCH = 65_536


class FindingsFiles:
    """Writes findings.parquet and, when asked, findings.csv side by side; use as a context manager."""

    def __init__(self, directory: Path, *, with_csv: bool) -> None:
        self.directory = directory
        self.with_csv = with_csv
        self.rows = 0
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> FindingsFiles:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._parquet = self._stack.enter_context(
            pq.ParquetWriter(self.directory / "findings.parquet", SCHEMA, compression="zstd")
        )
        if self.with_csv:
            sink = self._stack.enter_context(pa.OSFile(str(self.directory / "findings.csv"), "wb"))
            self._csv = self._stack.enter_context(csv.CSVWriter(sink, SCHEMA))
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.close()

    def write(self, findings: pa.Table) -> None:
        """Append findings; extra columns are left out."""
        table = findings.select(list(FINDING_COLUMNS)).cast(SCHEMA)
        self._parquet.write_table(table)
        if self.with_csv:
            self._csv.write_table(safe_columns(said_findings(table)))
        self.rows += table.num_rows


def said_findings(findings: pa.Table) -> pa.Table:
    """The findings with their evidence in the active language, as their remedies are; it is kept in English."""
    if language() == "en":
        return findings
    pairs = zip(findings["finding"].to_pylist(), findings["evidence"].to_pylist(), strict=True)
    said = pa.array([evidence_text(finding, evidence) for finding, evidence in pairs], pa.string())
    return findings.set_column(FINDING_COLUMNS.index("evidence"), "evidence", said)


def stored_findings(directory: Path) -> Iterator[pa.RecordBatch]:
    """The findings of findings.parquet, in order."""
    with pq.ParquetFile(directory / "findings.parquet") as file:
        yield from file.iter_batches(_BATCH)
