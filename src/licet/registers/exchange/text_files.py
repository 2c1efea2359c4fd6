"""CSV and JSON lines."""

from __future__ import annotations

import codecs
import contextlib
import csv
import functools
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import csv as pa_csv

from licet.registers.exchange import readers
from licet.registers.exchange.errors import BrokenContainer, UnusableFile
from licet.registers.exchange.headers import HeaderMap, map_headers, resolve
from licet.registers.exchange.readers import ArrowCells, BatchBuilder, Opened, RawBatch, Rejection
from licet.registers.kinds import Kind

CELL_LIMIT = 16 << 20  # characters; a quoted cell that goes on longer was never closed
_DELIMITERS = ",;\t"
_SAMPLE_LINES = 1000
_BLOCK = 4 << 20
_LF = 10
_AFTER_LONE_CR = re.compile(r"(?<=\r)(?!\n)")


def open_csv(path: Path, kind: Kind, encoding: str, provided: frozenset[str]) -> Opened:
    """Columns and batches of a CSV file with a header line; comma, semicolon or tab."""
    with path.open(encoding=encoding, newline="") as file:
        first = next((line for line in file if line.strip()), "")
    if not first:
        raise UnusableFile(f"{path.name} is empty", hint="a file that says 'there are none' still has its header line")
    delimiter = max(_DELIMITERS, key=lambda mark: _recognised(kind, first, mark))
    headers = _header(path, encoding, delimiter)
    found = map_headers(kind, headers, provided)
    return found, functools.partial(_csv_batches, path, encoding, delimiter, found)


def _recognised(kind: Kind, line: str, delimiter: str) -> tuple[int, int]:
    cells = next(csv.reader([line], delimiter=delimiter), [])
    return sum(bool(resolve(kind, cell)) for cell in cells), len(cells)


def _header(path: Path, encoding: str, delimiter: str) -> list[str]:
    with path.open(encoding=encoding, newline="") as file:
        csv.field_size_limit(CELL_LIMIT)
        return next(row for row in csv.reader(file, delimiter=delimiter) if any(cell.strip() for cell in row))


class _Source:
    """The lines of a text file, and where the next one starts.

    A line ends with LF, CRLF or CR. ``at`` is the byte after the lines handed out; ``whole`` says that no part of a line
    that holds a lone CR is still to be handed out, so that bytes from ``at`` on are lines again.
    """

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self.file, self.encoding = file, encoding
        self.size = self.quotes = 0  # characters and quotation marks since the last record
        self.whole = True

    @property
    def at(self) -> int:
        """Bytes read."""
        return self.file.tell()

    def __iter__(self) -> Iterator[str]:
        for raw in self.file:
            text = raw.decode(self.encoding)
            parts = _AFTER_LONE_CR.split(text) if "\r" in text[:-2] else (text,)
            for number, line in enumerate(parts, start=1):
                self.whole = number == len(parts)
                self.size += len(line)
                self.quotes += line.count('"')
                yield line


class _Utf16Source(_Source):
    """UTF-16, where a line end is not one byte; nothing of it is read in bulk."""

    def __iter__(self) -> Iterator[str]:
        self.whole = False
        text = io.TextIOWrapper(self.file, encoding="utf-16", newline="")
        try:
            for line in text:
                self.size += len(line)
                self.quotes += line.count('"')
                yield line
        finally:
            text.detach()  # the file is closed by who opened it


def _csv_batches(path: Path, encoding: str, delimiter: str, found: HeaderMap, limit: int) -> Iterator[RawBatch]:
    """Batches of rows: in bulk while the lines are plain, record by record where they are not."""
    total = path.stat().st_size
    csv.field_size_limit(CELL_LIMIT)
    with path.open("rb") as file:
        if encoding == "utf-8-sig":
            file.seek(3)
        source = (_Utf16Source if encoding == "utf-16" else _Source)(file, encoding.removesuffix("-sig"))
        records = _Records(path, source, delimiter, found, limit)
        records.skip_header()
        ended = False
        while not ended:
            batch = _bulk(source, records.line, delimiter, found, limit) if source.whole else None
            if batch is None:
                batch, ended = records.batch()
            elif batch.lines:
                records.line, records.last = records.line + len(batch.lines), []
            else:
                records.check_end()
                return
            if batch.lines or batch.broken:
                batch.at, batch.total = min(total if ended else source.at, total), total
                yield batch


