"""Lockers, items, their custody, time stamps, holds, disposals, sealed bags, and who looked at what for how long.

A locker holds the evidence of one case. This concept lies below casework, so a case is known by its id and number;
referrals lets PostgreSQL compare both with the case itself (migration 0002).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from licet.evidence.tables import ACTIONS, ITEM_KINDS
from licet.grounds.models import Ground

PARTY: dict[str, Any] = {"max_length": 80}
CONTENT = ("kept", "hash_only", "destroyed")
BAG_STATES = ("requested", "sealed", "destroyed")
_SHA256 = r"^[0-9a-f]{64}$"


def _one_of(name: str, field: str, values: tuple[str, ...]) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": list(values)}), name=name)


def _person(**more: Any) -> Any:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **more)


class Locker(models.Model):
    """The evidence of one case, encrypted under keys that this locker's key wraps."""

    case_id = models.BigIntegerField(unique=True)
    case_number = models.CharField(max_length=30, unique=True)
    desk_id = models.CharField(**PARTY)
    ground = models.ForeignKey(Ground, on_delete=models.PROTECT)
    # Wrapped by the installation's master key (secrets.json); gone once nothing in the locker has content.
    wrapped_key = models.BinaryField(null=True)
    items_count = models.IntegerField(default=0, help_text="numbers given out; never goes back")
    bags_count = models.IntegerField(default=0, help_text="numbers given out; never goes back")
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.case_number


class Item(models.Model):
    """One piece of evidence, named by the SHA-256 of its plain content. What it is never changes; its content may be
    destroyed one day, the rest stays."""

    locker = models.ForeignKey(Locker, on_delete=models.PROTECT, related_name="items")
    desk_id = models.CharField(**PARTY)
    ref = models.CharField(max_length=50, unique=True, help_text="shown to people: E-2026-000123-1")
    kind = models.CharField(max_length=15)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=2000, blank=True, help_text="where it was found")
    file_name = models.CharField(max_length=200, blank=True, help_text="as handed in; never used as a path")
    media_type = models.CharField(max_length=60, blank=True, help_text="by its first bytes")
    bytes = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, help_text="of the plain content, hexadecimal")
    content = models.CharField(max_length=10, default="kept", help_text="kept, hash_only (never stored) or destroyed")
    wrapped_key = models.BinaryField(null=True, help_text="key of the content, wrapped by the locker's")
    blur = models.BinaryField(null=True, help_text="a few grey squares of an image (PNG), all that is shown unasked")
    captured_at = models.DateTimeField(null=True, help_text="when it was seen, if somebody says so")
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=80)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["locker", "sha256"], name="evidence_item_once"),
            _one_of("evidence_item_kind", "kind", tuple(kind.id for kind in ITEM_KINDS)),
            _one_of("evidence_item_content", "content", CONTENT),
            models.CheckConstraint(condition=Q(sha256__regex=_SHA256), name="evidence_item_sha256"),
            models.CheckConstraint(
                condition=(Q(content="kept") & Q(wrapped_key__isnull=False) & Q(bytes__isnull=False))
                | (~Q(content="kept") & Q(wrapped_key__isnull=True) & Q(blur__isnull=True)),
                name="evidence_item_key_while_kept"),
            models.CheckConstraint(
                condition=(Q(content="destroyed") & Q(destroyed_at__isnull=False))
                | (~Q(content="destroyed") & Q(destroyed_at__isnull=True)), name="evidence_item_destroyed_when"),
            models.CheckConstraint(condition=~Q(content="hash_only") | ~Q(url=""), name="evidence_item_hash_and_url"),
        ]

    def __str__(self) -> str:
        return self.ref


class Bag(models.Model):
    """A sealed bag: a BagIt archive with items, custody, time stamps and journal proofs, kept encrypted."""

    locker = models.ForeignKey(Locker, on_delete=models.PROTECT, related_name="bags")
    desk_id = models.CharField(**PARTY)
    ref = models.CharField(max_length=50, unique=True, help_text="shown to people: B-2026-000123-1")
    state = models.CharField(max_length=10, default="requested")
    purpose = models.TextField()
    items = models.JSONField(default=list, help_text="references of the items inside")
    requested_by = models.CharField(max_length=80)
    requested_by_user = models.BigIntegerField(null=True)
    requested_at = models.DateTimeField()
    sealed_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the archive")
    bytes = models.BigIntegerField(null=True)
    wrapped_key = models.BinaryField(null=True)

    class Meta:
        constraints = [
            _one_of("evidence_bag_state", "state", BAG_STATES),
            models.CheckConstraint(
                condition=~Q(state="sealed")
                | (Q(sealed_at__isnull=False) & Q(sha256__regex=_SHA256) & Q(wrapped_key__isnull=False)),
                name="evidence_bag_sealed"),
            models.CheckConstraint(condition=~Q(state="destroyed") | Q(wrapped_key__isnull=True),
                                   name="evidence_bag_destroyed"),
        ]
        indexes = [models.Index(fields=["requested_at"], condition=Q(state="requested"), name="evidence_bag_due")]

    def __str__(self) -> str:
        return self.ref


