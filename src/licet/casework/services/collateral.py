"""The scope of a measure, and what else it would hit, counted from the registers before anybody signs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, NullIf

from licet.casework.scoping import Scope
from licet.casework.services.subjects import normaliser
from licet.casework.tables import SCOPE_LISTS, TECHNICAL
from licet.config.profile import load_profile
from licet.core.actors import WORKER
from licet.core.errors import BadInput
from licet.core.rls import acting_as
from licet.registers.identifiers import parse_address
from licet.registers.lookups import REVERSED_NAME, below, filings_naming
from licet.registers.models import AccessRelation, Filing

SAMPLE = 20  # names shown of those that would be hit
# Whom a relation connects: by number, else by name, else nobody but itself.
_CUSTOMER = Coalesce(NullIf("customer_uscc", Value("")), NullIf("customer_name", Value("")), Concat(Value("?"), "domain"))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Collateral:
    """What a scope would hit besides what it names. Counted over all providers; ``sample`` names only what the asker
    may see."""

    domains_on_addresses: int  # other domains present access relations connect at the addresses
    providers_on_addresses: int  # providers that connect them
    hosts_below: int  # other connected hosts below the hosts named
    customers_below: int  # customers other than the site's own to whom these are connected
    codes_shared: int | None  # other services on the codes named; None = no register says
    sample: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """As kept on the measure."""
        return {**dataclasses.asdict(self), "sample": list(self.sample)}


def parse_scope(document: Mapping[str, Any]) -> Scope:
    """A scope as somebody wrote it, in canonical form. Raises :class:`BadInput` for unknown fields and empty scopes."""
    unknown = sorted(set(document) - {*SCOPE_LISTS, "technical"})
    if unknown:
        raise BadInput(f"a scope has no {unknown[0]!r}", hint=f"fields: {', '.join(SCOPE_LISTS)}, technical")
    lists = {name: _texts(name, document.get(name, ())) for name in SCOPE_LISTS}
    scope = Scope(
        hosts=tuple(sorted({normaliser().normalise(host).host for host in lists["hosts"]})),
        addresses=tuple(sorted({parse_address(address) for address in lists["addresses"]})),
        codes=tuple(sorted({"".join(code.split()).upper() for code in lists["codes"]})),
        parties=lists["parties"], regions=_regions(lists["regions"]), technical=_technical(document.get("technical", "")))
    if not (scope.hosts or scope.addresses or scope.codes or scope.parties):
        raise BadInput("the scope names nothing", hint="name hosts, addresses, codes or parties")
    return scope


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(item, str) and item.strip() for item in value):
        raise BadInput(f"{name} is not a list of texts", hint=f'"{name}": ["…"]')
    return tuple(sorted({item.strip() for item in value}))


def _regions(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of the profile's regions; everywhere makes the others superfluous."""
    codes = set()
    for text in texts:
        code = load_profile().region_code(text)
        if code is None:
            raise BadInput(f"there is no region {text!r}", hint="name a region of the profile, or * for everywhere")
        codes.add(code)
    return ("*",) if "*" in codes or not codes else tuple(sorted(codes))


def _technical(value: Any) -> str:
    if value not in {"", *TECHNICAL}:
        raise BadInput(f"a measure does not act by {value!r}", hint=f"one of {', '.join(TECHNICAL)}, or leave it open")
    return str(value)


def collateral(scope: Scope, *, own_hosts: frozenset[str] = frozenset()) -> Collateral:
    """Count what else the scope hits. ``own_hosts``: what the case is about, and so no bystander.

    The count covers every provider's register, or a shared address would look unshared to one of them; names come from
    what the present actor sees. No register says yet which services share a code, so that is not known, never none.
    """
    own = frozenset(scope.hosts) | own_hosts
    with acting_as(WORKER):
        at = _beside(scope, own).aggregate(domains=Count("domain", distinct=True), providers=Count("provider_id", distinct=True))
        hosts, customers, some = _below(scope)
    beside = _beside(scope, own).order_by("domain").values_list("domain", flat=True).distinct()[:SAMPLE]
    seen = {*beside, *AccessRelation.objects.filter(until__isnull=True, domain__in=some).values_list("domain", flat=True)}
    return Collateral(domains_on_addresses=at["domains"], providers_on_addresses=at["providers"], hosts_below=hosts,
                      customers_below=customers, codes_shared=None if scope.codes else 0, sample=tuple(sorted(seen)[:SAMPLE]))


def _beside(scope: Scope, own: frozenset[str]) -> QuerySet[AccessRelation]:
    """What else is connected at the addresses."""
    return AccessRelation.objects.filter(ip__in=scope.addresses, until__isnull=True).exclude(domain="").exclude(
        Q(domain__in=own) | below(own))


def _below(scope: Scope) -> tuple[int, int, list[str]]:
    """Connected hosts below the ones named, their customers who are not the site's own, and some of the hosts: a host
    below is hit by a list that covers the whole domain. A customer nobody recorded counts for itself: it may be anybody.

    The site's own are those connected or filed under the very names (or their www). Where nobody is, one customer alone
    is taken for the site's.
    """
    rows = AccessRelation.objects.filter(below(scope.hosts), until__isnull=True).exclude(domain__in=scope.hosts)
    names = [name for host in scope.hosts for name in (host, f"www.{host}")]
    connected = AccessRelation.objects.filter(until__isnull=True, domain__in=names).values_list("customer_uscc", "customer_name")
    own = filed_by(names) | {text for customer in connected for text in customer if text}
    counted = rows.annotate(customer=_CUSTOMER).aggregate(
        hosts=Count("domain", distinct=True), customers=Count("customer", distinct=True, filter=~Q(
            customer__in=own | {f"?{name}" for name in names})))
    customers = counted["customers"] if own else max(0, counted["customers"] - 1)
    return counted["hosts"], customers, list(rows.order_by(REVERSED_NAME).values_list("domain", flat=True)[: SAMPLE * 5])


def filed_by(names: Iterable[str]) -> frozenset[str]:
    """Numbers of whoever has one of these host names filed at present. The actor is the system."""
    filed = Filing.objects.filter(pk__in=filings_naming(names), until__isnull=True).values_list("subject_uscc", flat=True)
    return frozenset(filed) - {""}
