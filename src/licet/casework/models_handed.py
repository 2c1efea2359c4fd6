"""What one desk lets another one see. Imported by ``models.py``, which stays the place to import models from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class HandedDecision(models.Model):
    """A final decision that its desk shows to an association, so that it may be made public there: the one measure, for
    the one case it opened. Rows are never changed or removed. Rule: Notice §4.3"""

    measure = models.ForeignKey("casework.Measure", on_delete=models.PROTECT, related_name="handed")
    desk_id = models.CharField(max_length=80)
    party_id = models.CharField(max_length=80, help_text="who may see it from now on")
    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="handed", help_text="the receiver's case")
    reason = models.TextField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["measure", "party_id"], name="casework_handeddecision_once"),
                       models.CheckConstraint(condition=~Q(reason=""), name="casework_handeddecision_reason")]

    def __str__(self) -> str:
        return f"{self.measure_id} for {self.party_id}"
