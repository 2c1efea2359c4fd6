"""Who acts, as far as a case is concerned: posts held there, and interests of their own."""

from __future__ import annotations

from django.db.models import Q

from licet.casework.interests import InterestFacts, conflict_of_interest
from licet.casework.models import Case
from licet.casework.rules import Person, may_work
from licet.casework.scoping import is_below
from licet.casework.services.collateral import filed_by
from licet.casework.services.record import refusal
from licet.casework.tables import SubjectKind
from licet.core.actors import WORKER, Actor
from licet.core.rls import acting_as
from licet.parties.models import Membership, Party
from licet.registers.lookups import below, blocks_around
from licet.registers.models import AccessRelation, AddressBlock, Filing

_OWNERS_DEEP = 5  # how many owners of owners are looked at


def person_for(actor: Actor, case: Case, *, subject_party: str = "") -> Person:
    """The facts about ``actor`` that rules of this case ask for. ``subject_party``: whom a measure of it hits."""
    if actor.user_id is None:
        return Person(user_id=None, posts=frozenset())
    with acting_as(WORKER):  # a provider cannot see whose filing a site has; the rule must
        memberships = Membership.objects.filter(user_id=actor.user_id, ended_at__isnull=True)
        held = list(memberships.values_list("party_id", "role"))
        mine = frozenset(party_id for party_id, _ in held)
        parties = _parties(mine | {case.desk_id})
        desk = parties.get(case.desk_id)
        posts = frozenset(
            (parties[party_id].kind, role) for party_id, role in held
            if party_id in parties and _covers(parties[party_id], desk, case.desk_id))
        ours = _with_owners(mine, parties)
        conflict = conflict_of_interest(InterestFacts(
            mine=ours, desk=case.desk_id, networks=_networks(case, ours),
            subject_ids=_against(case) | _customers_among(ours, case) | ({subject_party} if subject_party else frozenset())))
    return Person(user_id=actor.user_id, posts=posts, conflict=conflict)


def ensure_may_work(actor: Actor, case: Case) -> Person:
    """Raises the refusal of :func:`rules.may_work`, if there is one."""
    person = person_for(actor, case)
    refuse = may_work(person)
    if refuse is not None:
        raise refusal(refuse)
    return person


def _parties(ids: frozenset[str]) -> dict[str, Party]:
    return {party.party_id: party for party in Party.objects.filter(party_id__in=ids, until__isnull=True)}


def _covers(party: Party, desk: Party | None, desk_id: str) -> bool:
    if party.party_id == desk_id:
        return True
    same_region = desk is not None and party.region == desk.region
    return party.kind == "authority" and (party.region in {"", "*"} or same_region)


def _with_owners(ids: frozenset[str], known: dict[str, Party]) -> frozenset[str]:
    """Organisations, those that own them (never an authority), and the credit codes of all of these."""
    found: dict[str, Party] = {party_id: known[party_id] for party_id in ids if party_id in known}
    layer = frozenset(party.parent_id for party in found.values() if party.parent_id)
    for _ in range(_OWNERS_DEEP):
        owners = {key: party for key, party in _parties(layer - found.keys()).items() if party.kind != "authority"}
        if not owners:
            break
        found |= owners
        layer = frozenset(party.parent_id for party in owners.values() if party.parent_id)
    return ids | found.keys() | {party.uscc for party in found.values() if party.uscc}


def _against(case: Case) -> frozenset[str]:
    """Ids of whoever the case is against: party_ids and credit codes."""
    if case.subject_kind == SubjectKind.PROVIDER:
        ids = frozenset({case.subject_key})
        return _with_owners(ids, _parties(ids))
    if case.subject_kind == SubjectKind.SPONSOR:
        return frozenset({case.subject_key})
    if case.subject_kind == SubjectKind.SITE:
        return filed_by([case.subject_key, f"www.{case.subject_key}"])
    return frozenset()


def _customers_among(ours: frozenset[str], case: Case) -> frozenset[str]:
    """Which of these organisations are connected, or filed, at any name below the case's site or at its address.

    Asked from the person's side, whose organisations have few relations: a site may have a million names below it.
    """
    if case.subject_kind not in {SubjectKind.SITE, SubjectKind.ADDRESS}:
        return frozenset()
    connected = AccessRelation.objects.filter(customer_uscc__in=ours, until__isnull=True)
    key = case.subject_key
    if case.subject_kind == SubjectKind.ADDRESS:
        return frozenset(connected.filter(ip=key).values_list("customer_uscc", flat=True))
    there = connected.filter(Q(domain=key) | below([key])).values_list("customer_uscc", flat=True)
    filed = Filing.objects.filter(subject_uscc__in=ours, until__isnull=True).values_list("subject_uscc", "domains")
    return frozenset(there) | {code for code, names in filed.iterator() if any(is_below(name, [key]) for name in names)}


def _networks(case: Case, ours: frozenset[str]) -> frozenset[str]:
    """In whose network the case's subject is: the provider concerned, and of the person's organisations those that hold
    the block around the case's address."""
    found = {case.provider_id} - {""}
    if case.subject_kind == SubjectKind.ADDRESS:
        found |= set(AddressBlock.objects.filter(
            holder_id__in=ours, cidr__in=blocks_around([case.subject_key]), until__isnull=True).values_list("holder_id", flat=True))
    return frozenset(found)
