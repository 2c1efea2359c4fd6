"""Reads of referrals. Row-level security lets the sending desk and the police desk see them, nobody else."""

from __future__ import annotations

from django.db.models import QuerySet

from licet.core.errors import NotFound
from licet.parties.models import Party
from licet.referrals.models import Referral


def referrals() -> QuerySet[Referral]:
    """What the stated actor sees, newest first."""
    return Referral.objects.order_by("-pk")


def incoming(police: tuple[str, ...]) -> QuerySet[Referral]:
    """Referrals to these police desks, newest first."""
    return Referral.objects.filter(police_id__in=police).order_by("-pk")


def by_number(number: str) -> Referral:
    """One referral. Raises :class:`NotFound`."""
    found = Referral.objects.filter(number=number).first()
    if found is None:
        raise NotFound(f"there is no referral {number}, or it is not yours to see")
    return found


def police_desks() -> list[tuple[str, str]]:
    """Police desks on record: party_id and name."""
    return list(Party.objects.filter(kind="police", until__isnull=True).order_by("party_id").values_list("party_id", "name"))
