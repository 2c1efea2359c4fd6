"""Whether two people wrote the same text: 64-bit fingerprints (SimHash over three-character pieces).

Texts that differ in a word or two have fingerprints that differ in a few bits. The text cannot be told from its
fingerprint, so the fingerprint may be compared long after the text was locked away.
"""

from __future__ import annotations

import hashlib
import unicodedata

BITS = 64
PIECE = 3
SHORTEST = 20  # characters; below, only the very same text counts as the same
LEAST = 6  # characters; below, a text says nothing about who wrote it


def plain(text: str) -> str:
    """Letters and digits alone, in one width and case, so that punctuation and blanks make no difference."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def fingerprint(text: str) -> int | None:
    """The fingerprint as a signed 64-bit number (as PostgreSQL keeps it); ``None`` if the text says too little."""
    letters = plain(text)
    if len(letters) < LEAST:
        return None
    if len(letters) < SHORTEST:
        return int.from_bytes(hashlib.blake2b(letters.encode(), digest_size=8).digest(), "big", signed=True)
    weights = [0] * BITS
    for start in range(len(letters) - PIECE + 1):
        piece = letters[start:start + PIECE].encode()
        hashed = int.from_bytes(hashlib.blake2b(piece, digest_size=8).digest(), "big")
        for bit in range(BITS):
            weights[bit] += 1 if hashed >> bit & 1 else -1
    value = sum(1 << bit for bit in range(BITS) if weights[bit] > 0)
    return value - (1 << BITS) if value >> (BITS - 1) else value


def distance(one: int, other: int) -> int:
    """In how many bits two fingerprints differ."""
    return ((one ^ other) & ((1 << BITS) - 1)).bit_count()
