"""Table bases shared by every concept; no domain words."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Versioned(models.Model):
    """A register row with history: what the register said from ``since`` until (not including) ``until``.

    A change closes the present version and adds the next one; nothing is overwritten. The present version has no
    ``until``. Subclasses name their natural key in ``natural_key`` and add :func:`version_constraints`.
    """

    natural_key: tuple[str, ...] = ()

    since = models.DateField(help_text="first local day on which the register said this")
    until = models.DateField(null=True, blank=True, help_text="first local day on which it no longer did; empty = now")
    content_hash = models.BinaryField(max_length=16, help_text="BLAKE2b-128 of the canonical row")
    change_seq = models.BigIntegerField(help_text="position in the change feed; grows with every write of this table")
    source = models.CharField(max_length=80, help_text="what brought it: import:<id>, change:<id>")
    recorded_at = models.DateTimeField(help_text="when Licet wrote this version (UTC)")

    class Meta:
        abstract = True


def version_constraints(table: str, key: tuple[str, ...]) -> list[models.BaseConstraint]:
    """One present version per natural key, one version per key and day, and no version that ends before it starts."""
    return [
        models.UniqueConstraint(fields=list(key), condition=Q(until__isnull=True), name=f"{table}_one_present"),
        models.UniqueConstraint(fields=[*key, "since"], name=f"{table}_one_per_day"),
        models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gt=models.F("since")), name=f"{table}_order"),
    ]
