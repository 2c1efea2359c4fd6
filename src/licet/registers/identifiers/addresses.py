"""IP addresses, prefixes and ranges as people write them, to one canonical text; refusals name the repair.

Canonical is what ``ipaddress`` prints: lower-case, compressed, without zone. An IPv4 address written as IPv6
(``::ffff:192.0.2.1``) is the IPv4 address, since it is the same host. Leading zeros are refused because readers differ
on whether they mean octal.
"""

import ipaddress
import re
import unicodedata

from licet.core.errors import BadInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_RANGE_DASH = re.compile(r"\s*(?:[-~\u2010-\u2015\u2212至]|\bto\b)\s*")


class BadAddress(BadInput):
    """This is not an IP address, prefix or range."""

    code = "bad_address"


def parse_address(text: str) -> str:
    """Canonical text of one address. Raises ``BadAddress``."""
    return str(_address(_clean(text)))


def parse_prefix(text: str) -> str:
    """Canonical text of a CIDR prefix; a bare address is its own host prefix.

    Raises ``BadAddress``, also when host bits are set.
    """
    return str(_network(_clean(text)))


def parse_range(text: str) -> list[str]:
    """The fewest prefixes that together are exactly the range ``first-last``. Raises ``BadAddress``."""
    typed = _clean(text)
    ends = _RANGE_DASH.split(typed)
    if len(ends) != 2:
        raise BadAddress(
            f"'{typed}' is not a range.", hint="Write the first and the last address, as in 192.0.2.8-192.0.2.15."
        )
    if ends[1].isascii() and ends[1].isdigit() and "." in ends[0]:
        whole = f"{ends[0].rpartition('.')[0]}.{ends[1]}"
        raise BadAddress(f"'{typed}' is not a range.", hint=f"Did you mean {ends[0]}-{whole}?")
    first, last = _address(ends[0]), _address(ends[1])
    if isinstance(first, ipaddress.IPv4Address) and isinstance(last, ipaddress.IPv4Address):
        return _summary(first, last)
    if isinstance(first, ipaddress.IPv6Address) and isinstance(last, ipaddress.IPv6Address):
        return _summary(first, last)
    if ":" in ends[0] and ":" in ends[1]:  # a range of IPv6 that begins or ends among the mapped addresses
        return _summary(ipaddress.IPv6Address(ends[0]), ipaddress.IPv6Address(ends[1]))
    raise BadAddress(f"'{typed}' mixes IPv4 and IPv6.", hint="Give one range for each.")


def parse_block(text: str) -> list[str]:
    """The prefixes a register cell means, be it an address, a prefix or a range. Raises ``BadAddress``."""
    return parse_range(text) if _RANGE_DASH.search(_clean(text)) else [parse_prefix(text)]


def _summary(first: Address, last: Address) -> list[str]:
    if int(last) < int(first):
        raise BadAddress(f"'{first}-{last}' ends before it begins.", hint=f"Did you mean {last}-{first}?")
    return [str(network) for network in ipaddress.summarize_address_range(first, last)]


def _clean(text: str) -> str:
    typed = unicodedata.normalize("NFKC", text).replace("。", ".").strip()
    if not typed:
        raise BadAddress("There is no address.", hint="Write it like 192.0.2.1 or 192.0.2.0/24.")
    return typed


def _address(typed: str) -> Address:
    if "%" in typed:
        raise BadAddress(
            f"'{typed}' has a zone, which only means something on one machine.",
            hint=f"Did you mean {typed.partition('%')[0]}?",
        )
    try:
        address = ipaddress.ip_address(typed)
    except ValueError:
        raise BadAddress(f"'{typed}' is not an IP address.", hint=_repair(typed)) from None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _network(typed: str) -> Network:
    address_text, slash, length_text = typed.partition("/")
    # The length belongs to the family as written: a mapped prefix counts its 96 bits.
    mapped = _address(address_text.rstrip()).version == 4 and ":" in address_text
    width = 128 if ":" in address_text else 32
    length_text = length_text.strip() if slash else str(width)
    if (
        not (length_text.isascii() and length_text.isdigit())
        or int(length_text) > width
        or length_text != str(int(length_text))
    ):
        raise BadAddress(f"'{typed}' is not a valid prefix.", hint=_repair_length(address_text, length_text, width))
    length = int(length_text) - 96 if mapped else int(length_text)
    if length < 0:
        raise BadAddress(
            f"'{typed}' holds more than the IPv4 addresses.", hint=f"Did you mean {_address(address_text)}/32?"
        )
    network = ipaddress.ip_network(f"{_address(address_text.rstrip())}/{length}", strict=False)
    if network.network_address != _address(address_text.rstrip()):
        raise BadAddress(f"'{typed}' is not a valid prefix.", hint=f"Did you mean {network}?")
    return network


def _repair_length(address_text: str, length_text: str, width: int) -> str:
    """The prefix meant when a netmask (or a padded number) stands where the length belongs."""
    try:
        return f"Did you mean {ipaddress.ip_network(f'{address_text}/{length_text}', strict=False)}?"
    except ValueError:
        return f"The part after the slash is a number from 0 to {width}."


def _repair(typed: str) -> str:
    """What may have been meant by something that is no address."""
    host, colon, port = typed.rpartition(":")
    candidates = [re.sub(r"\b0+(?=[0-9])", "", typed)]
    if colon and port.isdigit():
        candidates.append(host.strip("[]"))
    candidates.append(typed.strip("[]"))
    if re.fullmatch(r"(?:[0-9]{1,3}\.){1,3}\*", typed):
        parts = typed.split(".")[:-1]
        candidates.append(".".join(parts + ["0"] * (4 - len(parts))) + f"/{8 * len(parts)}")
    for candidate in candidates:
        try:
            meant = ipaddress.ip_network(candidate)
        except ValueError:
            continue
        if candidate != typed:
            return f"Did you mean {meant if '/' in candidate else meant.network_address}?"
    return "Write it like 192.0.2.1 or 2001:db8::1, without port, brackets or names."
