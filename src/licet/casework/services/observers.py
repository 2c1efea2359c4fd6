"""Who observed is sometimes known better later: two reporters turn out to be one, a batch to be in bad faith."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import connection

from licet.casework.models import Case, CaseEvent
from licet.casework.services.proposals import propose
from licet.core.actors import Actor
from licet.core.rls import acting_as
from licet.journal.services import append

_MOVE = """
WITH moved AS (
  UPDATE casework_signal s SET observer = i.observer FROM unnest(%s::text[], %s::text[]) AS i(source, observer)
  WHERE s.desk_id = %s AND s.source = i.source AND s.observer <> i.observer RETURNING s.case_id)
SELECT coalesce(c.merged_into_id, c.id), count(*) FROM moved m JOIN casework_case c ON c.id = m.case_id GROUP BY 1
"""


def reassign_observers(observers: Mapping[str, str], *, desk_id: str, reason: str, actor: Actor,
                       at: dt.datetime) -> dict[int, int]:
    """Let signals of a desk count for other observers. ``observers``: source of the signal -> its observer from now on;
    one that begins with ``tables.VOID_OBSERVER`` counts for nobody.

    The signals stay as they are otherwise; what the rules propose for their cases is worked out anew, and no tier that
    a person set changes. Returns case -> signals that changed. Rule: Notice §4.2.5 (several reports)
    """
    if not observers:
        return {}
    with acting_as(actor):
        with connection.cursor() as cursor:
            cursor.execute(_MOVE, [list(observers), list(observers.values()), desk_id])
            touched: dict[int, int] = dict(cursor.fetchall())
        if touched:
            propose(list(touched), at=at)
            cases = Case.objects.filter(pk__in=list(touched)).order_by("pk")
            CaseEvent.objects.bulk_create([
                CaseEvent(case=case, desk_id=case.desk_id, at=at, tag="casework:case:observers_changed",
                          actor=actor.name, note=reason,
                          data={"signals": touched[case.pk], "proposed": case.proposed_tier}) for case in cases])
            data: dict[str, Any] = {"signals": sum(touched.values()), "cases": sorted(touched)}
            append("casework:signals:observers_changed", actor=actor, subject=f"desk:{desk_id}",
                   purpose=reason[:500], organisation=desk_id, data=data)
    return touched
