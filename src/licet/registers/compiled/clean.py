"""Compiled checks of row columns: clean values are accepted byte by byte, everything else goes to the slow path.

States: 0 absent · 1 good · 2 bad · 3 not decided here (the caller asks the identifiers module).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from licet.registers.compiled.hashing import BASIS, PRIME, finish_hash, hash_bytes, same_bytes
from licet.registers.compiled.kernels import inner, kernel

ABSENT, GOOD, BAD, UNDECIDED = 0, 1, 2, 3
NORMAL, WILDCARD, EXCEPTION = 1, 2, 4  # flags of a public-suffix node

_DOT, _HYPHEN, _DASH_RUN = 46, 45, 2


@inner
def _is_word(byte: Any) -> Any:
    return (97 <= byte <= 122) or (48 <= byte <= 57)


@inner
def host_shape(data: Any, start: Any, stop: Any) -> Any:
    """GOOD for a plain lower-case host of two labels or more, BAD for a single label, else UNDECIDED.

    Two hyphens in a row (an A-label, most often), underscores and a last label that begins with a digit are UNDECIDED.
    """
    if stop - start > 253:
        return UNDECIDED
    label, labels = start, 0
    for at in range(start, stop + 1):
        byte = data[at] if at < stop else _DOT
        if byte == _DOT:
            if at == label or at - label > 63 or data[at - 1] == _HYPHEN:
                return UNDECIDED
            if at == stop and data[label] <= 57:
                return UNDECIDED
            labels += 1
            label = at + 1
        elif byte == _HYPHEN:
            if at == label or data[at - 1] == _HYPHEN:
                return UNDECIDED
        elif not _is_word(byte):
            return UNDECIDED
    return GOOD if labels > 1 else BAD


@inner
def suffix_flags(data: Any, start: Any, stop: Any, value: Any, suffixes: Any) -> Any:
    """Flags of the node named ``data[start:stop]`` in the public-suffix table, −1 when there is none."""
    mask = len(suffixes.hashes) - 1
    slot = np.int64(value & np.uint64(mask))
    while suffixes.lengths[slot]:
        if (suffixes.hashes[slot] == value and suffixes.lengths[slot] == stop - start
                and same_bytes(data, start, suffixes.text, suffixes.starts[slot], stop - start)):
            return np.int64(suffixes.flags[slot])
        slot = (slot + 1) & mask
    return np.int64(-1)


@inner
def suffix_labels(data: Any, start: Any, stop: Any, suffixes: Any) -> Any:
    """Number of labels of the host's public suffix: the longest rule wins, an exception beats all, else one label."""
    state, labels, found = BASIS, 0, 1
    for at in range(stop - 1, start - 2, -1):
        if at < start or data[at] == _DOT:
            labels += 1
            flags = suffix_flags(data, at + 1, stop, finish_hash(state), suffixes)
            if flags < 0:
                return found
            if flags & EXCEPTION:
                return labels - 1
            if flags & NORMAL:
                found = max(found, labels)
            if flags & WILDCARD:
                found = max(found, labels + 1 if at >= start else labels)
        if at >= start:
            state = (state ^ np.uint64(data[at])) * PRIME
    return found


@inner
def top_start(data: Any, start: Any, stop: Any, labels: Any) -> Any:
    """Where the last ``labels`` labels begin, −1 if the host has fewer."""
    seen = 0
    for at in range(stop - 1, start - 1, -1):
        if data[at] == _DOT:
            seen += 1
            if seen == labels:
                return at + 1
    return start if seen == labels - 1 else -1


@kernel
def check_hosts(data: Any, offsets: Any, suffixes: Any, state: Any, top: Any, names: Any) -> None:
    """Per host: ``state``, ``top`` (bytes of its registrable domain) and ``names[i + 1]`` (how many names it asks)."""
    for i in range(len(state)):
        start, stop = offsets[i], offsets[i + 1]
        names[i + 1], top[i] = 0, 0
        state[i] = ABSENT if start == stop else host_shape(data, start, stop)
        if state[i] != GOOD:
            continue
        begin = top_start(data, start, stop, suffix_labels(data, start, stop, suffixes) + 1)
        if begin < 0:
            state[i] = BAD
            continue
        top[i], names[i + 1] = stop - begin, 1
        for at in range(start, begin):
            if data[at] == _DOT:
                names[i + 1] += 1


