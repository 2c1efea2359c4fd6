"""Canonical keys of subjects, so that signals about the same thing meet."""

from __future__ import annotations

import functools

from django.conf import settings

from licet.casework.tables import SubjectKind
from licet.core.errors import BadInput
from licet.registers.identifiers import Normaliser, parse_address, sponsor_token

KEY_CHARACTERS = 253


@functools.lru_cache(maxsize=1)
def normaliser() -> Normaliser:
    """One normaliser for the process; threads may share it."""
    return Normaliser()


def canonical_subject(kind: str, value: str) -> str:
    """The key signals are grouped by: registrable domain, address, code, party_id, credit code or keyed token.

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
    return value.strip()


def _token_key() -> bytes:
    return str(settings.SECRETS["identifier_key"]).encode()
