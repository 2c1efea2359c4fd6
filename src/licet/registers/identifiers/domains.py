"""A declared site name to the host it means and the registrable domain a filing is made for.

What people write is forgiven: scheme, port, path, a trailing dot, capitals, full-width characters, U-labels. ``www.``
is kept, because it is another host. Labels are letters, digits and inner hyphens (RFC 1123) of at most 63 characters;
below the registrable domain an underscore is accepted too, since browsers resolve such hosts and sites do live there,
but no registry sells one. Internationalised labels are mapped by UTS 46 and must satisfy IDNA 2008, which leaves out
emoji. A host whose last label is a number is an IPv4 address to every browser (WHATWG URL, "ends in a number"), so it
is refused as one.

``Normaliser.normalise_many`` takes most names through one regular expression and a dictionary, and the rest through
``normalise``; both give the same answer.
"""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import idna

from licet.core.errors import BadInput
from licet.registers.identifiers.suffixes import EXCEPTION, PLAIN, WILDCARD, SuffixRules, packaged_rules

Reason = Literal[
    "empty",
    "other_scheme",
    "user_info",
    "wildcard",
    "ip_literal",
    "too_long",
    "bad_label",
    "bad_idna",
    "single_label",
    "public_suffix",
]
REASONS: tuple[Reason, ...] = get_args(Reason)

# Why a name cannot be used, and the repair. Codes are stored and never change meaning.
_EXPLAINED: dict[Reason, tuple[str, str]] = {
    "empty": ("There is no name.", "Give the site's host name, such as www.site.example."),
    "other_scheme": ("Only http and https addresses name a site.", "Give the host name alone."),
    "user_info": ("The name holds a user name or an e-mail address.", "Give the part after the @ if that is the site."),
    "wildcard": (
        "A wildcard names no single site.",
        "Give the domain itself; hosts below it are covered by its filing.",
    ),
    "ip_literal": ("This is an IP address, not a name.", "Put it into the address field and leave the domain empty."),
    "too_long": ("A name has at most 253 characters and a label at most 63.", "Check for missing separators."),
    "bad_label": (
        "A label holds something other than letters, digits and inner hyphens, or is empty.",
        "Check for spaces, doubled dots and leading or trailing hyphens; one name per field.",
    ),
    "bad_idna": (
        "An internationalised label is not valid under IDNA 2008.",
        "Check the spelling, or give the xn-- form.",
    ),
    "single_label": ("A single label is no public site name.", "Add the domain, as in host.site.example."),
    "public_suffix": ("This is a suffix under which a registry sells names.", "Give the name below it."),
}

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_INVISIBLE = " \t\r\n\f\v\u00a0\u200b\u2060\ufeff"
_MAX_TYPED = 1000  # characters of a host before encoding; a longer one cannot fit 253
_SCHEME = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_END_OF_HOST = re.compile(r"[/?#\\]")
_PORT = re.compile(r":[0-9]{0,5}\Z")
_HOST_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Names that need no mapping and no length check per label: lower-case, no "--" (so no xn--), last label no number.
_CLEAN = re.compile(r"(?:[a-z0-9]++(?:-[a-z0-9]++)*\.)+[a-z][a-z0-9]*+(?:-[a-z0-9]++)*")
_CLEAN_LENGTH = 63


class UnusableDomain(BadInput):
    """This is no usable site name."""

    code = "unusable_domain"

    def __init__(self, reason: Reason, text: str = "") -> None:
        """``reason`` is one of ``REASONS``; ``text`` is what was written."""
        message, hint = _EXPLAINED[reason]
        self.reason: Reason = reason
        super().__init__(f"'{text[:80]}': {message}" if text else message, hint=hint)


@dataclass(frozen=True)
class Domain:
    """A site name: its host as lower-case A-labels, and the domain a registry sold."""

    host: str
    registrable: str

    def names_asked(self) -> list[str]:
        """The host and each parent down to the registrable domain: the names a filing or blacklist may list it by."""
        names = [self.host]
        while names[-1] != self.registrable:
            names.append(names[-1].partition(".")[2])
        return names


