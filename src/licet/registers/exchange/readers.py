"""Files to batches of raw rows, in bounded memory: CSV, XLSX, Parquet, JSON lines.

Row grain: one record of the file. A batch holds, per canonical column the file has, a list of raw cells (text as
written; dates, numbers and lists where the format has them) and the line each row starts on. Rows that cannot be read
at all come back as ``broken``. A file that is damaged as a whole raises :class:`UnusableFile` and yields nothing more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licet.registers.exchange.encoding import encoding_of
from licet.registers.exchange.errors import BrokenContainer, UnusableFile
from licet.registers.exchange.headers import HeaderMap
from licet.registers.kinds import Kind

if TYPE_CHECKING:  # pages load this module; only those who read files need the library
    import pyarrow as pa

SAY_NONE = "to say that there are none, hand in a CSV with only its header line, or JSON lines with --none"
BATCH_BYTES = 48 << 20  # a batch ends here even when it has few rows: cells may be huge
SUFFIXES = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".parquet": "parquet", ".pq": "parquet",
            ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclasses.dataclass(frozen=True)
class Rejection:
    """Why one cell (or, with field '', a whole row) was not taken, and the repair.

    ``kept``: the row was taken without this cell, or without what of it is named here.
    """

    line: int
    field: str
    value: str
    reason: str
    repair: str
    kept: bool = False


def rejected_lines(rejections: Iterable[Rejection]) -> set[int]:
    """Lines of the rows that were not taken."""
    return {bad.line for bad in rejections if not bad.kept}


class ArrowCells(Mapping[str, list[Any]]):
    """Cells of a batch as Arrow text columns ('' = blank); looked up by name they are lists, like any other batch's."""

    def __init__(self, arrays: Mapping[str, pa.StringArray]) -> None:
        """``arrays``: canonical column name to cells, without nulls."""
        self.arrays = dict(arrays)

    def __getitem__(self, name: str) -> list[Any]:
        cells: list[Any] = self.arrays[name].to_pylist()
        return cells

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)


@dataclasses.dataclass
class RawBatch:
    """Consecutive rows of a file. ``at`` and ``total`` say how far the file is read (bytes or rows).

    ``spreadsheet``: the format is opened in spreadsheets, where a cell's first character can make it a formula.
    """

    lines: Sequence[int]
    cells: Mapping[str, list[Any]]
    broken: list[Rejection]
    at: int
    total: int
    spreadsheet: bool = True

    @property
    def read(self) -> int:
        """Rows read, broken ones included."""
        return len(self.lines) + len({bad.line for bad in self.broken})


@dataclasses.dataclass
class BatchBuilder:
    """Collects rows until a batch is full. Rows are sequences aligned with ``columns`` ('' = ignored column)."""

    columns: Sequence[str]
    limit: int
    spreadsheet: bool = True
    rows: list[Sequence[Any]] = dataclasses.field(default_factory=list)
    lines: list[int] = dataclasses.field(default_factory=list)
    broken: list[Rejection] = dataclasses.field(default_factory=list)
    size: int = 0

    @property
    def full(self) -> bool:
        """Whether the batch should be handed on."""
        return len(self.lines) + len(self.broken) >= self.limit or self.size >= BATCH_BYTES

    @property
    def started(self) -> bool:
        """Whether anything was collected since the last batch."""
        return bool(self.lines or self.broken)

    def take(self, at: int, total: int) -> RawBatch:
        """The batch so far; the builder starts anew."""
        transposed = list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self.columns)
        cells = {name: list(column) for name, column in zip(self.columns, transposed, strict=True) if name}
        batch = RawBatch(self.lines, cells, self.broken, at, total, self.spreadsheet)
        self.rows, self.lines, self.broken, self.size = [], [], [], 0
        return batch


def format_of(path: Path) -> str:
    """csv, xlsx, parquet or jsonl: by name, and the first bytes must agree. Raises :class:`UnusableFile`."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise UnusableFile(f"{path} cannot be opened: {error.strerror}", hint="check the path") from error
    if not start:
        raise BrokenContainer(f"{path.name} is empty, as a transfer that broke off leaves it", hint=SAY_NONE)
    named = SUFFIXES.get(path.suffix.lower())
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnusableFile(f"{path.name} is an old .xls or a password-protected workbook",
                           hint="save it as .xlsx without a password")
    seen = "xlsx" if start.startswith(b"PK\x03\x04") else "parquet" if start.startswith(b"PAR1") else ""
    if named in {"xlsx", "parquet"} and seen != named:
        what = "a workbook (not a zip file)" if named == "xlsx" else "a Parquet file (no PAR1 mark)"
        raise BrokenContainer(f"{path.name} is not {what}")
    if named in {"csv", "jsonl"} and seen:
        raise BrokenContainer(f"{path.name} is {seen} inside", hint=f"give it the ending .{seen}")
    if named or seen:
        return named or seen
    return "jsonl" if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") else "csv"


def is_empty_json_lines(path: Path) -> bool:
    """A file of JSON lines without a byte; :func:`format_of` takes none of these."""
    return SUFFIXES.get(path.suffix.lower()) == "jsonl" and path.is_file() and path.stat().st_size == 0


Opened = tuple[HeaderMap, Callable[[int], Iterator[RawBatch]]]


def open_file(path: Path, kind: Kind, *, provided: frozenset[str] = frozenset(), none: bool = False) -> Opened:
    """The file's columns and a function giving its batches of at most so many rows.

    ``provided`` names required columns the caller fills in (the owner, with ``--provider``). ``none``: JSON lines, which
    have no header, may hold no row and so say that there are none. Raises :class:`UnusableFile`; the batches may too.
    """
    wanted = "jsonl" if none and is_empty_json_lines(path) else format_of(path)
    if wanted == "csv":
        from licet.registers.exchange.text_files import open_csv

        return open_csv(path, kind, encoding_of(path), provided)
    if wanted == "jsonl":
        from licet.registers.exchange.text_files import open_json_lines

        return open_json_lines(path, kind, encoding_of(path), provided, none=none)
    if wanted == "xlsx":
        from licet.registers.exchange.workbooks import open_workbook

        return open_workbook(path, kind, provided)
    from licet.registers.exchange.parquet_files import open_parquet

    return open_parquet(path, kind, provided)
