"""The rules that say which part of a name a registry sells, taken from the Public Suffix List.

Only its ICANN section is used: a filing is made for the domain a registry sells. The list's private section names
companies that hand out hosts below a domain of theirs (blog and cloud platforms); such a host stands under that
company's filing, so the company's domain is the registrable one here.

Rules are A-labels. ``plain`` names are suffixes; every child of a ``wildcard`` name is one, and so is the name itself;
``exceptions`` are registrable although a wildcard covers them. A name under no rule has its last label as suffix. The
longest rule wins.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import idna
import publicsuffixlist

_ICANN = re.compile(r"^// ===BEGIN ICANN DOMAINS===$(.*?)^// ===END ICANN DOMAINS===$", re.MULTILINE | re.DOTALL)
_VERSION = re.compile(r"^// VERSION: (\S+)$", re.MULTILINE)

PLAIN, WILDCARD, EXCEPTION = 1, 2, 3


@dataclass(frozen=True)
class SuffixRules:
    """One edition of the suffix rules; names sorted, without the ``*.`` and ``!`` marks."""

    plain: tuple[str, ...]
    wildcard: tuple[str, ...]  # the parent: "ck" for the rule *.ck
    exceptions: tuple[str, ...]
    version: str  # the list's own version line, or empty

    @classmethod
    def from_text(cls, text: str) -> "SuffixRules":
        """Rules of the ICANN section of a list in the public suffix format."""
        lines = [line.split()[0] for part in _ICANN.findall(text) for line in part.splitlines() if line.strip()]
        rules = [line for line in lines if not line.startswith("//")]
        version = _VERSION.search(text)
        return cls(
            plain=_a_labels([rule for rule in rules if rule[0] not in "*!"]),
            wildcard=_a_labels([rule[2:] for rule in rules if rule.startswith("*.")]),
            exceptions=_a_labels([rule[1:] for rule in rules if rule.startswith("!")]),
            version=version[1] if version else "",
        )

    @property
    def fingerprint(self) -> str:
        """Identifies the rules: ``psl:<version>:<16 hex of SHA-256>``; stored with every verdict that used them."""
        rules = [*self.plain, *(f"*.{name}" for name in self.wildcard), *(f"!{name}" for name in self.exceptions)]
        digest = hashlib.sha256("\n".join(rules).encode()).hexdigest()
        return f"psl:{self.version}:{digest[:16]}"

    def by_name(self) -> dict[str, int]:
        """Every rule's name with its kind; where a name has several, the one that decides."""
        return (
            dict.fromkeys(self.plain, PLAIN)
            | dict.fromkeys(self.wildcard, WILDCARD)
            | dict.fromkeys(self.exceptions, EXCEPTION)
        )


@lru_cache(maxsize=1)
def packaged_rules() -> SuffixRules:
    """The edition that the installed ``publicsuffixlist`` package carries."""
    return SuffixRules.from_text(Path(publicsuffixlist.PSLFILE).read_text(encoding="utf-8"))


def suffix_rules() -> tuple[list[str], list[str], list[str]]:
    """Plain, wildcard (parents, without ``*.``) and exception rules (without ``!``), for the compiled engine."""
    rules = packaged_rules()
    return list(rules.plain), list(rules.wildcard), list(rules.exceptions)


def suffix_rules_version() -> str:
    """Fingerprint of the rules in use, to be stored beside what was decided with them."""
    return packaged_rules().fingerprint


def _a_labels(names: Sequence[str]) -> tuple[str, ...]:
    encoded = (name.lower() if name.isascii() else idna.encode(name, uts46=True).decode("ascii") for name in names)
    return tuple(sorted(set(encoded)))
