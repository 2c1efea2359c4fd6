"""Has anybody changed the journal? Entries, signed checkpoints and hash tiles in; findings that name entries out.

Pure and streaming: entries arrive in the order of their number, memory stays at one bit per signed entry.

What may be trusted decides what can be said. A signed checkpoint fixes the Merkle root of everything before it; hash
tiles that give that root fix the hash of every single entry, so whatever disagrees with them is *the* altered entry,
even if somebody with all rights rewrote every hash in the database. Entries younger than the newest checkpoint (a
minute's worth) are protected only by their own hashes, the chain and the head.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from licet.journal import tree
from licet.journal.canonical import canonical_entry
from licet.journal.checkpoint import BadNote, BadSignature, Verifier, open_checkpoint

GENESIS = b"\0" * tree.HASH_BYTES
SHIFT_WINDOW = 64  # how many removed or inserted entries in one place are recognised after everything was renumbered
SEARCHES = 5000  # rows for which all of the window is tried; bounds the time spent on a journal written anew


class Stored(NamedTuple):
    """One row of ``journal_entry`` as it stands in the database."""

    seq: int
    at: dt.datetime
    tag: str
    actor: str
    purpose: str
    subject: str
    organisation: str
    before_hash: str
    after_hash: str
    data: dict[str, Any]
    canonical: str
    leaf_hash: bytes
    chain_hash: bytes


class Position(NamedTuple):
    """The row of ``journal_head``."""

    size: int
    chain_hash: bytes
    frontier: bytes


class Note(NamedTuple):
    """A signed checkpoint, and the columns a database shows beside it (``None`` for one from a file)."""

    text: str
    size: int | None = None
    root: bytes | None = None


@dataclasses.dataclass(frozen=True)
class Changed:
    """These entries are not what they were when they were recorded."""

    seq: int
    last: int
    reason: str


@dataclasses.dataclass(frozen=True)
class Removed:
    """These entries are gone."""

    seq: int
    last: int


@dataclasses.dataclass(frozen=True)
class Inserted:
    """These entries were put in afterwards."""

    seq: int
    last: int


@dataclasses.dataclass(frozen=True)
class Reordered:
    """These entries are genuine but stand ``by`` places from where they belong."""

    seq: int
    last: int
    by: int


@dataclasses.dataclass(frozen=True)
class BrokenLink:
    """The chain breaks before this entry: it or the one before it was changed."""

    seq: int


@dataclasses.dataclass(frozen=True)
class RootMismatch:
    """The entries do not give the Merkle root that was signed for ``size`` entries; so for ``count`` checkpoints."""

    size: int
    count: int


@dataclasses.dataclass(frozen=True)
class HeadMismatch:
    """The head of the journal does not fit its entries."""

    size: int
    entries: int


@dataclasses.dataclass(frozen=True)
class BadCheckpoint:
    """A checkpoint is damaged, or not signed by the journal's key."""

    size: int | None
    reason: str


@dataclasses.dataclass(frozen=True)
class TilesUnusable:
    """The hash tiles are missing or do not give the signed root: altered entries cannot be named with certainty."""

    reason: str


Finding: TypeAlias = (Changed | Removed | Inserted | Reordered | BrokenLink | RootMismatch | HeadMismatch
                      | BadCheckpoint | TilesUnusable)


class Anchor(NamedTuple):
    """A checkpoint whose signature is good."""

    size: int
    root: bytes


def read_notes(notes: Iterable[Note], verifier: Verifier | None) -> tuple[list[Anchor], list[Finding]]:
    """The checkpoints that count, by size, and what is wrong with the others."""
    anchors: set[Anchor] = set()
    findings: list[Finding] = []
    for note in notes:
        if verifier is None:
            findings.append(BadCheckpoint(note.size, "the journal's public key is missing"))
            break
        try:
            said = open_checkpoint(note.text, verifier)
        except (BadNote, BadSignature) as error:
            findings.append(BadCheckpoint(note.size, error.message))
            continue
        if note.size not in {None, said.size} or note.root not in {None, said.root}:
            findings.append(BadCheckpoint(note.size, f"the signed text is about {said.size} entries and another root"))
        anchors.add(Anchor(said.size, said.root))
    return sorted(anchors), findings


