"""What decisions leave behind: entries they wrote into registers, points, thresholds, exposures. Nothing is deleted."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from licet.casework.models import Measure
from licet.standing.tables import ADVICE, CONFIDENCES

PARTY: dict[str, Any] = {"max_length": 80}
PERSON: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}
REGISTERS = ("blacklist", "licences")
# How sure it is whom an entry hits: what the case is about itself needs no deduction.
ENTRY_CONFIDENCES = ("subject", *(row.id for row in CONFIDENCES if row.enters))
OBJECTION_STATES = ("open", "kept", "removed")


class Entry(models.Model):
    """What a measure wrote into a register, what stood there before, and how long it stands. Rule: Notice §4.5"""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="+")
    desk_id = models.CharField(**PARTY)
    register = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, help_text="kind of blacklist entry, or licence")
    value = models.CharField(max_length=253)
    key = models.JSONField(help_text="natural key of the register's row")
    before = models.JSONField(null=True, help_text="the row that stood there before; null = none")
    decision_ref = models.CharField(max_length=200)
    confidence = models.CharField(max_length=20)
    name = models.CharField(max_length=300, blank=True, help_text="the organiser's name as recorded, never used to match")
    since = models.DateField()
    valid_to = models.DateField(null=True, help_text="last day the register says so, unless a review renews it")
    review_on = models.DateField(null=True)
    contest_until = models.DateField(null=True, help_text="last local day to appeal")
    written_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    check_note = models.CharField(max_length=300, blank=True, help_text="why the last check from outside did not agree")
    verified_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_on = models.DateField(null=True)
    ended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["measure", "register", "kind", "value"], condition=Q(ended_at__isnull=True),
                                    name="standing_entry_once"),
            models.CheckConstraint(condition=Q(register__in=REGISTERS), name="standing_entry_register"),
            models.CheckConstraint(condition=Q(confidence__in=ENTRY_CONFIDENCES), name="standing_entry_confidence"),
            models.CheckConstraint(condition=~Q(decision_ref=""), name="standing_entry_decided"),
            # A blacklist entry that nobody must look at again would stand for ever.
            models.CheckConstraint(
                condition=~Q(register="blacklist") | (Q(valid_to__isnull=False) & Q(review_on__isnull=False)),
                name="standing_entry_has_a_term"),
            models.CheckConstraint(
                condition=(Q(ended_at__isnull=True) & Q(ended_on__isnull=True))
                | (Q(ended_at__isnull=False) & Q(ended_on__isnull=False) & ~Q(ended_why="")),
                name="standing_entry_ended_why"),
        ]
        indexes = [
            models.Index(fields=["review_on"], condition=Q(ended_at__isnull=True), name="standing_entry_review"),
            models.Index(fields=["decision_ref"], name="standing_entry_ref"),
            models.Index(fields=["measure"], name="standing_entry_measure"),
        ]

    def __str__(self) -> str:
        return f"{self.register} {self.value}"


class Review(models.Model):
    """Two people looked at an entry again and let it stand for another while. Nobody doing so lets it lapse."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="reviews")
    desk_id = models.CharField(**PARTY)
    reason = models.TextField()
    until = models.DateField(help_text="the next review day")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    proposed_at = models.DateTimeField()
    seconded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    seconded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry"], condition=Q(seconded_by__isnull=True), name="standing_review_open"),
            models.CheckConstraint(condition=~Q(reason=""), name="standing_review_reason"),
            models.CheckConstraint(condition=Q(seconded_by__isnull=True) | ~Q(seconded_by=F("proposed_by")),
                                   name="standing_review_two"),
        ]

    def __str__(self) -> str:
        return f"review of {self.entry_id}"