@kernel
def list_names(data: Any, offsets: Any, state: Any, top: Any, first: Any, starts: Any, hashes: Any) -> None:
    """The names asked, longest first: start of each in ``data`` and its hash; row ``i`` owns ``first[i]..first[i+1]``."""
    for i in range(len(state)):
        if state[i] != GOOD:
            continue
        start, stop = offsets[i], offsets[i + 1]
        value, slot, begin = BASIS, first[i + 1] - 1, stop - top[i]
        for at in range(stop - 1, start - 1, -1):
            value = (value ^ np.uint64(data[at])) * PRIME
            if at <= begin and (at == start or data[at - 1] == _DOT):
                starts[slot] = at
                hashes[slot] = finish_hash(value)
                slot -= 1


@inner
def _uscc_value(byte: Any) -> Any:
    if 48 <= byte <= 57:
        return byte - 48
    if byte < 65 or byte > 89 or byte in (73, 79, 83, 86):
        return -1
    gap = (1 if byte > 73 else 0) + (1 if byte > 79 else 0) + (1 if byte > 83 else 0) + (1 if byte > 86 else 0)
    return byte - 55 - gap


@inner
def _uscc_good(data: Any, start: Any) -> Any:
    """GB 32100-2015: weights are powers of 3 modulo 31 over 17 characters, the 18th is the check character.

    The third to eighth characters are the digits of a region.
    """
    total, weight = 0, 1
    for i in range(17):
        value = _uscc_value(np.int64(data[start + i]))
        if value < 0 or (2 <= i < 8 and value > 9):
            return False
        total += value * weight
        weight = weight * 3 % 31
    return _uscc_value(np.int64(data[start + 17])) == (31 - total % 31) % 31


@kernel
def check_sponsors(data: Any, offsets: Any, state: Any, hashes: Any) -> None:
    """Per id: GOOD or BAD (USCC checksum; ``rid1:`` and ``rid0:`` tokens say so themselves) and its hash."""
    for i in range(len(state)):
        start, length = offsets[i], offsets[i + 1] - offsets[i]
        state[i] = BAD
        if length == 0:
            state[i] = ABSENT
        elif length > 5 and data[start] == 114 and data[start + 1] == 105 and data[start + 2] == 100 \
                and data[start + 4] == 58:
            state[i] = GOOD if data[start + 3] == 49 else BAD
        elif length == 18 and _uscc_good(data, start):
            state[i] = GOOD
        if length:
            hashes[i] = hash_bytes(data, start, start + length)


@inner
def _digits(data: Any, start: Any, stop: Any) -> Any:
    at = start
    while at < stop and 48 <= data[at] <= 57:
        at += 1
    return at - start


@inner
def _is_among(numbers: Any, data: Any, start: Any) -> Any:
    """Whether the eight digits from ``start`` are one of the ascending ``numbers``."""
    wanted = 0
    for at in range(start, start + 8):
        wanted = wanted * 10 + data[at] - 48
    low, high = 0, len(numbers)
    while low < high:
        middle = (low + high) // 2
        if numbers[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low < len(numbers) and numbers[low] == wanted


@inner
def number_shape(data: Any, start: Any, stop: Any, provinces: Any, placeholders: Any) -> Any:
    """GOOD for a canonical filing number: province, ICP备, 8 digits, 号, then nothing or -N; else UNDECIDED.

    ``provinces`` holds three bytes for each allowed first character, ``placeholders`` the serials that are no serials, as
    numbers in ascending order.
    """
    if stop - start < 20 or data[start + 3] != 73 or data[start + 4] != 67 or data[start + 5] != 80:
        return UNDECIDED
    if data[start + 6] != 0xE5 or data[start + 7] != 0xA4 or data[start + 8] != 0x87:
        return UNDECIDED
    known, at = False, start + 17
    for i in range(0, len(provinces), 3):
        known = known or same_bytes(data, start, provinces, i, 3)
    if not known or _digits(data, start + 9, at) != 8:
        return UNDECIDED
    if data[at] != 0xE5 or data[at + 1] != 0x8F or data[at + 2] != 0xB7:
        return UNDECIDED
    if _is_among(placeholders, data, start + 9):
        return UNDECIDED
    at += 3
    if at == stop:
        return GOOD
    serial = _digits(data, at + 1, stop)
    if data[at] != _HYPHEN or serial == 0 or serial > 4 or data[at + 1] == 48:
        return UNDECIDED
    return GOOD if at + 1 + serial == stop else UNDECIDED


@kernel
def check_numbers(data: Any, offsets: Any, provinces: Any, placeholders: Any, state: Any) -> None:
    """Per declared number: ABSENT, GOOD (already canonical) or UNDECIDED."""
    for i in range(len(state)):
        start, stop = offsets[i], offsets[i + 1]
        state[i] = ABSENT if start == stop else number_shape(data, start, stop, provinces, placeholders)
