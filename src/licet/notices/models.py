"""Letters as they went out, the page behind a token, deliveries, clocks, and what came back."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from licet.casework.models import Appeal, Case, Measure
from licet.notices.tables import CHANNELS, CLOCKS, DELIVERY_STATES, FORMATS, NOTICES, RECIPIENTS

PARTY: dict[str, Any] = {"max_length": 80}


def _one_of(name: str, field: str, values: tuple[str, ...]) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": list(values)}), name=name)


class Numbering(models.Model):
    """The last document number of a desk in a year; its row is locked while a number is taken."""

    desk_id = models.CharField(**PARTY)
    year = models.SmallIntegerField()
    last = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["desk_id", "year"], name="notices_numbering_once")]

    def __str__(self) -> str:
        return f"{self.desk_id} {self.year}: {self.last}"


class Notice(models.Model):
    """One letter, exactly as it was composed. PostgreSQL refuses every change to it."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="notices")
    appeal = models.ForeignKey(Appeal, null=True, on_delete=models.PROTECT, related_name="notices")
    desk_id = models.CharField(**PARTY)
    kind = models.CharField(max_length=20)
    cause = models.CharField(max_length=60, help_text="what it answers, once: approved, expired, appeal:12, clock:4")
    number = models.CharField(max_length=40, help_text="unique per desk and year")
    composed_at = models.DateTimeField()
    body = models.JSONField(help_text="language -> title, number, issuer, day, addressee, sections")
    text = models.TextField(help_text="both languages as plain text: what is hashed and sent")
    sha256 = models.CharField(max_length=64, help_text="of text in UTF-8, hexadecimal")

    class Meta:
        constraints = [
            _one_of("notices_notice_kind", "kind", tuple(kind.id for kind in NOTICES)),
            models.UniqueConstraint(fields=["desk_id", "number"], name="notices_notice_number"),
            models.UniqueConstraint(fields=["measure", "kind", "cause"], name="notices_notice_once"),
        ]
        indexes = [models.Index(fields=["desk_id", "-id"], name="notices_notice_desk")]

    def __str__(self) -> str:
        return self.number


class Page(models.Model):
    """The page of a measure for whoever it hits. The token itself is kept nowhere: see ``pages.token_of``."""

    measure = models.OneToOneField(Measure, on_delete=models.PROTECT, related_name="page")
    desk_id = models.CharField(**PARTY)
    nonce = models.CharField(max_length=64, help_text="the token is a keyed hash of this")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, help_text="published; before, the page is not there")
    closes_at = models.DateTimeField(null=True, help_text="the profile's days after the end of the measure")
    last_read_at = models.DateTimeField(null=True, help_text="somebody with the token read it, to the hour")

    def __str__(self) -> str:
        return f"page of {self.measure_id}"


class Delivery(models.Model):
    """One letter on its way over one channel to one address."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    desk_id = models.CharField(**PARTY)
    channel = models.CharField(max_length=4)
    recipient = models.CharField(max_length=8)
    address = models.CharField(max_length=254, blank=True)
    # Made from the notice and the address: the same for every try, so that the receiving side recognises a repetition.
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=9, default="waiting")
    tries = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    message_sha256 = models.CharField(max_length=64, blank=True, help_text="of the message as it was handed over")

    class Meta:
        constraints = [
            _one_of("notices_delivery_state", "state", DELIVERY_STATES),
            _one_of("notices_delivery_channel", "channel", CHANNELS),
            _one_of("notices_delivery_recipient", "recipient", RECIPIENTS),
            models.UniqueConstraint(fields=["notice", "channel", "address"], name="notices_delivery_once"),
            models.CheckConstraint(condition=~Q(state="sent") | Q(sent_at__isnull=False), name="notices_delivery_sent"),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state__in=["waiting", "sending"]), name="notices_delivery_due"),
            models.Index(fields=["desk_id", "-id"], condition=Q(state="failed"), name="notices_delivery_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.channel} {self.state}"


class Clock(models.Model):
    """A term somebody has. It belongs to the measure's step, so it survives every change of handler."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="clocks")
    appeal = models.ForeignKey(Appeal, null=True, on_delete=models.PROTECT, related_name="clocks")
    desk_id = models.CharField(**PARTY)
    kind = models.CharField(max_length=15)
    counted = models.CharField(max_length=8, default="calendar", help_text="in business or calendar days")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    consequence_zh = models.CharField(max_length=300, help_text="what happens by itself when it runs out")
    consequence_en = models.CharField(max_length=300)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True, help_text="met, lapsed, or ended with the measure")
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            _one_of("notices_clock_kind", "kind", tuple(clock.id for clock in CLOCKS)),
            _one_of("notices_clock_outcome", "outcome", ("", "met", "lapsed", "ended")),
            models.CheckConstraint(condition=(Q(closed_at__isnull=True) & Q(outcome=""))
                                   | (Q(closed_at__isnull=False) & ~Q(outcome="")), name="notices_clock_closed"),
            models.CheckConstraint(condition=~Q(consequence_zh="") & ~Q(consequence_en=""), name="notices_clock_says"),
            models.UniqueConstraint(fields=["measure", "kind"], condition=Q(closed_at__isnull=True),
                                    name="notices_clock_one_open"),
        ]
        indexes = [
            models.Index(fields=["desk_id", "due_at"], condition=Q(closed_at__isnull=True), name="notices_clock_running"),
            models.Index(fields=["due_at"], condition=Q(closed_at__isnull=True), name="notices_clock_due"),
        ]

    def __str__(self) -> str:
        return f"{self.measure_id} {self.kind}"


class Answer(models.Model):
    """What whoever is hit said on the page. Never shown as fact, never changed."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="answers")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="answers")
    desk_id = models.CharField(**PARTY)
    at = models.DateTimeField()
    text = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, help_text="of the text and of the hashes of its documents")
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["measure", "at"], name="notices_answer_measure")]

    @property
    def number(self) -> str:
        """What people call it, on every page and receipt; A- is for appeals."""
        return f"W-{self.pk}"

    def __str__(self) -> str:
        return f"answer {self.pk}"


class AnswerDocument(models.Model):
    """A document handed in as proof. What it is was decided by its content, which is kept as evidence of the case."""

    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, related_name="documents")
    desk_id = models.CharField(**PARTY)
    name = models.CharField(max_length=200, help_text="as the sender named it; never used as a path")
    format = models.CharField(max_length=10)
    size_bytes = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    evidence_ref = models.CharField(max_length=50, blank=True, help_text="the item of evidence that holds its content")

    class Meta:
        constraints = [_one_of("notices_document_format", "format", tuple(row.id for row in FORMATS))]

    def __str__(self) -> str:
        return self.name
