"""The registers: licences and their annual reviews, filings, access relations, address blocks, blacklist.

Columns are those of ``licet import``; every row is a dated version (see ``licet.core.models.Versioned``).
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Collate, Reverse

from licet.core.models import Versioned, version_constraints
from licet.grounds.models import Ground

PARTY: dict[str, Any] = {"max_length": 80}
LICENCE_STATUSES = ("active", "suspended", "revoked")
REVIEW_RESULTS = ("pass", "fail", "not_submitted")
FILING_STATUSES = ("active", "suspended", "cancelled")
ACCESS_KINDS = ("vhost", "colocation", "cloud", "line")
SITE_KINDS = ("web", "wap", "app")
SUBJECT_KINDS = ("organisation", "person")
ADDRESS_KINDS = ("allocated", "assigned", "own")
CHANGE_STATES = ("proposed", "applied", "refused", "withdrawn")
LOAD_ORIGINS = ("demo", "removed")
BLACKLIST_KINDS = ("domain", "sponsor", "address", "provider")
UPLOAD_STATES = ("uploaded", "checked", "awaiting_second", "approved", "imported", "refused", "withdrawn", "failed")


def _choices(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


def _one_of(table: str, field: str, values: tuple[str, ...]) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": list(values)}), name=f"{table}_{field}")


def _present(*expressions: str | Collate, name: str, condition: Q | None = None) -> models.Index:
    """An index over the present versions only, in byte order for texts a person searches by their beginning."""
    return models.Index(*(F(part) if isinstance(part, str) else part for part in expressions), name=name,
                        condition=Q(until__isnull=True) & (condition or Q()))


def _ordered(table: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")),
        name=f"{table}_validity")


class Licence(Versioned):
    """An operating licence: who may offer which category of service, where, when. Rule: Notice §4.1.1"""

    natural_key = ("licence_no", "valid_from")

    licence_no = models.CharField(max_length=80)
    provider_id = models.CharField(**PARTY)
    category = ArrayField(models.CharField(max_length=60), help_text="codes of the catalogue named by catalogue_year")
    catalogue_year = models.SmallIntegerField()
    regions = ArrayField(models.CharField(max_length=10), help_text="ISO 3166-2 codes or *")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=_choices(LICENCE_STATUSES))
    issuer = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            *version_constraints("registers_licence", ("licence_no", "valid_from")),
            _one_of("registers_licence", "status", LICENCE_STATUSES), _ordered("registers_licence"),
        ]
        indexes = [
            models.Index(fields=["provider_id"], name="registers_licence_provider"),
            models.Index(fields=["change_seq"], name="registers_licence_feed"),
        ]

    def __str__(self) -> str:
        return self.licence_no


class AnnualReview(Versioned):
    """The result of one year's review of a licence; failing it counts as unlicensed. Rule: Notice §4.1.1"""

    natural_key = ("licence_no", "year")

    licence_no = models.CharField(max_length=80)
    year = models.SmallIntegerField()
    result = models.CharField(max_length=15, choices=_choices(REVIEW_RESULTS))
    decided_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            *version_constraints("registers_annualreview", ("licence_no", "year")),
            _one_of("registers_annualreview", "result", REVIEW_RESULTS),
        ]
        indexes = [models.Index(fields=["change_seq"], name="registers_review_feed")]

    def __str__(self) -> str:
        return f"{self.licence_no} {self.year}"


