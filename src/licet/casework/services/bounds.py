"""What the records say about how far a measure may reach: what its case is about, whom its desk may order, which
suspension went before, which measure it replaces. The answers are ``scoping.py``'s.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from django.db.models import Q

from licet.casework.models import Appeal, Case, CaseLink, Determination, Measure, Observation, Signal
from licet.casework.rules import Refuse, state_at
from licet.casework.scoping import (
    Extent,
    OrderFacts,
    RenewalFacts,
    Scope,
    is_below,
    may_order,
    may_renew,
    not_milder,
    nothing_to_carry_out,
    outside,
)
from licet.casework.services.chains import chains_of
from licet.casework.services.collateral import parse_scope
from licet.casework.tables import (
    CAN_EXPIRE,
    MEASURE_BY_ID,
    SUSPENSIONS,
    TO_RESTORE,
    VOID_OBSERVER,
    MeasureState,
    SignalKind,
    SubjectKind,
)
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.parties.models import Party
from licet.registers.lookups import blocks_around, filings_naming, providers_above
from licet.registers.models import AccessRelation, AddressBlock, Filing

_CONFIRMED = (SignalKind.FINDING, SignalKind.DIALTEST, SignalKind.ORDER, SignalKind.DETERMINATION)
_SIGNALS_READ = 500
_CHAIN_DEEP = 5  # how many providers above providers are looked at


def beyond(case: Case, *, kind: str, scope: Scope, provider_id: str, subject_party: str,
           attachments: Mapping[str, Any]) -> Refuse | None:
    """Why a measure would reach beyond its case or its desk, ``None`` if it does not."""
    row = MEASURE_BY_ID[kind]
    with acting_as(WORKER):  # the rule looks into every provider's register; the person sees their own
        return (outside(scope, tied(case, scope, subject_party=subject_party, attachments=attachments))
                or nothing_to_carry_out(row, scope, subject_kind=case.subject_kind, executor=provider_id)
                or may_order(_order_facts(case.desk_id, provider_id)) or _unknown_party(case, subject_party))


def further(case: Case, measure: Measure, *, at: dt.datetime) -> Refuse | None:
    """What stands against signing this draft now besides person, tier, width and term."""
    scope = parse_scope(measure.scope)
    return (beyond(case, kind=measure.kind, scope=scope, provider_id=measure.provider_id,
                   subject_party=measure.subject_party, attachments=measure.attachments)
            or replaces_too_much(measure.kind, scope, measure.expires_at, measure.replaces)
            or may_renew(_renewal_facts(case, measure, at)))


def replaces_too_much(kind: str, scope: Scope, ends_at: dt.datetime | None, replaced: Measure | None) -> Refuse | None:
    """Why this cannot take the place of a measure that an appeal modified."""
    if replaced is None:
        return None
    return not_milder(Extent(kind=MEASURE_BY_ID[kind], scope=scope, ends_at=ends_at), Extent(
        kind=MEASURE_BY_ID[replaced.kind], scope=parse_scope(replaced.scope), ends_at=replaced.expires_at))


def judges_of(replaced: Measure | None) -> frozenset[int]:
    """Whoever judged appeals against the measure that is to be replaced."""
    if replaced is None:
        return frozenset()
    found = Appeal.objects.filter(measure=replaced, judge__isnull=False).values_list("judge_id", flat=True)
    return frozenset(judge for judge in found if judge is not None)


# --- whom a desk orders ----------------------------------------------------------------------------------------------
def _order_facts(desk_id: str, executor: str) -> OrderFacts:
    parties = {row.party_id: row for row in Party.objects.filter(party_id__in=[desk_id, executor], until__isnull=True)}
    desk, other = parties.get(desk_id), parties.get(executor)
    kind = desk.kind if desk else ""
    return OrderFacts(
        desk=desk_id, desk_kind=kind, desk_region=desk.region if desk else "", executor=executor,
        executor_kind=other.kind if other else "", executor_region=other.region if other else "",
        below_desk=kind == "carrier" and desk_id in _above(executor))


def usual_executor(case: Case) -> str:
    """Who carries out what nobody is named for: the provider concerned, if the desk may order it, else the desk ('')."""
    with acting_as(WORKER):
        return case.provider_id if may_order(_order_facts(case.desk_id, case.provider_id)) is None else ""


def _above(provider: str) -> set[str]:
    """Providers that present access relations name above this one, and above those."""
    found: set[str] = set()
    layer = {provider}
    for _ in range(_CHAIN_DEEP):
        layer = {above for below in layer for above in providers_above(below)} - found
        if not layer:
            break
        found |= layer
    return found


def _unknown_party(case: Case, subject_party: str) -> Refuse | None:
    if not subject_party:
        return None
    if case.subject_kind == SubjectKind.PROVIDER and subject_party != case.subject_key:
        return Refuse("scope_outside", f"{subject_party} is not what this case is about", f"it is about {case.subject_key}")
    if case.subject_kind != SubjectKind.PROVIDER and not Party.objects.filter(
            party_id=subject_party, until__isnull=True).exists():
        return Refuse("executor_unknown", f"{subject_party} is not on record", "name an organisation by its id")
    return None


# --- what a case is about --------------------------------------------------------------------------------------------
def keys_of(case: Case) -> frozenset[str]:
    """The case's subject and those of cases of the same kind merged into it."""
    merged = Case.objects.filter(merged_into=case, subject_kind=case.subject_kind).values_list("subject_key", flat=True)
    return frozenset(merged) | {case.subject_key}


