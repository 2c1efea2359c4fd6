"""No cell of an exported table may start a formula: spreadsheets run those when the file is opened, or when the cell is
edited and saved again. Every CSV and every workbook is written through this module; a test finds those that are not.
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

SHEET_ROWS = 1_048_575  # what a worksheet holds below its header
CELL_LENGTH = 32_767  # characters of a cell of a workbook

# What spreadsheets take for the start of a formula or command, also behind blanks and in full width.
_STARTS = re.compile(r"[\s']*[=+\-@＝＋－＠\t\r]")
_MAY_START = r"^[\s\pZ\pC']*[=+\-@＝＋－＠\t\r]"  # RE2: every text that _STARTS matches
_ESCAPED = re.compile(r"'[\s']*[=+\-@＝＋－＠\t\r]")
_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def spreadsheet_safe(value: str) -> str:
    """The text with an apostrophe before it if a spreadsheet would run it. Negative numbers stay numbers."""
    if _STARTS.match(value) and not _PLAIN_NUMBER.fullmatch(value):
        return "'" + value
    return value


def starts_formula(value: str) -> bool:
    """Whether a spreadsheet would take the text for a formula."""
    return bool(_STARTS.match(value)) and not value.startswith("'") and not _PLAIN_NUMBER.fullmatch(value)


def spreadsheet_plain(value: str) -> str:
    """Takes back what :func:`spreadsheet_safe` put before the text."""
    return value[1:] if _ESCAPED.match(value) and not _PLAIN_NUMBER.fullmatch(value) else value


def visible(value: str) -> str:
    """The text with its control characters written out, like ``\\u0000``; tabs and line feeds stay."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", value)


class SafeCsv:
    """A CSV writer, RFC 4180 as ``csv.writer`` has it; texts pass :func:`spreadsheet_safe`, numbers stay as they are."""

    def __init__(self, stream: Any) -> None:
        """``stream`` is opened with ``newline=""``, or anything with a ``write``."""
        self._writer = csv.writer(stream)

    def writerow(self, row: Iterable[object]) -> Any:
        """One row; what the stream's ``write`` gave."""
        return self._writer.writerow([spreadsheet_safe(cell) if isinstance(cell, str) else cell for cell in row])

    def writerows(self, rows: Iterable[Iterable[object]]) -> None:
        """Rows, one after the other."""
        for row in rows:
            self.writerow(row)


@contextlib.contextmanager
def safe_workbook(target: Any) -> Iterator[Any]:
    """A workbook whose cells are written row by row with :func:`write_cell`; ``target`` is a path or a binary stream."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as book:
        yield book


def write_cell(sheet: Any, row: int, column: int, text: str, *style: Any) -> None:
    """A text cell that stays a text when somebody edits it; what is too long for a cell is cut."""
    sheet.write_string(row, column, spreadsheet_safe(text)[:CELL_LENGTH], *style)


def safe_columns(table: pa.Table) -> pa.Table:
    """A table of texts in which every cell has passed :func:`spreadsheet_safe`."""
    import pyarrow as pa

    return pa.table({name: _safe_column(table[name]) for name in table.column_names})


def _safe_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    suspect = pc.fill_null(pc.match_substring_regex(column, _MAY_START), fill_value=False)
    if not pc.any(suspect).as_py():
        return column
    safe = pa.array([spreadsheet_safe(text) for text in column.filter(suspect).to_pylist()], column.type)
    whole, mask = column.combine_chunks(), suspect.combine_chunks()
    return pa.chunked_array([pc.replace_with_mask(whole, mask, safe)])
