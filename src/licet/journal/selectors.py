"""Reads of the journal: for pages, for proofs, and the full verification."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import Conflict, NotFound
from licet.core.rls import acting_as
from licet.journal import rules, tree
from licet.journal.checkpoint import BadNote, Verifier, existing_signer, open_checkpoint, parse_checkpoint, split_note
from licet.journal.models import Entry, Head, SignedCheckpoint
from licet.journal.proofs import check_proof, write_proof
from licet.journal.services import directory, home
from licet.journal.tiles import TileMissing, TileStore

CHUNK = 2000
Progress = Callable[[int, int], None]  # entries done, entries in all


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filters:
    """What a reader asks for; empty fields ask for nothing."""

    tag: str = ""  # beginning of the tag
    subject: str = ""
    actor: str = ""
    day: dt.date | None = None  # local day
    since: dt.datetime | None = None

    def apply(self, entries: QuerySet[Entry]) -> QuerySet[Entry]:
        """The entries asked for."""
        if self.tag:
            entries = entries.filter(tag__bytes_from=self.tag, tag__bytes_before=self.tag + "~")
        if self.subject:
            entries = entries.filter(subject=self.subject)
        if self.actor:
            entries = entries.filter(actor=self.actor)
        if self.day:
            start = dt.datetime.combine(self.day, dt.time(), ZoneInfo(settings.TIME_ZONE))
            entries = entries.filter(at__gte=start, at__lt=start + dt.timedelta(days=1))
        if self.since:
            entries = entries.filter(at__gte=self.since)
        return entries


def recent(limit: int, *, before_seq: int | None = None, filters: Filters | None = None,
           reader: Actor | None = None) -> list[Entry]:
    """The newest entries the stated actor may read, newest first; ``before_seq`` continues a page.

    ``reader``: repeats row-level security as a condition an index can answer; without it a small organisation's page
    would walk through everybody else's entries.
    """
    entries = (filters or Filters()).apply(Entry.objects.all())
    if reader is not None and reader.scope is Scope.ORGANISATION:
        own = ~Q(organisation="") & Q(organisation__in=reader.organisations)
        entries = entries.filter(own | Q(actor=reader.name))
    if before_seq is not None:
        entries = entries.filter(seq__lt=before_seq)
    return list(entries.order_by("-seq")[:limit])


def entries_about(subject: str, *, limit: int = 200) -> list[Entry]:
    """The latest entries about one record (``filing:…``), newest first."""
    return list(Entry.objects.filter(subject=subject).order_by("-seq")[:limit])


def names_of(entries: Iterable[Entry]) -> dict[str, str]:
    """User names behind ``user:12`` in these entries' actors and subjects."""
    marks = {mark for row in entries for mark in (row.actor, row.subject) if mark.startswith("user:")}
    ids = [int(mark[5:]) for mark in marks if mark[5:].isascii() and mark[5:].isdigit()]
    return {f"user:{user.pk}": user.get_username() for user in get_user_model().objects.filter(pk__in=ids)}


def entry(seq: int) -> Entry:
    """One entry. Raises :class:`NotFound` when there is none or it is another organisation's."""
    try:
        return Entry.objects.get(seq=seq)
    except Entry.DoesNotExist:
        raise NotFound(f"there is no journal entry {seq}, or you may not read it") from None


def is_signed(seq: int) -> bool:
    """A signed checkpoint covers the entry, so that a proof can be exported."""
    return SignedCheckpoint.objects.filter(size__gt=seq).exists()


def proof_of(seq: int) -> dict[str, Any]:
    """A proof for one entry (see ``proofs.py``), checked before it is given out.

    Raises :class:`NotFound` for an entry that may not be read, :class:`Conflict` while no checkpoint covers it and
    :class:`ProofRefused` when the entry no longer is what was signed.
    """
    found = entry(seq)
    key = existing_signer(home())
    signed = SignedCheckpoint.objects.order_by("-size").first()
    if key is None or signed is None or signed.size <= seq:
        raise Conflict(f"entry {seq} is not signed yet", hint="a checkpoint is signed every minute; or run"
                       " `licet journal checkpoint`")
    size = open_checkpoint(signed.note, key.verifier).size
    path = tree.inclusion_proof(seq, size, TileStore(directory(), size).perfect)
    document = write_proof(found.canonical, proof=path, note=signed.note, verifier=key.verifier)
    check_proof(document, vkey=key.verifier.vkey())
    return document


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """The outcome of a verification."""

    entries: int
    checkpoints: int
    signed: int  # entries covered by the newest good checkpoint
    pinned: int  # entries whose own hash is fixed by hash tiles
    vkey: str
    findings: tuple[rules.Finding, ...]

    @property
    def intact(self) -> bool:
        """Nothing was found."""
        return not self.findings


