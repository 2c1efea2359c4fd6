"""Whether two people wrote the same text: 64-bit fingerprints (SimHash over three-character pieces).

Texts that differ in a word or two have fingerprints that differ in a few bits. The text cannot be told from its
fingerprint, so the fingerprint may be compared long after the text was locked away.
"""

from __future__ import annotations

import hashlib
import itertools
import unicodedata

BITS = 64
PIECE = 3
SHORTEST = 20  # characters; below, only the very same text counts as the same
LONGEST = 60_000  # pieces; the counters hold 16 bits (texts are far shorter)
LEAST = 6  # characters; below, a text says nothing about who wrote it


_LANES = tuple(sum(1 << 16 * bit for bit in range(8) if byte >> bit & 1) for byte in range(256))


def plain(text: str) -> str:
    """Letters and digits alone, in one width and case, so that punctuation and blanks make no difference."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def fingerprint(text: str) -> int | None:
    """The fingerprint as a signed 64-bit number (as PostgreSQL keeps it); ``None`` if the text says too little."""
    letters = plain(text)[:LONGEST]
    if len(letters) < LEAST:
        return None
    if len(letters) < SHORTEST:
        return int.from_bytes(hashlib.blake2b(letters.encode(), digest_size=8).digest(), "big", signed=True)
    pieces = len(letters) - PIECE + 1
    lanes = [0] * 8  # eight counters of 16 bits each, one for every bit of a byte of the hash
    for start in range(pieces):
        hashed = hashlib.blake2b(letters[start:start + PIECE].encode(), digest_size=8).digest()
        for place, byte in enumerate(hashed):
            lanes[place] += _LANES[byte]
    value = 0
    for place, lane in enumerate(lanes):
        for bit in range(8):
            if 2 * (lane >> 16 * bit & 0xFFFF) > pieces:
                value |= 1 << (8 * place + bit)
    return value - (1 << BITS) if value >> (BITS - 1) else value


def distance(one: int, other: int) -> int:
    """In how many bits two fingerprints differ."""
    return ((one ^ other) & ((1 << BITS) - 1)).bit_count()


FEW = 32  # fingerprints; below, comparing with each is quicker than looking up pieces


class Near:
    """Fingerprints to look up by nearness without comparing with each: the same answers as :func:`distance`.

    Two numbers that differ in at most n bits are equal in at least one of n + 1 pieces; only those are compared.
    """

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self._known: set[int] = set()
        self._pieces: list[tuple[int, int, dict[int, list[int]]]] = []  # lowest bit, mask, value -> fingerprints

    def add(self, value: int) -> None:
        """Remember a fingerprint."""
        if value in self._known:
            return
        self._known.add(value)
        if self._pieces:
            self._sort_in(value)
        elif len(self._known) > FEW:
            edges = [BITS * piece // (self.bits + 1) for piece in range(self.bits + 2)]
            self._pieces = [(low, (1 << high - low) - 1, {}) for low, high in itertools.pairwise(edges)]
            for known in self._known:
                self._sort_in(known)

    def _sort_in(self, value: int) -> None:
        for low, mask, found in self._pieces:
            found.setdefault(value >> low & mask, []).append(value)

    def of(self, value: int) -> set[int]:
        """Every remembered fingerprint at most ``bits`` away."""
        if not self._pieces:
            return {other for other in self._known if distance(value, other) <= self.bits}
        near: set[int] = set()
        for low, mask, found in self._pieces:
            near.update(other for other in found.get(value >> low & mask, ())
                        if distance(value, other) <= self.bits)
        return near
