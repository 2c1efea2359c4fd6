"""What the rules propose for a case: a tier with its reasons, and a place in the queue. Written when signals change."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from licet.casework.models import Case
from licet.casework.rules import TierProposal, TierReason, TriageFacts, priority, propose_tier
from licet.casework.tables import TRIAGE_VERSION, VOID_OBSERVER, SignalKind
from licet.casework.thresholds import thresholds

# Per case: clusters of observers by kind of signal within the window, and the best score. A merged case's signals count
# for the case it was merged into.
_OBSERVED = """
WITH family AS (
  SELECT c.id AS target, c.id AS part FROM casework_case c WHERE c.id = ANY (%s)
  UNION ALL SELECT m.merged_into_id, m.id FROM casework_case m WHERE m.merged_into_id = ANY (%s))
SELECT f.target, s.kind, array_agg(DISTINCT s.observer), max(s.score)
FROM family f JOIN casework_signal s ON s.case_id = f.part AND s.received_at >= %s GROUP BY 1, 2
"""
# Decided measures of the same desk in other cases of the same subject, unless an appeal took them back.
_PRIOR = """
SELECT c.id, count(*) FROM casework_case c
JOIN casework_case o ON o.subject_kind = c.subject_kind AND o.subject_key = c.subject_key AND o.desk_id = c.desk_id
  AND o.id <> c.id
JOIN casework_measure m ON m.case_id = o.id AND m.decided_at >= %s AND m.state NOT IN ('drafted', 'withdrawn')
WHERE c.id = ANY (%s) AND NOT EXISTS (
  SELECT FROM casework_measuretransition t WHERE t.measure_id = m.id AND t.event IN ('overturned', 'defaulted'))
GROUP BY 1
"""
_SAVE = """
UPDATE casework_case c SET proposed_tier = v.tier, proposal = v.proposal, priority = v.priority
FROM unnest(%s::bigint[], %s::smallint[], %s::jsonb[], %s::smallint[]) AS v(id, tier, proposal, priority)
WHERE c.id = v.id
"""


def propose(case_ids: Sequence[int], *, at: dt.datetime) -> None:
    """Write the rules' proposal and the queue place of cases the present actor may write. Called when signals join;
    most signals change neither, and then nothing is sent."""
    limits = thresholds()
    ids = list(case_ids)
    facts = _facts(ids, since=at - dt.timedelta(days=limits.window_days),
                   prior_since=at - dt.timedelta(days=limits.prior_days))
    columns: tuple[list[Any], ...] = ([], [], [], [])
    for case in Case.objects.filter(pk__in=list(facts)).only("tier", "proposed_tier", "proposal", "priority"):
        proposal = propose_tier(facts[case.pk], limits)
        place = priority(facts[case.pk], tier=case.tier, proposed=proposal.tier)
        document = as_document(proposal)
        if (case.proposed_tier, case.proposal, case.priority) != (proposal.tier, document, place):
            for column, value in zip(columns, (case.pk, proposal.tier, json.dumps(document), place), strict=True):
                column.append(value)
    if columns[0]:
        with connection.cursor() as cursor:
            cursor.execute(_SAVE, columns)


def as_document(proposal: TierProposal) -> dict[str, Any]:
    """The proposal as it is kept on the case: ids of rules and numbers, no words."""
    return {"version": TRIAGE_VERSION, "tier": proposal.tier, "reasons": [_row(row) for row in proposal.reasons],
            "would_change": [_row(row) for row in proposal.would_change]}


def _row(row: TierReason) -> dict[str, Any]:
    return {"rule": row.rule, "tier": row.tier, "seen": row.seen, "needed": row.needed,
            "prior_missing": row.prior_missing}


def _facts(ids: list[int], *, since: dt.datetime, prior_since: dt.datetime) -> Mapping[int, TriageFacts]:
    observers: dict[int, dict[SignalKind, frozenset[str]]] = {case_id: {} for case_id in ids}
    scores: dict[int, float] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, ground_id FROM casework_case WHERE id = ANY (%s)", [ids])
        grounds: dict[int, str] = dict(cursor.fetchall())
        cursor.execute(_OBSERVED, [ids, ids, since])
        for case_id, kind, clusters, score in cursor.fetchall():
            observers[case_id][SignalKind(kind)] = frozenset(one for one in clusters if not one.startswith(VOID_OBSERVER))
            if score is not None:
                scores[case_id] = max(scores.get(case_id, 0.0), score)
        cursor.execute(_PRIOR, [prior_since, ids])
        prior: dict[int, int] = dict(cursor.fetchall())
    return {case_id: TriageFacts(ground=ground, observers=observers[case_id], best_score=scores.get(case_id),
                                 prior_decisions=prior.get(case_id, 0)) for case_id, ground in grounds.items()}
