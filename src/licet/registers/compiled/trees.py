"""Building and storing the trees of nested address blocks (``addresses.py`` asks them)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from licet.registers.compiled.addresses import Parsed, Tree, cut_line
from licet.registers.compiled.layout import PartWriter

FAMILIES = (4, 6)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


def _without_host_bits(high: NDArray[np.uint64], low: NDArray[np.uint64], bits: NDArray[np.int64]) -> None:
    """Clear the bits below the prefix, in place: a block is its network address."""
    low_bits = np.clip(bits - 64, 0, 64).astype(np.uint64)
    high_bits = np.clip(bits, 0, 64).astype(np.uint64)
    low &= np.where(low_bits == 0, np.uint64(0), _ALL << (np.uint64(64) - np.maximum(low_bits, 1)))
    high &= np.where(high_bits == 0, np.uint64(0), _ALL << (np.uint64(64) - np.maximum(high_bits, 1)))


def build_tree(blocks: Parsed, family: int) -> Tree:
    """The tree of all blocks of one family; ``rows`` are their positions in ``blocks``."""
    chosen = np.flatnonzero(blocks.family == family)
    full, base = (32, 96) if family == 4 else (128, 0)
    prefix = blocks.prefix[chosen].astype(np.int64)
    bits = base + np.where(prefix < 0, full, prefix)
    high, low = blocks.high[chosen].copy(), blocks.low[chosen].copy()
    _without_host_bits(high, low, bits)
    order = np.lexsort((bits, low, high))
    high, low, bits, chosen = high[order], low[order], bits[order], chosen[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1]) | (bits[1:] != bits[:-1])
    first = np.append(np.flatnonzero(fresh), len(order)).astype(np.int32)
    high, low, bits = high[fresh], low[fresh], bits[fresh]
    nodes = len(high)
    parent, edge_node = np.empty(nodes, np.int32), np.empty(2 * nodes, np.int32)
    edge_hi, edge_lo = np.empty(2 * nodes, np.uint64), np.empty(2 * nodes, np.uint64)
    edges = int(cut_line(high, low, bits, parent, edge_hi, edge_lo, edge_node))
    shift = np.uint64(16 if family == 4 else 48)
    tops = ((edge_lo if family == 4 else edge_hi)[:edges] >> shift).astype(np.int64)
    if family == 4:  # the edge after the last address of 255/8 lies one past the line
        tops = np.minimum(tops, 1 << 16)
    jump = np.searchsorted(tops, np.arange((1 << 16) + 1)).astype(np.int32)
    return Tree(edge_hi[:edges], edge_lo[:edges], edge_node[:edges], parent, first, chosen.astype(np.int32), jump,
                np.array([shift], np.uint64))


def write_trees(writer: PartWriter, blocks: Parsed) -> None:
    """Write the IPv4 and the IPv6 tree."""
    for family in FAMILIES:
        for name, array in build_tree(blocks, family)._asdict().items():
            writer.add(f"v{family}_{name}", array)


def read_tree(arrays: Mapping[str, NDArray[Any]], family: int) -> Tree:
    """One tree out of a part's arrays."""
    return Tree(*(arrays[f"v{family}_{name}"] for name in Tree._fields))
