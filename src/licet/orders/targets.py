"""Where Licet may connect to on somebody else's word: never into our own network.

Checked when a connector is configured and again when it connects, and the connection goes to the very address that was
checked, so that a name cannot answer differently in between.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings

from licet.core.errors import BadInput

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TargetRefused(BadInput):
    """This target lies in a private or reserved network."""

    code = "target_refused"
    hint = "use a public address; LICET_ALLOW_PRIVATE_TARGETS=1 lets a trial installation do it"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
    """A checked address to connect to. ``url`` has the address in the place of the host."""

    url: str
    host: str  # as written: for the Host header and the certificate
    address: str


def private_allowed() -> bool:
    """The operator lets this installation reach private addresses."""
    return bool(settings.ENV["LICET_ALLOW_PRIVATE_TARGETS"])


def is_public(text: str) -> bool:
    """Whether an address is on the public internet; addresses wrapped in others are unwrapped first."""
    address: Address = ipaddress.ip_address(text.split("%", maxsplit=1)[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and not is_public(str(inner)):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def check_url(url: str) -> str:
    """The address of a webhook, if it may be one. Raises :class:`BadInput` with the repair."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise BadInput(f"{url!r} is not an address", hint="write https://host/path") from error
    schemes = {"https", "http"} if private_allowed() else {"https"}
    if parts.scheme not in schemes or not parts.hostname or parts.username or parts.password or parts.fragment:
        raise BadInput("a webhook is an https address without user name, password and fragment",
                       hint="write https://host/path")
    resolve(parts.hostname, port or (443 if parts.scheme == "https" else 80))
    return url.strip()


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, all of them public. Raises :class:`TargetRefused`, :class:`BadInput` if there are none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadInput(f"{host} has no address", hint="check the name") from error
    addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
    ensure_public(addresses)
    return addresses


def ensure_public(addresses: list[str]) -> None:
    """Raises :class:`TargetRefused` when one of them is not public (and the operator did not allow that)."""
    wrong = [address for address in addresses if not is_public(address)]
    if wrong and not private_allowed():
        raise TargetRefused(f"{wrong[0]} lies in a private or reserved network")


def pinned(url: str) -> Target:
    """The address to connect to now, checked now."""
    check_url(url)
    parts = urlsplit(url.strip())
    assert parts.hostname is not None
    address = resolve(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))[0]
    shown = f"[{address}]" if ":" in address else address
    location = shown if parts.port is None else f"{shown}:{parts.port}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Target(url=parts._replace(netloc=location).geturl(), address=address,
                  host=host if parts.port is None else f"{host}:{parts.port}")
