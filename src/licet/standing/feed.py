"""The signed blacklist feed as text: how a document is written, signed, checked and applied. Pure; knows no database.

A document is canonical JSON (``journal.canonical``). A snapshot (``since`` 0) holds every entry in force; a delta holds what
changed after a cursor, removals as tombstones. Whoever applies a snapshot and then every delta from its cursor has the same
list as a later snapshot. The signature is Ed25519 with the journal's key over a first line of its own, a line feed, the
document and a line feed, so a feed is never taken for a checkpoint. Entries whose term ran out drop out by themselves.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from licet.core.errors import BadInput
from licet.journal.canonical import canonical
from licet.journal.checkpoint import DASH, BadSignature, Signer, Verifier

FORMAT = "licet-blacklist-feed/1"
SIGNATURE_HEADER = "Licet-Signature"
Key = tuple[str, str, str]
State = dict[Key, Mapping[str, Any]]
_FIELDS = ("kind", "value", "ground")


class BadFeed(BadInput):
    """This is not a blacklist feed."""

    code = "bad_feed"


class Gap(BadInput):
    """Deltas are missing between the list and this document."""

    code = "feed_gap"
    hint = "fetch again with ?since= the cursor of your list, or a snapshot"


def document(rows: Iterable[Mapping[str, Any]], *, since: int, cursor: int, as_of: dt.date) -> dict[str, Any]:
    """The document for ``rows`` (kind, value, ground, decided_on, valid_to, decision_ref, present, seq), in any order."""
    entries: list[dict[str, Any]] = []
    removed: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: (row["seq"], row["kind"], row["value"], row["ground"])):
        name = {field: row[field] for field in _FIELDS} | {"seq": row["seq"]}
        over = row["valid_to"] is not None and row["valid_to"] < as_of
        if row["present"] and not over:
            entries.append(name | {"decided_on": row["decided_on"].isoformat(), "decision_ref": row["decision_ref"],
                                   "valid_to": row["valid_to"].isoformat() if row["valid_to"] else None})
        elif since:
            removed.append(name)
    return {"format": FORMAT, "kind": "delta" if since else "snapshot", "since": since, "cursor": cursor,
            "as_of": as_of.isoformat(), "entries": entries, "removed": removed}


def body_of(feed: Mapping[str, Any]) -> str:
    """The document as it travels: canonical JSON on one line."""
    return canonical(dict(feed))


def etag_of(body: str) -> str:
    """A strong validator: the same bytes, the same tag."""
    return f'"{hashlib.sha256(body.encode()).hexdigest()}"'


def _signed_text(body: str) -> str:
    return f"{FORMAT}\n{body}\n"


def sign(body: str, signer: Signer) -> str:
    """The detached signature: name of the key, a blank, base64 of key id and Ed25519 signature."""
    return signer.sign(_signed_text(body)).rpartition(DASH)[2].strip()


def verify(body: str, signature: str, verifier: Verifier) -> dict[str, Any]:
    """The document, if this key signed it. Raises :class:`BadSignature` or :class:`BadFeed`."""
    if not signature.strip() or "\n" in signature.strip():
        raise BadSignature("the signature is missing", hint=f"it travels in the header {SIGNATURE_HEADER}")
    if "\n" in body:
        raise BadFeed("a feed is one line", hint="keep the bytes as they were received")
    verifier.open(f"{_signed_text(body)}\n{DASH}{signature.strip()}\n")
    return parse(body)


def parse(body: str) -> dict[str, Any]:
    """The document of a feed's text. Raises :class:`BadFeed` when it is another, or not written canonically."""
    try:
        feed = json.loads(body)
    except json.JSONDecodeError as error:
        raise BadFeed(f"not JSON: {error}") from error
    if not isinstance(feed, dict) or feed.get("format") != FORMAT or canonical(feed) != body:
        raise BadFeed(f"not a document of the format {FORMAT}")
    return feed


def apply(state: State, cursor: int, feed: Mapping[str, Any]) -> tuple[State, int]:
    """A receiver's list and cursor after a document. Raises :class:`Gap` when a delta starts after the cursor; one that
    starts before it may be applied, and applied again."""
    after: State = {} if feed["kind"] == "snapshot" else dict(state)
    if feed["kind"] == "delta" and feed["since"] > cursor:
        raise Gap
    for row in feed["removed"]:
        after.pop(_key(row), None)
    for row in feed["entries"]:
        after[_key(row)] = row
    return in_force(after, dt.date.fromisoformat(feed["as_of"])), max(feed["cursor"], cursor)


def in_force(state: State, on: dt.date) -> State:
    """Entries whose term is not over on a day."""
    return {key: row for key, row in state.items() if not row["valid_to"] or row["valid_to"] >= on.isoformat()}


def _key(row: Mapping[str, Any]) -> Key:
    return row["kind"], row["value"], row["ground"]


def public_key(verifier: Verifier) -> dict[str, str]:
    """What a receiver needs to check signatures."""
    return {"format": FORMAT, "name": verifier.name, "vkey": verifier.vkey(), "algorithm": "Ed25519",
            "public_key": base64.b64encode(verifier.public).decode()}
