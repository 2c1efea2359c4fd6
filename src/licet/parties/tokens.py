"""Keys of programs: making, recognising and revoking them. Only the SHA-256 of a key is kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from licet.core import clock
from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import BadInput, LicetError, NotFound
from licet.core.rls import acting_as
from licet.parties.deeds import Deed, tell
from licet.parties.models import ApiToken, Party
from licet.parties.tables import TOKEN_SCOPES

PREFIX = "licet_"
DEFAULT_DAYS = 365
_USE_STEP = dt.timedelta(minutes=1)  # last use is written at most this often, so that asking stays cheap


class TokenRefused(LicetError):
    """The key is missing, unknown, expired or revoked."""

    code = "token_refused"
    status = 401
    hint = "send Authorization: Bearer licet_…; keys are made with licet token add"


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def add_token(
    name: str, *, party_id: str, scopes: Iterable[str], by: Actor, days: int = DEFAULT_DAYS
) -> tuple[ApiToken, str]:
    """Make a key for an organisation; returns its record and the key, which nobody can read again.

    Raises :class:`BadInput` for an unknown scope or a term outside 1 to 3650 days, :class:`NotFound` for an unknown
    organisation.
    """
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in TOKEN_SCOPES]
    if unknown or not wanted:
        raise BadInput(
            f"there is no scope {unknown[0]!r}" if unknown else "a key needs at least one scope",
            hint=f"scopes: {', '.join(TOKEN_SCOPES)}",
        )
    if not 1 <= days <= 3650:
        raise BadInput(f"a key cannot be valid for {days} days", hint="choose 1 to 3650 days")
    if not Party.objects.filter(party_id=party_id, until__isnull=True).exists():
        raise NotFound(f"there is no organisation {party_id!r}", hint="import it first: licet import parties FILE")
    key = PREFIX + secrets.token_urlsafe(32)
    now = clock.now()
    token = ApiToken.objects.create(
        party_id=party_id,
        name=name,
        digest=_digest(key),
        hint=key[:12],
        scopes=wanted,
        created_by=by.name,
        created_at=now,
        expires_at=now + dt.timedelta(days=days),
    )
    told = {"name": name, "scopes": wanted, "expires_at": token.expires_at.isoformat()}
    tell(Deed(tag="parties:token:made", actor=by, subject=f"token:{token.pk}", organisation=party_id, after=told,
              data={"scopes": wanted, "days": days}))
    return token, key


@transaction.atomic
def revoke_token(token_id: int, *, by: Actor, reason: str = "") -> ApiToken:
    """End a key at once. Revoking it again changes nothing. Raises :class:`NotFound`."""
    token = ApiToken.objects.select_for_update().filter(pk=token_id).first()
    if token is None:
        raise NotFound(f"there is no key {token_id}", hint="licet token list shows the keys")
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        tell(Deed(tag="parties:token:revoked", actor=by, subject=f"token:{token.pk}", organisation=token.party_id,
                  reason=reason, before={"name": token.name, "scopes": token.scopes}))
    return token


def tokens() -> QuerySet[ApiToken]:
    """Keys the stated actor may see, newest first."""
    return ApiToken.objects.order_by("-pk")


def actor_of_token(key: str) -> Actor:
    """Who a program with this key is. Its scopes are the actor's ``grants``.

    Raises :class:`TokenRefused` without saying which of the possible reasons it was.
    """
    now = clock.now()
    with acting_as(WORKER):
        token = _valid(now).filter(digest=_digest(key)).first()
        if token is None:
            raise TokenRefused
        if token.last_used_at is None or now - token.last_used_at > _USE_STEP:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return _actor(token)


def token_of(actor: Actor) -> int | None:
    """The number of the key an actor is; ``None`` for people and for the system."""
    kind, _, number = actor.name.partition(":")
    return int(number) if kind == "token" else None


def actor_of_token_number(token_id: int) -> Actor:
    """Who a program is whose work goes on after its request. Raises :class:`TokenRefused` when its key ended."""
    with acting_as(WORKER):
        token = _valid(clock.now()).filter(pk=token_id).first()
        if token is None:
            raise TokenRefused("the key of the program that began this has ended")
        return _actor(token)


def _valid(now: dt.datetime) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(revoked_at__isnull=True, expires_at__gt=now)


def _actor(token: ApiToken) -> Actor:
    party = Party.objects.filter(party_id=token.party_id, until__isnull=True).first()
    if party is None:
        raise TokenRefused
    scope: Scope = Scope.ORGANISATION
    regions: tuple[str, ...] = ()
    if party.kind == "authority":
        regions = () if party.region in {"", "*"} else (party.region,)
        scope = Scope.REGIONAL if regions else Scope.NATIONAL
    return Actor(
        name=f"token:{token.pk}",
        scope=scope,
        organisations=(token.party_id,),
        regions=regions,
        grants=frozenset(token.scopes),
    )