def verify(*, vkey: str = "", against: str = "", progress: Progress | None = None) -> Report:
    """Read the whole journal and say whether anybody changed it.

    ``vkey``: the key to trust instead of the one in LICET_HOME; ``against``: a checkpoint kept elsewhere, which must
    be part of this journal too. Entries appended meanwhile do not disturb: all reads see one moment.
    """
    key = existing_signer(home())
    verifier = Verifier.parse(vkey) if vkey else key.verifier if key else None
    with _one_moment():
        filed, tile_size, damage = _filed_checkpoint()
        stored = [rules.Note(row.note, row.size, bytes(row.root)) for row in SignedCheckpoint.objects.order_by("size")]
        notes = stored + [rules.Note(text) for text in (filed, against) if text]
        anchors, wrong = rules.read_notes(notes, verifier)
        trusted, complaint, store = _trusted_tiles(anchors, tile_size)
        head = Head.objects.first()
        position = rules.Position(head.size, bytes(head.chain_hash), bytes(head.frontier)) if head else None
        check = rules.Verification(position=position, anchors=anchors, trusted=trusted, leaf_at=store.leaf)
        total = position.size if position else 0
        for row in _stored_entries():
            check.take(row)
            if progress and check.entries % CHUNK == 0:
                progress(check.entries, total)
    findings = [*check.findings(), *damage, *wrong]
    if complaint:
        findings.append(rules.TilesUnusable(complaint))
    if position is None:
        findings.append(rules.HeadMismatch(0, check.entries))
    return Report(entries=check.entries, checkpoints=len(anchors), signed=anchors[-1].size if anchors else 0,
                  pinned=trusted, vkey=verifier.vkey() if verifier else "", findings=tuple(findings))


@contextlib.contextmanager
def _one_moment() -> Iterator[None]:
    """One snapshot for all reads, unless the caller has a transaction already."""
    inside = connection.in_atomic_block
    with transaction.atomic():
        if not inside:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        with acting_as(WORKER):
            yield


def _filed_checkpoint() -> tuple[str, int, list[rules.Finding]]:
    """The checkpoint file, the size it claims (0 without one), and what is wrong with it."""
    path = directory() / "checkpoint"
    if not path.exists():
        return "", 0, []
    text = path.read_text(errors="replace")
    try:
        return text, parse_checkpoint(split_note(text)[0]).size, []
    except BadNote as error:
        return "", 0, [rules.BadCheckpoint(None, f"{path}: {error.message}")]


def _trusted_tiles(anchors: list[rules.Anchor], filed: int) -> tuple[int, str, TileStore]:
    """The tiles of the largest signed size that has a complete, fitting set."""
    complaint = ""
    for size in sorted({anchors[-1].size if anchors else 0, filed}, reverse=True):
        store = TileStore(directory(), size)
        try:
            trusted, problem = rules.trusted_size(anchors, size, store.leaves)
        except TileMissing as error:
            trusted, problem = 0, error.message
        if trusted:
            return trusted, complaint, store
        complaint = complaint or problem
    return 0, complaint, TileStore(directory(), 0)


def _stored_entries() -> Iterator[rules.Stored]:
    """All rows in order through a server-side cursor: memory holds one chunk."""
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT seq, at, tag, actor, purpose, subject, organisation, before_hash, after_hash,"
                       " data::text, canonical, leaf_hash, chain_hash FROM journal_entry ORDER BY seq")
        while rows := cursor.fetchmany(CHUNK):
            for row in rows:
                yield rules.Stored._make((*row[:9], json.loads(row[9]), *row[10:]))
