"""Reads of kept decisions."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from licet.core.errors import NotFound
from licet.gate.models import Decision


def decision(decision_id: uuid.UUID) -> Decision:
    """One decision. Raises :class:`NotFound`, also when it is somebody else's."""
    found = Decision.objects.filter(pk=decision_id).first()
    if found is None:
        raise NotFound(f"there is no decision {decision_id}")
    return found


def decisions(provider: str = "") -> QuerySet[Decision]:
    """Decisions the stated actor may see, newest first."""
    found = Decision.objects.order_by("-pk")
    return found.filter(provider_id=provider) if provider else found
