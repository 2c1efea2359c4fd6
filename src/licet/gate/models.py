"""Single decisions of the gate, kept as they were given. Nothing changes or removes one (migration 0002)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from licet.gate.tables import ANSWERS


class Decision(models.Model):
    """What the gate answered about one connection, with all its reasons. Rule: Notice §4.2.1"""

    id = models.UUIDField(primary_key=True, help_text="time-ordered (UUID version 7)")
    provider_id = models.CharField(max_length=80, blank=True, help_text="who would connect; empty = not named")
    domain = models.CharField(max_length=300, blank=True, help_text="as asked")
    answer = models.CharField(max_length=10, choices=[(answer, answer) for answer in ANSWERS])
    as_of = models.DateField(help_text="the local day judged by")
    decided_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    purpose = models.CharField(max_length=500, blank=True, help_text="why it was asked, in the asker's words")
    document = models.JSONField(help_text="the whole decision as the API returned it")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(answer__in=list(ANSWERS)), name="gate_decision_answer")]
        indexes = [models.Index(fields=["provider_id", "-id"], name="gate_decision_provider")]

    def __str__(self) -> str:
        return f"{self.id} {self.answer}"
