"""What the rules propose for a case: a tier with its reasons, and a place in the queue. Written when signals change."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from licet.casework.rules import Thresholds, TierProposal, TierReason, TriageFacts, priority, propose_tier
from licet.casework.services.prepared import prepared
from licet.casework.tables import TRIAGE_VERSION, VOID_OBSERVER, SignalKind
from licet.casework.thresholds import thresholds

# Everything the rules ask about some cases, in one statement: who observed what within the window (the latest clusters
# of each kind, a merged case's for the case it was merged into), the best score, and decided measures of the same desk
# in other cases of the same subject, unless an appeal took them back. Void observers count for nobody.
# Each case is looked up for itself: a batch of five hundred cases must not compare each with the rows of all others.
# "OFFSET 0" and "IS TRUE" keep PostgreSQL from looking for other cases of the subject among all cases or measures.
_FACTS = """
SELECT c.id, c.ground_id, c.tier, c.proposed_tier, c.proposal, c.priority, coalesce(p.decided, 0), s.who, s.best
FROM unnest(%(ids)s::bigint[]) AS asked(id) JOIN casework_case c ON c.id = asked.id
LEFT JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_array(k.kind, o.observer)) AS who, max(o.best_score) AS best
  FROM (SELECT c.id AS id UNION ALL SELECT m.id FROM casework_case m WHERE m.merged_into_id = c.id) part
  CROSS JOIN unnest(%(kinds)s::text[]) AS k(kind) CROSS JOIN LATERAL (
    SELECT o.observer, o.best_score FROM casework_observation o
    WHERE o.case_id = part.id AND o.kind = k.kind AND o.last_at >= %(since)s::timestamptz
      AND left(o.observer, 5) <> %(void)s::text
    ORDER BY o.last_at DESC LIMIT %(most)s::int) o) s ON true
LEFT JOIN LATERAL (
  SELECT count(*) AS decided
  FROM (SELECT i.id FROM casework_case i WHERE i.subject_kind = c.subject_kind AND i.subject_key = c.subject_key
          AND (i.desk_id = c.desk_id) IS TRUE AND (i.id <> c.id) IS TRUE OFFSET 0) o
  JOIN casework_measure m ON m.case_id = o.id
  WHERE m.decided_at >= %(prior_since)s::timestamptz AND m.state NOT IN ('drafted', 'withdrawn')
    AND NOT EXISTS (SELECT FROM casework_measuretransition t
                    WHERE t.measure_id = m.id AND t.event IN ('overturned', 'defaulted'))) p ON true
"""
# Clusters of one kind that are counted; no rule and no place in the queue asks for more.
MOST_OBSERVERS = 50
_SAVE = """
UPDATE casework_case c SET proposed_tier = v.tier, proposal = v.proposal, priority = v.priority
FROM unnest(%s::bigint[], %s::smallint[], %s::jsonb[], %s::smallint[]) AS v(id, tier, proposal, priority)
WHERE c.id = v.id
"""


def propose(case_ids: Sequence[int], *, at: dt.datetime) -> None:
    """Write the rules' proposal and the queue place of cases the present actor may write. Called when signals join;
    most signals change neither, and then nothing is sent."""
    limits = thresholds()
    columns: tuple[list[Any], ...] = ([], [], [], [])
    for row in _read(case_ids, at, limits):
        proposal = propose_tier(row.facts, limits)
        place = priority(row.facts, tier=row.tier, proposed=proposal.tier)
        document = as_document(proposal)
        if row.kept != (proposal.tier, document, place):
            for column, value in zip(columns, (row.case_id, proposal.tier, json.dumps(document), place), strict=True):
                column.append(value)
    if columns[0]:
        prepared(_SAVE, columns)


def as_document(proposal: TierProposal) -> dict[str, Any]:
    """The proposal as it is kept on the case: ids of rules and numbers, no words."""
    return {"version": TRIAGE_VERSION, "tier": proposal.tier, "reasons": [_row(row) for row in proposal.reasons],
            "would_change": [_row(row) for row in proposal.would_change]}


def _row(row: TierReason) -> dict[str, Any]:
    return {"rule": row.rule, "tier": row.tier, "seen": row.seen, "needed": row.needed,
            "prior_missing": row.prior_missing}


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Stands:
    """A case as it stands. ``kept``: the tier proposed, the proposal and the place that are on it."""

    case_id: int
    tier: int | None
    kept: tuple[int | None, dict[str, Any], int]
    facts: TriageFacts


def _read(ids: Sequence[int], at: dt.datetime, limits: Thresholds) -> list[_Stands]:
    return [_stands(row) for row in prepared(_FACTS, parameters(ids, at, limits))]


def parameters(ids: Sequence[int], at: dt.datetime, limits: Thresholds) -> dict[str, Any]:
    """What :data:`_FACTS` asks with."""
    return {"ids": list(ids), "kinds": [kind.value for kind in SignalKind], "most": MOST_OBSERVERS,
            "void": VOID_OBSERVER, "since": at - dt.timedelta(days=limits.window_days),
            "prior_since": at - dt.timedelta(days=limits.prior_days)}


def _stands(row: Sequence[Any]) -> _Stands:
    case_id, ground, tier, proposed, proposal, place, decided, seen, score = row
    observers: dict[SignalKind, set[str]] = {}
    for kind, observer in _json(seen) or ():
        observers.setdefault(SignalKind(kind), set()).add(observer)
    facts = TriageFacts(ground=ground, observers={kind: frozenset(found) for kind, found in observers.items()},
                        prior_decisions=decided, best_score=score)
    return _Stands(case_id=case_id, tier=tier, kept=(proposed, _json(proposal), place), facts=facts)


def _json(value: Any) -> Any:
    """Django asks psycopg for the text of ``jsonb``."""
    return json.loads(value) if isinstance(value, str) else value
