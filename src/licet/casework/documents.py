"""Cases, measures, appeals and signals as plain documents for programs: ids and times, no words to translate."""

from __future__ import annotations

import datetime as dt
from typing import Any

from licet.casework import selectors
from licet.casework.models import Appeal, Case, Measure, Signal

EVENTS = 100


def case_summary(case: Case) -> dict[str, Any]:
    """A line of the queue."""
    return {"number": case.number, "state": case.state, "desk": case.desk_id, "provider": case.provider_id,
            "region": case.region, "ground": case.ground_id, "subject_kind": case.subject_kind, "subject": case.subject_key,
            "tier": case.tier, "proposed_tier": case.proposed_tier, "priority": case.priority, "outcome": case.outcome,
            "signals": case.signal_count, "opened_at": case.opened_at.isoformat(),
            "last_signal_at": case.last_signal_at.isoformat(), "held_until": _iso(case.handler_until)}


def case_document(case: Case, now: dt.datetime) -> dict[str, Any]:
    """A case with everything about it that fits one answer; its signals have pages of their own."""
    measures = selectors.measures_at(now).filter(case=case).order_by("id")[: selectors.PAGE]
    return {**case_summary(case), "proposal": case.proposal, "tier_reason": case.tier_reason,
            "observers": [{"kind": row.kind, "observer": row.observer, "signals": row.signals,
                           "last_at": row.last_at.isoformat()} for row in selectors.observers_of(case)],
            "measures": [measure_document(row, now) for row in measures],
            "links": [{"case": other.number, "why": why} for other, why in selectors.links_of(case)],
            "timeline": [{"at": event.at.isoformat(), "tag": event.tag, "actor": event.actor, "note": event.note,
                          "data": event.data} for event in selectors.timeline_of(case)[:EVENTS]]}


def measure_document(measure: Measure, now: dt.datetime, *, detail: bool = False) -> dict[str, Any]:
    """A measure; ``detail`` adds reasons, scope, what else it hits and its steps. Whoever is hit sees no case."""
    case = Case.objects.filter(pk=measure.case_id).first()
    document = {"id": measure.pk, "case": case.number if case else "", "kind": measure.kind, "state": measure.state,
                "state_now": selectors.state_of(measure, now).value, "desk": measure.desk_id,
                "provider": measure.provider_id, "subject_party": measure.subject_party, "rule_cited": measure.rule_cited,
                "deadline_on": measure.deadline_on.isoformat() if measure.deadline_on else None,
                "expires_at": _iso(measure.expires_at), "decided_at": _iso(measure.decided_at),
                "seconded_at": _iso(measure.seconded_at), "signatures": sum(
                    one is not None for one in (measure.decided_by_id, measure.seconded_by_id))}
    if detail:
        document |= {"reasons": measure.reasons, "scope": measure.scope, "collateral": measure.collateral,
                     "steps": [{"at": step.at.isoformat(), "event": step.event, "from": step.frm, "to": step.to,
                                "actor": step.actor, "reason": step.reason} for step in selectors.steps_of(measure)]}
    return document


def appeal_document(appeal: Appeal) -> dict[str, Any]:
    """An appeal."""
    return {"id": appeal.pk, "measure": appeal.measure_id, "state": appeal.state, "filed_by": appeal.filed_by,
            "filed_at": appeal.filed_at.isoformat(), "due_at": appeal.due_at.isoformat(), "text": appeal.grounds,
            "judged_at": _iso(appeal.judged_at), "judgement": appeal.judgement}


def signal_document(signal: Signal) -> dict[str, Any]:
    """A signal as it was observed."""
    return {"id": signal.pk, "kind": signal.kind, "ground": signal.ground_id, "subject_kind": signal.subject_kind,
            "subject": signal.subject_key, "source": signal.source, "observer": signal.observer, "score": signal.score,
            "facts": signal.facts, "observed_at": signal.observed_at.isoformat(),
            "received_at": signal.received_at.isoformat()}


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
