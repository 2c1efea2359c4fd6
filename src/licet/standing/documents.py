"""Records as documents, the same for API and command line."""

from __future__ import annotations

from typing import Any

from licet.standing import presenting, selectors


def record_document(record: selectors.Record) -> dict[str, Any]:
    """A record as API and command line give it."""
    return {
        "provider_id": record.provider_id, "as_of": record.as_of, "total": presenting.points_text(record.total),
        "size": record.size, "score": presenting.points_text(record.score), "per": record.policy.size_per,
        "floor": record.policy.size_floor, "advice": list(record.advice),
        "decisions": [{
            "case": row.case_number, "kind": row.kind, "role": row.role, "tier": row.tier, "points": row.points,
            "counts": presenting.points_text(record.weights[row.pk]), "final_on": row.final_on,
            "visible_on": row.visible_on, "reversed_on": row.reversed_on,
            "state": presenting.point_state(record, row).removeprefix("point-")} for row in record.points]}
