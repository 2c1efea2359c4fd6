"""Taking out what a demo brought: its records end, its loads count for nothing, the journal keeps what was removed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection

from licet.core.actors import Actor
from licet.core.rls import acting_as
from licet.journal.services import append
from licet.registers.kinds import KIND_BY_ID, Kind
from licet.registers.models import RegisterLoad
from licet.registers.versions import lock_register


def remove_demo(*, actor: Actor, today: dt.date) -> dict[str, int]:
    """End every record a demo brought, as of yesterday if it began today; how many of each kind.

    Registers keep history and followers of the change feed must learn of it, so records end and are not erased; a
    version lasts at least a day, so what began today gets yesterday for its day. The loads stay as history with the
    origin ``removed`` and make nothing known any more. What was corrected by hand since is not the demo's and stays.
    """
    ended: dict[str, int] = {}
    with acting_as(actor):
        loads = list(RegisterLoad.objects.filter(origin="demo").order_by("kind", "pk"))
        for kind_id in dict.fromkeys(load.kind for load in loads):
            kind = KIND_BY_ID[kind_id]
            lock_register(kind)
            ended[kind_id] = _end(kind, [load.source for load in loads if load.kind == kind_id], today)
        RegisterLoad.objects.filter(pk__in=[load.pk for load in loads]).update(origin="removed")
        if loads:
            append("registers:demo:removed", actor=actor, subject="demo", data={
                "ended": ended, "loads": [load.pk for load in loads], "as_of": today.isoformat()})
    return ended


def _end(kind: Kind, sources: list[str], today: dt.date) -> int:
    table, key = kind.model_class._meta.db_table, [kind.by_name[name].attribute for name in kind.key]
    same = " AND ".join(f"v.{name} = m.{name}" for name in key)
    values: dict[str, Any] = {"sources": sources, "today": today, "before": today - dt.timedelta(days=1)}
    with connection.cursor() as cursor:
        # Two versions of a record cannot have one day: of several demos' versions the older one stands for it.
        cursor.execute(f"DELETE FROM {table} m WHERE m.source = ANY(%(sources)s) AND m.since >= %(today)s"
                       f" AND EXISTS (SELECT 1 FROM {table} v WHERE {same} AND v.since = %(before)s)", values)
        deleted = int(cursor.rowcount)
        cursor.execute(f"UPDATE {table} m SET since = least(m.since, %(before)s), until = %(today)s,"
                       " change_seq = nextval('licet_change_seq')"
                       " WHERE m.source = ANY(%(sources)s) AND (m.until IS NULL OR m.until > %(today)s)", values)
        return deleted + int(cursor.rowcount)
