"""The transparency page: what was reported, how it ended and how long it took; what was decided, contested and taken back.

Small cells are suppressed so that nobody recognises a single report or measure, and nothing else on the page gives one away:
a sum over suppressed cells is said as "at least" what the page shows anyway (:func:`sum_of`), kinds of measures that are rare
are counted together (:func:`rolled`), and a rate is exact only where both its numbers are shown (:func:`rate_of`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.core.spreadsheet import SafeCsv
from licet.hotline.limits import desk
from licet.hotline.tables import DISMISSAL_BY_ID, OF_CASE, OUTCOMES, QUESTIONS

SMALLEST = 5
SUPPRESSED = "<5"
OPEN = "open"
NOT_COUNTED = "not_counted"
OTHER = "other"  # rare kinds of measures together
ENDED = tuple(outcome.id for outcome in OUTCOMES)
CELLS = (*ENDED, OPEN, NOT_COUNTED)
LICENCE = "CC0 1.0 Universal"
LICENCE_URL = "https://creativecommons.org/publicdomain/zero/1.0/"

# One row per report of the year, with the case it is in now: every figure about reports comes from here.
_TOLD = """
WITH told AS (
  SELECT r.ground_id, r.state, r.dismissal, coalesce(t.state, c.state, '') AS case_state,
    coalesce(t.outcome, c.outcome, '') AS case_outcome,
    CASE WHEN r.state = 'dismissed' THEN r.looked_at
         WHEN r.state IN ('in_case', 'unplaced') AND coalesce(t.state, c.state) = 'closed' THEN coalesce(t.closed_at, c.closed_at)
    END - r.received_at AS took
  FROM hotline_report r LEFT JOIN casework_case c ON c.id = r.case_id LEFT JOIN casework_case t ON t.id = c.merged_into_id
  WHERE r.desk_id = %s AND r.received_at >= %s AND r.received_at < %s)
"""
_REPORTS = _TOLD + "SELECT ground_id, state, dismissal, case_state, case_outcome, count(*) FROM told GROUP BY 1, 2, 3, 4, 5"
_HOURS = ("SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY hours), percentile_cont(0.95) WITHIN GROUP"
          " (ORDER BY hours) FROM (")
_TIMES = _TOLD + _HOURS + """
  SELECT greatest(0, extract(epoch FROM took)) / 3600 AS hours FROM told WHERE took IS NOT NULL) ended"""
_RESTORED = _HOURS + """
  SELECT extract(epoch FROM min(v.at) - min(e.at)) / 3600 AS hours
  FROM casework_measuretransition e JOIN casework_measuretransition v ON v.measure_id = e.measure_id
    AND v.event = 'restoration_verified'
  WHERE e.desk_id = %s AND e.event IN ('expired', 'overturned', 'defaulted', 'lifted') AND e.at >= %s AND e.at < %s
  GROUP BY e.measure_id) restored"""
# Measures decided in the year, each once, by what became of the appeals against it until today.
_MEASURES = """
SELECT m.kind, CASE WHEN a.reversed OR EXISTS (SELECT FROM casework_measuretransition t WHERE t.measure_id = m.id
                      AND t.event IN ('overturned', 'defaulted')) THEN 'reversed'
                    WHEN a.pending THEN 'pending' WHEN a.appeals > 0 THEN 'upheld' ELSE '' END, count(*)
FROM casework_measure m LEFT JOIN LATERAL (
  SELECT count(*) AS appeals, bool_or(p.state IN ('overturned', 'defaulted', 'modified')) AS reversed,
    bool_or(p.state IN ('filed', 'remitted')) AS pending FROM casework_appeal p WHERE p.measure_id = m.id) a ON true
WHERE m.desk_id = %s AND m.decided_at IS NOT NULL AND m.state NOT IN ('drafted', 'withdrawn')
  AND m.decided_at >= %s AND m.decided_at < %s GROUP BY 1, 2
