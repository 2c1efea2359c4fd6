"""``licet gate batch``: a file of access rows in, the same rows with answer and reasons out."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from licet.core.actors import Actor
from licet.core.errors import BadInput
from licet.core.spreadsheet import SHEET_ROWS, SafeCsv, safe_workbook, write_cell
from licet.gate import documents, services
from licet.gate.lists import ErrorsFile, read_list, scope_of
from licet.registers import snapshots

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

    One journal entry with a digest of all answers. Rows that cannot be read go to ``errors.csv`` beside ``out``.
    """
    if not path.is_file():
        raise BadInput(f"there is no file {path}", hint="check the path")
    wanted = WRITERS.get(out.suffix.lower())
    if wanted is None:
        raise BadInput(f"{out.name} names no format", hint=f"end it with one of: {', '.join(WRITERS)}")
    day = as_of or snapshots.today()
    errors = ErrorsFile(out.parent)
    out.parent.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    digest, providers, done = hashlib.sha256(), set[str](), 0
    registers: dict[str, Any] = {}
    owner = scope_of(actor, provider)
    with _writer(out, wanted) as write:
        for batch in read_list(path, provider=owner):
            errors.write(batch.rejections)
            for start in range(0, batch.rows.num_rows, _CHUNK):
                table = batch.rows.slice(start, _CHUNK)
                results, registers = services.judge_table(table, as_of=day)
                for result in results:
                    done += 1
                    result["row"] = done
                    counts[result["answer"]] += 1
                providers.update(table["provider_id"].unique().to_pylist())
                digest.update(json.dumps(documents.neutral(results), ensure_ascii=False).encode())
                write(list(_output(table, results)))
    services.journal_file(
        counts,
        digest.hexdigest(),
        registers,
        actor=actor,
        as_of=day,
        rows=done,
        file_name=path.name,
        providers=sorted(providers),
    )
    return {
        "rows": done,
        "rejected": len(errors.lines),
        "errors": str(errors.path) if errors.rows else "",
        "out": str(out),
        "as_of": day.isoformat(),
        "digest": digest.hexdigest(),
    } | {answer: counts[answer] for answer in ("permit", "deny", "refer")}


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
    from licet.gate.rows import COLUMNS

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
