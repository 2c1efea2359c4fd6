"""Phase 2 of an import: the staged rows against the present register, in one transaction.

1. lock the register  2. COPY the parts into a temporary table  3. plan: one action per row  4. write down what is
refused  5. close, delete, insert  6. end what is absent (``replace``). The caller records the load and journals it.

Actions: ``add`` no present version · ``change`` close the present one on the day, add the next · ``replace`` the
present one began on the same day: it is deleted and written anew (a version lasts at least a day; the journal keeps
digests of both) · ``end`` · ``unchanged`` · refused: ``newer`` the register knows something of a later day ·
``overlap`` with a present row · ``foreign`` the record is another organisation's. See decision 0004.

Identifiers in the SQL come from the frozen table of kinds; values are always parameters.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection
from numpy.typing import NDArray
from pyarrow import csv

from licet.core.actors import Scope
from licet.core.rls import stated_scope
from licet.registers.exchange.readers import Rejection
from licet.registers.exchange.staging import Progress, Staged
from licet.registers.versions import lock_register

_TAKEN = ["add", "change", "replace"]
_REFUSED = {
    "newer": ("", "the register holds a later version of this record", "load it with a later --as-of, or leave it out"),
    "overlap": ("valid_from", "its validity overlaps that of a present row",
                "end the present row first, in the same file"),
    "foreign": ("", "the record belongs to another organisation", "its organisation must end it first"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class MergeOrder:
    """What to merge, from which day on, for whom."""

    staged: Staged
    skip: NDArray[np.int64]  # lines not to be merged
    as_of: dt.date
    provider: str
    covers: tuple[str, ...]  # the organisations the load speaks for; empty = the provider, or everybody
    origin: str  # as RegisterLoad's
    end_absent: bool
    source: str
    recorded_at: dt.datetime


@dataclasses.dataclass(kw_only=True)
class Merged:
    """How many rows each action took, digests (SHA-256, hexadecimal) of what was replaced and of what came."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    ended: int = 0
    rejected: int = 0
    before: str = ""
    after: str = ""
    version: int = 0


