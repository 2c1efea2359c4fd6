"""The scope of a measure, and what else it would hit, counted from the registers before anybody signs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from licet.casework.models import Case
from licet.casework.services.subjects import normaliser
from licet.casework.tables import SubjectKind
from licet.core.actors import WORKER
from licet.core.errors import BadInput
from licet.core.rls import acting_as
from licet.registers.identifiers import parse_address
from licet.registers.models import AccessRelation

SAMPLE = 20  # names shown of those that would be hit
_LISTS = ("hosts", "addresses", "codes", "parties", "regions")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scope:
    """What exactly a measure touches. ``regions``: where, ``*`` everywhere. ``technical``: by what means (dns, access,
    billing), '' = as the executor does it."""

    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    regions: tuple[str, ...] = ("*",)
    technical: str = ""

    def as_document(self) -> dict[str, Any]:
        """As kept on the measure."""
        return {name: list(value) if isinstance(value, tuple) else value
                for name, value in dataclasses.asdict(self).items()}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Collateral:
    """What a scope would hit besides what it names. Counted over all providers; ``sample`` names only what the asker
    may see."""

    domains_on_addresses: int  # other domains present access relations connect at the addresses
    providers_on_addresses: int  # providers that connect them
    hosts_below: int  # other connected hosts below the hosts named
    sample: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """As kept on the measure."""
        return {**dataclasses.asdict(self), "sample": list(self.sample)}


def parse_scope(document: Mapping[str, Any]) -> Scope:
    """A scope as somebody wrote it, in canonical form. Raises :class:`BadInput` for unknown fields and empty scopes."""
    unknown = sorted(set(document) - {*_LISTS, "technical"})
    if unknown:
        raise BadInput(f"a scope has no {unknown[0]!r}", hint=f"fields: {', '.join(_LISTS)}, technical")
    lists = {name: _texts(name, document.get(name, ())) for name in _LISTS}
    scope = Scope(
        hosts=tuple(sorted({normaliser().normalise(host).host for host in lists["hosts"]})),
        addresses=tuple(sorted({parse_address(address) for address in lists["addresses"]})),
        codes=tuple(sorted({"".join(code.split()).upper() for code in lists["codes"]})),
        parties=lists["parties"], regions=lists["regions"] or ("*",), technical=str(document.get("technical", "")))
    if not (scope.hosts or scope.addresses or scope.codes or scope.parties):
        raise BadInput("the scope names nothing", hint="name hosts, addresses, codes or parties")
    return scope


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(item, str) and item.strip() for item in value):
        raise BadInput(f"{name} is not a list of texts", hint=f'"{name}": ["…"]')
    return tuple(sorted({item.strip() for item in value}))


def ensure_about(scope: Scope, case: Case, merged_keys: frozenset[str]) -> None:
    """A measure stays with what its case is about: hosts of a site's case are that site's. ``merged_keys``: subjects of
    cases merged into it. Raises :class:`BadInput`."""
    if case.subject_kind != SubjectKind.SITE:
        return
    names = {case.subject_key} | merged_keys
    for host in scope.hosts:
        if not any(host == name or host.endswith("." + name) for name in names):
            raise BadInput(f"{host} is not what this case is about", hint=f"a host of {', '.join(sorted(names))}")


def collateral(scope: Scope, *, own_hosts: frozenset[str] = frozenset()) -> Collateral:
    """Count what else the scope hits. ``own_hosts``: what the case is about, and so no bystander.

    The count covers every provider's register, or a shared address would look unshared to one of them; names come from
    what the present actor sees.
    """
    own = frozenset(scope.hosts) | own_hosts
    seen = frozenset(_connected(scope, own)[0])
    with acting_as(WORKER):
        domains, providers = _connected(scope, own)
        below = _below(scope)
    return Collateral(domains_on_addresses=len(domains), providers_on_addresses=len(providers), hosts_below=below,
                      sample=tuple(sorted(seen)[:SAMPLE]))


def _connected(scope: Scope, own: frozenset[str]) -> tuple[set[str], set[str]]:
    if not scope.addresses:
        return set(), set()
    rows = (AccessRelation.objects.filter(ip__in=scope.addresses, until__isnull=True).exclude(domain="")
            .values_list("domain", "provider_id").distinct())
    others = [(domain, provider) for domain, provider in rows
              if not any(domain == host or domain.endswith("." + host) for host in own)]
    return {domain for domain, _ in others}, {provider for _, provider in others}


def _below(scope: Scope) -> int:
    """Connected hosts below the ones named; a host below is hit by a list that covers the whole domain."""
    if not scope.hosts:
        return 0
    count = 0
    for host in scope.hosts:
        count += (AccessRelation.objects.filter(until__isnull=True, domain__endswith="." + host)
                  .exclude(domain__in=scope.hosts).values("domain").distinct().count())
    return count
