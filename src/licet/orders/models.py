"""Orders, how they are told, what came back, and what was seen from outside."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from licet.casework.models import Measure
from licet.orders.tables import (
    CHANNELS,
    EFFECTS,
    ESCALATIONS,
    FINAL,
    LEVELS,
    OPEN,
    OrderKind,
    OrderState,
    Verdict,
)

PARTY: dict[str, Any] = {"max_length": 80}
OUTCOMES = ("", "taken", "http_error", "timeout", "unreachable", "blocked", "lost")  # of an attempt
_FINAL, _OPEN = sorted(state.value for state in FINAL), sorted(state.value for state in OPEN)


def _one_of(name: str, field: str, values: tuple[str, ...], *, empty: bool = False) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": [*values, *([""] if empty else [])]}), name=name)


class Connector(models.Model):
    """How an organisation gets its orders. Configured by its own people, or by the authority for it."""

    party_id = models.CharField(**PARTY)
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=120, help_text="what it reaches, in words")
    effects = ArrayField(models.CharField(max_length=12), help_text="what it can carry: cut_access, cut_billing")
    url = models.CharField(max_length=500, blank=True, help_text="where a webhook is sent")
    mail = models.CharField(max_length=254, blank=True, help_text="where a mail is sent")
    secret = models.BinaryField(null=True, help_text="the webhook's signing secret, encrypted")
    active = models.BooleanField(default=True)
    serial = models.BigIntegerField(default=0, help_text="last line of a list")
    fetched_serial = models.BigIntegerField(default=0, help_text="last line the executor fetched")
    confirmed_serial = models.BigIntegerField(default=0, help_text="last line the executor confirmed as done")
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    tested_at = models.DateTimeField(null=True)
    test_result = models.CharField(max_length=300, blank=True, help_text="what the last test event gave")

    class Meta:
        constraints = [
            _one_of("orders_connector_kind", "kind", tuple(row.id.value for row in CHANNELS if row.id != "manual")),
            models.CheckConstraint(condition=Q(effects__contained_by=list(EFFECTS)) & Q(effects__len__gt=0),
                                   name="orders_connector_effects"),
            models.CheckConstraint(condition=~Q(kind="webhook") | (~Q(url="") & Q(secret__isnull=False)),
                                   name="orders_connector_webhook"),
            models.CheckConstraint(condition=~Q(kind="email") | ~Q(mail=""), name="orders_connector_email"),
            models.CheckConstraint(
                condition=Q(confirmed_serial__lte=models.F("fetched_serial"))
                & Q(fetched_serial__lte=models.F("serial")), name="orders_connector_serials"),
            # Of two connectors for the same effect nobody could say which one an order takes.
            *(models.UniqueConstraint(fields=["party_id"], condition=Q(active=True, effects__contains=[effect]),
                                      name=f"orders_connector_one_{effect}") for effect in EFFECTS),
        ]

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """One thing an executor is told to do for a measure. The last one of a measure counts."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, help_text="what executors know it by")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="orders")
    desk_id = models.CharField(**PARTY, help_text="party_id of the desk that decided")
    executor_id = models.CharField(**PARTY, help_text="party_id of whoever carries it out")
    sequence = models.SmallIntegerField(help_text="1, 2, … within the measure; a lower one never undoes a higher")
    kind = models.CharField(max_length=8)
    effect = models.CharField(max_length=12)
    targets = models.JSONField(help_text="hosts, addresses, codes; regions and technical means as decided")
    state = models.CharField(max_length=12, default=OrderState.PENDING.value)
    round = models.SmallIntegerField(default=1, help_text="counts how often it was ordered; part of the message id")
    channel = models.CharField(max_length=12, blank=True, help_text="how it goes out; '' = not chosen yet")
    connector = models.ForeignKey(Connector, null=True, on_delete=models.PROTECT, related_name="orders")
    written_at = models.DateTimeField()
    acknowledge_by = models.DateTimeField()
    done_by = models.DateTimeField()
    verify_by = models.DateTimeField(null=True, help_text="counted from the report that it is done")
    next_try_at = models.DateTimeField(null=True, help_text="when a pending order is tried; empty = nothing to try")
    tries = models.SmallIntegerField(default=0, help_text="in this round")
    next_check_at = models.DateTimeField(null=True, help_text="when somebody looks from outside; empty = nobody does")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["measure", "sequence"], name="orders_order_sequence"),
            models.UniqueConstraint(fields=["measure"], condition=~Q(state__in=_FINAL), name="orders_order_live"),
            _one_of("orders_order_kind", "kind", tuple(kind.value for kind in OrderKind)),
            _one_of("orders_order_effect", "effect", EFFECTS),
            _one_of("orders_order_state", "state", tuple(state.value for state in OrderState)),
            _one_of("orders_order_channel", "channel", tuple(row.id.value for row in CHANNELS), empty=True),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state="pending"), name="orders_order_to_send"),
            models.Index(fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="orders_order_check"),
            models.Index(fields=["desk_id", "state", "id"], name="orders_order_board"),
            models.Index(fields=["executor_id", "state", "id"], name="orders_order_executor"),
            models.Index(fields=["done_by"], condition=Q(state__in=_OPEN), name="orders_order_late"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people call it."""
        return f"O-{self.pk}"

    @property
    def message_id(self) -> str:
        """The idempotency key: one per order, kind and round, the same on every retry."""
        return f"{self.kind}_{self.public_id.hex}_{self.round}"


class OrderTransition(models.Model):
    """One step an order took. Adding the row *is* the step: a trigger compares the order's state with ``frm``, moves it
    to ``to`` and refuses what ``tables.STEPS`` does not list. Rows are never changed or removed."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="transitions")
    desk_id = models.CharField(**PARTY)
    executor_id = models.CharField(**PARTY)
    frm = models.CharField(max_length=12)
    event = models.CharField(max_length=14)
    to = models.CharField(max_length=12)
    actor = models.CharField(max_length=120)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True, help_text="when it happened, as the executor says")

    class Meta:
        indexes = [models.Index(fields=["order", "id"], name="orders_transition_order")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.event}"


