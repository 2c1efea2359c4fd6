"""The files of a sweep: findings as CSV, Parquet and XLSX. One row per finding, columns ``tables.FINDING_COLUMNS``.

Written batch by batch, so that memory does not grow with the list. No cell of a CSV or workbook can start a formula.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from licet.core.spreadsheet import SHEET_ROWS, safe_columns, safe_workbook, write_cell
from licet.gate.texts import evidence_text, language
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
            self._csv.write_table(safe_columns(_said(table)))
        self.rows += table.num_rows


def _said(findings: pa.Table) -> pa.Table:
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


def write_workbook(directory: Path, *, sheet_rows: int = SHEET_ROWS) -> Path:
    """findings.xlsx from findings.parquet; a new sheet whenever one is full. Every cell is text."""
    path = directory / "findings.xlsx"
    with safe_workbook(path) as book:
        bold = book.add_format({"bold": True})
        sheet, row, number = None, sheet_rows, 0
        for batch in stored_findings(directory):
            said = _said(pa.Table.from_batches([batch]))
            for cells in zip(*(column.to_pylist() for column in said.columns), strict=True):
                if row == sheet_rows:
                    number += 1
                    sheet, row = _new_sheet(book, number, bold), 0
                row += 1
                for column, cell in enumerate(cells):
                    write_cell(sheet, row, column, cell)
        if sheet is None:
            _new_sheet(book, 1, bold)
    return path


def _new_sheet(book: Any, number: int, bold: Any) -> Any:
    sheet = book.add_worksheet("findings" if number == 1 else f"findings {number}")
    for column, (name, width) in enumerate(zip(FINDING_COLUMNS, (16, 28, 10, 20, 32, 60, 28, 60), strict=True)):
        sheet.set_column(column, column, width)
        write_cell(sheet, 0, column, name, bold)
    sheet.freeze_panes(1, 0)
    return sheet
