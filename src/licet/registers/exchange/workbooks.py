"""XLSX: the first sheet, values as stored; cells that hold a formula are refused, for nobody signed their result."""

from __future__ import annotations

import functools
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import python_calamine as calamine

from licet.registers.exchange.errors import BrokenContainer, UnusableFile
from licet.registers.exchange.headers import HeaderMap, map_headers
from licet.registers.exchange.readers import BatchBuilder, Opened, RawBatch, Rejection
from licet.registers.kinds import Kind

UNPACKED_LIMIT = 4 << 30  # bytes a workbook may unpack to; a small file beyond it is a bomb, not a register
_SHEET_NS: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK_NS: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_CELL = re.compile(r"([A-Z]+)(\d+)")


def open_workbook(path: Path, kind: Kind, provided: frozenset[str]) -> Opened:
    """Columns and batches of a workbook's first sheet; its first row that is not blank is the header."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_LIMIT:
                raise UnusableFile(f"{path.name} unpacks to more than 4 GiB", hint="send CSV or Parquet instead")
            broken = archive.testzip()
            if broken:
                raise BrokenContainer(f"{path.name} is damaged: {broken} cannot be unpacked")
            formulas = _formulas(archive)
        book = calamine.load_workbook(str(path))
        names = [meta.name for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
        sheet = book.get_sheet_by_name(names[0])
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, calamine.CalamineError, KeyError, IndexError,
            ElementTree.ParseError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BrokenContainer(f"{path.name} is truncated or damaged: {error}") from error
    header_line, headers = _header(sheet)
    if not headers:
        raise UnusableFile(f"the first sheet of {path.name} is empty", hint="put the table on the first sheet")
    found = map_headers(kind, headers, provided)
    if len(names) > 1:
        note = f"only the first sheet '{names[0]}' was read"
        found = HeaderMap(found.columns, (*found.notes, note))
    return found, functools.partial(_batches, sheet, found, header_line, formulas)


def _header(sheet: calamine.CalamineSheet) -> tuple[int, list[str]]:
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if any(str(cell).strip() for cell in row):
            headers = [str(cell) for cell in row]
            while headers and not headers[-1].strip():
                headers.pop()
            return number, headers
    return 0, []


def _batches(sheet: calamine.CalamineSheet, found: HeaderMap, header_line: int, formulas: dict[int, list[int]],
             limit: int) -> Iterator[RawBatch]:
    builder, total, width = BatchBuilder(found.columns, limit), sheet.total_height, len(found.columns)
    first_column = sheet.start[1] if sheet.start else 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if number <= header_line or not any(cell != "" for cell in cells):
            continue
        row: list[Any] = cells[:width] + [""] * (width - len(cells))
        places = [at - first_column for at in formulas.get(number, ())]
        named = next((found.columns[at] for at in places if 0 <= at < width and found.columns[at]), "")
        if named:
            builder.broken.append(Rejection(number, named, "", "the cell holds a formula",
                                            "replace the formula by its value (copy, paste values only)"))
        else:
            builder.rows.append(row)
            builder.lines.append(number)
            builder.size += sum(len(cell) for cell in row if isinstance(cell, str))
        if builder.full:
            yield builder.take(number, total)
    if builder.started:
        yield builder.take(total, total)


def _formulas(archive: zipfile.ZipFile) -> dict[int, list[int]]:
    """Row number -> column indexes of the first sheet's cells with a formula."""
    sheet = _first_sheet(archive)
    if not _mentions(archive, sheet, b"<f") and not _mentions(archive, sheet, b":f"):
        return {}
    found: dict[int, list[int]] = {}
    with archive.open(sheet) as stream:
        for _event, element in ElementTree.iterparse(stream):  # noqa: S314 - expat refuses entity bombs itself
            if element.tag == f"{_SHEET_NS}c":
                place = _CELL.fullmatch(element.get("r", ""))
                if place and element.find(f"{_SHEET_NS}f") is not None:
                    found.setdefault(int(place[2]), []).append(_column_index(place[1]))
            elif element.tag == f"{_SHEET_NS}row":
                element.clear()
    return found


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """Path of the first worksheet's part inside the archive."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {link.get("Id"): link for link in links}
    for sheet in book.iter(f"{_SHEET_NS}sheet"):
        link = targets.get(sheet.get(f"{_LINK_NS}id"))
        if link is not None and str(link.get("Type")).endswith("/worksheet"):
            target = str(link.get("Target"))
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError("the workbook has no worksheet")


def _mentions(archive: zipfile.ZipFile, name: str, mark: bytes) -> bool:
    tail = b""
    with archive.open(name) as stream:
        while chunk := stream.read(1 << 20):
            if mark in tail + chunk:
                return True
            tail = chunk[-8:]
    return False


def _column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
