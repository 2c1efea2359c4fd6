"""Reads of sweeps and findings. What the stated actor may not see is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from licet.core.errors import NotFound
from licet.sweeps.models import Finding, Sweep


def directory_of(sweep_id: int) -> Path:
    """Where a sweep's files are kept."""
    return Path(settings.LICET_HOME) / "sweeps" / str(sweep_id)


def sweeps(provider: str = "") -> QuerySet[Sweep]:
    """Sweeps, newest first."""
    found = Sweep.objects.order_by("-pk")
    return found.filter(provider_id=provider) if provider else found


def sweep(sweep_id: int) -> Sweep:
    """One sweep. Raises :class:`NotFound`."""
    found = Sweep.objects.filter(pk=sweep_id).first()
    if found is None:
        raise NotFound(f"there is no sweep {sweep_id}", hint="licet sweep list shows the sweeps")
    return found


def last_of(provider: str, *, before: int | None = None) -> tuple[Sweep, dict[str, Any]] | None:
    """The last finished sweep (below number ``before``) that judged rows of a provider, and what it counted for it.

    A provider's own list or one of several providers, as far as the stated actor may see them.
    """
    found = Sweep.objects.filter(Q(provider_id=provider) | Q(provider_id=""), state="finished",
                                 summary__by_provider__contains=[{"provider_id": provider}])
    if before is not None:
        found = found.filter(pk__lt=before)
    latest = found.order_by("-pk").first()
    if latest is None:
        return None
    return latest, next(row for row in latest.summary["by_provider"] if row["provider_id"] == provider)


def findings(sweep_id: int, *, after: int = 0, **filters: Any) -> QuerySet[Finding]:
    """Findings of a sweep in order, those after a position; ``filters``: finding, severity, provider_id, status."""
    chosen = {name: value for name, value in filters.items() if value}
    return Finding.objects.filter(sweep_id=sweep_id, pk__gt=after, **chosen).order_by("pk")


def open_findings(provider: str = "", *, severity: str = "") -> QuerySet[Finding]:
    """Signals for casework: what the last finished sweep of every provider's own list found and nobody has repaired."""
    latest = Sweep.objects.filter(state="finished").order_by("provider_id", "file_name", "-pk")
    if provider:
        latest = latest.filter(provider_id=provider)
    newest: dict[tuple[str, str], int] = {}
    for pk, owner, file_name in latest.values_list("pk", "provider_id", "file_name"):
        newest.setdefault((owner, "" if owner else file_name), pk)
        newest[owner, "" if owner else file_name] = max(pk, newest[owner, "" if owner else file_name])
    found = Finding.objects.filter(sweep_id__in=newest.values()).exclude(status="gone").order_by("pk")
    return found.filter(severity=severity) if severity else found
