"""``licet gate batch``: a file of access rows in, the same rows with answer and reasons out."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from licet.core.actors import Actor
from licet.core.errors import BadInput
from licet.core.spreadsheet import SHEET_ROWS, SafeCsv, safe_workbook, write_cell
from licet.gate import documents, services
from licet.gate.lists import ErrorsFile, ListBatch, read_list, scope_of
from licet.gate.rows import COLUMNS
from licet.registers import snapshots
from licet.registers.exchange.chinese import in_active_language
from licet.registers.exchange.readers import Rejection

WRITERS = {
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
REASON_COLUMNS = ("answer", "reasons", "evidence", "remedies", "rules")
_CHUNK = 10_000

Write = Callable[[list[dict[str, str]]], None]


def decide_file(
    path: Path, out: Path, *, actor: Actor, provider: str = "", as_of: dt.date | None = None
) -> dict[str, Any]:
    """Judge every row of a file; counts by answer, rejected rows and where they are explained.

    One journal entry with a digest of all answers. A row that cannot be read stays in ``out`` as ``refer`` with the
    reason; its cells are explained in ``<out>.errors.csv`` beside it.
    """
    if not path.is_file():
        raise BadInput(f"there is no file {path}", hint="check the path")
    wanted = WRITERS.get(out.suffix.lower())
    if wanted is None:
        raise BadInput(f"{out.name} names no format", hint=f"end it with one of: {', '.join(WRITERS)}")
    day, owner = as_of or snapshots.today(), scope_of(actor, provider)
    out.parent.mkdir(parents=True, exist_ok=True)
    errors = ErrorsFile(out.with_name(f"{out.name}.errors.csv"))
    work = _Work(day)
    with _writer(out, wanted) as write:
        for batch in read_list(path, provider=owner):
            errors.write(batch.rejections)
            work.take(batch, write)
    digest = work.digest.hexdigest()
    services.journal_file(work.counts, digest, work.registers, actor=actor, as_of=day, rows=work.done,
                          file_name=path.name, providers=sorted(work.providers))
    return {
        "rows": work.done,
        "rejected": len(errors.lines),
        "errors": str(errors.path) if errors.rows else "",
        "out": str(out),
        "as_of": day.isoformat(),
        "digest": digest,
        "notes": documents.notes(work.registers),
    } | {answer: work.counts[answer] for answer in ("permit", "deny", "refer")}


class _Work:
    """Answers of a file as they are given: counted, digested, written in the order of the file."""

    def __init__(self, day: dt.date) -> None:
        self.day, self.done = day, 0
        self.counts: Counter[str] = Counter()
        self.providers: set[str] = set()
        self.registers: dict[str, Any] = {}
        self.digest = hashlib.sha256()

    def take(self, batch: ListBatch, write: Write) -> None:
        """Judge and write one batch."""
        results, self.registers = services.judge_table(batch.rows, as_of=self.day)
        self.providers.update(batch.rows["provider_id"].unique().to_pylist())
        given = list(zip(batch.lines, results, _output(batch.rows, results), strict=True))
        given += [(line, *_refused(line, bad, batch.refused.get(line, {}))) for line, bad in _by_line(batch)]
        given.sort(key=lambda one: one[0])
        for start in range(0, len(given), _CHUNK):
            part = given[start: start + _CHUNK]
            for _line, result, _row in part:
                self.done += 1
                result["row"] = self.done
                self.counts[result["answer"]] += 1
            neutral = documents.neutral([result for _line, result, _row in part])
            self.digest.update(json.dumps(neutral, ensure_ascii=False).encode())
            write([row for _line, _result, row in part])


def _by_line(batch: ListBatch) -> list[tuple[int, list[Rejection]]]:
    """Why each row of a batch was rejected."""
    found: dict[int, list[Rejection]] = {}
    for bad in batch.rejections:
        if not bad.kept:
            found.setdefault(bad.line, []).append(bad)
    return list(found.items())


def _refused(line: int, rejections: list[Rejection], cells: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Answer and row of a line that cannot be read: what of it could be (``cells``), and why it is referred."""
    problems = [{"field": bad.field, "reason": in_active_language(bad.reason), "repair": in_active_language(bad.repair)}
                for bad in rejections]
    reason = documents.unreadable(problems)
    result = {"access_id": cells.get("access_id", ""), "answer": "refer", "reasons": [reason]}
    row = {name: cells.get(name) or "" for name in COLUMNS} | {
        "answer": "refer", "reasons": f"{reason['finding']}:unknown", "evidence": f"line {line}: {reason['explanation']}",
        "remedies": reason["remedy"], "rules": reason["rule"]}
    return result, row


def rehearse_file(path: Path, deny: Sequence[str], *, actor: Actor, provider: str = "",
                  as_of: dt.date | None = None) -> dict[str, Any]:
    """Who in a list would be cut if more findings denied; nothing is decided or kept. See ``services.dry_run``."""
    if not path.is_file():
        raise BadInput(f"there is no file {path}", hint="check the path")
    owner = scope_of(actor, provider)
    return services.dry_run(deny, actor=actor, as_of=as_of,
                            tables=(batch.rows for batch in read_list(path, provider=owner)))


def _output(table: pa.Table, results: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for row, result in zip(table.to_pylist(), results, strict=True):
        reasons = result["reasons"]
        yield row | {
            "answer": result["answer"],
            "reasons": " ".join(
                reason["finding"] if reason["severity"] != "unknown" else f"{reason['finding']}:unknown"
                for reason in reasons
            ),
            "evidence": "; ".join(reason["evidence"] for reason in reasons if reason["evidence"]),
            "remedies": " ".join(reason["remedy"] for reason in reasons),
            "rules": "; ".join(dict.fromkeys(reason["rule"] for reason in reasons)),
        }


def _columns() -> list[str]:
    return [*COLUMNS, *REASON_COLUMNS]


@contextlib.contextmanager
def _writer(path: Path, wanted: str) -> Iterator[Write]:
    """A function that appends rows; the file is put in place when all are written."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        with {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet, "xlsx": _xlsx}[wanted](temporary) as write:
            yield write
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _csv(path: Path) -> Iterator[Write]:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = SafeCsv(file)
        writer.writerow(_columns())
        yield lambda rows: writer.writerows([row[name] for name in _columns()] for row in rows)


@contextlib.contextmanager
def _jsonl(path: Path) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as file:

        def write(rows: list[dict[str, str]]) -> None:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)

        yield write


@contextlib.contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    schema = pa.schema([(name, pa.string()) for name in _columns()])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        yield lambda rows: writer.write_table(pa.Table.from_pylist(rows, schema=schema))


@contextlib.contextmanager
def _xlsx(path: Path) -> Iterator[Write]:
    state: dict[str, Any] = {"row": 0, "sheet": None, "number": 0}
    with safe_workbook(path) as book:

        def new_sheet() -> None:
            state["number"] += 1
            state["sheet"], state["row"] = book.add_worksheet(f"decisions {state['number']}"), 0
            for column, name in enumerate(_columns()):
                write_cell(state["sheet"], 0, column, name)

        def write(rows: list[dict[str, str]]) -> None:
            for row in rows:
                if state["row"] == SHEET_ROWS:
                    new_sheet()
                state["row"] += 1
                for column, name in enumerate(_columns()):
                    write_cell(state["sheet"], state["row"], column, row[name])

        new_sheet()
        yield write