"""
# Batches called bad faith and mutes, by what became of contests against them.
_DISREGARDED = """
SELECT coalesce(d.contest, ''), count(*) FROM (
  SELECT c.state AS contest FROM hotline_contest c WHERE c.desk_id = %s AND c.since >= %s AND c.since < %s
  UNION ALL
  SELECT NULL FROM hotline_alarm a WHERE a.desk_id = %s AND a.state = 'invalidated' AND a.judged_at >= %s AND a.judged_at < %s
    AND NOT EXISTS (SELECT FROM hotline_contest c WHERE c.alarm_id = a.id)
  UNION ALL
  SELECT NULL FROM hotline_reporter p WHERE p.desk_id = %s AND p.muted_at >= %s AND p.muted_at < %s
    AND NOT EXISTS (SELECT FROM hotline_contest c WHERE c.reporter_id = p.id AND c.since = p.muted_at)) d GROUP BY 1
"""
_FIRST = """
SELECT min(at) FROM (
  (SELECT received_at AS at FROM hotline_report WHERE desk_id = %s ORDER BY id LIMIT 1) UNION ALL
  (SELECT decided_at FROM casework_measure WHERE desk_id = %s AND decided_at IS NOT NULL ORDER BY id LIMIT 1)) f
"""


@dataclasses.dataclass(frozen=True)
class Times:
    """How long something took, in hours; ``None`` while fewer than :data:`SMALLEST` are counted."""

    count: str
    median_hours: float | None
    tail_hours: float | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Errors:
    """Of what was decided, how much was contested, and what another person found. ``rate``: reversed of decided."""

    decided: str
    contested: str
    upheld: str
    reversed: str
    pending: str
    rate: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of one year. ``grounds``: ground -> cell -> figure as shown; ``first``: the earliest year with any."""

    year: int
    first: int
    grounds: Mapping[str, Mapping[str, str]]
    reports: str
    ended: Times
    restored: Times
    measures: tuple[tuple[str, str], ...]  # kind or OTHER, figure
    errors: Errors
    disregarded: Errors


def shown(count: int) -> str:
    """A figure as it may be shown."""
    return SUPPRESSED if 0 < count < SMALLEST else str(count)


def sum_of(counts: Iterable[int]) -> str:
    """A sum as it may be shown beside its cells: exact where all of them are, else at least what they say."""
    known = list(counts)
    hidden = sum(1 for count in known if shown(count) == SUPPRESSED)
    if not hidden:
        return str(sum(known))
    return f"≥{sum(count for count in known if shown(count) != SUPPRESSED) + hidden}"


def ground_row(cells: Mapping[str, int]) -> dict[str, str]:
    """A row of the table with its sum."""
    row = {cell: shown(cells.get(cell, 0)) for cell in CELLS}
    return row | {"sum": sum_of(cells.values())}


