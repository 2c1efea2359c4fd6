"""Hash tiles on disk (c2sp.org/tlog-tiles): what the tree looked like when it was signed, outside the database.

``tile/0/N`` holds 256 leaf hashes, ``tile/L/N`` the roots of 256 full tiles of the level below; the rightmost tile of
a level is partial and lies at ``tile/L/N.p/W``. Hashes only, no content, so the files need no more protection than the
checkpoint beside them. Knows nothing of Django.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from licet.core.errors import Conflict
from licet.journal.tree import HASH_BYTES, node_hash

WIDTH = 256
HEIGHT = 8  # levels of the tree inside one tile
LEVELS = 8  # 256**8 entries


class TileMissing(Conflict):
    """A hash tile of the journal is missing or damaged."""

    code = "tile_missing"
    hint = "run `licet journal verify`"


class TileConflict(Conflict):
    """The database and the hash tiles disagree about entries that were signed already; nothing was signed."""

    code = "tile_conflict"
    hint = "run `licet journal verify`: it names the entries"


class TileStore:
    """The tiles below ``LICET_HOME/journal``; ``size`` is the number of leaves the newest checkpoint covers."""

    def __init__(self, directory: Path, size: int) -> None:
        self.directory = directory
        self.size = size
        self._cache: dict[tuple[int, int], bytes] = {}

    def path(self, level: int, index: int, width: int = WIDTH) -> Path:
        """``tile/L/x001/x234/067`` or ``….p/W`` for a partial tile."""
        groups = [f"{index % 1000:03d}"]
        while index := index // 1000:
            groups.insert(0, f"x{index % 1000:03d}")
        if width < WIDTH:
            groups[-1] += ".p"
            groups.append(str(width))
        return self.directory.joinpath("tile", str(level), *groups)

    def tile(self, level: int, index: int) -> bytes:
        """The hashes of one tile, as many as ``size`` gives it. Raises :class:`TileMissing`."""
        cached = self._cache.get((level, index))
        if cached is not None:
            return cached
        count = self.size >> (HEIGHT * level)
        width = min(WIDTH, count - index * WIDTH)
        try:
            raw = self.path(level, index, width).read_bytes()
        except OSError:  # a full tile holds every partial one
            raw = self._full(level, index)
        if width < 1 or len(raw) < width * HASH_BYTES:
            raise TileMissing(f"tile {level}/{index} of the journal is missing or too short")
        if len(self._cache) >= 64:
            self._cache.clear()
        self._cache[level, index] = raw[:width * HASH_BYTES]
        return self._cache[level, index]

    def _full(self, level: int, index: int) -> bytes:
        try:
            return self.path(level, index).read_bytes()
        except OSError as error:
            raise TileMissing(f"tile {level}/{index} of the journal is missing") from error

    def perfect(self, height: int, index: int) -> bytes:
        """Hash of a perfect subtree (see ``tree.Perfect``), read from one tile."""
        level, inside = divmod(height, HEIGHT)
        count = 1 << inside
        number, offset = divmod(index * count, WIDTH)
        if (number * WIDTH + offset + count) << (HEIGHT * level) > self.size:
            raise TileMissing("the hash tiles do not reach that far")
        raw = self.tile(level, number)
        return fold(raw[offset * HASH_BYTES:(offset + count) * HASH_BYTES])

    def leaf(self, seq: int) -> bytes:
        """The leaf hash that was signed for entry ``seq``."""
        offset = (seq % WIDTH) * HASH_BYTES
        return self.tile(0, seq // WIDTH)[offset:offset + HASH_BYTES]

    def leaves(self) -> Iterator[bytes]:
        """All leaf hashes in order."""
        for start in range(0, self.size, WIDTH):
            raw = self.tile(0, start // WIDTH)
            for offset in range(0, len(raw), HASH_BYTES):
                yield raw[offset:offset + HASH_BYTES]

    def first_needed(self) -> int:
        """The first leaf :meth:`extend` wants: the beginning of the partial tile."""
        return self.size // WIDTH * WIDTH

    def extend(self, leaves: Iterable[bytes], size: int) -> TileStore:
        """Write the tiles up to ``size``; ``leaves`` begin at :meth:`first_needed`. Returns the larger store.

        Raises :class:`TileConflict` if the leaves contradict what the tiles already hold, before anything is written
        over them. Files that nobody signed yet may be left behind by a crash; the next call writes them again.
        """
        hashes, start = b"".join(leaves), self.first_needed()
        if len(hashes) != (size - start) * HASH_BYTES:
            raise TileConflict("entries of the journal are missing in the database; nothing was signed")
        for level in range(LEVELS):
            count = size >> (HEIGHT * level)
            have = self.size >> (HEIGHT * level)
            if not count:
                break
            start = have // WIDTH * WIDTH
            if have > start and self.tile(level, start // WIDTH) != hashes[:(have - start) * HASH_BYTES]:
                raise TileConflict
            above = self._write_level(level, start // WIDTH, hashes)
            # The level above goes on at its own partial tile, whose first part is on disk already.
            upper = self.size >> (HEIGHT * (level + 1))
            kept = self.tile(level + 1, upper // WIDTH) if upper % WIDTH else b""
            hashes = kept + above
        return TileStore(self.directory, size)

    def _write_level(self, level: int, index: int, hashes: bytes) -> bytes:
        roots = []
        for offset in range(0, len(hashes), WIDTH * HASH_BYTES):
            raw = hashes[offset:offset + WIDTH * HASH_BYTES]
            width = len(raw) // HASH_BYTES
            write_file(self.path(level, index, width), raw)
            if width == WIDTH:
                roots.append(fold(raw))
                shutil.rmtree(self.path(level, index, 1).parent, ignore_errors=True)
            index += 1
        return b"".join(roots)


def fold(raw: bytes) -> bytes:
    """Root over a power of two of hashes."""
    nodes = [raw[start:start + HASH_BYTES] for start in range(0, len(raw), HASH_BYTES)]
    while len(nodes) > 1:
        nodes = [node_hash(nodes[i], nodes[i + 1]) for i in range(0, len(nodes), 2)]
    return nodes[0]


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