class ConductPoint(models.Model):
    """What one final decision weighs on a provider's record. Rule: Notice §4.5"""

    measure = models.OneToOneField(Measure, on_delete=models.PROTECT, related_name="+")
    desk_id = models.CharField(**PARTY)
    provider_id = models.CharField(**PARTY)
    case_number = models.CharField(max_length=30)
    role = models.CharField(max_length=10, help_text="own or connected; see tables.POINTS")
    kind = models.CharField(max_length=20)
    tier = models.SmallIntegerField()
    points = models.SmallIntegerField()
    formula = models.CharField(max_length=10, help_text="version of the table")
    final_on = models.DateField(help_text="the day nobody could appeal any more, or the judgement")
    visible_on = models.DateField(help_text="from when on others count it")
    recorded_at = models.DateTimeField()
    reversed_at = models.DateTimeField(null=True)
    reversed_on = models.DateField(null=True)
    reversed_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__gte=1) & Q(points__lte=100), name="standing_point_weight"),
            models.CheckConstraint(condition=Q(visible_on__gte=F("final_on")), name="standing_point_own_first"),
            models.CheckConstraint(
                condition=(Q(reversed_at__isnull=True) & Q(reversed_on__isnull=True))
                | (Q(reversed_at__isnull=False) & Q(reversed_on__isnull=False) & ~Q(reversed_why="")),
                name="standing_point_reversed_why"),
        ]
        indexes = [models.Index(fields=["provider_id", "final_on"], name="standing_point_provider")]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.points}"


class Objection(models.Model):
    """The provider says that a point on its record is wrong; while nobody answered, others do not count it."""

    point = models.ForeignKey(ConductPoint, on_delete=models.PROTECT, related_name="objections")
    provider_id = models.CharField(**PARTY)
    text = models.TextField()
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    filed_at = models.DateTimeField()
    state = models.CharField(max_length=8, default="open")
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["point"], name="standing_objection_once"),
            models.CheckConstraint(condition=~Q(text=""), name="standing_objection_text"),
            models.CheckConstraint(condition=Q(state__in=OBJECTION_STATES), name="standing_objection_state"),
            models.CheckConstraint(
                condition=Q(state="open") | (Q(answered_by__isnull=False) & ~Q(answer="") & ~Q(answered_by=F("filed_by"))),
                name="standing_objection_answered"),
        ]

    def __str__(self) -> str:
        return f"objection to {self.point_id}"


class Threshold(models.Model):
    """From which score on something is advised. Proposed by one person, switched on by another; it binds nobody."""

    advice = models.CharField(max_length=20)
    value = models.IntegerField(help_text="thousandths of a score")
    reason = models.TextField()
    preview = models.JSONField(help_text="how many providers it would have touched when it was proposed")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, **PERSON)
    proposed_at = models.DateTimeField()
    switched_on_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    switched_on_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **PERSON)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(advice__in=list(ADVICE)), name="standing_threshold_advice"),
            models.CheckConstraint(condition=Q(value__gte=1), name="standing_threshold_value"),
            models.CheckConstraint(condition=~Q(reason=""), name="standing_threshold_reason"),
            models.CheckConstraint(condition=Q(switched_on_by__isnull=True) | ~Q(switched_on_by=F("proposed_by")),
                                   name="standing_threshold_two"),
            models.UniqueConstraint(fields=["advice"], name="standing_threshold_one_on",
                                    condition=Q(switched_on_by__isnull=False) & Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.advice} {self.value}"


class Exposure(models.Model):
    """What the public may read: an organisation, what was decided, by whom, when, and until when. Rule: Notice §4.3"""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(Measure, null=True, on_delete=models.PROTECT, related_name="+",
                                 help_text="the final decision it makes known; it ends with it")
    desk_id = models.CharField(**PARTY)
    organisation_name = models.CharField(max_length=300)
    organisation_code = models.CharField(max_length=80, help_text="credit code or party_id; never a person's")
    about = models.CharField(max_length=253, blank=True, help_text="the site, address or code")
    ground_id = models.CharField(max_length=40)
    decided = models.CharField(max_length=20, help_text="kind of the final decision it makes known")
    decided_by = models.CharField(max_length=300, help_text="name of the deciding organisation")
    decided_on = models.DateField()
    rule_cited = models.CharField(max_length=200)
    decision_ref = models.CharField(max_length=200)
    published_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["measure"], condition=Q(withdrawn_at__isnull=True),
                                    name="standing_exposure_once"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("published_at")), name="standing_exposure_expires"),
            # Keyed tokens stand for persons; persons are never published.
            models.CheckConstraint(condition=~Q(organisation_code="") & ~Q(organisation_code__startswith="rid"),
                                   name="standing_exposure_no_person"),
            models.CheckConstraint(condition=~Q(organisation_name=""), name="standing_exposure_named"),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(withdrawn_at__isnull=True),
                                name="standing_exposure_public")]

    def __str__(self) -> str:
        return self.organisation_name
