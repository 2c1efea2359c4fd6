"""The tree against known answers of the RFC 6962 reference implementation and against the definition itself."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licet.journal import tree

LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATH_0_OF_8 = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]


def naive_root(data):
    """RFC 6962 §2.1, word for word."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(data[:k]) + naive_root(data[k:])).digest()


def naive_path(index, data):
    if len(data) == 1:
        return []
    k = 1
    while k * 2 < len(data):
        k *= 2
    if index < k:
        return [*naive_path(index, data[:k]), naive_root(data[k:])]
    return [*naive_path(index - k, data[k:]), naive_root(data[:k])]


def perfect_of(data):
    return lambda height, index: naive_root(data[index << height:(index + 1) << height])


def flipped(node):
    return bytes([node[0] ^ 1]) + node[1:]


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size):
    assert tree.root_of(map(tree.leaf_hash, LEAVES[:size])).hex() == ROOTS[size]
    assert tree.tree_root(size, perfect_of(LEAVES)).hex() == ROOTS[size]


def test_known_proofs():
    assert [node.hex() for node in tree.inclusion_proof(0, 8, perfect_of(LEAVES))] == PATH_0_OF_8
    assert [node.hex() for node in tree.consistency_proof(1, 8, perfect_of(LEAVES))] == PATH_0_OF_8


@given(st.lists(st.binary(max_size=3), min_size=1, max_size=70), st.data())
@settings(deadline=None, max_examples=80)
def test_inclusion_agrees_with_the_definition(data, draw):
    index = draw.draw(st.integers(0, len(data) - 1))
    root, leaf = naive_root(data), tree.leaf_hash(data[index])
    proof = tree.inclusion_proof(index, len(data), perfect_of(data))

    assert proof == naive_path(index, data)
    assert tree.verify_inclusion(leaf, index, len(data), proof, root)
    assert not tree.verify_inclusion(flipped(leaf), index, len(data), proof, root)
    assert not tree.verify_inclusion(leaf, index, len(data), [*proof, leaf], root)
    if proof:
        assert not tree.verify_inclusion(leaf, index, len(data), proof[:-1], root)
        assert not tree.verify_inclusion(leaf, index, len(data), [flipped(proof[0]), *proof[1:]], root)


@given(st.lists(st.binary(max_size=3), min_size=1, max_size=70), st.data())
@settings(deadline=None, max_examples=80)
def test_consistency_shows_a_prefix_and_nothing_else(data, draw):
    old = draw.draw(st.integers(1, len(data)))
    old_root, root = naive_root(data[:old]), naive_root(data)
    proof = tree.consistency_proof(old, len(data), perfect_of(data))

    assert tree.verify_consistency(old, len(data), old_root, root, proof)
    assert not tree.verify_consistency(old, len(data), flipped(old_root), root, proof)
    assert not tree.verify_consistency(old, len(data), old_root, flipped(root), proof)
    if proof:
        assert not tree.verify_consistency(old, len(data), old_root, root, proof[:-1])


@given(st.integers(0, 300))
@settings(deadline=None, max_examples=30)
def test_frontier_survives_storage(size):
    leaves = [tree.leaf_hash(str(number).encode()) for number in range(size + 1)]
    frontier = tree.Frontier()
    for leaf in leaves[:size]:
        frontier.append(leaf)
    again = tree.Frontier.from_bytes(size, frontier.to_bytes())
    again.append(leaves[size])
    assert again.root() == tree.root_of(leaves)


def test_frontier_of_another_size_is_refused():
    with pytest.raises(ValueError, match="2 hashes"):
        tree.Frontier.from_bytes(3, b"\0" * 32)
