"""A proof that can be carried away: entry, inclusion proof, signed checkpoint and public key in one JSON document.

Checking needs nothing but this file: no database, no LICET_HOME, no network. Pure.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from licet.core.errors import BadInput
from licet.journal import tree
from licet.journal.checkpoint import Checkpoint, Verifier, open_checkpoint

FORMAT = "licet-journal-proof/1"


class ProofRefused(BadInput):
    """The proof does not hold."""

    code = "proof_refused"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Proven:
    """What a proof shows: this entry is in the journal that this checkpoint fixes."""

    entry: Mapping[str, Any]
    checkpoint: Checkpoint
    verifier: Verifier
    pinned: bool  # the key was given by the one who checks, not taken from the proof


def write_proof(canonical: str, *, proof: list[bytes], note: str, verifier: Verifier) -> dict[str, Any]:
    """The document for one entry."""
    entry = json.loads(canonical)
    return {
        "format": FORMAT, "entry": entry, "canonical": canonical, "seq": entry["seq"],
        "leaf_hash": tree.leaf_hash(canonical.encode()).hex(),
        "inclusion_proof": [base64.b64encode(node).decode() for node in proof],
        "checkpoint": note, "vkey": verifier.vkey(),
    }


def check_proof(document: object, *, vkey: str = "") -> Proven:
    """Check a document; raises :class:`ProofRefused` with the first step that fails, or what the note's parser raises.

    ``vkey`` pins the key: without it the proof vouches for itself only, and its key must be compared with the one the
    desk publishes.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ProofRefused("this is not a journal proof", hint=f'it must be a JSON object with "format": "{FORMAT}"')
    canonical, seq, encoded = (document.get(name) for name in ("canonical", "seq", "inclusion_proof"))
    note, own_key = document.get("checkpoint"), document.get("vkey")
    if not (isinstance(canonical, str) and isinstance(seq, int) and isinstance(encoded, list)
            and isinstance(note, str) and isinstance(own_key, str)):
        raise ProofRefused("the proof is incomplete", hint="export it again: licet journal prove SEQ --out FILE")
    verifier = Verifier.parse(vkey or own_key)
    checkpoint = open_checkpoint(note, verifier)
    entry = _parsed(canonical)
    if entry != document.get("entry") or entry.get("seq") != seq:
        raise ProofRefused("the entry shown is not the entry that was hashed")
    leaf = tree.leaf_hash(canonical.encode())
    if not tree.verify_inclusion(leaf, seq, checkpoint.size, _nodes(encoded), checkpoint.root):
        raise ProofRefused("the entry is not in the signed journal", hint="the entry or the proof was altered")
    return Proven(entry=entry, checkpoint=checkpoint, verifier=verifier, pinned=bool(vkey))


def _parsed(canonical: str) -> dict[str, Any]:
    try:
        entry = json.loads(canonical)
    except ValueError as error:
        raise ProofRefused("the entry is not JSON") from error
    if not isinstance(entry, dict):
        raise ProofRefused("the entry is not a JSON object")
    return entry


def _nodes(encoded: list[Any]) -> list[bytes]:
    try:
        nodes = [base64.b64decode(node, validate=True) for node in encoded]
    except (binascii.Error, ValueError, TypeError) as error:
        raise ProofRefused("the inclusion proof is damaged") from error
    if any(len(node) != tree.HASH_BYTES for node in nodes):
        raise ProofRefused("the inclusion proof is damaged")
    return nodes
