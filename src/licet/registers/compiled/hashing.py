"""64-bit string hashes, bucketed indexes over them and string comparison, compiled.

A string is hashed from its last byte to its first (FNV-1a, then a finaliser), so one pass over a host name yields
the hash of every parent. Hashes only find; each hit is verified against the string. An index is a counting sort by
the hash's top bits: ``starts[b]..starts[b+1]`` are the entries of bucket ``b``, in order of insertion.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from licet.registers.compiled.kernels import allocating_kernel, inner, kernel

BASIS = np.uint64(0xCBF29CE484222325)
PRIME = np.uint64(0x100000001B3)
_MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)
KIND_STEP = np.uint64(0x9E3779B97F4A7C15)
KIND_DOMAIN, KIND_SPONSOR, KIND_ADDRESS, KIND_PROVIDER = 0, 1, 2, 3
LISTED_KINDS = ("domain", "sponsor", "address", "provider")


@inner
def finish_hash(state: Any) -> Any:
    """The finaliser: spreads the state over all 64 bits."""
    state = (state ^ (state >> _SHIFT)) * _MIX_1
    state = (state ^ (state >> _SHIFT)) * _MIX_2
    return state ^ (state >> _SHIFT)


@inner
def hash_bytes(data: Any, start: Any, stop: Any) -> Any:
    """Hash of ``data[start:stop]``."""
    state = BASIS
    for at in range(stop - 1, start - 1, -1):
        state = (state ^ np.uint64(data[at])) * PRIME
    return finish_hash(state)


@inner
def of_kind(value: Any, kind: Any) -> Any:
    """The hash of a list value of one kind; domains keep the plain hash."""
    return value ^ (np.uint64(kind) * KIND_STEP)


@inner
def same_bytes(left: Any, at: Any, right: Any, other: Any, length: Any) -> Any:
    """Whether ``left[at:at+length]`` equals ``right[other:other+length]``."""
    for i in range(length):
        if left[at + i] != right[other + i]:
            return False
    return True


@inner
def compare_bytes(left: Any, at: Any, length: Any, right: Any, other: Any, other_length: Any) -> Any:
    """−1, 0 or 1: bytewise order, a prefix before its extension."""
    for i in range(min(length, other_length)):
        if left[at + i] != right[other + i]:
            return -1 if left[at + i] < right[other + i] else 1
    if length == other_length:
        return 0
    return -1 if length < other_length else 1


@kernel
def hash_strings(data: Any, offsets: Any, out: Any) -> None:
    """Hash of each string ``data[offsets[i]:offsets[i+1]]`` into ``out`` (uint64)."""
    for i in range(len(out)):
        out[i] = hash_bytes(data, offsets[i], offsets[i + 1])


@allocating_kernel
def bucket_order(hashes: Any, shift: Any, starts: Any, order: Any) -> None:
    """Counting sort: fills ``starts`` (uint32, buckets + 1) and ``order`` (uint32, position of each hash)."""
    for i in range(len(hashes)):
        starts[(hashes[i] >> shift) + np.uint64(1)] += np.uint32(1)
    for b in range(1, len(starts)):
        starts[b] += starts[b - 1]
    cursor = starts[:-1].copy()
    for i in range(len(hashes)):
        b = hashes[i] >> shift
        order[i] = cursor[b]
        cursor[b] += np.uint32(1)


def bucket_index(hashes: NDArray[np.uint64]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """``starts`` and, for each hash, its place among the entries. About two entries fall into one bucket."""
    bits = max(1, len(hashes).bit_length() - 1)
    starts = np.zeros((1 << bits) + 1, np.uint32)
    order = np.empty(len(hashes), np.uint32)
    bucket_order(hashes, np.uint64(64 - bits), starts, order)
    return starts, order


def bucket_shift(starts: NDArray[np.uint32]) -> np.uint64:
    """How far a hash is shifted right to name its bucket."""
    return np.uint64(64 - ((len(starts) - 1).bit_length() - 1))


@inner
def bloom_bits(value: Any) -> Any:
    """The three bits a hash sets in its word of a Bloom filter."""
    one, low = np.uint64(1), np.uint64(63)
    return (one << (value & low)) | (one << ((value >> np.uint64(6)) & low)) | (one << ((value >> np.uint64(12)) & low))


@kernel
def fill_bloom(hashes: Any, shift: Any, words: Any) -> None:
    """Add hashes to a Bloom filter of 64-bit words; the word is named by the hash's top bits."""
    for i in range(len(hashes)):
        words[hashes[i] >> shift] |= bloom_bits(hashes[i])


def bloom_filter(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A filter of 16 to 32 bits for each hash: about one in a hundred strangers passes."""
    words = np.zeros(1 << max(1, len(hashes).bit_length() - 2), np.uint64)
    fill_bloom(hashes, bloom_shift(words), words)
    return words


def bloom_shift(words: NDArray[np.uint64]) -> np.uint64:
    """How far a hash is shifted right to name its word."""
    return np.uint64(64 - (len(words).bit_length() - 1))
