"""What the rules propose for a case: a tier with its reasons, and a place in the queue. Written when signals change."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from licet.casework.rules import TierProposal, TierReason, TriageFacts, priority, propose_tier
from licet.casework.tables import TRIAGE_VERSION, SignalKind
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
WHERE c.id = v.id AND (c.proposed_tier, c.proposal, c.priority) IS DISTINCT FROM (v.tier, v.proposal, v.priority)
"""


def propose(case_ids: Sequence[int], *, at: dt.datetime) -> None:
    """Write the rules' proposal and the queue place of cases the present actor may write. Called when signals join."""
    limits = thresholds()
    facts = _facts(case_ids, since=at - dt.timedelta(days=limits.window_days),
                   prior_since=at - dt.timedelta(days=limits.prior_days))
    columns: tuple[list[Any], ...] = ([], [], [], [])
    for case_id, (tier, fact) in facts.items():
        proposal = propose_tier(fact, limits)
        place = priority(fact, tier=tier, proposed=proposal.tier)
        values = (case_id, proposal.tier, json.dumps(as_document(proposal)), place)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, columns)


def as_document(proposal: TierProposal) -> dict[str, Any]:
    """The proposal as it is kept on the case: ids of rules and numbers, no words."""
    return {"version": TRIAGE_VERSION, "tier": proposal.tier, "reasons": [_row(row) for row in proposal.reasons],
            "would_change": [_row(row) for row in proposal.would_change]}


def _row(row: TierReason) -> dict[str, Any]:
    return {"rule": row.rule, "tier": row.tier, "seen": row.seen, "needed": row.needed,
            "prior_missing": row.prior_missing}


def _facts(case_ids: Sequence[int], *, since: dt.datetime,
           prior_since: dt.datetime) -> Mapping[int, tuple[int | None, TriageFacts]]:
    ids = list(case_ids)
    observers: dict[int, dict[SignalKind, frozenset[str]]] = {case_id: {} for case_id in ids}
    scores: dict[int, float] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, tier, ground_id FROM casework_case WHERE id = ANY (%s)", [ids])
        cases = cursor.fetchall()
        cursor.execute(_OBSERVED, [ids, ids, since])
        for case_id, kind, clusters, score in cursor.fetchall():
            observers[case_id][SignalKind(kind)] = frozenset(clusters)
            if score is not None:
                scores[case_id] = max(scores.get(case_id, 0.0), score)
        cursor.execute(_PRIOR, [prior_since, ids])
        prior: dict[int, int] = dict(cursor.fetchall())
    return {case_id: (tier, TriageFacts(ground=ground, observers=observers[case_id], best_score=scores.get(case_id),
                                        prior_decisions=prior.get(case_id, 0)))
            for case_id, tier, ground in cases}
