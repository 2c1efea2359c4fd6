"""Address facts, compiled: is a row's address in a block of its provider or of anyone upstream; is it blacklisted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from licet.registers.compiled.addresses import Tree, deepest
from licet.registers.compiled.kernels import inner, kernel

_INSIDE, _OUTSIDE = 1, 2


class Blocks(NamedTuple):
    """The address register: trees, per row the holder's party index and validity in days, and the chain's edges."""

    v4: Tree
    v6: Tree
    holder: NDArray[np.int32]
    valid_from: NDArray[np.int32]
    valid_to: NDArray[np.int32]
    up_first: NDArray[np.int32]
    up: NDArray[np.int32]


@inner
def _reach(blocks: Any, upstream: Any, stamp: Any, reached: Any, queue: Any) -> None:
    """Stamp everyone reachable upwards from ``upstream``."""
    reached[upstream] = stamp
    queue[0], head, end = upstream, 0, 1
    while head < end:
        party = queue[head]
        head += 1
        if party + 1 < len(blocks.up_first):
            for j in range(blocks.up_first[party], blocks.up_first[party + 1]):
                if reached[blocks.up[j]] != stamp:
                    reached[blocks.up[j]] = stamp
                    queue[end] = blocks.up[j]
                    end += 1


@inner
def _walk(blocks: Any, tree: Any, node: Any, day: Any, provider: Any, upstream: Any, reached: Any, stamp: Any) -> Any:
    """Whether a containing block is held by the provider, its upstream or the stamped chain; the innermost valid row."""
    innermost = np.int64(-1)
    while node >= 0:
        for j in range(tree.first[node], tree.first[node + 1]):
            row = tree.rows[j]
            if not blocks.valid_from[row] <= day <= blocks.valid_to[row]:
                continue
            innermost = np.int64(row) if innermost < 0 else innermost
            holder = blocks.holder[row]
            if holder >= 0 and (holder == provider or holder == upstream or (stamp > 0 and reached[holder] == stamp)):
                return True, innermost
        node = np.int64(tree.parent[node])
    return False, innermost


@kernel
def probe_blocks(blocks: Any, rows: Any, provider: Any, upstream: Any, day: Any, reached: Any, queue: Any, out: Any,
                 row_out: Any) -> None:
    """Address fact and innermost valid block of each row. ``reached`` (zeros) and ``queue``: int32 scratch per party."""
    stamp, stamped = np.int32(0), np.int64(-1)
    for r in range(len(out)):
        if rows.family[r] == 0:
            continue
        tree = blocks.v4 if rows.family[r] == 4 else blocks.v6
        node = deepest(tree, rows.high[r], rows.low[r])
        inside, row = _walk(blocks, tree, node, day, provider[r], upstream[r], reached, np.int32(0))
        if not inside and row >= 0 and upstream[r] >= 0:
            if stamped != upstream[r]:
                stamp, stamped = np.int32(stamp + 1), np.int64(upstream[r])
                _reach(blocks, stamped, stamp, reached, queue)
            inside, row = _walk(blocks, tree, node, day, provider[r], upstream[r], reached, stamp)
        out[r], row_out[r] = _INSIDE if inside else _OUTSIDE, row


@kernel
def probe_listed_blocks(v4: Any, v6: Any, entries: Any, rows: Any, day: Any, out: Any) -> None:
    """The innermost blacklisted block in force that contains each row's address, −1 for none."""
    for r in range(len(out)):
        if rows.family[r] == 0:
            continue
        tree = v4 if rows.family[r] == 4 else v6
        node = deepest(tree, rows.high[r], rows.low[r])
        while node >= 0 and out[r] < 0:
            for j in range(tree.first[node], tree.first[node + 1]):
                entry = entries[tree.rows[j]]
                if entry.decided_on <= day <= entry.valid_to:
                    out[r] = tree.rows[j]
                    break
            node = np.int64(tree.parent[node])