class Merge:
    """One merge; a temporary table per step, so the work is a handful of set operations whatever the size."""

    def __init__(self, order: MergeOrder, progress: Progress) -> None:
        """``progress`` is called per stored part."""
        kind = order.staged.kind
        self.order, self.kind, self.progress = order, kind, progress
        self.table = kind.model_class._meta.db_table
        self.columns = [column.attribute for column in kind.columns]
        self.key = [kind.by_name[name].attribute for name in kind.key]
        self.history = False  # whether closed versions reach beyond the day

    def plan(self) -> Merged:
        """Steps 1 to 3; what would be done."""
        lock_register(self.kind)
        self._fill()
        self._execute("SELECT EXISTS (SELECT 1 FROM {t} WHERE until > %s)", self.order.as_of)
        self.history = bool(self._value())
        self._execute(self._plan_sql(), *self._plan_values())
        self._execute("ANALYZE licet_plan")
        return self._counts()

    def refusals(self) -> Iterator[Rejection]:
        """Step 4: rows of the plan that are not taken, by line."""
        with connection.chunked_cursor() as cursor:
            cursor.execute("SELECT line, action FROM licet_plan WHERE action = ANY(%s) ORDER BY line", [list(_REFUSED)])
            for line, action in cursor:
                field, reason, repair = _REFUSED[action]
                yield Rejection(line, field, "", reason, repair)

    def overlapping(self) -> list[int]:
        """Lines refused because a present row says otherwise."""
        self._execute("SELECT line FROM licet_plan WHERE action = 'overlap' ORDER BY line")
        return [line for (line,) in self.rows]

    def apply(self) -> Merged:
        """Steps 5 and 6; what was done."""
        day = self.order.as_of
        before = self._digest("SELECT m.content_hash FROM {t} m JOIN licet_plan p ON p.present = m.id"
                              " WHERE p.action IN ('change', 'replace', 'end')")
        after = self._digest("SELECT i.content_hash FROM licet_incoming i JOIN licet_plan p USING (line)"
                             " WHERE p.action IN ('add', 'change', 'replace')")
        if self.history:
            self._execute(f"DELETE FROM {{t}} m USING licet_incoming i JOIN licet_plan p USING (line)"
                          f" WHERE p.action = 'add' AND m.since = %s AND {self._same('m', 'i')}", day)
        self._execute("UPDATE {t} m SET until = CASE WHEN m.since = %s THEN %s ELSE %s END,"
                      " change_seq = nextval('licet_change_seq') FROM licet_plan p"
                      " WHERE p.present = m.id AND p.action IN ('change', 'end')", day, day + dt.timedelta(days=1), day)
        self._execute("DELETE FROM {t} m USING licet_plan p WHERE p.present = m.id AND p.action = 'replace'")
        self._insert()
        merged = self._counts()
        merged.ended += self._end_absent()
        merged.before, merged.after = before, after
        self._execute("SELECT coalesce(max(change_seq), 0) FROM {t}")
        merged.version = int(self._value())
        return merged

    # --- steps ---
    def _fill(self) -> None:
        self._execute("DROP TABLE IF EXISTS licet_incoming, licet_plan")
        self._execute("SET LOCAL work_mem = '128MB'")
        self._execute(f"CREATE TEMP TABLE licet_incoming ON COMMIT DROP AS SELECT 0::bigint AS line,"
                      f" {', '.join(self.columns)}, content_hash, false AS ending FROM {{t}} WITH NO DATA")
        total, done = self.order.staged.rows, 0
        target = f"COPY licet_incoming (line, {', '.join(self.columns)}, content_hash, ending) FROM STDIN (FORMAT csv)"
        with self._cursor() as cursor, cursor.copy(target) as copy:
            for path in self.order.staged.part_paths:
                table = pq.read_table(path)
                kept = ~np.isin(table.column("line").to_numpy(), self.order.skip, assume_unique=True)
                buffer = io.BytesIO()
                csv.write_csv(table.filter(pa.array(kept)), buffer, csv.WriteOptions(include_header=False))
                copy.write(buffer.getvalue())
                done += len(table)
                self.progress("store", done, total)
        self._execute("ANALYZE licet_incoming")

    def _plan_sql(self) -> str:
        later = (f"WHEN p.id IS NULL AND EXISTS (SELECT 1 FROM {{t}} v WHERE {self._same('v', 'i')}"
                 " AND (v.since > %(day)s OR (v.until > %(day)s AND v.since < %(day)s))) THEN 'newer'")
        owner = self.kind.owner_column
        foreign = f"WHEN p.{owner} <> %(provider)s THEN 'foreign'" if owner and self.order.provider else ""
        return f"""
        CREATE TEMP TABLE licet_plan ON COMMIT DROP AS SELECT i.line, p.id AS present, CASE
          WHEN i.ending AND p.id IS NULL THEN 'unchanged'
          {foreign}
          WHEN p.content_hash = i.content_hash AND NOT i.ending THEN 'unchanged'
          WHEN p.since > %(day)s THEN 'newer'
          WHEN i.ending THEN 'end'
          {later if self.history else ""}
          {self._overlap_sql()}
          WHEN p.id IS NULL THEN 'add'
          WHEN p.since = %(day)s THEN 'replace'
          ELSE 'change' END AS action
        FROM licet_incoming i LEFT JOIN {{t}} p ON p.until IS NULL AND {self._same('p', 'i')}
        """

    def _overlap_sql(self) -> str:
        """Rows this load neither brings nor ends, for the same thing, valid at the same time."""
        if not self.kind.period or self.order.end_absent:
            return ""
        same_thing = " AND ".join(f"o.{name} = i.{name}" for name in self.kind.period)
        return (f"WHEN EXISTS (SELECT 1 FROM {{t}} o WHERE o.until IS NULL AND {same_thing}"
                " AND o.valid_from <> i.valid_from AND daterange(o.valid_from, o.valid_to, '[]') &&"
                " daterange(i.valid_from, i.valid_to, '[]')"
                f" AND NOT EXISTS (SELECT 1 FROM licet_incoming j WHERE {self._same('j', 'o')})) THEN 'overlap'")

    def _plan_values(self) -> list[Any]:
        return [{"day": self.order.as_of, "provider": self.order.provider}]

    def _insert(self) -> None:
        """Add the new versions, in the order of the file.

        An actor who does not see every row may bring a key that somebody else holds: such rows are refused, the rest
        goes on. Who sees everything has planned with every key, and the costly question is not asked again.
        """
        columns = ", ".join(self.columns)
        chosen = ", ".join(f"i.{name}" for name in self.columns)
        self._execute("SELECT count(*) FILTER (WHERE action = ANY(%s)), count(*) FROM licet_plan", _TAKEN)
        (taken, planned), = self.rows
        sees_all = stated_scope() in {Scope.SYSTEM, Scope.NATIONAL}
        self._execute(
            f"INSERT INTO {{t}} ({columns}, content_hash, since, change_seq, source, recorded_at)"
            f" SELECT {chosen}, i.content_hash, %s, nextval('licet_change_seq'), %s, %s"
            f" FROM licet_incoming i WHERE {_chosen_rows(taken, planned)} {'' if sees_all else 'ON CONFLICT DO NOTHING'}",
            self.order.as_of, self.order.source, self.order.recorded_at, _TAKEN)
        if self.rowcount < taken:
            self._execute(f"UPDATE licet_plan p SET action = 'foreign' FROM licet_incoming i WHERE i.line = p.line"
                          f" AND p.action = 'add' AND NOT EXISTS (SELECT 1 FROM {{t}} m WHERE m.until IS NULL"
                          f" AND {self._same('m', 'i')})")

    def _end_absent(self) -> int:
        if not self.order.end_absent:
            return 0
        return self._absent("UPDATE {t} m SET until = CASE WHEN m.since = %(day)s THEN %(next)s ELSE %(day)s END,"
                            " change_seq = nextval('licet_change_seq') WHERE")

    def absent(self) -> int:
        """How many present rows the file does not hold (for a dry run)."""
        if not self.order.end_absent:
            return 0
        self._absent("SELECT count(*) FROM {t} m WHERE")
        return int(self._value())

    def _absent(self, verb: str) -> int:
        owner = f" AND m.{self.kind.owner_column} = %(provider)s" if self.order.provider else ""
        values = {"day": self.order.as_of, "next": self.order.as_of + dt.timedelta(days=1),
                  "provider": self.order.provider}
        self._execute(f"{verb} m.until IS NULL AND m.since <= %(day)s{owner} AND NOT EXISTS"
                      f" (SELECT 1 FROM licet_incoming i WHERE {self._same('m', 'i')})", values)
        return int(self.rowcount)

    # --- small parts ---
    def _same(self, left: str, right: str) -> str:
        return " AND ".join(f"{left}.{name} = {right}.{name}" for name in self.key)

    def _counts(self) -> Merged:
        self._execute("SELECT action, count(*) FROM licet_plan GROUP BY action")
        counts = dict(self.rows)
        return Merged(added=counts.get("add", 0), changed=counts.get("change", 0) + counts.get("replace", 0),
                      unchanged=counts.get("unchanged", 0), ended=counts.get("end", 0),
                      rejected=sum(counts.get(action, 0) for action in _REFUSED))

    def _digest(self, rows: str) -> str:
        self._execute(f"SELECT encode(sha256(coalesce(string_agg(content_hash, ''::bytea ORDER BY content_hash), '')),"
                      f" 'hex') FROM ({rows}) r")
        return str(self._value())

    def _cursor(self) -> Any:
        return connection.cursor()

    def _execute(self, query: str, *values: Any) -> None:
        parameters: Any = values[0] if values and isinstance(values[0], dict) else list(values) or None
        with self._cursor() as cursor:
            cursor.execute(query.replace("{t}", self.table), parameters)
            self.rowcount = cursor.rowcount
            self.rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []

    def _value(self) -> Any:
        return self.rows[0][0]


def _chosen_rows(taken: int, planned: int) -> str:
    """Condition on the incoming rows to be added: the smaller set of lines is looked up, the rows are read in order.

    Sorting millions of wide rows costs more than adding a few of them.
    """
    if 2 * taken < planned:
        return "i.line IN (SELECT line FROM licet_plan WHERE action = ANY(%s)) ORDER BY i.line"
    return "NOT EXISTS (SELECT 1 FROM licet_plan p WHERE p.line = i.line AND p.action <> ALL(%s))"