def tied(case: Case, scope: Scope, *, subject_party: str = "", attachments: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Field -> values of this scope that the case, the registers, its confirmed signals or the billing chain tie to what
    it is about. The actor is the system."""
    keys = keys_of(case)
    found = {
        SubjectKind.SITE: _of_site, SubjectKind.ADDRESS: _of_address, SubjectKind.CODE: _of_code,
        SubjectKind.PROVIDER: _of_provider, SubjectKind.SPONSOR: _of_sponsor, SubjectKind.HASH: _of_file,
    }[SubjectKind(case.subject_kind)](case, keys, scope)
    for chain in chains_of(attachments):
        names = {chain.operator, chain.partner, chain.code}
        if names & keys or is_below(chain.service.lower(), keys):
            found["codes"] = found.get("codes", frozenset()) | {chain.code}
            found["parties"] = found.get("parties", frozenset()) | {chain.partner}
            found["hosts"] = found.get("hosts", frozenset()) | {chain.service.lower()}
    if subject_party:
        found["parties"] = found.get("parties", frozenset()) | {subject_party}
    return found


def _of_site(case: Case, keys: frozenset[str], scope: Scope) -> dict[str, frozenset[str]]:
    names = sorted({name for key in keys for name in (key, f"www.{key}")})
    versions = list(Filing.objects.filter(pk__in=filings_naming(names)))
    filings = [row for row in versions if row.until is None]
    connected = _relations(ip__in=scope.addresses)
    addresses = {ip for domain, ip, _ in connected if is_below(domain, keys)}
    addresses |= _inside(scope.addresses, [block for row in filings for block in row.addresses])
    addresses |= set(scope.addresses) & _observed(case)
    # Whoever is or was named as its organiser: a listing may name somebody the records named when it was drafted.
    organisers = set(AccessRelation.objects.filter(domain__in=names).values_list("customer_uscc", flat=True))
    organisers |= {row.subject_uscc for row in versions}
    return {"hosts": frozenset(host for host in scope.hosts if is_below(host, keys)), "addresses": frozenset(addresses),
            "parties": frozenset(organisers - {""})}


def _of_address(case: Case, keys: frozenset[str], scope: Scope) -> dict[str, frozenset[str]]:
    connected = _relations(ip__in=keys)
    holders = set(AddressBlock.objects.filter(until__isnull=True, holder_id__in=scope.parties, cidr__in=blocks_around(keys))
                  .values_list("holder_id", flat=True))
    return {"addresses": keys, "hosts": frozenset(domain for domain, _, _ in connected),
            "parties": frozenset({customer for _, _, customer in connected if customer} | holders)}


def _of_code(case: Case, keys: frozenset[str], scope: Scope) -> dict[str, frozenset[str]]:
    return {"codes": keys}


def _of_file(case: Case, keys: frozenset[str], scope: Scope) -> dict[str, frozenset[str]]:
    return {}  # a file is nowhere by itself: the site's own case is where it is cut


def _of_provider(case: Case, keys: frozenset[str], scope: Scope) -> dict[str, frozenset[str]]:
    hosts = {domain for domain, _, _ in _relations(provider_id__in=keys, domain__in=scope.hosts)} if scope.hosts else set()
    addresses = {ip for _, ip, _ in _relations(provider_id__in=keys, ip__in=scope.addresses)} if scope.addresses else set()
    if scope.addresses:
        blocks = AddressBlock.objects.filter(until__isnull=True, holder_id__in=keys, cidr__in=blocks_around(scope.addresses))
        addresses |= _inside(scope.addresses, blocks.values_list("cidr", flat=True))
    return {"parties": keys, "hosts": frozenset(hosts), "addresses": frozenset(addresses)}


def _of_sponsor(case: Case, keys: frozenset[str], scope: Scope) -> dict[str, frozenset[str]]:
    filed = {domain for row in Filing.objects.filter(subject_uscc__in=keys, until__isnull=True) for domain in row.domains}
    connected = _relations(customer_uscc__in=keys)
    sites = filed | {domain for domain, _, _ in connected if domain}
    return {"parties": keys, "hosts": frozenset(host for host in scope.hosts if is_below(host, sites)),
            "addresses": frozenset(ip for _, ip, _ in connected if ip)}


def _relations(**named: Any) -> list[tuple[str, str, str]]:
    """(domain, address, customer) of present access relations."""
    rows = AccessRelation.objects.filter(until__isnull=True, **named).values_list("domain", "ip", "customer_uscc")
    return [(domain, str(ip or ""), customer) for domain, ip, customer in rows]


def _inside(addresses: Iterable[str], blocks: Iterable[str]) -> set[str]:
    networks = [ip_network(block, strict=False) for block in blocks if block]
    return {address for address in addresses if any(ip_address(address) in network for network in networks)}


def _observed(case: Case) -> set[str]:
    """Addresses that the latest confirmed signals of the case say they saw."""
    return {str(row[name]) for row in confirmed_facts(case) for name in ("ip", "address") if row.get(name)}


def confirmed_facts(case: Case) -> list[dict[str, Any]]:
    """What the latest confirmed signals of a case, and of those merged into it, say; nothing is read where none is."""
    family = _family(case)
    if not Observation.objects.filter(case_id__in=family, kind__in=_CONFIRMED).exists():
        return []  # a hundred thousand reports are not gone through for a fact none of them can give
    return [facts for part in family for facts in Signal.objects.filter(case_id=part, kind__in=_CONFIRMED).order_by(
        "-received_at").values_list("facts", flat=True)[:_SIGNALS_READ]]


def _family(case: Case) -> list[int]:
    return [case.pk, *Case.objects.filter(merged_into=case).values_list("pk", flat=True)]


# --- the suspension before -------------------------------------------------------------------------------------------
def _renewal_facts(case: Case, measure: Measure, at: dt.datetime) -> RenewalFacts:
    kind = MEASURE_BY_ID[measure.kind]
    if measure.kind not in SUSPENSIONS:
        return RenewalFacts(kind=kind, live=False, ended_at=None, new_signal=False, new_determination=False,
                            sent_back_until=None, ends_at=measure.expires_at)
    before = list(Measure.objects.filter(case__in=_same_matter(case), kind=measure.kind).exclude(
        pk=measure.pk).exclude(state__in=[MeasureState.DRAFTED, MeasureState.WITHDRAWN]).order_by("id"))
    live = any(row.case_id == case.pk and _state(row, at) in CAN_EXPIRE for row in before)
    ended = {row.pk: _ended_at(row, at) for row in before}
    last = max(before, key=lambda row: ended[row.pk], default=None)
    used = {row.determination_id for row in before}
    return RenewalFacts(
        kind=kind, live=live, ended_at=ended[last.pk] if last else None,
        new_signal=last is not None and _observed_since(case, ended[last.pk]),
        new_determination=measure.determination_id is not None and measure.determination_id not in used
        and Determination.objects.filter(pk=measure.determination_id, result="illegal").exists(),
        sent_back_until=last.expires_at if last and Appeal.objects.filter(
            measure=last, state__in=("remitted", "modified")).exists() else None,
        ends_at=measure.expires_at)


def _same_matter(case: Case) -> list[int]:
    """The case, closed ones of the desk about the same subject and ground, and those it was split off or reopened from."""
    same = Case.objects.filter(desk_id=case.desk_id, subject_kind=case.subject_kind, subject_key=case.subject_key)
    ids = list(same.filter(ground=case.ground_id).values_list("pk", flat=True))
    linked = CaseLink.objects.filter(case=case, why__in=("split", "reopened")).values_list("other_id", flat=True)
    linked_by = CaseLink.objects.filter(other=case, why__in=("split", "reopened")).values_list("case_id", flat=True)
    return [case.pk, *ids, *same.filter(pk__in=[*linked, *linked_by]).values_list("pk", flat=True)]


def _state(measure: Measure, at: dt.datetime) -> MeasureState:
    appeal = Appeal.objects.filter(measure=measure, state="filed").first()
    return state_at(measure.state, expires_at=measure.expires_at, appeal_due_at=appeal.due_at if appeal else None, now=at)


def _ended_at(measure: Measure, at: dt.datetime) -> dt.datetime:
    """When it ended: the written step, else what time did. One that still binds ends now at the earliest."""
    step = measure.transitions.filter(to__in=[state.value for state in TO_RESTORE]).order_by("id").first()
    if step is not None:
        return step.at
    return measure.expires_at if measure.expires_at is not None and measure.expires_at <= at else at


def _observed_since(case: Case, ended_at: dt.datetime) -> bool:
    """A check found it again, or somebody independent who had not reported before did."""
    seen = Observation.objects.filter(case_id__in=_family(case)).exclude(observer__startswith=VOID_OBSERVER)
    again = Q(kind__in=_CONFIRMED, last_at__gt=ended_at)
    return seen.filter(again | Q(kind=SignalKind.REPORT, first_at__gt=ended_at)).exists()
