"""Adding people and ending memberships from the console: who may, and whose; the rest is the parties' services."""

from __future__ import annotations

import dataclasses
import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from licet.core.actors import Actor
from licet.core.errors import BadInput, NotAllowed, NotFound
from licet.parties.models import Membership, Party
from licet.parties.selectors import covers, permissions_of
from licet.parties.services import add_person, end_membership

PERMISSION = "people.manage"


@dataclasses.dataclass(frozen=True)
class Added:
    """A person added just now; the password is shown once and kept nowhere."""

    username: str
    password: str


def managed_party(party_id: str, actor: Actor) -> Party:
    """The organisation whose people ``actor`` wants to manage; '' = their own.

    Raises :class:`NotFound` and :class:`NotAllowed`.
    """
    if PERMISSION not in permissions_of(actor):
        raise NotAllowed(_("Only an administrator manages people."))
    wanted = party_id or next(iter(actor.organisations), "")
    party = Party.objects.filter(party_id=wanted, until__isnull=True).first()
    if party is None:
        raise NotFound(_("There is no organisation “%(party)s”.") % {"party": wanted})
    if not covers(actor, party):
        raise NotAllowed(_("These people belong to another organisation."))
    return party


@transaction.atomic
def add_colleague(username: str, *, party_id: str, roles: tuple[str, ...], actor: Actor) -> Added:
    """Add a person with a random first password, which they must change. Raises what ``add_person`` raises."""
    party = managed_party(party_id, actor)
    if not roles:
        raise BadInput(_("Choose at least one role."))
    password = secrets.token_urlsafe(12)
    add_person(username, password=password, party_id=party.party_id, roles=roles, by=actor)
    return Added(username, password)


@transaction.atomic
def end_colleague(membership_id: int, *, reason: str, actor: Actor) -> Membership:
    """End one membership, with a reason. Raises what ``end_membership`` raises and :class:`NotAllowed`."""
    if PERMISSION not in permissions_of(actor):
        raise NotAllowed(_("Only an administrator manages people."))
    if not reason.strip():
        raise BadInput(_("Say why the membership ends."))
    membership = end_membership(membership_id, by=actor, reason=reason.strip()[:500])
    managed_party(membership.party_id, actor)
    return membership
