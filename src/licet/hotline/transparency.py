"""The transparency page, first version: what was reported, how it ended, how long it took, what was taken back.

Small cells are suppressed so that nobody recognises a single report; a row with a suppressed cell has no sum either.
"""

from __future__ import annotations

import dataclasses
import io
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

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
CELLS = (*(outcome.id for outcome in OUTCOMES), OPEN, NOT_COUNTED)

_REPORTS = """
SELECT r.ground_id, r.state, r.dismissal, coalesce(t.state, c.state, ''), coalesce(t.outcome, c.outcome, ''), count(*)
FROM hotline_report r LEFT JOIN casework_case c ON c.id = r.case_id LEFT JOIN casework_case t ON t.id = c.merged_into_id
WHERE r.desk_id = %s AND extract(year FROM r.received_at AT TIME ZONE %s) = %s GROUP BY 1, 2, 3, 4, 5
"""
_TIMES = """
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY hours), percentile_cont(0.95) WITHIN GROUP (ORDER BY hours)
FROM (SELECT extract(epoch FROM (coalesce(c.closed_at, r.looked_at) - r.received_at)) / 3600 AS hours
      FROM hotline_report r LEFT JOIN casework_case c ON c.id = r.case_id
      WHERE r.desk_id = %s AND extract(year FROM r.received_at AT TIME ZONE %s) = %s
        AND ((r.state = 'in_case' AND c.state = 'closed') OR r.state = 'dismissed')) ended WHERE hours >= 0
"""
_MEASURES = """
SELECT m.kind, count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM casework_measuretransition t
    WHERE t.measure_id = m.id AND t.event IN ('overturned', 'defaulted'))),
  count(*) FILTER (WHERE EXISTS (SELECT FROM casework_appeal a WHERE a.measure_id = m.id))
FROM casework_measure m WHERE m.desk_id = %s AND m.decided_at IS NOT NULL AND m.state NOT IN ('drafted', 'withdrawn')
  AND extract(year FROM m.decided_at AT TIME ZONE %s) = %s GROUP BY 1 ORDER BY 1
"""
_RESTORED = """
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY hours), percentile_cont(0.95) WITHIN GROUP (ORDER BY hours)
FROM (SELECT extract(epoch FROM min(v.at) - min(e.at)) / 3600 AS hours
      FROM casework_measuretransition e JOIN casework_measuretransition v ON v.measure_id = e.measure_id
        AND v.event = 'restoration_verified'
      WHERE e.desk_id = %s AND e.event IN ('expired', 'overturned', 'defaulted', 'lifted')
        AND extract(year FROM e.at AT TIME ZONE %s) = %s GROUP BY e.measure_id) restored
"""


@dataclasses.dataclass(frozen=True)
class Times:
    """How long something took, in hours; ``None`` while fewer than :data:`SMALLEST` are counted."""

    count: str
    median_hours: float | None
    tail_hours: float | None


@dataclasses.dataclass(frozen=True)
class MeasureLine:
    """Measures of one kind: decided, appealed, taken back."""

    kind: str
    decided: str
    appealed: str
    taken_back: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of one year. ``grounds``: ground -> cell -> figure as shown."""

    year: int
    grounds: Mapping[str, Mapping[str, str]]
    ended: Times
    restored: Times
    measures: tuple[MeasureLine, ...]


def shown(count: int) -> str:
    """A figure as it may be shown."""
    return SUPPRESSED if 0 < count < SMALLEST else str(count)


def ground_row(cells: Mapping[str, int]) -> dict[str, str]:
    """A row of the table with its sum, which is left out where it would give a suppressed cell away."""
    row = {cell: shown(cells.get(cell, 0)) for cell in CELLS}
    row["sum"] = "" if SUPPRESSED in row.values() else shown(sum(cells.values()))
    return row


def cell_of(state: str, dismissal: str, case_state: str, case_outcome: str) -> str:
    """Which cell a report is counted in."""
    if state in {"invalidated", "muted"}:
        return NOT_COUNTED
    if state == "dismissed":
        return DISMISSAL_BY_ID[dismissal].outcome
    return OF_CASE[case_outcome] if case_state == "closed" else OPEN


def figures(year: int, *, zone: str) -> Figures:
    """Count one year of the public's desk."""
    asked: list[Any] = [desk(), zone, year]
    grounds: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    with acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute(_REPORTS, asked)
        for ground, state, dismissal, case_state, outcome, count in cursor.fetchall():
            grounds[ground][cell_of(state, dismissal, case_state, outcome)] += count
        ended, restored = _times(cursor, _TIMES, asked), _times(cursor, _RESTORED, asked)
        cursor.execute(_MEASURES, asked)
        measures = tuple(MeasureLine(kind, shown(decided), shown(appealed), shown(back))
                         for kind, decided, back, appealed in cursor.fetchall())
    return Figures(year=year, ended=ended, restored=restored, measures=measures,
                   grounds={row.ground: ground_row(grounds.get(row.ground, {})) for row in QUESTIONS})


def _times(cursor: Any, sql: str, asked: list[Any]) -> Times:
    cursor.execute(sql, asked)
    count, median, tail = cursor.fetchone()
    enough = count >= SMALLEST
    return Times(shown(count), round(float(median), 1) if enough else None, round(float(tail), 1) if enough else None)


def as_csv(found: Figures) -> str:
    """The same figures as a table: section, row, column, figure."""
    out = io.StringIO()
    writer = SafeCsv(out)
    writer.writerow(["year", "section", "row", "column", "figure"])
    for ground, row in found.grounds.items():
        for cell, figure in row.items():
            writer.writerow([found.year, "reports", ground, cell, figure])
    for name, times in (("report_to_end", found.ended), ("end_to_restored", found.restored)):
        for column, value in (("count", times.count), ("median_hours", times.median_hours),
                              ("p95_hours", times.tail_hours)):
            writer.writerow([found.year, "times", name, column, "" if value is None else value])
    for line in found.measures:
        for column in ("decided", "appealed", "taken_back"):
            writer.writerow([found.year, "measures", line.kind, column, getattr(line, column)])
    return out.getvalue()