def trusted_size(anchors: Sequence[Anchor], tiles: int, leaves: Callable[[], Iterable[bytes]]) -> tuple[int, str]:
    """How many leaves of the tiles a signature vouches for (0 = none), and why not more.

    ``tiles``: how many leaves the tiles claim to hold; ``leaves()`` iterates them.
    """
    fitting = [anchor for anchor in anchors if anchor.size == tiles]
    if not anchors:
        return 0, ""
    if not fitting:
        return 0, "there are no hash tiles for a signed checkpoint"
    frontier = tree.Frontier()
    for leaf in leaves():
        frontier.append(leaf)
    if (frontier.size, frontier.root()) not in fitting:
        return 0, "the hash tiles do not give the signed root"
    return tiles, ""


class Verification:
    """One pass over the entries: :meth:`take` each in order, then :meth:`findings`."""

    def __init__(self, *, position: Position | None, anchors: Sequence[Anchor], trusted: int,
                 leaf_at: Callable[[int], bytes]) -> None:
        """``trusted``: for how many entries ``leaf_at`` gives the hash that was signed."""
        self.position = position
        self.trusted = trusted
        self.entries = 0
        self._leaf_at = leaf_at
        self._anchors = list(anchors)
        self._next_anchor = 0
        self._mismatches: list[int] = []
        self._frontier = tree.Frontier()
        self._expected = 0
        self._chain = GENESIS
        self._suspect_before = False  # the entry before was found wrong, so that its chain hash says nothing
        self._shift = 0
        self._searches = SEARCHES
        self._genuine = bytearray((trusted + 7) // 8)
        self._changed = _Runs()
        self._foreign = _Runs()
        self._moved = _Runs()
        self._gaps = _Runs()
        self._links: list[int] = []

    def take(self, row: Stored) -> None:
        """Judge the next row; rows come with growing ``seq``."""
        leaf = tree.leaf_hash(row.canonical.encode())
        reason = _own_fault(row, leaf)
        gap = row.seq != self._expected
        if gap and row.seq > self._expected:
            self._gaps.add(self._expected, row.seq - 1, "")
        suspect = self._place(row, leaf, reason)
        if not gap and hashlib.sha256(self._chain + row.leaf_hash).digest() != row.chain_hash and not (
                suspect or self._suspect_before):
            suspect = True
            if row.seq < self.trusted:
                self._changed.add(row.seq, row.seq, "its chain hash does not continue the entry before")
            else:
                self._links.append(row.seq)
        self._suspect_before = suspect
        self._chain = row.chain_hash
        self._expected = row.seq + 1
        self.entries += 1
        self._frontier.append(leaf)
        self._compare_roots()

    def findings(self) -> list[Finding]:
        """What was wrong, once all rows were taken."""
        end = max([self.trusted, *(anchor.size for anchor in self._anchors),
                   self.position.size if self.position else 0])
        if end > self._expected:
            self._gaps.add(self._expected, end - 1, "")
        self._mismatches += [anchor.size for anchor in self._anchors[self._next_anchor:]]
        found: list[Finding] = [Changed(*run) for run in self._changed]
        found += self._classified()
        found += [Reordered(first, last, int(by)) for first, last, by in self._moved]
        found += [BrokenLink(seq) for seq in self._links]
        found.sort(key=lambda finding: finding.seq)  # type: ignore[union-attr]
        if self._mismatches:
            found.append(RootMismatch(self._mismatches[0], len(self._mismatches)))
        if self.position and not self._fits_head(self.position):
            found.append(HeadMismatch(self.position.size, self.entries))
        return found

    def _place(self, row: Stored, leaf: bytes, reason: str) -> bool:
        """Is this row the entry that belongs here? True when it is not."""
        if row.seq < 0 or (self.position and row.seq >= self.position.size):
            self._foreign.add(row.seq, row.seq, "")
            return True
        if row.seq < self.trusted and leaf == self._leaf_at(row.seq):
            self._shift = 0
            self._see(row.seq)
            if reason:
                self._changed.add(row.seq, row.seq, reason)
            return bool(reason)
        if row.seq >= self.trusted and not self._shift and not reason:
            return False
        home = self._home(row, leaf)
        if home is not None:
            self._shift = row.seq - home
            self._see(home)
            self._moved.add(row.seq, row.seq, str(self._shift))
            return True
        if self._shift and not reason and row.seq - self._shift >= self.trusted:
            self._moved.add(row.seq, row.seq, str(self._shift))  # unsigned entries behind the same gap
        elif row.seq < self.trusted:
            self._foreign.add(row.seq, row.seq, "")
        elif reason:
            self._changed.add(row.seq, row.seq, reason)
        return row.seq < self.trusted or bool(self._shift or reason)

    def _home(self, row: Stored, leaf: bytes) -> int | None:
        """The place a genuine entry belongs to although it stands elsewhere, also if its number was rewritten."""
        said = _said_seq(row.canonical)
        if said is not None and 0 <= said < self.trusted and not self._seen(said) and leaf == self._leaf_at(said):
            return said
        self._searches -= 1
        for shift in (self._shift, *(_NEARBY if self._searches > 0 else ())):
            place = row.seq - shift
            if shift and 0 <= place < self.trusted and not self._seen(place):
                text = canonical_entry(*row._replace(seq=place)[:10])
                if tree.leaf_hash(text.encode()) == self._leaf_at(place):
                    return int(place)
        return None

    def _classified(self) -> Iterator[Finding]:
        """Rows nobody signed, and signed entries nobody found: inserted, changed or removed."""
        inserted, changed, removed = _Runs(), _Runs(), _Runs()
        foreign = set()
        for first, last, _ in self._foreign:
            for seq in range(first, last + 1):
                if 0 <= seq < self.trusted and not self._seen(seq):
                    foreign.add(seq)
                    changed.add(seq, seq, "its text is not what was signed")
                else:
                    inserted.add(seq, seq, "")
        for seq in self._unseen():
            if seq not in foreign:
                removed.add(seq, seq, "")
        for first, last, _ in self._gaps:
            if last >= self.trusted:
                removed.add(max(first, self.trusted), last, "")
        yield from (Inserted(first, last) for first, last, _ in inserted)
        yield from (Changed(*run) for run in changed)
        yield from (Removed(first, last) for first, last, _ in removed)

    def _see(self, seq: int) -> None:
        self._genuine[seq >> 3] |= 1 << (seq & 7)

    def _seen(self, seq: int) -> bool:
        return bool(self._genuine[seq >> 3] >> (seq & 7) & 1)

    def _unseen(self) -> Iterator[int]:
        for index, byte in enumerate(self._genuine):
            if byte != 0xFF:
                yield from (seq for seq in range(index * 8, min(index * 8 + 8, self.trusted)) if not self._seen(seq))

    def _compare_roots(self) -> None:
        while self._next_anchor < len(self._anchors) and self._anchors[self._next_anchor].size <= self.entries:
            anchor = self._anchors[self._next_anchor]
            if anchor.size != self.entries or anchor.root != self._frontier.root():
                self._mismatches.append(anchor.size)
            self._next_anchor += 1

    def _fits_head(self, position: Position) -> bool:
        return (position.size == self.entries and position.chain_hash == self._chain
                and position.frontier == self._frontier.to_bytes())


_NEARBY = sorted(range(-SHIFT_WINDOW, SHIFT_WINDOW + 1), key=abs)


class _Runs:
    """Ranges of numbers with a label; neighbours with the same label become one."""

    def __init__(self) -> None:
        self._runs: list[tuple[int, int, str]] = []

    def __iter__(self) -> Iterator[tuple[int, int, str]]:
        return iter(self._runs)

    def add(self, first: int, last: int, label: str) -> None:
        if self._runs and self._runs[-1][1] + 1 == first and self._runs[-1][2] == label:
            first = self._runs.pop()[0]
        self._runs.append((first, last, label))


def _own_fault(row: Stored, leaf: bytes) -> str:
    """What is wrong with a row by itself, in words; '' for nothing."""
    if canonical_entry(*row[:10]) != row.canonical:
        return "its columns do not say what was hashed"
    if leaf != row.leaf_hash:
        return "its leaf hash does not fit its text"
    return ""


def _said_seq(canonical: str) -> int | None:
    try:
        return int(json.loads(canonical)["seq"])
    except (ValueError, KeyError, TypeError):
        return None
