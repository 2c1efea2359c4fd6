"""The one way a value is written before it is hashed: RFC 8785, restricted to what cannot be read in two ways.

Allowed are objects, arrays, strings, integers of at most 53 bits, true, false and null; no fractions, because two
programs may print them differently. Keys are sorted, there is no white space, the bytes are UTF-8. NUL and unpaired
surrogates are refused (PostgreSQL cannot keep them), and so are keys above U+FFFF: below it, sorting by code point is
the sorting by UTF-16 units which RFC 8785 asks for.
"""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

from licet.core.errors import BadInput

LARGEST_INTEGER = 2**53 - 1


def canonical(value: Any) -> str:
    """The canonical text of a value. Raises :class:`BadInput` for one that has none."""
    _check(value)
    return _ENCODER.encode(value)


def canonical_entry(  # noqa: PLR0917 (the columns of the table, in their order)
    seq: int, at: dt.datetime, tag: str, actor: str, purpose: str, subject: str, organisation: str, before: str,
    after: str, data: Mapping[str, Any],
) -> str:
    """The text of a journal entry whose values were checked (or come from the table). Field ``v`` is the version."""
    first, last = entry_text_around_seq(at, tag, actor, purpose, subject, organisation, before, after, data)
    return f"{first}{seq}{last}"


def entry_text_around_seq(  # noqa: PLR0917
    at: dt.datetime, tag: str, actor: str, purpose: str, subject: str, organisation: str, before: str, after: str,
    data: Mapping[str, Any],
) -> tuple[str, str]:
    """The same text without its number: what stands before it and after it. The database puts the number in."""
    details = _ENCODER.encode(data) if data else "{}"
    # Written out by hand, keys in their order: verification does this a million times.
    return (f'{{"actor":{_quoted(actor)},"after":{_quoted(after)},"at":"{moment(at)}","before":{_quoted(before)},'
            f'"data":{details},"organisation":{_quoted(organisation)},"purpose":{_quoted(purpose)},"seq":',
            f',"subject":{_quoted(subject)},"tag":{_quoted(tag)},"v":1}}')


def moment(at: dt.datetime) -> str:
    """UTC to the microsecond: ``2026-03-02T01:02:03.000004Z``."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def state_hash(state: Mapping[str, Any] | None) -> str:
    """SHA-256 (hex) of the canonical text of a record's state, or '' for none.

    Dates, decimals, UUIDs, bytes and fractions inside are written as strings first.
    """
    return "" if state is None else hashlib.sha256(canonical(_plain(state)).encode()).hexdigest()


_quoted = json.encoder.encode_basestring  # a JSON string, not limited to ASCII
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _check(value: Any) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise BadInput(f"{value} has more than 53 bits", hint="write it as a string")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str) or (key and max(key) > "\uffff"):
                raise BadInput(f"{key!r} cannot be a key", hint="use strings of characters below U+10000")
            _check_text(key)
            _check(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner)
    else:
        raise BadInput(f"a {type(value).__name__} has no canonical text", hint="use strings, integers, lists, objects")


def _check_text(text: str) -> None:
    if "\0" in text:
        raise BadInput("a text contains NUL", hint="remove the character U+0000")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadInput("a text contains half a character", hint="remove unpaired surrogates") from error


def _plain(value: Any) -> Any:  # noqa: PLR0911 (one line per type)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(str(inner) for inner in value)
    if isinstance(value, dt.datetime):
        return moment(value) if value.tzinfo else value.isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, float | decimal.Decimal | uuid.UUID):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST_INTEGER:
        return str(value)
    return value