class Custody(models.Model):
    """One line of the custody log: who did what, why, with which result. Rows are never changed or removed."""

    locker = models.ForeignKey(Locker, on_delete=models.PROTECT, related_name="custody")
    item = models.ForeignKey(Item, null=True, on_delete=models.PROTECT, related_name="custody")
    bag = models.ForeignKey(Bag, null=True, on_delete=models.PROTECT, related_name="custody")
    desk_id = models.CharField(**PARTY)
    at = models.DateTimeField()
    action = models.CharField(max_length=20)
    actor = models.CharField(max_length=80)
    purpose = models.TextField()
    result = models.CharField(max_length=200)
    journal_seq = models.BigIntegerField(help_text="number of the journal entry that says the same")

    class Meta:
        constraints = [
            _one_of("evidence_custody_action", "action", ACTIONS),
            models.CheckConstraint(condition=~Q(purpose=""), name="evidence_custody_purpose"),
        ]
        indexes = [models.Index(fields=["item", "id"], name="evidence_custody_item"),
                   models.Index(fields=["locker", "id"], name="evidence_custody_locker")]

    def __str__(self) -> str:
        return f"{self.locker_id} {self.action}"


class Stamp(models.Model):
    """What one RFC 3161 authority is asked for, and its answer."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="stamps")
    desk_id = models.CharField(**PARTY)
    authority = models.CharField(max_length=300, help_text="address of the time-stamp authority")
    token = models.BinaryField(null=True, help_text="its answer (TimeStampResp, DER)")
    stamped_at = models.DateTimeField(null=True, help_text="the time it attests")
    serial = models.CharField(max_length=80, blank=True)
    trusted = models.BooleanField(null=True, help_text="its chain ends in a certificate of LICET_TSA_CA, not only in a public one")
    tries = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField()
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "authority"], name="evidence_stamp_once"),
            models.CheckConstraint(
                condition=(Q(token__isnull=True) & Q(stamped_at__isnull=True))
                | (Q(token__isnull=False) & Q(stamped_at__isnull=False) & Q(trusted__isnull=False)),
                name="evidence_stamp_whole"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(token__isnull=True), name="evidence_stamp_due")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.authority}"


class Hold(models.Model):
    """A legal hold on everything in a locker. One person sets it; one proposes its release, another one releases it."""

    locker = models.ForeignKey(Locker, on_delete=models.PROTECT, related_name="holds")
    desk_id = models.CharField(**PARTY)
    reason = models.TextField()
    set_by = _person()
    set_at = models.DateTimeField()
    release_proposed_by = _person(null=True)
    release_proposed_at = models.DateTimeField(null=True)
    release_reason = models.TextField(blank=True, help_text="why, as whoever proposed it says")
    released_by = _person(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["locker"], condition=Q(released_at__isnull=True),
                                    name="evidence_hold_one"),
            models.CheckConstraint(condition=~Q(reason=""), name="evidence_hold_reason"),
            models.CheckConstraint(
                condition=(Q(released_at__isnull=True) & Q(released_by__isnull=True))
                | (Q(released_at__isnull=False) & Q(released_by__isnull=False) & ~Q(release_reason="")),
                name="evidence_hold_released"),
            # Holds released before this took two have no proposer; the trigger asks for one (migration 0004).
            models.CheckConstraint(condition=Q(released_by__isnull=True) | Q(release_proposed_by__isnull=True)
                                   | ~Q(released_by=F("release_proposed_by")), name="evidence_hold_released_by_two"),
        ]

    def __str__(self) -> str:
        return f"hold on {self.locker_id}"


class Disposal(models.Model):
    """A proposal to destroy an item's content; somebody else carries it out, or it is withdrawn."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="disposals")
    desk_id = models.CharField(**PARTY)
    reason = models.TextField()
    proposed_by = _person()
    proposed_at = models.DateTimeField()
    seconded_by = _person(null=True)
    seconded_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(seconded_by__isnull=True, withdrawn_at__isnull=True),
                                    name="evidence_disposal_one_open"),
            models.CheckConstraint(condition=~Q(reason=""), name="evidence_disposal_reason"),
            models.CheckConstraint(
                condition=Q(seconded_by__isnull=True, seconded_at__isnull=True)
                | (Q(seconded_at__isnull=False, withdrawn_at__isnull=True) & ~Q(seconded_by=F("proposed_by"))),
                name="evidence_disposal_two_people"),
        ]

    def __str__(self) -> str:
        return f"disposal of {self.item_id}"


class Viewing(models.Model):
    """Somebody looked at an unblurred item: why, from when, until when at most."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="viewings")
    desk_id = models.CharField(**PARTY)
    person = _person()
    purpose = models.TextField()
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="when it is blurred again; earlier if the person says so")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(purpose=""), name="evidence_viewing_purpose"),
                       models.CheckConstraint(condition=Q(ends_at__gte=F("started_at")), name="evidence_viewing_span")]
        indexes = [models.Index(fields=["person", "-started_at"], name="evidence_viewing_person")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.item_id}"
