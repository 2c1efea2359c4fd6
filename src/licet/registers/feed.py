"""What changed in a register since a cursor, a page at a time: how desks follow each other. Rule: Notice §4.1.1

Change numbers become visible in the order they were taken (``versions.lock_register``), so a reader that remembers the
highest one it saw never misses a change. Of a record that changed twice in between, only the last state is sent.
"""

from __future__ import annotations

import dataclasses

from django.db import connection
from django.db.models import BooleanField, Exists, ExpressionWrapper, Max, OuterRef, Q

from licet.core.errors import BadInput, Conflict
from licet.registers.kinds import Kind
from licet.registers.records import Row, row_of

MOST_CHANGES = 10_000  # of one page


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """One record: ``change`` is added, changed or ended (then ``record`` is the row as it last was)."""

    cursor: int
    change: str
    record: Row


@dataclasses.dataclass(frozen=True, kw_only=True)
class Changes:
    """A page of the feed. ``cursor`` is the next ``since``; ``more``: ask again at once."""

    changes: list[Change]
    cursor: int
    more: bool


def newest_change(kind: Kind) -> int:
    """The highest change number the actor can see in this register; 0 when there is none."""
    return int(kind.model_class.objects.aggregate(newest=Max("change_seq"))["newest"] or 0)


def changes_since(kind: Kind, since: int, *, limit: int = 1000, provider: str = "") -> Changes:
    """The changes after ``since``, oldest first, as far as the stated actor may see them.

    Raises :class:`BadInput` for a limit outside 1 to 10,000 or a provider of a register without one, and
    :class:`Conflict` for a cursor this database never gave: it was restored from a backup, so the reader starts anew.
    """
    if not 1 <= limit <= MOST_CHANGES:
        raise BadInput(f"a page of {limit} changes", hint=f"limit is 1 to {MOST_CHANGES:,}")
    if since < 0:
        raise BadInput(f"there is no cursor {since}", hint="start with since=0")
    if since > _last_number():
        raise Conflict(f"the cursor {since} lies ahead of this register", hint="it was restored: start with since=0")
    if provider and not kind.owner_column:
        raise BadInput(f"{kind.id} are not kept by provider", hint="leave the provider out")
    newest = newest_change(kind)
    same = {kind.by_name[name].attribute: OuterRef(kind.by_name[name].attribute) for name in kind.key}
    versions = kind.model_class.objects.filter(**same)
    found = kind.model_class.objects.filter(change_seq__gt=since, change_seq__lte=newest)
    if provider:
        found = found.filter(**{kind.by_name[kind.owner_column].attribute: provider})
    latest = found.filter(Q(until__isnull=True) | ~Exists(versions.filter(since__gt=OuterRef("since"))))
    earlier = ExpressionWrapper(Exists(versions.filter(since__lt=OuterRef("since"))), output_field=BooleanField())
    rows = list(latest.annotate(had_earlier=earlier).order_by("change_seq")[:limit + 1])
    more = len(rows) > limit
    changes = [Change(cursor=row.change_seq, record=row_of(kind, row),
                      change="ended" if row.until else "changed" if row.had_earlier else "added")
               for row in rows[:limit]]
    return Changes(changes=changes, cursor=changes[-1].cursor if more else max(newest, since), more=more)


def _last_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM licet_change_seq")
        return int(cursor.fetchone()[0])
