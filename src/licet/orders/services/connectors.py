"""How an organisation gets its orders: added, tried, given a new secret, switched off."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, Conflict, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.journal.services import append
from licet.orders.models import Connector, Order
from licet.orders.numbers import numbers
from licet.orders.sealing import new_secret, seal, unseal
from licet.orders.sending import Message, Sent, send
from licet.orders.tables import CHANNEL_BY_ID, Channel
from licet.orders.targets import check_url
from licet.orders.wording import mail_body, mail_subject, webhook_body
from licet.parties.models import Party
from licet.parties.selectors import permissions_of

PERMISSION = "connectors.manage"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConnectorIn:
    """A connector as somebody configures it."""

    party_id: str
    kind: str
    name: str
    effects: Sequence[str] = ()  # empty: all it can carry
    url: str = ""
    mail: str = ""


def add_connector(wanted: ConnectorIn, *, actor: Actor, at: dt.datetime) -> tuple[Connector, str]:
    """Configure one; returns it and, for a webhook, the signing secret, which is shown this once.

    Raises :class:`NotAllowed`, :class:`BadInput` for a kind, effect or address that cannot be, :class:`NotFound` for an
    unknown organisation, :class:`Conflict` when another active connector carries the same effect already.
    """
    with acting_as(actor):
        _ensure_may(actor)
        kind = CHANNEL_BY_ID.get(wanted.kind)
        if kind is None or kind.id is Channel.MANUAL:
            known = ", ".join(row for row in CHANNEL_BY_ID if row != Channel.MANUAL)
            raise BadInput(f"there is no connector of kind {wanted.kind!r}", hint=f"kinds: {known}")
        effects = sorted(set(wanted.effects) or kind.effects)
        if not set(effects) <= kind.effects:
            raise BadInput(f"a connector of kind {wanted.kind} does not carry {', '.join(effects)}",
                           hint=f"possible: {', '.join(sorted(kind.effects))}")
        if not wanted.name.strip():
            raise BadInput("a connector has a name", hint="say what it reaches, for instance: core resolvers")
        if not Party.objects.filter(party_id=wanted.party_id, until__isnull=True).exists():
            raise NotFound(f"there is no organisation {wanted.party_id!r}")
        secret = new_secret() if kind.id is Channel.WEBHOOK else ""
        row = Connector(
            party_id=wanted.party_id, kind=kind.id.value, name=wanted.name.strip()[:120], effects=effects,
            url=check_url(wanted.url) if kind.address == "url" else "",
            mail=_mail_address(wanted.mail) if kind.address == "mail" else "", secret=seal(secret) if secret else None,
            created_by=actor.name, created_at=at)
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            raise Conflict("another connector of this organisation carries the same effect",
                           hint="switch that one off first") from error
        _journal(row, "added", actor)
    return row, secret


def switch_off(connector_id: int, *, actor: Actor) -> Connector:
    """Stop using it; orders on their way take another route at their next try."""
    with acting_as(actor):
        row = _own(connector_id, actor)
        row.active = False
        row.save(update_fields=["active"])
        _journal(row, "switched_off", actor)
    return row


def new_signing_secret(connector_id: int, *, actor: Actor) -> tuple[Connector, str]:
    """Give a webhook another secret, shown this once. The old one ends at once."""
    with acting_as(actor):
        row = _own(connector_id, actor)
        if row.kind != Channel.WEBHOOK:
            raise BadInput("only a webhook has a secret")
        secret = new_secret()
        row.secret = seal(secret)
        row.save(update_fields=["secret"])
        _journal(row, "new_secret", actor)
    return row, secret


def try_out(connector_id: int, *, actor: Actor, at: dt.datetime) -> Sent:
    """Send a test event now and keep what it gave. A list is fetched by its executor: there is nothing to send."""
    with acting_as(actor):
        row = _own(connector_id, actor)
        if not CHANNEL_BY_ID[row.kind].pushes:
            raise BadInput("a list is fetched by whoever carries it out", hint="fetch it once with a key of theirs")
        body = json.dumps({"type": "order.test", "version": 1, "timestamp": at.isoformat(), "data": {}})
        message = Message(
            id=f"test_{row.pk}_{int(at.timestamp())}", channel=row.kind, url=row.url, mail=row.mail,
            secret=unseal(bytes(row.secret)) if row.secret else "", body=body, sender=_mail_from(),
            subject="Licet: test / 测试", timeout_s=numbers().timeout_s)
    sent = send(message)
    with acting_as(actor):
        row = _own(connector_id, actor)
        row.tested_at = at
        row.test_result = f"{sent.outcome} {sent.status or ''} {sent.error}".strip()[:300]
        row.save(update_fields=["tested_at", "test_result"])
        _journal(row, "tested", actor, result=row.test_result)
    return sent


def connector_for(party_id: str, effect: str) -> Connector | None:
    """The active connector that carries an effect for an organisation."""
    return Connector.objects.filter(party_id=party_id, active=True, effects__contains=[effect]).first()


def message_for(order: Order, connector: Connector) -> Message:
    """The message an order becomes on its connector."""
    if connector.kind == Channel.WEBHOOK:
        return Message(id=order.message_id, channel=connector.kind, body=webhook_body(order), url=connector.url,
                       secret=unseal(bytes(connector.secret or b"")), timeout_s=numbers().timeout_s)
    return Message(id=order.message_id, channel=connector.kind, mail=connector.mail, sender=_mail_from(),
                   subject=mail_subject(order), body=mail_body(order, base_url=base_url()),
                   timeout_s=numbers().timeout_s)


def base_url() -> str:
    """Where people outside reach this installation."""
    return str(settings.PUBLIC_URL)


def _mail_from() -> str:
    return str(settings.ENV["LICET_MAIL_FROM"])


def _mail_address(text: str) -> str:
    try:
        validate_email(text.strip())
    except ValidationError as error:
        raise BadInput(f"{text!r} is no mail address", hint="write name@host.example") from error
    return text.strip()


def _ensure_may(actor: Actor) -> None:
    if PERMISSION not in permissions_of(actor):
        raise NotAllowed("your roles do not include connectors.manage", hint="ask an administrator")


def _own(connector_id: int, actor: Actor) -> Connector:
    _ensure_may(actor)
    row = Connector.objects.select_for_update().filter(pk=connector_id).first()
    if row is None:
        raise NotFound("there is no such connector, or it is not yours to see")
    return row


def _journal(row: Connector, event: str, actor: Actor, **data: str) -> None:
    with acting_as(WORKER):
        append(f"orders:connector:{event}", actor=actor, subject=f"connector:{row.pk}", organisation=row.party_id,
               data={"kind": row.kind, "name": row.name, **data})
