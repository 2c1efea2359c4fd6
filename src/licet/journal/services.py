"""The only writers of the journal: append an entry, sign a checkpoint."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from licet.core import clock
from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, Unavailable
from licet.core.rls import acting_as
from licet.journal import tree
from licet.journal.canonical import canonical, entry_text_around_seq, state_hash
from licet.journal.checkpoint import Checkpoint, existing_signer, key_path, open_checkpoint, signer
from licet.journal.models import Entry, Head, SignedCheckpoint
from licet.journal.tiles import TileConflict, TileStore, write_file

LARGEST_DATA_BYTES = 64 * 1024
_APPEND = ("SELECT seq, canonical, leaf_hash, chain_hash"
           " FROM journal_append(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)")


def append(
    tag: str, *, actor: Actor, subject: str, purpose: str = "", organisation: str = "",
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Entry:
    """Append one entry; the last step of a service's transaction.

    ``tag`` is ``concept:subject:event``; ``subject`` names the record (``filing:…``); ``organisation`` is the party_id
    whose people may read the entry ('' = the authority alone). Of ``before`` and ``after`` only the hashes are kept;
    ``data`` is kept as it is, so it holds nothing that must be deleted one day.

    The journal stays locked until the transaction ends: one writer at a time gives every entry its place, and a
    rollback leaves no gap. Raises ``RuntimeError`` outside a transaction and :class:`BadInput` for values that have no
    canonical text (see ``canonical.py``) or are too long.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("append needs the transaction of what it records; use acting_as")
    canonical([tag, actor.name, purpose, subject, organisation])
    details = dict(data or {})
    details_text = canonical(details)
    if len(details_text) > LARGEST_DATA_BYTES:
        raise BadInput("the details of a journal entry are too long", hint="keep a digest and a count instead")
    at, hashes = clock.now(), (state_hash(before), state_hash(after))
    values = (at, tag, actor.name, purpose, subject, organisation, *hashes)
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, (*values, details_text, *entry_text_around_seq(*values, details)))
        seq, text, leaf, chain = cursor.fetchone()
    entry = Entry(seq=seq, at=at, tag=tag, actor=actor.name, purpose=purpose, subject=subject,
                  organisation=organisation, before_hash=hashes[0], after_hash=hashes[1], data=details,
                  canonical=text, leaf_hash=leaf, chain_hash=chain)
    entry._state.adding = False
    return entry


def checkpoint(now: dt.datetime) -> SignedCheckpoint | None:
    """Sign what was appended since the last checkpoint; ``None`` when there is nothing new.

    Writes the hash tiles and the file ``LICET_HOME/journal/checkpoint`` as well. Runs in a transaction of its own and
    refuses to run inside another (``RuntimeError``): a signature over entries that are rolled back later would be a
    false promise. Inside a transaction use :func:`checkpoint_after_commit`.

    1. lock out other signers  2. read the head  3. extend the tiles by the new leaf hashes
    4. the tiles' root must be the head's root, and must contain what was signed before; if not, sign nothing and raise
    :class:`TileConflict`  5. sign  6. file first, row second: a crash between leaves a file that is true.
    """
    with transaction.atomic(durable=True), acting_as(WORKER):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('licet:journal:checkpoint'))")
        head = Head.objects.get()
        last = SignedCheckpoint.objects.order_by("-size").first()
        store = stored_tiles()
        if head.size == 0 or (last and last.size == head.size == store.size):
            return None
        if head.size < store.size:
            raise TileConflict("the database holds fewer entries than were signed; nothing was signed")
        store = store.extend(_leaf_hashes(store.first_needed(), head.size), head.size)
        root = tree.Frontier.from_bytes(head.size, bytes(head.frontier)).root()
        if tree.tree_root(head.size, store.perfect) != root:
            raise TileConflict("the entries do not give the root the journal stands at; nothing was signed")
        if last and tree.tree_root(last.size, store.perfect) != bytes(last.root):
            raise TileConflict
        key = signer(home())
        note = key.sign(Checkpoint(origin=key.verifier.name, size=head.size, root=root).text())
        if last and last.size == head.size:
            note = last.note  # only the files were missing
        write_file(directory() / "checkpoint", note.encode())
        if last and last.size == head.size:
            return None
        return SignedCheckpoint.objects.create(size=head.size, root=root, note=note, signed_at=now)


def checkpoint_after_commit() -> None:
    """Sign as soon as the running transaction is committed (at once when there is none)."""
    transaction.on_commit(functools.partial(_checkpoint_now))


def _checkpoint_now() -> None:
    checkpoint(clock.now())


def stored_tiles() -> TileStore:
    """The hash tiles of this installation, as far as the checkpoint file says they reach."""
    path = directory() / "checkpoint"
    if not path.exists():
        return TileStore(directory(), 0)
    key = existing_signer(home())
    if key is None:
        raise Unavailable("the key that signed the journal is missing",
                          hint=f"restore {key_path(home())} from a backup")
    return TileStore(directory(), open_checkpoint(path.read_text(), key.verifier).size)


def home() -> Path:
    """LICET_HOME."""
    return Path(settings.LICET_HOME)


def directory() -> Path:
    """Where checkpoint and tiles are: ``LICET_HOME/journal``."""
    return home() / "journal"


def _leaf_hashes(start: int, end: int) -> Iterator[bytes]:
    query = Entry.objects.filter(seq__gte=start, seq__lt=end).order_by("seq").values_list("leaf_hash", flat=True)
    return (bytes(leaf) for leaf in query.iterator(chunk_size=10_000))