def rolled(kinds: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    """Kinds with their figures, most frequent first. Rare ones are counted together, with as many others as it takes for
    the remainder to be none of them alone."""
    kept = sorted(kinds.items(), key=lambda row: (-row[1], row[0]))
    rest: list[int] = []
    while kept and (kept[-1][1] < SMALLEST or (rest and sum(rest) < SMALLEST)):
        rest.append(kept.pop()[1])
    rows = [(kind, str(count)) for kind, count in kept]
    return tuple(rows + ([(OTHER, shown(sum(rest)))] if rest else []))


def rate_of(part: int, whole: int) -> str:
    """A share in percent; an upper bound where the part is suppressed, '' where the whole is or there is none."""
    if whole < SMALLEST:
        return ""
    return f"<{SMALLEST / whole:.1%}" if shown(part) == SUPPRESSED else f"{part / whole:.1%}"


def errors_of(results: Mapping[str, int]) -> Errors:
    """``results``: '' (not contested), upheld, reversed, pending -> how many. Where almost everything was contested the
    total would give a suppressed result away: then the total stands alone."""
    upheld, back, pending = cells = [results.get(name, 0) for name in ("upheld", "reversed", "pending")]
    decided = sum(results.values())
    hidden = [cell for cell in cells if shown(cell) == SUPPRESSED]
    if decided >= SMALLEST and decided - sum(cells) + sum(hidden) < (SMALLEST - 1) * len(hidden):
        return Errors(decided=str(decided), contested="", upheld="", reversed="", pending="", rate="")
    return Errors(decided=shown(decided), contested=sum_of([upheld, back, pending]), upheld=shown(upheld),
                  reversed=shown(back), pending=shown(pending), rate=rate_of(back, decided))


def cell_of(state: str, dismissal: str, case_state: str, case_outcome: str) -> str:
    """Which cell a report is counted in."""
    if state in {"invalidated", "muted"}:
        return NOT_COUNTED
    if state == "dismissed":
        return DISMISSAL_BY_ID[dismissal].outcome
    return OF_CASE[case_outcome] if case_state == "closed" else OPEN


def first_year(*, zone: str, today: dt.date) -> int:
    """The earliest year anything is known of; this year while there is nothing."""
    with acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute(_FIRST, [desk(), desk()])
        (at,) = cursor.fetchone()
    return min(at.astimezone(ZoneInfo(zone)).year, today.year) if at is not None else today.year


def figures(year: int, *, zone: str, first: int) -> Figures:
    """Count one year, as the calendar of ``zone`` has it, of the public's desk."""
    start, end = (dt.datetime(one, 1, 1, tzinfo=ZoneInfo(zone)) for one in (year, year + 1))
    asked: list[Any] = [desk(), start, end]
    grounds: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    kinds: dict[str, int] = defaultdict(int)
    results: dict[str, int] = defaultdict(int)
    with acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute(_REPORTS, asked)
        for ground, state, dismissal, case_state, outcome, count in cursor.fetchall():
            grounds[ground][cell_of(state, dismissal, case_state, outcome)] += count
        counts = [count for cells in grounds.values() for count in cells.values()]
        over = [cells.get(cell, 0) for cells in grounds.values() for cell in ENDED]
        ended = dataclasses.replace(_times(cursor, _TIMES, asked), count=sum_of(over))
        restored = _times(cursor, _RESTORED, asked)
        cursor.execute(_MEASURES, asked)
        for kind, result, count in cursor.fetchall():
            kinds[kind] += count
            results[result] += count
        cursor.execute(_DISREGARDED, asked * 3)
        contests = {{"open": "pending"}.get(state, state): count for state, count in cursor.fetchall()}
    return Figures(year=year, first=first, reports=sum_of(counts), ended=ended, restored=restored, measures=rolled(kinds),
                   errors=errors_of(results), disregarded=errors_of(contests),
                   grounds={row.ground: ground_row(grounds.get(row.ground, {})) for row in QUESTIONS})


def _times(cursor: Any, sql: str, asked: list[Any]) -> Times:
    cursor.execute(sql, asked)
    count, median, tail = cursor.fetchone()
    enough = count >= SMALLEST
    return Times(shown(count), round(float(median), 1) if enough else None, round(float(tail), 1) if enough else None)


def as_csv(found: Figures) -> str:
    """The same figures as a table: year, section, row, column, figure; the licence is a row of it."""
    out = io.StringIO()
    writer = SafeCsv(out)
    writer.writerow(["year", "section", "row", "column", "figure"])
    for section, row, column, figure in _lines(found):
        writer.writerow([found.year, section, row, column, figure])
    return out.getvalue()


def _lines(found: Figures) -> Iterator[tuple[str, str, str, object]]:
    yield "about", "licence", "name", LICENCE
    yield "about", "licence", "url", LICENCE_URL
    for ground, row in found.grounds.items():
        for cell, figure in row.items():
            yield "reports", ground, cell, figure
    yield "reports", "all", "sum", found.reports
    for name, times in (("report_to_end", found.ended), ("end_to_restored", found.restored)):
        for column, value in (("count", times.count), ("median_hours", times.median_hours), ("p95_hours", times.tail_hours)):
            yield "times", name, column, "" if value is None else value
    for kind, figure in found.measures:
        yield "measures", kind, "decided", figure
    for name, errors in (("measures", found.errors), ("batches_and_mutes", found.disregarded)):
        for column, figure in dataclasses.asdict(errors).items():
            yield "errors", name, column, figure
