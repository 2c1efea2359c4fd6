"""Sweeps and their findings, kept for browsing and for comparison with the next one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from licet.sweeps.tables import FINDINGS, SEVERITIES, STATES, STATUSES


class Sweep(models.Model):
    """One list judged by the registers of one day. Rule: Notice §4.1.1"""

    provider_id = models.CharField(max_length=80, blank=True, help_text="whose list; empty = lists of several")
    as_of = models.DateField(help_text="the local day judged by")
    file_name = models.CharField(max_length=300, help_text="as handed in")
    file_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=[(key, row[1]) for key, row in STATES.items()], default="waiting")
    rows = models.BigIntegerField(default=0, help_text="rows judged so far")
    rows_rejected = models.BigIntegerField(default=0, help_text="rows that could not be read; see errors.csv")
    counts = models.JSONField(default=dict, help_text="findings by id and severity")
    summary = models.JSONField(default=dict, help_text="summary.json")
    versions = models.JSONField(default=dict, help_text="register -> where it stood")
    ruleset = models.CharField(max_length=40, blank=True)
    previous = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="the sweep it is compared with",
    )
    problem = models.TextField(blank=True, help_text="why it failed")
    actor = models.CharField(max_length=80)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=list(STATES)), name="sweeps_sweep_state")]
        indexes = [models.Index(fields=["provider_id", "-id"], name="sweeps_sweep_provider")]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Document number, as printed on the report."""
        return f"S-{self.requested_at:%Y}-{self.pk:06d}"


class Finding(models.Model):
    """One finding of a sweep. ``gone`` ones are the previous sweep's that are no longer there."""

    sweep = models.ForeignKey(Sweep, on_delete=models.CASCADE, related_name="findings", db_index=False)
    access_id = models.CharField(max_length=80, blank=True, help_text="empty: found in the register, not in the list")
    finding = models.CharField(max_length=40)
    severity = models.CharField(max_length=10)
    provider_id = models.CharField(max_length=80)
    domain = models.CharField(max_length=300, blank=True)
    evidence = models.TextField()
    status = models.CharField(max_length=4)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(finding__in=list(FINDINGS)), name="sweeps_finding_finding"),
            models.CheckConstraint(condition=Q(severity__in=list(SEVERITIES)), name="sweeps_finding_severity"),
            models.CheckConstraint(condition=Q(status__in=list(STATUSES)), name="sweeps_finding_status"),
        ]
        indexes = [  # every filter of the findings page continues by id
            models.Index(fields=["sweep", "id"], name="sweeps_finding_page"),
            models.Index(fields=["sweep", "finding", "id"], name="sweeps_finding_by_finding"),
            models.Index(fields=["sweep", "severity", "id"], name="sweeps_finding_by_severity"),
            models.Index(fields=["sweep", "provider_id", "id"], name="sweeps_finding_by_provider"),
            models.Index(fields=["sweep", "status", "id"], name="sweeps_finding_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.finding} {self.provider_id}/{self.access_id}"