class _Records:
    """Reads record by record whatever a CSV file may hold."""

    def __init__(self, path: Path, source: _Source, delimiter: str, found: HeaderMap, limit: int) -> None:
        self.path, self.source, self.width = path, source, len(found.columns)
        self.builder = BatchBuilder(found.columns, limit)
        self.delimiter = delimiter
        self.line = 1  # of the next record
        self.rows: Iterator[list[str]] = csv.reader(source, delimiter=delimiter)
        self.last: list[str] = []
        self.quotes = 0
        self.read_lines = 0

    def skip_header(self) -> None:
        """Up to and including the first line that holds anything."""
        for _, row in self._next_rows():
            if not _is_blank(row):
                return

    def batch(self) -> tuple[RawBatch, bool]:
        """The next batch, and whether it is the last."""
        builder, ended = self.builder, True
        for start, row in self._next_rows():
            if _is_blank(row):
                continue
            if len(row) == self.width:
                builder.rows.append(row)
                builder.lines.append(start)
            else:
                builder.broken.append(_ragged(start, row, self.width))
            if builder.full:
                ended = False
                break
        return builder.take(0, 0), ended

    def _next_rows(self) -> Iterator[tuple[int, list[str]]]:
        """Records with the line each starts on; a reader of its own, for the lines read in bulk before are not its."""
        source = self.source
        if source.whole:
            self.rows, self.read_lines = csv.reader(source, delimiter=self.delimiter), 0
        try:
            for row in self.rows:
                start, taken = self.line, self.rows.line_num  # type: ignore[attr-defined]
                self.line += taken - self.read_lines
                self.read_lines = taken
                self.builder.size += source.size
                self.last, self.quotes = row, source.quotes
                source.size = source.quotes = 0
                yield start, row
            self.check_end()
        except csv.Error as error:
            raise self._broken(str(error)) from error
        except UnicodeError as error:
            raise BrokenContainer(f"{self.path.name}, near line {self.line}: {error}") from error


    def check_end(self) -> None:
        """At the end of the file: was the last cell closed? Raises :class:`BrokenContainer`."""
        if self.quotes % 2 and self.last and self.last[-1].endswith(("\n", "\r")):
            raise self._broken("the file ends inside a quoted cell")

    def _broken(self, reason: str) -> BrokenContainer:
        return BrokenContainer(f"{self.path.name}, line {self.line}: {reason}",
                               hint='nothing was imported; a cell opened with " is probably never closed')


def _is_blank(row: list[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip())


def _bulk(source: _Source, line: int, delimiter: str, found: HeaderMap, limit: int) -> RawBatch | None:
    """The next ``limit`` lines if each is one record without surprises; else ``None``, and nothing was read.

    Surprises: blank lines, lone CR, quotation marks inside a cell, cells without end, another number of cells. An empty
    batch means the end of the file.
    """
    start, width = source.at, len(found.columns)
    chunk, rows = _lines(source.file, limit)
    batch = None
    if not chunk:
        return RawBatch((), ArrowCells({}), [], 0, 0)
    if rows and width > 1 and _is_plain(chunk, delimiter):
        with contextlib.suppress(pa.ArrowException, UnicodeError):
            text = chunk if source.encoding == "utf-8" else chunk.decode(source.encoding).encode()
            cells = _parse(text, delimiter, found)
            if len(next(iter(cells.arrays.values()))) == rows:
                batch = RawBatch(range(line, line + rows), cells, [], 0, 0)
    source.file.seek(start if batch is None else start + len(chunk))
    return batch


def _lines(file: BinaryIO, limit: int) -> tuple[bytes, int]:
    """The next lines, ``limit`` of them unless the file ends or they are long, and how many they are (0: too long)."""
    blocks: list[bytes] = []
    count = size = 0
    most = readers.BATCH_BYTES
    while size < most and (block := file.read(min(_BLOCK, most))):
        ends = block.count(b"\n")
        if count + ends >= limit:
            at = int(np.flatnonzero(np.frombuffer(block, np.uint8) == _LF)[limit - count - 1])
            return b"".join([*blocks, block[: at + 1]]), limit
        blocks.append(block)
        count, size = count + ends, size + len(block)
    chunk = b"".join(blocks)
    if size >= most:
        return (chunk[: chunk.rfind(b"\n") + 1], count) if count else (chunk, 0)
    return chunk, count + (not chunk.endswith(b"\n"))


def _is_plain(chunk: bytes, delimiter: str) -> bool:
    """Whether every line is one record: no blank lines, no lone CR, quotation marks only around whole cells."""
    if chunk.startswith((b"\n", b"\r")) or b"\n\n" in chunk or b"\n\r" in chunk:
        return False
    if len(chunk) > CELL_LIMIT and max(map(len, chunk.split(b"\n"))) > CELL_LIMIT:
        return False
    if b"\r" in chunk and chunk.count(b"\r") != chunk.count(b"\r\n"):
        return False
    mark = re.escape(delimiter).encode()
    return b'"' not in chunk or bool(re.fullmatch(
        rb'(?:(?:"[^"\r\n]*+"|[^"\r\n' + mark + rb']*+)(?:' + mark + rb"|\r?\n|\Z))*+", chunk))


def _parse(text: bytes, delimiter: str, found: HeaderMap) -> ArrowCells:
    """Text columns of plain lines. Raises ``ArrowInvalid`` where a line has another number of cells than the header."""
    if text.startswith(codecs.BOM_UTF8):  # Arrow would take it for the mark of a file, and drop it
        raise pa.ArrowInvalid("a byte order mark in the middle of a file")
    names = [f"{number}" for number in range(len(found.columns))]
    wanted = {number: name for number, name in zip(names, found.columns, strict=True) if name}
    table = pa_csv.read_csv(
        pa.BufferReader(text),
        pa_csv.ReadOptions(column_names=names, block_size=len(text) + 1, use_threads=False),
        pa_csv.ParseOptions(delimiter=delimiter, double_quote=False, ignore_empty_lines=False),
        pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), include_columns=list(wanted),
                              strings_can_be_null=False, quoted_strings_can_be_null=False))
    table = table.combine_chunks()
    return ArrowCells({name: table.column(number).chunk(0) for number, name in wanted.items()})


