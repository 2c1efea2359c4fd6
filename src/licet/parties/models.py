"""Organisations, the posts they must fill, and the people who act for them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Collate

from licet.core.models import Versioned, version_constraints
from licet.parties.tables import PARTY_KINDS, ROLES, TOKEN_SCOPES


class Party(Versioned):
    """An organisation. Columns of ``licet import parties``."""

    natural_key = ("party_id",)

    party_id = models.CharField(max_length=80)
    kind = models.CharField(max_length=20, choices=[(kind, names[1]) for kind, names in PARTY_KINDS.items()])
    name = models.CharField(max_length=300)
    uscc = models.CharField(max_length=60, blank=True, help_text="unified social credit code")
    region = models.CharField(max_length=10, blank=True, help_text="ISO 3166-2 code")
    parent_id = models.CharField(max_length=80, blank=True, help_text="party_id of the owning organisation")

    class Meta:
        verbose_name_plural = "parties"
        constraints = [
            *version_constraints("parties_party", ("party_id",)),
            models.CheckConstraint(condition=Q(kind__in=list(PARTY_KINDS)), name="parties_party_kind"),
        ]
        indexes = [
            models.Index(fields=["kind", "party_id"], condition=Q(until__isnull=True), name="parties_party_kind_now"),
            models.Index(fields=["region"], condition=Q(until__isnull=True), name="parties_party_region_now"),
            models.Index(fields=["change_seq"], name="parties_party_feed"),
            # Search by the beginning of a name, in byte order whatever the database's collation is.
            models.Index(Collate("name", "C"), F("party_id"), condition=Q(until__isnull=True), name="parties_party_name"),
            models.Index(fields=["uscc", "party_id"], condition=Q(until__isnull=True) & ~Q(uscc=""),
                         name="parties_party_uscc"),
        ]

    def __str__(self) -> str:
        return self.name


class Post(Versioned):
    """A duty post in a branch and who fills it. Columns of ``licet import posts``. Rule: Notice §4.2.2"""

    natural_key = ("provider_id", "branch", "role", "person")

    provider_id = models.CharField(max_length=80)
    branch = models.CharField(max_length=200)
    region = models.CharField(max_length=10, blank=True)
    person = models.CharField(max_length=200, blank=True, help_text="empty: the post exists and nobody fills it")
    role = models.CharField(max_length=80)
    phone = models.CharField(max_length=60, blank=True)
    email = models.CharField(max_length=254, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            *version_constraints("parties_post", ("provider_id", "branch", "role", "person")),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")),
                name="parties_post_validity"),
        ]
        indexes = [models.Index(fields=["change_seq"], name="parties_post_feed")]

    def __str__(self) -> str:
        return f"{self.branch} · {self.role}"


class Membership(models.Model):
    """A person acts for an organisation in one role."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    party_id = models.CharField(max_length=80)
    role = models.CharField(max_length=40, choices=[(role.id, role.en) for role in ROLES])
    granted_by = models.CharField(max_length=80)
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "party_id", "role"], condition=Q(ended_at__isnull=True),
                                    name="parties_membership_once"),
            models.CheckConstraint(condition=Q(role__in=[role.id for role in ROLES]), name="parties_membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.party_id}"


class AccountState(models.Model):
    """What must happen before a person may work: change a password somebody else has seen."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="account_state")
    must_change_password = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"account {self.user_id}"


class ApiToken(models.Model):
    """A key with which a program speaks for an organisation. The key itself is shown once and never stored."""

    party_id = models.CharField(max_length=80)
    name = models.CharField(max_length=120, help_text="what uses it, in words")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the whole key, hexadecimal")
    hint = models.CharField(max_length=16, help_text="the key's first characters, to recognise it by")
    scopes = ArrayField(models.CharField(max_length=40))
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="to the minute")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scopes__contained_by=list(TOKEN_SCOPES)), name="parties_apitoken_scopes"),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("created_at")), name="parties_apitoken_expires"),
        ]
        indexes = [models.Index(fields=["party_id"], name="parties_apitoken_party")]

    def __str__(self) -> str:
        return f"{self.hint}… {self.name}"
