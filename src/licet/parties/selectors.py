"""Who a person may act for."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from licet.core.actors import Actor, Scope
from licet.core.rls import acting_as
from licet.parties.models import Membership, Party
from licet.parties.tables import ROLE_BY_ID


def actor_for(user: Any) -> Actor:
    """The actor a signed-in user is: the union of their memberships, the widest scope any of them gives."""
    bare = Actor(name=f"user:{user.pk}", user_id=user.pk)
    if not user.is_active:
        return bare
    with acting_as(bare):
        memberships = list(Membership.objects.filter(user_id=user.pk, ended_at__isnull=True))
    if not memberships:
        return bare
    ids = sorted({membership.party_id for membership in memberships})
    with acting_as(Actor(name=bare.name, user_id=user.pk, scope=Scope.ORGANISATION, organisations=tuple(ids))):
        authorities = list(Party.objects.filter(Q(party_id__in=ids), kind="authority", until__isnull=True))
    regions = tuple(sorted({party.region for party in authorities if party.region and party.region != "*"}))
    if any(party.region in {"", "*"} for party in authorities):
        scope = Scope.NATIONAL
    else:
        scope = Scope.REGIONAL if authorities else Scope.ORGANISATION
    return Actor(name=bare.name, user_id=user.pk, scope=scope, organisations=tuple(ids), regions=regions,
                 roles=frozenset(membership.role for membership in memberships))


def people_of(party_id: str) -> list[Membership]:
    """Who acts for an organisation now, with their user, in the order of user name and role."""
    return list(Membership.objects.filter(party_id=party_id, ended_at__isnull=True).select_related("user")
                .order_by("user__username", "role"))


def covers(actor: Actor, party: Party) -> bool:
    """Whether the actor's scope reaches an organisation; PostgreSQL repeats it in ``rls.belongs_to``."""
    return (actor.scope in {Scope.SYSTEM, Scope.NATIONAL} or party.party_id in actor.organisations
            or (actor.scope is Scope.REGIONAL and party.region in actor.regions))


def permissions_of(actor: Actor) -> frozenset[str]:
    """Ids of what the actor's roles allow (see ``tables.ROLES``); a system actor may do what the command line offers."""
    if actor.scope is Scope.SYSTEM:
        return frozenset().union(*(role.permissions for role in ROLE_BY_ID.values()))
    return actor.grants.union(*(ROLE_BY_ID[role].permissions for role in actor.roles))