def _ragged(line: int, row: list[str], width: int) -> Rejection:
    repair = ('put cells that contain the delimiter into "quotes"' if len(row) > width
              else "write every column; leave a cell blank where there is no value")
    return Rejection(line, "", "", f"the row has {len(row)} cells, the header {width}", repair)


def open_json_lines(path: Path, kind: Kind, encoding: str, provided: frozenset[str], *, none: bool = False) -> Opened:
    """Columns and batches of a file with one JSON object per line; ``none``: it may hold no object at all."""
    keys: dict[str, None] = {}
    objects = 0
    with path.open(encoding=encoding) as file:
        for _number, line in zip(range(_SAMPLE_LINES), file, strict=False):
            row = _object(line)
            objects += row is not None
            keys |= dict.fromkeys(row or {})
            if line.lstrip().startswith("["):
                raise UnusableFile(f"{path.name} is a JSON array", hint="write one object per line (JSON lines)")
    if not objects and not (none and not path.read_bytes().strip()):
        raise UnusableFile(f"{path.name} holds no JSON object in its first lines",
                           hint=f"write one object per line; {readers.SAY_NONE}")
    if not objects:  # this format has no header, so only the caller can say "there are none"
        return HeaderMap(tuple(column.name for column in kind.columns)), functools.partial(
            _json_batches, path, encoding, kind, ())
    found = map_headers(kind, list(keys), provided)
    ignored = tuple(key for key, name in zip(keys, found.columns, strict=True) if not name)
    return found, functools.partial(_json_batches, path, encoding, kind, ignored)


def _object(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _json_batches(path: Path, encoding: str, kind: Kind, ignored: tuple[str, ...], limit: int) -> Iterator[RawBatch]:
    total = path.stat().st_size
    names = (*(column.name for column in kind.columns), "_change")
    builder, at = BatchBuilder(names, limit, spreadsheet=False), 0
    meaning: dict[str, str] = dict.fromkeys(ignored, "")
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, start=1):
            at += len(line)
            builder.size += len(line)
            if not line.strip():
                continue
            row = _object(line)
            if row is None:
                builder.broken.append(Rejection(number, "", "", "the line is no JSON object",
                                                "write one complete object per line"))
            else:
                for key in row.keys() - meaning.keys():
                    meaning[key] = resolve(kind, key)
                cells = {meaning[key]: value for key, value in row.items() if meaning[key]}
                builder.rows.append([cells.get(name) for name in names])
                builder.lines.append(number)
            if builder.full:
                yield builder.take(min(at, total), total)
    if builder.started:
        yield builder.take(total, total)
