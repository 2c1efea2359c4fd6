"""Reads of sweeps and findings. What the stated actor may not see is not there."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from licet.core.errors import NotFound
from licet.sweeps.models import Finding, Sweep

_LOOKED_AT = 200  # sweeps of several providers among which one of the same set is looked for


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


def candidates(provider: str = "") -> QuerySet[Sweep]:
    """Sweeps others can be compared with: finished ones that judged a row, newest day first."""
    found = Sweep.objects.filter(state="finished", rows__gt=0).order_by("-as_of", "-pk")
    return found.filter(provider_id=provider) if provider else found


def comparable(number: str) -> Sweep:
    """The sweep of a document number (``S-2026-000012``, or its last part) if others can be compared with it.

    Raises :class:`NotFound`.
    """
    digits = number.strip().rpartition("-")[2]
    found = candidates().filter(pk=int(digits)).first() if digits.isascii() and digits.isdigit() else None
    if found is None or not _has_findings(found) or ("-" in number and found.number != number.strip().upper()):
        raise NotFound(f"there is no finished sweep {number}", hint="licet sweep list shows the sweeps")
    return found


def predecessor(sweep: Sweep, providers: Collection[str]) -> Sweep | None:
    """The sweep before of the same scope: the same provider's, or a list of the same set of providers.

    Before means an earlier day judged by, of one day the later run; whatever the files were called.
    """
    before = candidates().filter(provider_id=sweep.provider_id, as_of__lte=sweep.as_of, pk__lt=sweep.pk)
    for found in before.defer("counts")[:_LOOKED_AT]:
        if (sweep.provider_id or providers_of(found) == set(providers)) and _has_findings(found):
            return found
    return None


def providers_of(sweep: Sweep) -> set[str]:
    """Whose rows a finished sweep judged."""
    return {row["provider_id"] for row in sweep.summary.get("by_provider", ())}


def _has_findings(sweep: Sweep) -> bool:
    return (directory_of(sweep.pk) / "findings.parquet").exists()


def findings(sweep_id: int, *, after: int = 0, **filters: Any) -> QuerySet[Finding]:
    """Findings of a sweep in order, those after a position; ``filters``: finding, severity, provider_id, status."""
    chosen = {name: value for name, value in filters.items() if value}
    return Finding.objects.filter(sweep_id=sweep_id, pk__gt=after, **chosen).order_by("pk")


def open_findings(provider: str = "", *, severity: str = "") -> QuerySet[Finding]:
    """Signals for casework: what the last finished sweep of every provider's own list found and nobody has repaired."""
    newest: dict[tuple[str, frozenset[str]], int] = {}
    for sweep in candidates(provider).defer("counts"):
        scope = (sweep.provider_id, frozenset() if sweep.provider_id else frozenset(providers_of(sweep)))
        newest.setdefault(scope, sweep.pk)
    found = Finding.objects.filter(sweep_id__in=newest.values()).exclude(status="gone").order_by("pk")
    return found.filter(severity=severity) if severity else found
