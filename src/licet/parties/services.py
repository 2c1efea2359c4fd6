"""Adding organisations and people."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction

from licet.config.profile import load_profile
from licet.core import clock
from licet.core.actors import Actor
from licet.core.errors import BadInput, Conflict, NotFound
from licet.parties.deeds import Deed, tell
from licet.parties.models import AccountState, Membership, Party
from licet.parties.tables import ROLE_BY_ID


@transaction.atomic
def found_authority(*, by: Actor) -> Party:
    """Record the profile's national authority as party ``authority``, once."""
    existing = Party.objects.filter(party_id="authority", until__isnull=True).first()
    if existing:
        return existing
    profile = load_profile()
    row = {"party_id": "authority", "kind": "authority", "name": profile.names["authority"]["national_zh"], "uscc": "",
           "region": "*", "parent_id": ""}
    digest = hashlib.blake2b(json.dumps(row, sort_keys=True, ensure_ascii=False).encode(), digest_size=16).digest()
    party = Party.objects.create(**row, since=clock.today(profile.time_zone), content_hash=digest,
                                 change_seq=next_change_seq(), source=f"setup:{by.name}", recorded_at=clock.now())
    tell(Deed(tag="parties:party:founded", actor=by, subject="party:authority", organisation="authority", after=row))
    return party


def next_change_seq() -> int:
    """The next position in the change feed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('licet_change_seq')")
        return int(cursor.fetchone()[0])


@transaction.atomic
def add_person(username: str, *, password: str, party_id: str, roles: tuple[str, ...], by: Actor,
               must_change: bool = True) -> Any:
    """Add a person with a first password and their roles in one organisation.

    Raises :class:`Conflict` if the user name is taken, :class:`NotFound` for an unknown organisation and
    :class:`BadInput` for a role the organisation's kind cannot have.
    """
    user_model = get_user_model()
    if user_model.objects.filter(username=username).exists():
        raise Conflict(f"the user name {username!r} is taken", hint="choose another name")
    party = Party.objects.filter(party_id=party_id, until__isnull=True).first()
    if party is None:
        raise NotFound(f"there is no organisation {party_id!r}", hint="import it first: licet import parties FILE")
    for role in roles:
        _check_role(role, party)
    user = user_model.objects.create_user(username=username, password=password)
    AccountState.objects.create(user=user, must_change_password=must_change)
    for role in roles:
        Membership.objects.create(user=user, party_id=party_id, role=role, granted_by=by.name, granted_at=clock.now())
    tell(Deed(tag="parties:person:added", actor=by, subject=f"user:{user.pk}", organisation=party_id,
              after={"username": username, "roles": sorted(roles)}, data={"roles": sorted(roles)}))
    return user


@transaction.atomic
def end_membership(membership_id: int, *, by: Actor, reason: str = "") -> Membership:
    """End a membership now. Raises :class:`NotFound` for one that is not there (or not visible), and
    :class:`Conflict` for one that ended before."""
    membership = Membership.objects.select_for_update(of=("self",)).select_related("user").filter(
        pk=membership_id).first()
    if membership is None:
        raise NotFound("there is no such membership, or you may not see it")
    if membership.ended_at is not None:
        raise Conflict("this membership has ended already")
    if membership.user_id == by.user_id:
        raise Conflict("nobody ends their own membership", hint="another administrator can do it")
    membership.ended_at = clock.now()
    membership.save(update_fields=["ended_at"])
    tell(Deed(tag="parties:membership:ended", actor=by, subject=f"user:{membership.user_id}",
              organisation=membership.party_id, reason=reason, before={"role": membership.role},
              data={"role": membership.role}))
    return membership


def _check_role(role: str, party: Party) -> None:
    row = ROLE_BY_ID.get(role)
    if row is None:
        raise BadInput(f"there is no role {role!r}", hint=f"roles: {', '.join(sorted(ROLE_BY_ID))}")
    if party.kind not in row.party_kinds:
        fitting = ", ".join(sorted(known.id for known in ROLE_BY_ID.values() if party.kind in known.party_kinds))
        raise BadInput(f"{row.en} cannot be held in an organisation of kind {party.kind}", hint=f"possible: {fitting}")
