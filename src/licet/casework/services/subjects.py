"""Canonical keys of subjects, so that signals about the same thing meet."""

from __future__ import annotations

import functools
import re
import unicodedata

from django.conf import settings

from licet.casework.tables import SubjectKind
from licet.core.errors import BadInput
from licet.registers.identifiers import Normaliser, parse_address, sponsor_token

KEY_CHARACTERS = 253
_HASH = re.compile(r"(?:(?P<name>md5|sha-?1|sha-?256|pdq)[:=]?)?(?P<digits>[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})")
_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "pdq": 64}
_ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256"}


@functools.lru_cache(maxsize=1)
def normaliser() -> Normaliser:
    """One normaliser for the process; threads may share it."""
    return Normaliser()


def canonical_subject(kind: str, value: str) -> str:
    """The key signals are grouped by: registrable domain, address, code, party_id, credit code or keyed
    token, fingerprint with its algorithm.

    Raises :class:`BadInput` (or its subclasses for domains and addresses) with the repair.
    """
    key = _canonical(SubjectKind(kind), value)
    if not key or len(key) > KEY_CHARACTERS:
        raise BadInput("the subject of a signal is missing or too long", hint=f"at most {KEY_CHARACTERS} characters")
    return key


def _canonical(kind: SubjectKind, value: str) -> str:
    if kind is SubjectKind.SITE:
        return normaliser().normalise(value).registrable
    if kind is SubjectKind.ADDRESS:
        return parse_address(value)
    if kind is SubjectKind.SPONSOR:
        return sponsor_token(value, _token_key())
    if kind is SubjectKind.CODE:
        return "".join(value.split()).upper()
    if kind is SubjectKind.HASH:
        return hash_key(value)
    return value.strip()


def hash_key(value: str) -> str:
    """``sha256:9f86…`` for a fingerprint however it is written. The length tells the algorithm; a PDQ hash, as long as
    SHA-256's, says that it is one. Raises :class:`BadInput`."""
    found = _HASH.fullmatch("".join(unicodedata.normalize("NFKC", value).split()).lower())
    digits = found["digits"] if found else ""
    algorithm = (found["name"] or "").replace("-", "") if found else ""
    algorithm = algorithm or _ALGORITHMS.get(len(digits), "")
    if not digits or len(digits) != _DIGITS[algorithm]:
        raise BadInput("this is no MD5, SHA-1, SHA-256 or PDQ hash",
                       hint="32, 40 or 64 digits from 0-9 and a-f; before a PDQ hash write pdq:")
    return f"{algorithm}:{digits}"


def _token_key() -> bytes:
    return str(settings.SECRETS["identifier_key"]).encode()