class Filing(Versioned):
    """A filed site: subject (who), site (what), access part (with whom, at which addresses). Rule: Notice §4.1.1"""

    natural_key = ("filing_no",)

    filing_no = models.CharField(max_length=80)
    subject_no = models.CharField(max_length=80, blank=True)
    subject_name = models.CharField(max_length=300)
    subject_uscc = models.CharField(max_length=60, blank=True, help_text="USCC, or a keyed token for a resident id")
    subject_kind = models.CharField(max_length=12, choices=_choices(SUBJECT_KINDS))
    site_name = models.CharField(max_length=300, blank=True)
    domains = ArrayField(models.CharField(max_length=253), help_text="A-label host names")
    home_url = models.CharField(max_length=2000, blank=True)
    provider_id = models.CharField(**PARTY)
    addresses = ArrayField(models.CharField(max_length=50), help_text="addresses or CIDR blocks of the access part")
    service_kind = models.CharField(max_length=4, choices=_choices(SITE_KINDS))
    filed_on = models.DateField(null=True, blank=True)
    verified_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=_choices(FILING_STATUSES))

    class Meta:
        constraints = [
            *version_constraints("registers_filing", ("filing_no",)),
            _one_of("registers_filing", "status", FILING_STATUSES),
            _one_of("registers_filing", "subject_kind", SUBJECT_KINDS),
            _one_of("registers_filing", "service_kind", SITE_KINDS),
        ]
        indexes = [
            models.Index(fields=["provider_id", "filing_no"], name="registers_filing_provider"),
            models.Index(fields=["change_seq"], name="registers_filing_feed"),
            _present(Collate("subject_name", "C"), "filing_no", name="registers_filing_subject"),
            _present("subject_uscc", "filing_no", name="registers_filing_uscc", condition=~Q(subject_uscc="")),
            _present("status", "filing_no", name="registers_filing_odd", condition=~Q(status="active")),
        ]

    def __str__(self) -> str:
        return self.filing_no


class AccessRelation(Versioned):
    """What a provider connects: customer, domain, address, and from whom the provider buys. Rule: Notice §4.1.1"""

    natural_key = ("provider_id", "access_id")

    access_id = models.CharField(max_length=80)
    provider_id = models.CharField(**PARTY)
    customer_name = models.CharField(max_length=300, blank=True)
    customer_uscc = models.CharField(max_length=60, blank=True)
    service_kind = models.CharField(max_length=10, choices=_choices(ACCESS_KINDS))
    domain = models.CharField(max_length=253, blank=True)
    domain_reversed = models.GeneratedField(
        expression=Reverse("domain"), output_field=models.CharField(max_length=253), db_persist=True,
        help_text="letters from the last to the first: names below a host begin with the host's (registers.lookups)")
    ip = models.GenericIPAddressField(null=True, blank=True)
    filing_no = models.CharField(max_length=80, blank=True, help_text="the number the customer declared, as written")
    connected_on = models.DateField(null=True, blank=True)
    upstream_provider_id = models.CharField(**PARTY, blank=True)

    class Meta:
        constraints = [
            *version_constraints("registers_access", ("provider_id", "access_id")),
            _one_of("registers_access", "service_kind", ACCESS_KINDS),
        ]
        indexes = [
            models.Index(fields=["domain"], name="registers_access_domain"),
            models.Index(fields=["provider_id", "upstream_provider_id"], condition=Q(until__isnull=True),
                         name="registers_access_chain"),
            _present(Collate("customer_name", "C"), "provider_id", "access_id", name="registers_access_customer"),
            _present("customer_uscc", "provider_id", "access_id", name="registers_access_uscc",
                     condition=~Q(customer_uscc="")),
            _present(Collate("domain_reversed", "C"), name="registers_access_below"),
            _present("ip", "provider_id", "access_id", name="registers_access_ip", condition=Q(ip__isnull=False)),
            models.Index(fields=["change_seq"], name="registers_access_feed"),
        ]

    def __str__(self) -> str:
        return f"{self.provider_id}/{self.access_id}"


class CidrField(models.Field):  # type: ignore[type-arg]
    """PostgreSQL ``cidr``; Python side is canonical text."""

    def db_type(self, connection: object) -> str:
        return "cidr"

    def get_internal_type(self) -> str:
        return "CharField"

    def from_db_value(self, value: object, *_: object) -> str | None:
        return None if value is None else str(value)


