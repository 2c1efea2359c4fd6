"""What orders know by heart: kinds, channels, states and steps, how a check from outside reads what it saw.

Ids are persisted and never change meaning. PostgreSQL repeats the steps (``orders_transition_rule``) and refuses every
state change that is not one of them.
"""

from __future__ import annotations

import dataclasses
import enum


class OrderKind(enum.StrEnum):
    """What the executor is told to do."""

    CUT = "cut"
    RESTORE = "restore"


class OrderState(enum.StrEnum):
    """Where an order stands. Overdue is no state: it is the clock's word about a state (``rules.overdue``)."""

    PENDING = "pending"  # written; nobody was told, or the telling is being tried
    DISPATCHED = "dispatched"  # the executor's side took it
    ACKNOWLEDGED = "acknowledged"  # the executor said: we have it
    DONE = "done"  # the executor said: we did it
    VERIFIED = "verified"  # a check from outside agrees
    REFUSED = "refused"  # the executor said no, with a reason
    FAILED = "failed"  # telling it failed, or the executor cannot do it
    SUPERSEDED = "superseded"  # the measure went another way; a later order takes its place, or none is needed


S = OrderState
# Nothing happens to it any more by itself. A verified cut may still be found open again while its measure binds.
FINAL = frozenset({S.SUPERSEDED})
LIVE = frozenset(OrderState) - FINAL
OPEN = frozenset({S.PENDING, S.DISPATCHED, S.ACKNOWLEDGED, S.DONE, S.REFUSED, S.FAILED})  # somebody still has to act
CARRIED_OUT = frozenset({S.DONE, S.VERIFIED})
WITH_EXECUTOR = frozenset({S.DISPATCHED, S.ACKNOWLEDGED, S.REFUSED, S.FAILED})  # the executor may report


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """One permitted step of an order. ``actor``: ``system``, ``executor`` (whoever carries it out), ``desk``."""

    frm: OrderState
    event: str
    to: OrderState
    actor: str
    comment: str

    @property
    def tag(self) -> str:
        """The journal's name of the step."""
        return f"orders:order:{self.event}"


def _steps(froms: tuple[OrderState, ...], event: str, to: OrderState, actor: str, comment: str) -> tuple[Step, ...]:
    return tuple(Step(frm=frm, event=event, to=to, actor=actor, comment=comment) for frm in froms)


_UNDONE = (S.PENDING, S.DISPATCHED, S.ACKNOWLEDGED, S.REFUSED, S.FAILED)

STEPS: tuple[Step, ...] = (
    *_steps((S.PENDING,), "dispatched", S.DISPATCHED, "system", "The executor's side took it."),
    # A report may overtake the note that the order went out: who answers has it.
    *_steps((S.PENDING, S.DISPATCHED, S.REFUSED, S.FAILED), "acknowledged", S.ACKNOWLEDGED, "executor",
            "The executor has it."),
    *_steps(_UNDONE, "done", S.DONE, "executor", "The executor reports it done."),
    *_steps((S.PENDING, S.DISPATCHED, S.ACKNOWLEDGED), "refused", S.REFUSED, "executor", "The executor says no."),
    *_steps((S.PENDING, S.DISPATCHED, S.ACKNOWLEDGED), "failed", S.FAILED, "executor",
            "It could not be told or cannot be done; a person looks."),
    *_steps((S.FAILED,), "reassigned", S.PENDING, "system", "The connector gave up: people get it as a task."),
    *_steps((S.REFUSED, S.FAILED), "reissued", S.PENDING, "desk", "A person orders it again."),
    *_steps((S.DONE,), "verified", S.VERIFIED, "system", "A check from outside agrees."),
    *_steps((S.DONE, S.VERIFIED), "disagreed", S.PENDING, "system", "A check from outside disagrees: order again."),
    *_steps((*_UNDONE, S.DONE, S.VERIFIED), "superseded", S.SUPERSEDED, "system", "The measure went another way."),
)
REPORTS = ("acknowledged", "done", "refused", "failed")  # what an executor may say; the last two need a reason


class Channel(enum.StrEnum):
    """How an order reaches its executor."""

    WEBHOOK = "webhook"
    DNS_FEED = "dns_feed"
    BILLING_FEED = "billing_feed"
    EMAIL = "email"
    MANUAL = "manual"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChannelKind:
    """One kind of connector. ``pushes``: a message is sent (and may fail); otherwise the executor fetches."""

    id: Channel
    zh: str
    en: str
    effects: frozenset[str]  # effects of measures it can carry
    pushes: bool
    address: str  # what is configured: url, mail or ''
    source: str
    comment: str


CUT_ACCESS, CUT_BILLING = "cut_access", "cut_billing"
EFFECTS = (CUT_ACCESS, CUT_BILLING)  # effects of casework measures that orders carry out
_BOTH = frozenset(EFFECTS)

CHANNELS: tuple[ChannelKind, ...] = (
    ChannelKind(id=Channel.WEBHOOK, zh="签名回调", en="Signed webhook", effects=_BOTH, pushes=True, address="url",
                source="house (decision 0012)", comment="Standard Webhooks: signed, one id for every retry."),
    ChannelKind(id=Channel.DNS_FEED, zh="域名清单", en="DNS list", effects=frozenset({CUT_ACCESS}), pushes=False,
                address="", source="house (decision 0012)", comment="A response policy zone the resolvers fetch."),
    ChannelKind(id=Channel.BILLING_FEED, zh="代收费清单", en="Billing list", effects=frozenset({CUT_BILLING}),
                pushes=False, address="", source="Notice §4.1.2", comment="Codes to cut and to restore, as a delta."),
    ChannelKind(id=Channel.EMAIL, zh="电子邮件", en="E-mail", effects=_BOTH, pushes=True, address="mail",
                source="house (decision 0012)", comment="With a signed link to answer; for those without a program."),
    ChannelKind(id=Channel.MANUAL, zh="人工任务", en="Task in the console", effects=_BOTH, pushes=False, address="",
                source="house (decision 0012)", comment="A to-do for the executor's people; what remains when all fails."),
)
CHANNEL_BY_ID = {channel.id.value: channel for channel in CHANNELS}


class Verdict(enum.StrEnum):
    """What a check from outside says about an order."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    INCONCLUSIVE = "inconclusive"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Escalation:
    """Why somebody above is told."""

    id: str
    zh: str
    en: str
    comment: str


ESCALATIONS: tuple[Escalation, ...] = (
    Escalation(id="unacknowledged", zh="逾期未签收", en="not acknowledged in time", comment="Nobody answers."),
    Escalation(id="undone", zh="逾期未执行", en="not carried out in time", comment="They have it and do not do it."),
    Escalation(id="unverified", zh="逾期未核验", en="not verified in time", comment="Said done; outside nobody can tell."),
    Escalation(id="connector_failed", zh="连接失败", en="the connector gave up", comment="People get it as a task."),
    Escalation(id="refused", zh="拒绝执行", en="refused", comment="The desk decides what follows."),
    Escalation(id="impossible", zh="无法执行", en="reported as impossible", comment="The desk decides what follows."),
    Escalation(id="disagreed", zh="外部核验不符", en="a check from outside disagrees", comment="Ordered again."),
)
ESCALATION_BY_ID = {row.id: row for row in ESCALATIONS}
LEVELS = ("desk", "authority")  # who is told first, and who next
