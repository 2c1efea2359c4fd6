"""CSV and JSON lines."""

from __future__ import annotations

import csv
import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from licet.registers.exchange.errors import BrokenContainer, UnusableFile
from licet.registers.exchange.headers import HeaderMap, map_headers, resolve
from licet.registers.exchange.readers import BatchBuilder, Opened, RawBatch, Rejection
from licet.registers.kinds import Kind

CELL_LIMIT = 16 << 20  # characters; a quoted cell that goes on longer was never closed
_DELIMITERS = ",;\t"
_SAMPLE_LINES = 1000


class _Lines:
    """The file's lines, counting what the CSV reader took since the last record."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.size = 0
        self.quotes = 0

    def __iter__(self) -> Iterator[str]:
        for line in self.file:
            self.size += len(line)
            self.quotes += line.count('"')
            yield line


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


def _csv_batches(path: Path, encoding: str, delimiter: str, found: HeaderMap, limit: int) -> Iterator[RawBatch]:
    total, width = path.stat().st_size, len(found.columns)
    builder = BatchBuilder(found.columns, limit)
    csv.field_size_limit(CELL_LIMIT)
    with path.open(encoding=encoding, newline="") as file:
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=delimiter)
        line, seen_header, quotes = 1, False, 0
        last: list[str] = []
        try:
            for row in reader:
                start, line = line, reader.line_num + 1
                builder.size += lines.size
                last, quotes = row, lines.quotes
                lines.size = lines.quotes = 0
                if not row or (len(row) == 1 and not row[0].strip()):
                    continue
                if not seen_header:
                    seen_header = True
                elif len(row) == width:
                    builder.rows.append(row)
                    builder.lines.append(start)
                else:
                    builder.broken.append(_ragged(start, row, width))
                if builder.full:
                    yield builder.take(min(os.lseek(file.fileno(), 0, os.SEEK_CUR), total), total)
            if quotes % 2 and last and last[-1].endswith(("\n", "\r")):
                raise csv.Error("the file ends inside a quoted cell")
        except csv.Error as error:
            raise BrokenContainer(f"{path.name}, line {line}: {error}",
                                  hint='nothing was imported; a cell opened with " is probably never closed') from error
        except UnicodeError as error:
            raise BrokenContainer(f"{path.name}, near line {line}: {error}") from error
    if builder.started:
        yield builder.take(total, total)


def _ragged(line: int, row: list[str], width: int) -> Rejection:
    repair = ('put cells that contain the delimiter into "quotes"' if len(row) > width
              else "write every column; leave a cell blank where there is no value")
    return Rejection(line, "", "", f"the row has {len(row)} cells, the header {width}", repair)


def open_json_lines(path: Path, kind: Kind, encoding: str, provided: frozenset[str]) -> Opened:
    """Columns and batches of a file with one JSON object per line."""
    keys: dict[str, None] = {}
    objects = 0
    with path.open(encoding=encoding) as file:
        for _number, line in zip(range(_SAMPLE_LINES), file, strict=False):
            row = _object(line)
            objects += row is not None
            keys |= dict.fromkeys(row or {})
            if line.lstrip().startswith("["):
                raise UnusableFile(f"{path.name} is a JSON array", hint="write one object per line (JSON lines)")
    if not objects and path.stat().st_size > 2:
        raise UnusableFile(f"{path.name} holds no JSON object in its first lines", hint="write one object per line")
    if not objects:  # an empty file of this format has no header: it says "there are none"
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
