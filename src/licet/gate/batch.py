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
from licet.gate.shells import connect_refused, shell_filings
from licet.gate.tables import RULES, Rule
from licet.registers.compiled import AccessRows, BoundRegister, RowNormaliser

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
        bits = bits_where(judgement.rules, "severity", severity)
        grade = np.where(judgement.fired & bits != 0, code, grade)
    return grade


def _count_findings(tally: Tally, judgement: Judgement) -> None:
    for rule in judgement.rules:
        bit = np.uint32(1 << rule.bit)
        for bits, severity in ((judgement.fired, rule.severity), (judgement.reported_unknown, "unknown")):
            if count := int(np.count_nonzero(bits & bit)):
                key = (rule.id, severity)
                tally.by_finding[key] = tally.by_finding.get(key, 0) + count


class _Counter:
    """Rows per provider and grade, gathered batch by batch."""

    def __init__(self, bound: BoundRegister) -> None:
        self._bound = bound
        self._table = np.zeros((len(bound.parties), len(GRADES)), np.int64)
        self._strangers: dict[str, NDArray[np.int64]] = {}  # providers no register knows

    def add(self, rows: AccessRows, judgement: Judgement) -> None:
        """Count a batch."""
        values, size = rows.provider.values, max(len(rows.provider.values), 1)
        table = np.bincount(rows.provider.codes.astype(np.int64) * len(GRADES) + _grades(judgement),
                            minlength=size * len(GRADES)).reshape(size, len(GRADES))
        party, _ = self._bound.parties.find(values)
        self._table[party[party >= 0]] += table[: len(values)][party >= 0]
        for code in np.flatnonzero(party < 0).tolist():
            name = values[code].as_py()
            self._strangers[name] = self._strangers.get(name, 0) + table[code]

    def finish(self, tally: Tally) -> None:
        """Fill ``by_provider`` and ``by_region``."""
        present = np.flatnonzero(self._table.any(axis=1))
        ids = self._bound.parties.ids.take(pa.array(present))
        counts = dict(zip(ids.to_pylist(), self._table[present], strict=True)) | self._strangers
        tally.by_provider = {name: _counts(row) for name, row in counts.items() if row.any()}
        regions: dict[str, NDArray[np.int64]] = {}
        for region, row in zip(self._bound.regions_of(pa.array(list(counts), pa.string())), counts.values(), strict=True):
            regions[region] = regions.get(region, 0) + row
        tally.by_region = {region: _counts(row) for region, row in regions.items()}


def _counts(row: NDArray[np.int64]) -> dict[str, int]:
    return {"rows": int(row.sum()), **dict(zip(GRADES, row.tolist(), strict=True))}


def _slices(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for start in range(0, batch.num_rows, size):
            yield batch.slice(start, size)


def sweep_batches(bound: BoundRegister, batches: Iterable[pa.RecordBatch], sink: Sink, *, normaliser: RowNormaliser,
                  rules: tuple[Rule, ...] = RULES, language: str = "en", on_progress: Callable[[int], None] | None = None,
                  workers: int = 2, refused: Iterable[pa.Table] = ()) -> Tally:
    """Judge a list. ``sink`` gets each batch's findings in list order, then the shell filings; the tally comes back.

    ``batches`` have the columns of ``AccessRows.from_arrow``. At most ``workers`` + 1 batches of ``ROWS_AT_A_TIME`` rows
    are held. ``on_progress`` gets the number of rows done. ``refused`` (provider_id and domain, '' unreadable; asked for
    when the list is done): rows that cannot be judged and connect something all the same.
    """
    connected, tally, counter = bound.connected(), Tally(), _Counter(bound)
    waiting: deque[Future[Any]] = deque()

    def work(batch: pa.RecordBatch, first_row: int) -> tuple[AccessRows, Facts, Judgement, pa.Table]:
        rows = AccessRows.from_arrow(batch, normaliser)
        facts = bound.gather(rows, connected=connected, threads=1)
        judgement = judge(facts, bound.known, rules)
        return rows, facts, judgement, findings(rows, facts, judgement, bound, first_row=first_row, language=language)

    def take(done: Future[Any]) -> None:
        rows, _, judgement, table = done.result()
        _count_findings(tally, judgement)
        counter.add(rows, judgement)
        tally.rows += len(rows)
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
    counter.finish(tally)
    doubtful = connect_refused(bound, connected, refused, normaliser)
    _finish(tally, sink, shell_filings(bound, connected, language=language, doubtful=doubtful))
    return tally


def _finish(tally: Tally, sink: Sink, shells: pa.Table) -> None:
    """The rules that need the whole list."""
    if not shells.num_rows:
        return
    for severity, count in zip(*np.unique(shells["severity"].to_numpy(zero_copy_only=False), return_counts=True),
                               strict=True):
        tally.by_finding["shell_filing", str(severity)] = int(count)
    for row in shells["provider_id"].combine_chunks().value_counts().to_pylist():
        tally.shell_filings_by_provider[row["values"]] = row["counts"]
    sink(shells)