class Attempt(models.Model):
    """One try to tell an executor. Written before anything is sent, completed once afterwards."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="attempts")
    desk_id = models.CharField(**PARTY)
    executor_id = models.CharField(**PARTY)
    round = models.SmallIntegerField()
    number = models.SmallIntegerField(help_text="1, 2, … within the round")
    channel = models.CharField(max_length=12)
    message_id = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    lease_until = models.DateTimeField(help_text="after this the process that sends it is taken for dead")
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True)
    status = models.SmallIntegerField(null=True, help_text="HTTP status, if one came")
    ms = models.IntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "round", "number"], name="orders_attempt_number"),
            # At most one message of an order is on its way.
            models.UniqueConstraint(fields=["order"], condition=Q(finished_at__isnull=True), name="orders_attempt_open"),
            models.CheckConstraint(condition=Q(outcome__in=list(OUTCOMES)), name="orders_attempt_outcome"),
            models.CheckConstraint(
                condition=(Q(finished_at__isnull=True) & Q(outcome=""))
                | (Q(finished_at__isnull=False) & ~Q(outcome="")), name="orders_attempt_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.round}.{self.number}"


class ListEntry(models.Model):
    """One line of a DNS or billing list. ``serial`` grows by one per line and connector, without gaps."""

    connector = models.ForeignKey(Connector, on_delete=models.PROTECT, related_name="entries")
    party_id = models.CharField(**PARTY)
    serial = models.BigIntegerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="entries")
    round = models.SmallIntegerField()
    action = models.CharField(max_length=8)
    field = models.CharField(max_length=9, help_text="hosts, addresses or codes")
    value = models.CharField(max_length=253)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connector", "serial"], name="orders_entry_serial"),
            models.UniqueConstraint(fields=["connector", "order", "round", "field", "value"], name="orders_entry_once"),
            _one_of("orders_entry_action", "action", tuple(kind.value for kind in OrderKind)),
            _one_of("orders_entry_field", "field", ("hosts", "addresses", "codes")),
        ]
        indexes = [models.Index(fields=["order"], name="orders_entry_order")]

    def __str__(self) -> str:
        return f"{self.serial} {self.action} {self.value}"


class Escalation(models.Model):
    """Somebody above was told that an order is in trouble. Once per order, round, reason and level."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="escalations")
    desk_id = models.CharField(**PARTY)
    executor_id = models.CharField(**PARTY)
    round = models.SmallIntegerField()
    why = models.CharField(max_length=20)
    level = models.CharField(max_length=10)
    escalated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "round", "why", "level"], name="orders_escalation_once"),
            _one_of("orders_escalation_why", "why", tuple(row.id for row in ESCALATIONS)),
            _one_of("orders_escalation_level", "level", LEVELS),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.why} {self.level}"


class Observation(models.Model):
    """One look from outside, with everything that was seen. Never changed."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="observations")
    desk_id = models.CharField(**PARTY)
    executor_id = models.CharField(**PARTY)
    round = models.SmallIntegerField()
    at = models.DateTimeField()
    probe = models.CharField(max_length=40, help_text="what looked; person:12 when somebody did by hand")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
                               help_text="who looked by hand: neither a signer nor the executor")
    evidence = models.CharField(max_length=200, blank=True, help_text="reference of what that person preserved")
    verdict = models.CharField(max_length=12)
    facts = models.JSONField(default=list, help_text="per target and vantage point: DNS answer, HTTP status, control")

    class Meta:
        constraints = [_one_of("orders_observation_verdict", "verdict", tuple(verdict.value for verdict in Verdict))]
        indexes = [models.Index(fields=["order", "at"], name="orders_observation_order")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.verdict}"
