"""Addresses as integers, and a tree of nested blocks that finds every block containing one, compiled.

IPv4 and IPv6 have a tree each. ``edges`` cut the address line into segments; ``edge_node`` is the deepest block of the
segment (−1: none), ``parent`` leads outwards, and ``first[node]..first[node+1]`` are the entries recorded for exactly
that block, in register order. ``jump`` narrows the search by the top 16 bits.
"""

from __future__ import annotations

import ipaddress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from licet.registers.compiled.kernels import allocating_kernel, inner
from licet.registers.compiled.text import string_buffers

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE = np.uint64(1)


class Tree(NamedTuple):
    """Nested blocks of one family. ``edge_hi``/``edge_lo`` uint64, the rest int32; ``rows`` are register rows."""

    edge_hi: NDArray[np.uint64]
    edge_lo: NDArray[np.uint64]
    edge_node: NDArray[np.int32]
    parent: NDArray[np.int32]
    first: NDArray[np.int32]
    rows: NDArray[np.int32]
    jump: NDArray[np.int32]
    top_shift: NDArray[np.uint64]  # one element: how far the key word is shifted for ``jump``


@inner
def _ipv4(data: Any, start: Any, stop: Any) -> Any:
    """A strict dotted quad as an integer, −1 otherwise."""
    value, part, digits, dots = np.int64(0), np.int64(0), 0, 0
    for at in range(start, stop):
        byte = np.int64(data[at])
        if 48 <= byte <= 57:
            if digits == 1 and part == 0:
                return np.int64(-1)
            part, digits = part * 10 + byte - 48, digits + 1
            if part > 255:
                return np.int64(-1)
        elif byte == 46 and digits and dots < 3:
            value, part, digits, dots = value * 256 + part, np.int64(0), 0, dots + 1
        else:
            return np.int64(-1)
    return value * 256 + part if dots == 3 and digits else np.int64(-1)


@inner
def _hex_digit(byte: Any) -> Any:
    if 48 <= byte <= 57:
        return byte - 48
    if 97 <= byte <= 102:
        return byte - 87
    return byte - 55 if 65 <= byte <= 70 else np.int64(-1)


@inner
def _ipv6(data: Any, start: Any, stop: Any, groups: Any) -> Any:
    """Fills eight 16-bit ``groups``; False for anything but hexadecimal groups with at most one '::'."""
    count, gap, at = 0, -1, start
    groups[:] = 0
    if stop - start >= 2 and data[start] == 58 and data[start + 1] == 58:
        gap, at = 0, start + 2
    while at < stop:
        value, digits = np.int64(0), 0
        while at < stop and digits < 5 and _hex_digit(np.int64(data[at])) >= 0:
            value, digits, at = value * 16 + _hex_digit(np.int64(data[at])), digits + 1, at + 1
        if digits == 0 or digits > 4 or count == 8:
            return False
        groups[count], count = value, count + 1
        if at == stop:
            break
        if data[at] != 58 or at + 1 == stop:
            return False
        at += 1
        if data[at] == 58:
            if gap >= 0:
                return False
            gap, at = count, at + 1
    if gap < 0:
        return count == 8
    for i in range(count - gap):
        groups[7 - i], groups[count - 1 - i] = groups[count - 1 - i], groups[7 - i]
    return count < 8


@allocating_kernel
def parse_addresses(data: Any, offsets: Any, family: Any, high: Any, low: Any, prefix: Any) -> None:
    """Per address or block: ``family`` 0 blank, 4, 6, or 1 for "ask the slow path"; value words; prefix length (−1 none)."""
    groups = np.zeros(8, np.int64)
    for i in range(len(family)):
        start, stop = offsets[i], offsets[i + 1]
        family[i], high[i], low[i], prefix[i] = 1, 0, 0, -1
        if start == stop:
            family[i] = 0
            continue
        end, length = start, np.int64(-1)
        while end < stop and data[end] != 47:
            end += 1
        if end < stop:
            length = np.int64(0) if 0 < stop - end - 1 < 4 else np.int64(999)
            for at in range(end + 1, stop):
                length = length * 10 + data[at] - 48 if 48 <= data[at] <= 57 else np.int64(999)
        quad = _ipv4(data, start, end)
        if quad >= 0 and length <= 32:
            family[i], low[i], prefix[i] = 4, np.uint64(quad), length
        elif quad < 0 and length <= 128 and _ipv6(data, start, end, groups):
            mapped = groups[5] == 0xFFFF and groups[0] + groups[1] + groups[2] + groups[3] + groups[4] == 0
            if not mapped:
                family[i], prefix[i] = 6, length
                for g in range(4):
                    high[i] = (high[i] << np.uint64(16)) | np.uint64(groups[g])
                    low[i] = (low[i] << np.uint64(16)) | np.uint64(groups[g + 4])