class Normaliser:
    """Normalises names by one edition of the suffix rules, by default the installed one; threads may share it."""

    def __init__(self, rules: SuffixRules | None = None) -> None:
        """``rules`` replaces the packaged edition."""
        self.rules = rules or packaged_rules()
        self._kinds = self.rules.by_name()
        # Of each top label with rules below it, the labels of its longest rule; above two where any rule is not plain.
        self._depths: dict[str, int] = {}
        for name, kind in self._kinds.items():
            top, depth = name.rpartition(".")[2], name.count(".") + (1 if kind == PLAIN else 3)
            if depth > 1:
                self._depths[top] = max(depth, self._depths.get(top, 0))

    @property
    def names(self) -> Mapping[str, int]:
        """Name of each suffix rule with its kind."""
        return self._kinds

    @property
    def depths(self) -> Mapping[str, int]:
        """Of each top label with rules below it, the labels of its longest rule; above two where one is not plain."""
        return self._depths

    def normalise(self, text: str) -> Domain:
        """The host and registrable domain a text names. Raises ``UnusableDomain`` with the reason and the repair."""
        try:
            return self._domain(_encoded_labels(_typed_host(text)))
        except UnusableDomain as refused:
            raise UnusableDomain(refused.reason, " ".join(text.split())) from None

    def normalise_many(self, texts: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
        """Hosts, registrable domains and reasons, in the order given.

        Where a name is unusable its host and domain are ''; where it is usable its reason is ''.
        More than half a million clean names a second; others take some ten times longer, each distinct one once.
        """
        hosts, registrables, reasons = [""] * len(texts), [""] * len(texts), [""] * len(texts)
        slow: dict[str, tuple[str, str, str]] = {}
        clean, registrable_of = _CLEAN.fullmatch, self._registrable_of_clean
        for row, text in enumerate(texts):
            if len(text) <= _CLEAN_LENGTH and clean(text):
                if registrable := registrable_of(text):
                    hosts[row], registrables[row] = text, registrable
                else:
                    reasons[row] = "public_suffix"
            else:
                if text not in slow:
                    slow[text] = self._slow(text)
                hosts[row], registrables[row], reasons[row] = slow[text]
        return hosts, registrables, reasons

    def _registrable_of_clean(self, host: str) -> str:
        """The registrable domain of a clean host of two labels or more; '' for a public suffix."""
        last = host.rfind(".")
        before = host.rfind(".", 0, last)
        depth = self._depths.get(host[last + 1 :], 1)
        pair = host[before + 1 :]
        if depth == 1 or (depth == 2 and pair not in self._kinds):
            return pair
        if depth == 2:  # only plain rules of two labels: the pair is a suffix
            return host[host.rfind(".", 0, before) + 1 :] if before >= 0 else ""
        labels = host.split(".")
        kept = len(labels) - self._suffix_labels(labels) - 1
        return ".".join(labels[kept:]) if kept >= 0 else ""

    def _slow(self, text: str) -> tuple[str, str, str]:
        try:
            domain = self.normalise(text)
        except UnusableDomain as refused:
            return "", "", refused.reason
        return domain.host, domain.registrable, ""

    def _domain(self, labels: list[str]) -> Domain:
        kept = len(labels) - self._suffix_labels(labels) - 1
        if len(labels) == 1:
            raise UnusableDomain("single_label")
        if any("_" in label for label in labels[max(kept, 0) :]):
            raise UnusableDomain("bad_label")
        if kept < 0:
            raise UnusableDomain("public_suffix")
        return Domain(".".join(labels), ".".join(labels[kept:]))

    def _suffix_labels(self, labels: list[str]) -> int:
        """How many of the last labels are the public suffix."""
        count = len(labels)
        kinds = self._kinds
        for start in range(max(0, count - self._depths.get(labels[-1], 0)), count - 1):
            kind = kinds.get(".".join(labels[start:]))
            if kind is None:
                continue
            if kind == EXCEPTION:
                return count - start - 1
            if kind == WILDCARD and start > 0:
                return count - start + 1
            return count - start
        return 2 if kinds.get(labels[-1]) == WILDCARD and count > 1 else 1


def _typed_host(text: str) -> str:
    """The host in what was typed, still unencoded: without scheme, path, port and invisible characters around it."""
    typed = text.translate(_FULL_WIDTH).strip().strip(_INVISIBLE)
    if scheme := _SCHEME.match(typed):
        typed = typed[scheme.end() :]
    elif "://" in typed:
        raise UnusableDomain("other_scheme")
    host = _END_OF_HOST.split(typed, maxsplit=1)[0].strip(_INVISIBLE)
    if "@" in host:
        raise UnusableDomain("user_info")
    if host.count(":") > 1 or host.startswith("["):
        raise UnusableDomain("ip_literal" if _is_ipv6(host) else "bad_label")
    host = _PORT.sub("", host)
    if not host:
        raise UnusableDomain("empty")
    if len(host) > _MAX_TYPED:
        raise UnusableDomain("too_long")
    return host


def _is_ipv6(host: str) -> bool:
    inner = host[1:].partition("]")[0] if host.startswith("[") else host
    try:
        ipaddress.IPv6Address(inner.partition("%")[0])
    except ValueError:
        return False
    return True


def _encoded_labels(host: str) -> list[str]:
    """The labels of a typed host as lower-case A-labels."""
    try:
        mapped = idna.uts46_remap(host, std3_rules=False).removesuffix(".")
    except idna.IDNAError:
        raise UnusableDomain("bad_idna") from None
    if not mapped:
        raise UnusableDomain("empty")
    if mapped.startswith("*."):
        raise UnusableDomain("wildcard")
    labels = [_encoded(label) for label in mapped.split(".")]
    if _NUMBER.fullmatch(labels[-1]):
        raise UnusableDomain("ip_literal")
    if sum(map(len, labels)) + len(labels) - 1 > 253:
        raise UnusableDomain("too_long")
    return labels


def _encoded(label: str) -> str:
    if label.isascii() and not label.startswith("xn--"):
        if not _HOST_LABEL.fullmatch(label):
            raise UnusableDomain("bad_label")
    else:
        try:
            label = idna.alabel(label).decode("ascii")
        except idna.IDNAError as refused:
            long = refused.code in {"label_too_long", "input_too_long"}
            raise UnusableDomain("too_long" if long else "bad_idna") from None
    if len(label) > 63:
        raise UnusableDomain("too_long")
    return label
