"""The RFC 6962 Merkle tree: hashes, incremental frontier, inclusion and consistency proofs and their verification.

Pure: bytes in, bytes out. A hash is 32 bytes of SHA-256; leaves are prefixed with 0x00 and inner nodes with 0x01, so
that a node can never pass for a leaf. Rule: RFC 6962 §2.1 (generation), RFC 9162 §2.1.3.2 and §2.1.4.2 (verification).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

# ``perfect(height, index)``: hash over the leaves [index * 2**height, (index + 1) * 2**height), all of them present.
Perfect = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """Hash of one entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node over its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the perfect subtrees a tree of ``size`` leaves falls into, largest first: enough to go on adding."""

    __slots__ = ("nodes", "size")

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        """``nodes`` has one hash per bit set in ``size``. Raises ``ValueError`` otherwise."""
        if size < 0 or len(nodes) != size.bit_count() or any(len(node) != HASH_BYTES for node in nodes):
            raise ValueError(f"a frontier of {size} leaves has {size.bit_count()} hashes of {HASH_BYTES} bytes")
        self.size = size
        self.nodes = list(nodes)

    @classmethod
    def from_bytes(cls, size: int, packed: bytes) -> Frontier:
        """Read back what :meth:`to_bytes` wrote."""
        return cls(size, [packed[start:start + HASH_BYTES] for start in range(0, len(packed), HASH_BYTES)])

    def to_bytes(self) -> bytes:
        """All hashes, largest subtree first, one after the other."""
        return b"".join(self.nodes)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next entry."""
        node, size = leaf, self.size
        while size & 1:
            node = node_hash(self.nodes.pop(), node)
            size >>= 1
        self.nodes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The Merkle tree hash of everything added so far."""
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The Merkle tree hash over leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def tree_root(size: int, perfect: Perfect) -> bytes:
    """The Merkle tree hash of the first ``size`` leaves."""
    return _range_root(0, size, perfect) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, perfect: Perfect) -> list[bytes]:
    """The audit path that shows leaf ``index`` in the tree of ``size`` leaves, from the leaf upwards."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_root(middle, high, perfect))
            high = middle
        else:
            path.append(_range_root(low, middle, perfect))
            low = middle
    return path[::-1]


def consistency_proof(old: int, new: int, perfect: Perfect) -> list[bytes]:
    """The hashes that show the tree of ``old`` leaves to be a prefix of the tree of ``new`` leaves."""
    if not 0 < old <= new:
        raise ValueError(f"a tree of {old} leaves is no prefix of a tree of {new} that can be proven")
    path: list[bytes] = []
    low, high, whole = 0, new, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(_range_root(middle, high, perfect))
            high = middle
        else:
            path.append(_range_root(low, middle, perfect))
            low, whole = middle, False
    if not whole:
        path.append(_range_root(low, high, perfect))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """True when ``proof`` shows the leaf hash at ``index`` in the tree of ``size`` leaves with this ``root``."""
    if not 0 <= index < size:
        return False
    first, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            node = node_hash(sibling, node)
            first, last = _up_to_right_child(first, last)
        else:
            node = node_hash(node, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """True when ``proof`` shows that the tree of ``new`` leaves only added to the tree of ``old`` leaves."""
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new or not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            first, last = _up_to_right_child(first, last)
        else:
            new_node = node_hash(new_node, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and old_node == old_root and new_node == new_root


def _up_to_right_child(first: int, last: int) -> tuple[int, int]:
    """Skip the levels on which the node on the right edge has no sibling."""
    while first and not first & 1:
        first, last = first >> 1, last >> 1
    return first, last


def _split(count: int) -> int:
    """The largest power of two below ``count`` (which is at least 2)."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_root(low: int, high: int, perfect: Perfect) -> bytes:
    count = high - low
    if count & (count - 1) == 0:
        return perfect(count.bit_length() - 1, low // count)
    middle = low + _split(count)
    return node_hash(_range_root(low, middle, perfect), _range_root(middle, high, perfect))