def _slow(text: str) -> tuple[int, int, int, int]:
    """Family, words and prefix by the standard library; family 0 when it is no address. Mapped IPv4 is IPv4."""
    try:
        found = ipaddress.ip_interface(text.strip())
    except ValueError:
        return 0, 0, 0, -1
    value, length = int(found.ip), found.network.prefixlen
    mapped = found.ip.ipv4_mapped if isinstance(found.ip, ipaddress.IPv6Address) else None
    if mapped is not None and length >= 96:
        return 4, 0, int(mapped), length - 96
    return found.version, value >> 64, value & int(_ALL), length


class Parsed(NamedTuple):
    """Addresses or blocks: family uint8 (0 none), value words uint64, prefix length int32 (−1: a single address)."""

    family: NDArray[np.uint8]
    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    prefix: NDArray[np.int32]


def parse(column: Any) -> Parsed:
    """Parse a ``string`` array. What cannot be read has family 0, like a blank."""
    data, offsets = string_buffers(column)
    n = len(column)
    parsed = Parsed(np.empty(n, np.uint8), np.empty(n, np.uint64), np.empty(n, np.uint64), np.empty(n, np.int32))
    parse_addresses(data, offsets, *parsed)
    for i in np.flatnonzero(parsed.family == 1):
        parsed.family[i], parsed.high[i], parsed.low[i], parsed.prefix[i] = _slow(column[int(i)].as_py())
    return parsed


@inner
def _last(high: Any, low: Any, bits: Any) -> Any:
    """The last address of the block of ``bits`` prefix bits (of 128) that starts at the words given."""
    if bits >= 128:
        return high, low
    if bits > 64:
        return high, low | (_ALL >> np.uint64(bits - 64))
    if bits == 64:
        return high, _ALL
    return high | (_ALL >> np.uint64(bits)), _ALL


@allocating_kernel
def cut_line(high: Any, low: Any, bits: Any, parent: Any, edge_hi: Any, edge_lo: Any, edge_node: Any) -> Any:
    """Segments of distinct blocks sorted by start, wide before narrow; the number of edges written (at most 2 n)."""
    stack, depth, edges = np.empty(130, np.int32), 0, 0
    n = len(high)
    for i in range(n + 1):
        while depth:
            end_hi, end_lo = _last(high[stack[depth - 1]], low[stack[depth - 1]], bits[stack[depth - 1]])
            if i < n and (end_hi > high[i] or (end_hi == high[i] and end_lo >= low[i])):
                break
            depth -= 1
            if end_hi == _ALL and end_lo == _ALL:
                continue
            next_hi, next_lo = (end_hi + _ONE if end_lo == _ALL else end_hi), end_lo + _ONE
            if edges == 0 or edge_hi[edges - 1] != next_hi or edge_lo[edges - 1] != next_lo:
                edges += 1
            edge_hi[edges - 1], edge_lo[edges - 1] = next_hi, next_lo
            edge_node[edges - 1] = stack[depth - 1] if depth else -1
        if i == n:
            break
        parent[i] = stack[depth - 1] if depth else -1
        if edges == 0 or edge_hi[edges - 1] != high[i] or edge_lo[edges - 1] != low[i]:
            edges += 1
        edge_hi[edges - 1], edge_lo[edges - 1], edge_node[edges - 1] = high[i], low[i], i
        stack[depth] = i
        depth += 1
    return edges


@inner
def deepest(tree: Any, high: Any, low: Any) -> Any:
    """The deepest block containing an address, −1 for none."""
    word = high if tree.top_shift[0] > np.uint64(16) else low
    top = np.int64(word >> tree.top_shift[0]) & 0xFFFF
    left, right = np.int64(tree.jump[top]), np.int64(tree.jump[top + 1])
    while left < right:
        middle = (left + right) >> 1
        if tree.edge_hi[middle] < high or (tree.edge_hi[middle] == high and tree.edge_lo[middle] <= low):
            left = middle + 1
        else:
            right = middle
    return np.int64(tree.edge_node[left - 1]) if left else np.int64(-1)
