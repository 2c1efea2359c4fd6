"""Reports as a file: one line, one report; each is accepted with a receipt or refused with its repair.

CSV (comma, semicolon or tab; UTF-8 or GB 18030) or XLSX, headers and values by their ids or by their words in Chinese or
English. The whole file is read before any of it is accepted, and what is accepted is accepted in one commit.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import hashlib
import io
import unicodedata
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from licet.config.profile import load_profile
from licet.core.errors import BadInput
from licet.core.spreadsheet import SafeCsv
from licet.hotline.intake import Receipt, Refusal, Submission, check, submit_many
from licet.hotline.tables import QUESTIONS, SEEN, TARGETS

COLUMNS = ("target_kind", "target", "ground", "text", "seen_at", "how", "reference")
NEEDED = ("target_kind", "target", "ground")
MOST_ROWS = 10_000
LARGEST_BYTES = 8 * 1024 * 1024
DELIMITERS = ",;\t"
ALIASES: dict[str, tuple[str, ...]] = {
    "target_kind": ("target kind", "kind", "what", "对象类型", "类型", "举报类型"),
    "target": ("address", "number", "对象", "举报对象", "网址", "号码"),
    "ground": ("reason", "because", "事由", "举报事由", "原因"),
    "text": ("description", "words", "说明", "描述", "内容", "情况说明"),
    "seen_at": ("seen at", "seen", "time", "发现时间", "时间"),
    "how": ("how seen", "发现方式", "途径"),
    "reference": ("ref", "own number", "编号", "自编号", "来文编号"),
}


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).replace("\ufeff", "").split()).casefold()


_HEADERS = {_folded(name): column for column, names in ALIASES.items() for name in (column, *names)}
_WORDS = {
    "target_kind": {_folded(name): row.id for row in TARGETS for name in (row.id, row.zh, row.en)},
    "ground": {_folded(name): row.ground for row in QUESTIONS for name in (row.ground, row.zh, row.en)},
    "how": {_folded(name): row.id for row in SEEN for name in (row.id, row.zh, row.en)},
}


@dataclasses.dataclass(frozen=True)
class Line:
    """What became of one line: a receipt, or field, reason and repair."""

    line: int
    reference: str
    receipt: Receipt | None
    field: str = ""
    reason: str = ""
    repair: str = ""


def read_bulk(content: bytes, *, account: str, at: dt.datetime) -> list[Line]:
    """Accept a file's reports; handing the same file in again gives the same receipts. A bad line never stops the
    others. Raises :class:`BadInput` for a file that is no such table, and then nothing of it was accepted."""
    if len(content) > LARGEST_BYTES:
        raise BadInput("the file is too large", hint="at most 8 MB; split it")
    table = _workbook(content) if content.startswith(b"PK\x03\x04") else _csv(content)
    rows = _rows(table)
    answers: list[Submission | Line] = [_submission(line, row, account, at) for line, row in rows]
    good = [answer for answer in answers if isinstance(answer, Submission)]
    receipts = iter(submit_many(good, at=at) if good else [])
    return [Line(line, answer.reference, next(receipts)) if isinstance(answer, Submission) else answer
            for (line, _row), answer in zip(rows, answers, strict=True)]


def as_csv(lines: Sequence[Line]) -> str:
    """Receipts and refusals as a file to keep."""
    file = io.StringIO()
    writer = SafeCsv(file)
    writer.writerow(("line", "reference", "number", "code", "field", "reason", "repair"))
    for line in lines:
        writer.writerow((line.line, line.reference, line.receipt.number if line.receipt else "",
                         line.receipt.code if line.receipt else "", line.field, line.reason, line.repair))
    return "\ufeff" + file.getvalue()


def _csv(content: bytes) -> Iterable[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise BadInput("the file is neither UTF-8, GB18030 nor XLSX", hint="save it as UTF-8") from error
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = csv.field_size_limit(LARGEST_BYTES)  # a long field is its line's mistake, not the file's
    try:
        return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise BadInput(f"line {reader.line_num} is no CSV: {error}", hint="export it again") from error
    finally:
        csv.field_size_limit(before)


def _workbook(content: bytes) -> Iterable[tuple[int, list[str]]]:
    import python_calamine

    try:
        rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python(
            skip_empty_area=False)
    except (python_calamine.CalamineError, IndexError) as error:
        raise BadInput(f"the workbook cannot be read: {error}", hint="save it as XLSX, or as CSV in UTF-8") from error
    return [(number, [_cell(value) for value in row]) for number, row in enumerate(rows, start=1)]


def _cell(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=ZoneInfo(load_profile().time_zone)).isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _rows(table: Iterable[tuple[int, list[str]]]) -> list[tuple[int, dict[str, str]]]:
    lines = iter(table)
    header = [_HEADERS.get(_folded(name), "") for name in next(lines, (0, []))[1]]
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise BadInput(f"the first line does not name {', '.join(missing)}", hint="columns: " + ", ".join(
            f"{name} ({ALIASES[name][-1]})" for name in COLUMNS))
    found = []
    for number, row in lines:
        given = dict(zip(header, (cell.strip() for cell in row), strict=False))
        if any(given.values()):
            found.append((number, {name: given.get(name, "") for name in COLUMNS}))
        if len(found) > MOST_ROWS:
            raise BadInput(f"the file has more than {MOST_ROWS} lines", hint="split it; nothing of it was accepted")
    return found


def _submission(line: int, row: dict[str, str], account: str, at: dt.datetime) -> Submission | Line:
    key = hashlib.sha256("\x1f".join(row.values()).encode("utf-8", "surrogatepass")).hexdigest()
    named = {name: known.get(_folded(row[name]), row[name]) for name, known in _WORDS.items()}
    try:
        seen_at = dt.datetime.fromisoformat(row["seen_at"]) if row["seen_at"] else None
    except ValueError:
        return Line(line, row["reference"], None, "seen_at", "this is no time", "write 2026-03-02T09:30:00+08:00")
    submission = Submission(
        channel="bulk", target_kind=named["target_kind"], target=row["target"], ground=named["ground"], text=row["text"],
        seen_at=seen_at, how=named["how"] or "other", reference=row["reference"], key=key, account=account)
    try:
        check(submission, at=at)
    except Refusal as error:
        return Line(line, row["reference"][:120], None, error.field, error.message, error.hint)
    return submission
