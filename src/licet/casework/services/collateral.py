"""The scope of a measure, and what else it would hit, counted from the registers before anybody signs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from licet.casework.scoping import Scope, is_below
from licet.casework.services.subjects import normaliser
from licet.casework.tables import SCOPE_LISTS, TECHNICAL
from licet.config.profile import load_profile
from licet.core.actors import WORKER
from licet.core.errors import BadInput
from licet.core.rls import acting_as
from licet.registers.identifiers import parse_address
from licet.registers.kinds import KIND_BY_ID
from licet.registers.listing import Asked, question, searched_column
from licet.registers.models import AccessRelation, Filing

SAMPLE = 20  # names shown of those that would be hit


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
        domains, providers = _connected(scope, own)
        below = _below(scope)
        customers = _others_below(scope, below)
    seen = _connected(scope, own)[0] | set(AccessRelation.objects.filter(
        until__isnull=True, domain__in=sorted(below)[: SAMPLE * 5]).values_list("domain", flat=True))
    return Collateral(domains_on_addresses=len(domains), providers_on_addresses=len(providers), hosts_below=len(below),
                      customers_below=customers, codes_shared=None if scope.codes else 0, sample=tuple(sorted(seen)[:SAMPLE]))


def _connected(scope: Scope, own: frozenset[str]) -> tuple[set[str], set[str]]:
    if not scope.addresses:
        return set(), set()
    rows = (AccessRelation.objects.filter(ip__in=scope.addresses, until__isnull=True).exclude(domain="")
            .values_list("domain", "provider_id").distinct())
    others = [(domain, provider) for domain, provider in rows if not is_below(domain, own)]
    return {domain for domain, _ in others}, {provider for _, provider in others}


def _below(scope: Scope) -> dict[str, str]:
    """Connected hosts below the ones named, and to whom; a host below is hit by a list that covers the whole domain. A
    customer nobody recorded counts for itself: it may be anybody."""
    found: dict[str, str] = {}
    for host in scope.hosts:
        rows = (AccessRelation.objects.filter(until__isnull=True, domain__endswith="." + host)
                .exclude(domain__in=scope.hosts).values_list("domain", "customer_uscc", "customer_name").distinct())
        found |= {domain: number or name or f"?{domain}" for domain, number, name in rows}
    return found


def _others_below(scope: Scope, below: Mapping[str, str]) -> int:
    """Customers below who are not the site's own: those connected or filed under the very names (or their www). Where
    nobody is, one customer alone is taken for the site's."""
    if not below:
        return 0
    names = [name for host in scope.hosts for name in (host, f"www.{host}")]
    own = set(AccessRelation.objects.filter(until__isnull=True, domain__in=names).values_list("customer_uscc", flat=True))
    own |= set(AccessRelation.objects.filter(until__isnull=True, domain__in=names).values_list("customer_name", flat=True))
    own |= {code for name in names for code in filed_by(name)}
    own |= {f"?{name}" for name in names}
    customers = set(below.values()) - own
    return len(customers) if own - {"", *(f"?{name}" for name in names)} else max(0, len(customers) - 1)


def filed_by(domain: str) -> list[str]:
    """Credit codes of whoever filed a domain, by the register's own index: under row-level security no other condition
    on a list of domains finds one."""
    return [row.subject_uscc for row in filings_of(domain)]


def filings_of(domain: str) -> list[Filing]:
    """Present filings that name a domain. The actor is the system."""
    kind = KIND_BY_ID["filings"]
    if searched_column(kind, domain) != "domains":
        return list(Filing.objects.filter(domains__contains=[domain], until__isnull=True))
    return list(question(kind, Asked(q=domain), WORKER))
