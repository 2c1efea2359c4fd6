"""Looking from outside. A probe answers one question about one order and writes nothing.

The probe at hand asks resolvers and fetches one HTTP status per name. Others (dial-tests, a check of charges) register
for an effect with ``services.register_probe``.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

from django.conf import settings

from licet.core.lazy import lazy
from licet.orders.numbers import numbers
from licet.orders.rules import Seen, read_all
from licet.orders.tables import Verdict
from licet.orders.targets import is_public, private_allowed

if TYPE_CHECKING:
    import dns.exception
    import dns.resolver
    import httpx
else:
    dns, httpx = lazy("dns", "dns.exception", "dns.resolver"), lazy("httpx")

RESOLVER_S = 4.0
FETCH_S = 8.0
AGENT = "Mozilla/5.0 (compatible; licet-check)"
_DNS_PORT = 53


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """What is to be checked."""

    order: str
    kind: str  # cut or restore
    hosts: tuple[str, ...]
    addresses: tuple[str, ...]
    codes: tuple[str, ...]
    technical: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Look:
    """What a probe saw. ``settled``: one such look is enough, nothing about it changes by waiting."""

    probe: str
    verdict: Verdict
    facts: Sequence[dict[str, Any]] = ()
    settled: bool = False


class Probe(Protocol):
    """Anything that looks from outside."""

    def look(self, question: Question) -> Look:
        """Look once. Whatever goes wrong on our side is inconclusive; nothing is raised for what others do."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class DnsHttpProbe:
    """Resolvers and one HTTP status. ``vantages``: (name, address, port) of resolvers; empty = this machine's."""

    vantages: tuple[tuple[str, str, int], ...] = ()
    control_name: str = ""
    http_port: int | None = None  # only http on this port; None = https, then http

    def look(self, question: Question) -> Look:
        """Every host from every vantage point, every address once."""
        seen = [look for vantage in self.vantages or (("system", "", 0),)
                for look in self._from(vantage, question.hosts)]
        seen += [Seen(vantage="direct", target=address, dns="", **self._fetch(address, [address]))
                 for address in question.addresses]
        verdict = read_all(seen, kind=question.kind, technical=question.technical) if seen else Verdict.INCONCLUSIVE
        return Look(probe="dns_http", verdict=verdict, facts=[dataclasses.asdict(look) for look in seen])

    def _from(self, vantage: tuple[str, str, int], hosts: Sequence[str]) -> Iterator[Seen]:
        name, address, port = vantage
        try:
            resolver = _resolver(address, port)
        except dns.exception.DNSException:
            yield from (Seen(vantage=name, target=host, dns="broken") for host in hosts)
            return
        control = not self.control_name or _ask(resolver, self.control_name)[0] == "answers"
        for host in hosts:
            answer, addresses = _ask(resolver, host)
            fetched = self._fetch(host, addresses) if answer == "answers" else {}
            yield Seen(vantage=name, target=host, dns=answer, control=control, **fetched)

    def _fetch(self, host: str, addresses: Sequence[str]) -> dict[str, Any]:
        """HTTP status of the first address, without its body and without following anything."""
        public = [address for address in addresses if private_allowed() or is_public(address)]
        if not public:
            return {"http": None}
        status: int | None = 0
        for scheme, port in (("http", self.http_port),) if self.http_port else (("https", None), ("http", None)):
            status, block = _status(scheme, host, public[0], port)
            if status:
                return {"http": status, "block_page": block}
        return {"http": status}


def _resolver(address: str, port: int) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not address)
    if address:
        resolver.nameservers = [address]
        resolver.port = port or _DNS_PORT
    resolver.lifetime, resolver.timeout, resolver.cache = RESOLVER_S, RESOLVER_S / 2, None
    return resolver


def _ask(resolver: dns.resolver.Resolver, host: str) -> tuple[str, list[str]]:
    """(word of ``rules.Seen.dns``, addresses). A resolver that refuses is a way of cutting; one that fails is broken."""
    answers = [_ask_for(resolver, host, kind) for kind in ("A", "AAAA")]
    addresses = [address for _, found in answers for address in found]
    if addresses:
        return ("block" if set(addresses) <= numbers().block_addresses else "answers"), addresses
    words = {word for word, _ in answers}
    return next(word for word in ("nxdomain", "refused", "broken", "nodata") if word in words), []


def _ask_for(resolver: dns.resolver.Resolver, host: str, kind: str) -> tuple[str, list[str]]:
    try:
        answer = resolver.resolve(host, kind, search=False)
    except dns.resolver.NXDOMAIN:
        return "nxdomain", []
    except dns.resolver.NoAnswer:
        return "nodata", []
    except dns.resolver.NoNameservers as error:
        return ("refused" if "REFUSED" in str(error) else "broken"), []
    except dns.exception.DNSException:
        return "broken", []
    return "answers", [row.to_text() for row in answer]


def _status(scheme: str, host: str, address: str, port: int | None) -> tuple[int, bool]:
    """(status, 0 = nothing answered; whether a block page answered)."""
    shown = f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
    url = f"{scheme}://{shown}{f':{port}' if port else ''}/"
    try:
        # The certificate is not the question: a site with a bad one is reachable.
        with (httpx.Client(timeout=FETCH_S, follow_redirects=False, trust_env=False, verify=False) as client,
              client.stream("GET", url, headers={"host": host, "user-agent": AGENT},
                            extensions={"sni_hostname": host}) as response):
            target = urlsplit(response.headers.get("location", "")).hostname or ""
            return response.status_code, bool(target) and target in numbers().block_hosts
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError):
        return 0, False


def standard_probe() -> DnsHttpProbe:
    """The probe this installation's settings describe."""
    return DnsHttpProbe(vantages=tuple(_vantage(text) for text in cast("list[str]", settings.ENV["LICET_RESOLVERS"])),
                        control_name=str(settings.ENV["LICET_CONTROL_NAME"]))


def _vantage(text: str) -> tuple[str, str, int]:
    """``192.0.2.53``, ``192.0.2.53:5353``, ``2001:db8::53`` or ``[2001:db8::53]:5353``."""
    parts = urlsplit(f"//{text}" if "[" in text or text.count(":") <= 1 else f"//[{text}]")
    return text, parts.hostname or text, parts.port or _DNS_PORT
