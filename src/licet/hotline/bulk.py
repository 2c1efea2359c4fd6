"""Reports as a CSV file: one line, one report; each is accepted with a receipt or refused with its repair."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import hashlib
import io

from licet.core.errors import BadInput
from licet.hotline.intake import Receipt, Refusal, Submission, submit

COLUMNS = ("target_kind", "target", "ground", "text", "seen_at", "how", "reference")
NEEDED = ("target_kind", "target", "ground")
MOST_ROWS = 10_000
LARGEST_BYTES = 8 * 1024 * 1024


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
    others. Raises :class:`BadInput` for a file that is no such table."""
    if len(content) > LARGEST_BYTES:
        raise BadInput("the file is too large", hint="at most 8 MB; split it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise BadInput("the file is neither UTF-8 nor GB18030", hint="save it as UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in NEEDED if name not in (reader.fieldnames or [])]
    if missing:
        raise BadInput(f"the first line does not name {', '.join(missing)}", hint=f"columns: {', '.join(COLUMNS)}")
    lines: list[Line] = []
    try:
        for row in reader:
            if len(lines) >= MOST_ROWS:
                raise BadInput(f"the file has more than {MOST_ROWS} lines", hint="split it")
            lines.append(_accept(reader.line_num, {key: (row.get(key) or "").strip() for key in COLUMNS}, account, at))
    except csv.Error as error:
        raise BadInput(f"line {reader.line_num} is no CSV: {error}", hint="export it again") from error
    return lines


def _accept(line: int, row: dict[str, str], account: str, at: dt.datetime) -> Line:
    key = hashlib.sha256("\x1f".join(row.values()).encode()).hexdigest()
    try:
        seen_at = dt.datetime.fromisoformat(row["seen_at"]) if row["seen_at"] else None
    except ValueError:
        return Line(line, row["reference"], None, "seen_at", "this is no time", "write 2026-03-02T09:30:00+08:00")
    try:
        receipt = submit(Submission(
            channel="bulk", target_kind=row["target_kind"], target=row["target"], ground=row["ground"],
            text=row["text"], seen_at=seen_at, how=row["how"] or "other", reference=row["reference"], key=key,
            account=account), at=at)
    except Refusal as error:
        return Line(line, row["reference"], None, error.field, error.message, error.hint)
    return Line(line, row["reference"], receipt)
