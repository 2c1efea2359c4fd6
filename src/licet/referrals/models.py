"""Referrals to police desks, and the public keys of these desks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from licet.casework.models import Determination, Measure
from licet.evidence.models import Bag
from licet.referrals.tables import STATES, ReferralState

PARTY: dict[str, Any] = {"max_length": 80}


class Referral(models.Model):
    """One case handed to a police desk: the sealed bag, its receipt, its answer."""

    number = models.CharField(max_length=60, unique=True, help_text="shown to people: R-2026-000123-7")
    measure = models.OneToOneField(Measure, on_delete=models.PROTECT, related_name="referral")
    desk_id = models.CharField(**PARTY)
    police_id = models.CharField(**PARTY, blank=True, help_text="party_id of the police desk, once it is clear")
    case_number = models.CharField(max_length=30)
    state = models.CharField(max_length=10, default=ReferralState.WAITING)
    problem = models.CharField(max_length=300, blank=True)
    # What the police desk reads; the rest is in the bag.
    ground = models.CharField(max_length=30)
    subject = models.CharField(max_length=253)
    message = models.TextField(blank=True)
    bag = models.ForeignKey(Bag, null=True, on_delete=models.PROTECT, related_name="+")
    bag_sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    receipt_due_at = models.DateTimeField(null=True)
    # The receipt.
    received_at = models.DateTimeField(null=True)
    received_by = models.CharField(max_length=120, blank=True, help_text="name of whoever took it in hand")
    receipt_no = models.CharField(max_length=120, blank=True)
    receipt_sha256 = models.CharField(max_length=64, blank=True, help_text="of the archive, as the police desk got it")
    reply_due_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    # The answer.
    result = models.CharField(max_length=15, blank=True)
    document_no = models.CharField(max_length=120, blank=True)
    determined_on = models.DateField(null=True)
    text = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    determination = models.ForeignKey(Determination, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="referrals_referral_state"),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "received", "answered", "recorded"])
                | (~Q(police_id="") & Q(bag__isnull=False) & Q(sent_at__isnull=False)), name="referrals_referral_sent"),
            models.CheckConstraint(
                condition=~Q(state__in=["received", "answered", "recorded"])
                | (Q(received_at__isnull=False) & ~Q(receipt_no="") & Q(receipt_sha256=models.F("bag_sha256"))),
                name="referrals_referral_receipt"),
            models.CheckConstraint(
                condition=~Q(state__in=["answered", "recorded"])
                | (Q(result__in=["illegal", "not_illegal", "insufficient"]) & ~Q(document_no="")
                   & Q(determined_on__isnull=False)), name="referrals_referral_answer"),
            models.CheckConstraint(
                condition=(~Q(state="recorded") & Q(determination__isnull=True))
                | (Q(state="recorded") & Q(determination__isnull=False) & Q(recorded_by__isnull=False)),
                name="referrals_referral_recorded"),
        ]
        indexes = [
            models.Index(fields=["desk_id", "-id"], name="referrals_desk"),
            models.Index(fields=["police_id", "-id"], condition=~Q(police_id=""), name="referrals_police"),
            models.Index(fields=["id"], condition=Q(state="waiting"), name="referrals_due"),
        ]

    def __str__(self) -> str:
        return self.number


class DeskKey(models.Model):
    """The public key packages for a police desk are encrypted to. The private one never comes here."""

    party_id = models.CharField(**PARTY)
    public_key = models.CharField(max_length=60, help_text="X25519, base64")
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party_id"], condition=Q(ended_at__isnull=True),
                                               name="referrals_one_key")]

    def __str__(self) -> str:
        return f"key of {self.party_id}"
