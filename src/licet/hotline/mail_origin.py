"""Where a message came from and who sent it, as far as our own mail servers vouch for it. Everything else in a message
anybody can write.

The network is that of the address which handed the message to our mail server, as its ``Received`` line says
(``LICET_HOTLINE_MAIL_RELAYS``). The sender counts as verified when an ``Authentication-Results`` line (RFC 8601) of our own
mail server (``LICET_HOTLINE_MAIL_AUTHSERV``) says so: DMARC passed for the domain of ``From``, or where nothing is said of
DMARC, DKIM passed for that very domain. Our mail server must remove such lines that come in from outside (RFC 8601 §5).
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Iterable, Iterator
from email.message import Message

_BY = re.compile(r"\sby\s+([A-Za-z0-9._-]+)", re.IGNORECASE)
_FROM_ADDRESS = re.compile(r"[\[(](?:IPv6:)?([0-9A-Fa-f:.]{3,45})[\])]", re.IGNORECASE)
_PAIR = re.compile(r'\s*([A-Za-z][A-Za-z0-9_.-]*)\s*(?:/\s*\d+\s*)?=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+)')
_NAME = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^\s;"=]+)(?:\s+\d+)?\s*')


@dataclasses.dataclass(frozen=True)
class Origin:
    """``address``: the IP address that handed the message over, '' if our servers do not say; ``domain``: the sender's
    domain if it is verified, else ''."""

    address: str = ""
    domain: str = ""


@dataclasses.dataclass(frozen=True)
class _Result:
    method: str
    result: str
    properties: dict[str, str]


def origin_of(message: Message, sender: str, *, relays: Iterable[str], authserv: Iterable[str]) -> Origin:
    """The origin of a message whose ``From`` names ``sender`` (one address, or '' for what is none)."""
    ours = {name.casefold() for name in relays}
    domain = sender.rpartition("@")[2].casefold()
    results = list(_results(message, ours, {name.casefold() for name in authserv}))
    return Origin(_handed_over_by(message, ours), domain if domain and _verified(results, domain) else "")


def _lines(message: Message) -> Iterator[tuple[str, str]]:
    for name, value in message.raw_items():
        yield name.casefold(), re.sub(r"[\r\n]+\s*", " ", str(value))


def _by(line: str) -> str:
    found = _BY.search(f" {line}")
    return found.group(1).casefold() if found else ""


def _handed_over_by(message: Message, ours: set[str]) -> str:
    """Of the topmost ``Received`` line that our border server wrote: what stands below may be anybody's. A line that
    names two addresses (a greeting can hold one) says nothing."""
    for name, line in _lines(message):
        if name == "received" and _by(line) in ours:
            found = _BY.search(f" {line}")
            assert found is not None
            named = {_parsed(text) for text in _FROM_ADDRESS.findall(f" {line}"[:found.start()])} - {""}
            return named.pop() if len(named) == 1 else ""
    return ""


def _parsed(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    return "" if address.is_loopback or address.is_link_local or address.is_unspecified else str(address)


def _results(message: Message, ours: set[str], servers: set[str]) -> Iterator[_Result]:
    """What our servers found. Lines below the first ``Received`` of another server came in with the message."""
    for name, line in _lines(message):
        if name == "received" and ours and _by(line) not in ours:
            return
        if name == "authentication-results":
            yield from _read(line, servers)


def _read(line: str, servers: set[str]) -> list[_Result]:
    """The results of one line, none for a line of another server or one that does not keep to the grammar."""
    text = _without_comments(line)
    parts = [] if text is None else _split(text)
    named = _NAME.fullmatch(parts[0]) if parts else None
    if named is None or _unquoted(named.group(1)).casefold() not in servers:
        return []
    found = []
    for part in parts[1:]:
        pairs = _PAIR.findall(part)
        if _PAIR.sub("", part).strip():
            if part.strip().casefold() == "none":
                continue
            return []
        if pairs:
            found.append(_Result(pairs[0][0].casefold(), _unquoted(pairs[0][1]).casefold(),
                                 {key.casefold(): _unquoted(value).casefold() for key, value in pairs[1:]}))
    return found


def _without_comments(text: str) -> str | None:
    """The line without its comments, which nest; ``None`` for one that never closes what it opens."""
    kept, depth, quoted, skip = [], 0, False, False
    for char in text:
        if skip:
            skip = False
        elif char == "\\" and (quoted or depth):
            skip = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif char == "(" and not quoted:
            depth += 1
        elif char == ")" and not quoted and depth:
            depth -= 1
            kept.append(" ")
            continue
        if not depth:
            kept.append(char)
    return None if depth or quoted else "".join(kept)


def _split(text: str) -> list[str]:
    return [part for part in re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^;"])+', text) if part.strip()]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _verified(results: list[_Result], domain: str) -> bool:
    dmarc = [one for one in results if one.method == "dmarc"]
    if dmarc:
        return all(one.result == "pass" and one.properties.get("header.from", "") == domain for one in dmarc)
    return any(one.method == "dkim" and one.result == "pass" and one.properties.get("header.d", "") == domain
               for one in results)
