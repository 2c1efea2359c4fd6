"""Hash tiles: paths of the standard, growth, and refusal to write over what was signed."""

import pytest

from licet.journal import tree
from licet.journal.tiles import TileConflict, TileMissing, TileStore


def leaves(start, end):
    return [tree.leaf_hash(str(number).encode()) for number in range(start, end)]


def grow(directory, *sizes):
    store = TileStore(directory, 0)
    for size in sizes:
        store = TileStore(directory, store.size).extend(leaves(store.first_needed(), size), size)
    return TileStore(directory, store.size)


@pytest.mark.parametrize(("index", "width", "path"), [
    (0, 256, "tile/0/000"), (1234067, 256, "tile/0/x001/x234/067"), (273, 112, "tile/0/273.p/112")])
def test_paths(tmp_path, index, width, path):
    assert TileStore(tmp_path, 0).path(0, index, width) == tmp_path / path


@pytest.mark.parametrize("sizes", [
    (1,), (256,), (257,), (1, 2, 3), (255, 256, 257), (100, 700), (700, 65_536), (65_535, 65_537), (70_000,)], ids=str)
def test_root_and_leaves_are_those_of_the_entries(tmp_path, sizes):
    store, expected = grow(tmp_path, *sizes), leaves(0, sizes[-1])
    assert tree.tree_root(sizes[-1], store.perfect) == tree.root_of(expected)
    assert list(store.leaves()) == expected


def test_rightmost_tiles_of_70000(tmp_path):
    grow(tmp_path, 70_000)
    found = {str(path.relative_to(tmp_path)): path.stat().st_size // 32 for path in tmp_path.rglob("*.p/*")}
    assert found == {"tile/0/273.p/112": 112, "tile/1/001.p/17": 17, "tile/2/000.p/1": 1}


def test_signed_leaves_are_not_written_over(tmp_path):
    store = grow(tmp_path, 300)
    changed = [b"\0" * 32, *leaves(257, 400)]
    with pytest.raises(TileConflict):
        store.extend(changed, 400)
    assert list(TileStore(tmp_path, 300).leaves()) == leaves(0, 300)


def test_older_checkpoints_can_still_be_read(tmp_path):
    grow(tmp_path, 100, 300)
    older = TileStore(tmp_path, 100)
    assert tree.tree_root(100, older.perfect) == tree.root_of(leaves(0, 100))


def test_missing_tile_is_named(tmp_path):
    store = grow(tmp_path, 600)
    store.path(0, 1).unlink()
    with pytest.raises(TileMissing, match="0/1"):
        list(TileStore(tmp_path, 600).leaves())