class AddressBlock(Versioned):
    """Addresses and who holds them. The same block may have several holders: operators do announce that."""

    natural_key = ("cidr", "holder_id", "valid_from")

    cidr = CidrField()
    holder_id = models.CharField(**PARTY)
    kind = models.CharField(max_length=10, choices=_choices(ADDRESS_KINDS))
    valid_from = models.DateField(default="0001-01-01", help_text="0001-01-01: since ever")
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            *version_constraints("registers_address", ("cidr", "holder_id", "valid_from")),
            _one_of("registers_address", "kind", ADDRESS_KINDS), _ordered("registers_address"),
        ]
        indexes = [
            models.Index(fields=["holder_id"], name="registers_address_holder"),
            GistIndex(OpClass("cidr", name="inet_ops"), name="registers_address_contains"),
            models.Index(fields=["change_seq"], name="registers_address_feed"),
        ]

    def __str__(self) -> str:
        return f"{self.cidr} {self.holder_id}"


class BlacklistEntry(Versioned):
    """Who or what may not be connected again, with the final decision it rests on. Rule: Notice §4.5"""

    natural_key = ("kind", "value", "ground_id")

    kind = models.CharField(max_length=10, choices=_choices(BLACKLIST_KINDS))
    value = models.CharField(max_length=253)
    ground = models.ForeignKey(Ground, on_delete=models.PROTECT)
    decided_on = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    decision_ref = models.CharField(max_length=200,
                                    help_text="document that decided it; an entry without one is refused")

    class Meta:
        verbose_name_plural = "blacklist entries"
        constraints = [
            *version_constraints("registers_blacklist", ("kind", "value", "ground")),
            _one_of("registers_blacklist", "kind", BLACKLIST_KINDS),
            models.CheckConstraint(condition=~Q(decision_ref=""), name="registers_blacklist_decided"),
        ]
        indexes = [
            models.Index(fields=["change_seq"], name="registers_blacklist_feed"),
            _present(Collate("value", "C"), "kind", "ground", name="registers_blacklist_value"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class RegisterLoad(models.Model):
    """One completed load of a register: what the ``known`` rule and freshness scores read."""

    kind = models.CharField(max_length=20, db_index=True)
    as_of = models.DateField(help_text="the local day the data reflects")
    version = models.BigIntegerField(help_text="change_seq after the load")
    provider_id = models.CharField(**PARTY, blank=True, help_text="whose data, when a provider handed it in")
    file_name = models.CharField(max_length=300)
    file_sha256 = models.CharField(max_length=64)
    rows_read = models.BigIntegerField()
    rows_added = models.BigIntegerField()
    rows_changed = models.BigIntegerField()
    rows_unchanged = models.BigIntegerField()
    rows_ended = models.BigIntegerField()
    rows_rejected = models.BigIntegerField()
    covers = ArrayField(models.CharField(max_length=80), default=list, blank=True,
                        help_text="the organisations whose rows it speaks for; empty = provider_id's, or everybody's")
    origin = models.CharField(max_length=10, blank=True, choices=_choices(LOAD_ORIGINS), default="",
                              help_text="demo = licet demo; removed = a demo that was removed and counts for nothing")
    source = models.CharField(max_length=60, blank=True, default="", help_text="as in the records it wrote")
    actor = models.CharField(max_length=80)
    finished_at = models.DateTimeField()

    class Meta:
        constraints = [_one_of("registers_load", "origin", ("", *LOAD_ORIGINS))]
        indexes = [models.Index(fields=["kind", "-as_of"], name="registers_load_latest"),
                   models.Index(fields=["kind", "-id"], name="registers_load_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.as_of}"


class UnreadRow(models.Model):
    """What could be read of a row that a load refused: one row per value that names a record (docs/judging.md)."""

    kind = models.CharField(max_length=20)
    what = models.CharField(max_length=10, help_text="domain, number, subject, provider, licence, block, holder, …")
    value = models.CharField(max_length=300)
    closes = models.BooleanField(help_text="a later row with this value is this row repaired")
    line = models.BigIntegerField()
    file_name = models.CharField(max_length=300)
    load = models.ForeignKey(RegisterLoad, on_delete=models.CASCADE, related_name="unread")
    provider_id = models.CharField(**PARTY, blank=True, help_text="whose data, when a provider handed it in")
    since = models.DateField(help_text="the day the load reflects")
    until = models.DateField(null=True, help_text="the first day it no longer counts: the row was brought again")
    change_seq = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["kind", "value"], condition=Q(until__isnull=True), name="registers_unread_open"),
                   models.Index(fields=["change_seq"], name="registers_unread_newest")]

    def __str__(self) -> str:
        return f"{self.file_name}:{self.line} {self.what} {self.value}"


class ProposedChange(models.Model):
    """A correction to a register: reason always, a second person for licences and the blacklist."""

    kind = models.CharField(max_length=20)
    key = models.JSONField(help_text="natural key of the record")
    provider_id = models.CharField(**PARTY, blank=True, help_text="the organisation the record belongs to")
    before = models.JSONField(null=True, help_text="the present version; null = the record is new")
    after = models.JSONField(null=True, help_text="the proposed version; null = the record ends")
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=_choices(CHANGE_STATES), default="proposed")
    needs_second = models.BooleanField()
    proposed_by = models.BigIntegerField(help_text="user id")
    proposed_at = models.DateTimeField()
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True)

    class Meta:
        constraints = [
            _one_of("registers_change", "state", CHANGE_STATES),
            models.CheckConstraint(condition=~Q(reason=""), name="registers_change_reasoned"),
            # Two people: whoever proposed a change that needs a second cannot be the one who applies or refuses it.
            models.CheckConstraint(
                condition=Q(needs_second=False) | Q(state__in=["proposed", "withdrawn"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=models.F("proposed_by"))),
                name="registers_change_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.state}"


class RegisterUpload(models.Model):
    """A file handed in through the console: checked first, merged after, by a second person where the register asks."""

    kind = models.CharField(max_length=20)
    as_of = models.DateField(help_text="the local day the data reflects")
    provider_id = models.CharField(**PARTY, blank=True, help_text="whose data; empty = the authority's own register")
    replace = models.BooleanField(default=False, help_text="rows the file does not list end")
    file_name = models.CharField(max_length=300, help_text="as the person named it; never used as a path")
    file_sha256 = models.CharField(max_length=64)
    file_bytes = models.BigIntegerField()
    note = models.TextField(blank=True, help_text="where the file comes from, in the uploader's words")
    state = models.CharField(max_length=16, choices=_choices(UPLOAD_STATES), default="uploaded")
    needs_second = models.BooleanField()
    uploaded_by = models.BigIntegerField(null=True, help_text="user id; empty when a program handed it in")
    token_id = models.BigIntegerField(null=True, help_text="the program's key")
    uploaded_at = models.DateTimeField()
    report = models.JSONField(null=True, help_text="counts and first errors of the check or the merge")
    problem = models.JSONField(null=True, help_text="message and hint when the file could not be used")
    decided_by = models.BigIntegerField(null=True, help_text="user id of whoever let it in or refused it")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            _one_of("registers_upload", "state", UPLOAD_STATES),
            models.CheckConstraint(condition=Q(uploaded_by__isnull=True) ^ Q(token_id__isnull=True),
                                   name="registers_upload_one_sender"),
            # Two people: what the second person refuses or lets in was uploaded by somebody else.
            models.CheckConstraint(
                condition=Q(needs_second=False) | ~Q(state__in=["approved", "imported", "refused"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=models.F("uploaded_by"))),
                name="registers_upload_two_people"),
        ]
        indexes = [models.Index(fields=["state", "-id"], name="registers_upload_queue")]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name} {self.state}"
