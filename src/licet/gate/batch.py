"""A whole list through the gate's rules: record batches in, findings out, counts kept; two batches at work at a time."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from licet.gate.facts import Facts
from licet.gate.findings import findings
from licet.gate.judging import Judgement, bits_where, judge
from licet.gate.shells import shell_filings
from licet.gate.tables import RULES, Rule
from licet.registers.compiled import AccessRows, BoundRegister, Connected, RowNormaliser

ROWS_AT_A_TIME = 262_144
Sink = Callable[[pa.Table], None]


@dataclasses.dataclass
class Tally:
    """What a list held. ``rows`` is the denominator of every share.

    ``by_finding``: (finding, severity) → findings. ``by_provider``, ``by_region``: id or code ('' unknown) → counts of
    rows: ``rows``, ``violation``, ``warning`` (and no violation), ``unknown`` (and neither), ``clean``.
    """

    rows: int = 0
    by_finding: dict[tuple[str, str], int] = dataclasses.field(default_factory=dict)
    by_provider: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    by_region: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    shell_filings_by_provider: dict[str, int] = dataclasses.field(default_factory=dict)


GRADES = ("clean", "unknown", "warning", "violation")


def _grades(judgement: Judgement) -> NDArray[np.int64]:
    """The gravest grade of each row, as index into ``GRADES``."""
    grade = np.where(judgement.unknown != 0, 1, 0)
    for code, severity in ((2, "warning"), (3, "violation")):
        bits = np.uint32(bits_where(judgement.rules, severity=severity))
        grade = np.where(judgement.fired & bits != 0, code, grade)
    return grade


def _count_findings(tally: Tally, judgement: Judgement) -> None:
    for rule in judgement.rules:
        bit = np.uint32(1 << rule.bit)
        for bits, severity in ((judgement.fired, rule.severity), (judgement.reported_unknown, "unknown")):
            if count := int(np.count_nonzero(bits & bit)):
                key = (rule.id, severity)
                tally.by_finding[key] = tally.by_finding.get(key, 0) + count


def _add_counts(into: dict[str, dict[str, int]], key: str, counts: NDArray[np.int64]) -> None:
    row = into.setdefault(key, dict.fromkeys(("rows", *GRADES), 0))
    row["rows"] += int(counts.sum())
    for grade, count in zip(GRADES, counts.tolist(), strict=True):
        row[grade] += count


def _count_rows(tally: Tally, rows: AccessRows, judgement: Judgement, bound: BoundRegister) -> None:
    """Grades per provider and per region of the provider."""
    values = rows.provider.values
    size = max(len(values), 1)
    table = np.bincount(rows.provider.codes.astype(np.int64) * len(GRADES) + _grades(judgement),
                        minlength=size * len(GRADES)).reshape(size, len(GRADES))
    present = np.flatnonzero(table.sum(axis=1))
    names, regions = values.to_pylist(), bound.regions_of(values)
    for code in present.tolist():
        _add_counts(tally.by_provider, names[code], table[code])
        _add_counts(tally.by_region, regions[code], table[code])
    tally.rows += len(rows)


def _slices(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for start in range(0, batch.num_rows, size):
            yield batch.slice(start, size)


def sweep_batches(bound: BoundRegister, batches: Iterable[pa.RecordBatch], sink: Sink, *, normaliser: RowNormaliser,
                  rules: tuple[Rule, ...] = RULES, language: str = "en", on_progress: Callable[[int], None] | None = None,
                  workers: int = 2) -> Tally:
    """Judge a list. ``sink`` gets each batch's findings in list order, then the shell filings; the tally comes back.

    ``batches`` have the columns of ``AccessRows.from_arrow``. At most ``workers`` + 1 batches of ``ROWS_AT_A_TIME`` rows
    are held. ``on_progress`` gets the number of rows done.
    """
    connected, tally = bound.connected(), Tally()
    waiting: deque[Future[Any]] = deque()

    def work(batch: pa.RecordBatch, first_row: int) -> tuple[AccessRows, Facts, Judgement, pa.Table]:
        rows = AccessRows.from_arrow(batch, normaliser)
        facts = bound.gather(rows, connected=connected, threads=1)
        judgement = judge(facts, bound.known, rules)
        return rows, facts, judgement, findings(rows, facts, judgement, bound, first_row=first_row, language=language)

    def take(done: Future[Any]) -> None:
        rows, _, judgement, table = done.result()
        _count_findings(tally, judgement)
        _count_rows(tally, rows, judgement, bound)
        if table.num_rows:
            sink(table)
        if on_progress:
            on_progress(tally.rows)

    with ThreadPoolExecutor(workers) as pool:
        first_row = 0
        for batch in _slices(batches, ROWS_AT_A_TIME):
            waiting.append(pool.submit(work, batch, first_row))
            first_row += batch.num_rows
            if len(waiting) > workers:
                take(waiting.popleft())
        while waiting:
            take(waiting.popleft())
    _finish(bound, connected, tally, sink, language)
    return tally


def _finish(bound: BoundRegister, connected: Connected, tally: Tally, sink: Sink, language: str) -> None:
    """The rules that need the whole list."""
    shells = shell_filings(bound, connected, language=language)
    if not shells.num_rows:
        return
    for severity, count in zip(*np.unique(shells["severity"].to_numpy(zero_copy_only=False), return_counts=True),
                               strict=True):
        tally.by_finding["shell_filing", str(severity)] = int(count)
    for row in shells["provider_id"].combine_chunks().value_counts().to_pylist():
        tally.shell_filings_by_provider[row["values"]] = row["counts"]
    sink(shells)
