"""Files of encrypted content below ``LICET_HOME/evidence``: written whole or not at all, readable by nobody else."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from licet.core.errors import BadInput
from licet.evidence import boxes
from licet.evidence.tables import HEAD_BYTES


class TooLarge(BadInput):
    """The content is larger than this installation takes."""

    code = "too_large"
    status = 413
    hint = "raise LICET_EVIDENCE_MAX_BYTES, or hand in less"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Taken:
    """Content that lies encrypted in a temporary file until it gets its place."""

    path: Path
    key: bytes
    sha256: str
    size: int
    head: bytes


def directory() -> Path:
    """``LICET_HOME/evidence``, mode 0700."""
    path = Path(settings.LICET_HOME) / "evidence"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def place(locker_id: int, name: str) -> Path:
    """Where a box of a locker lies; ``name`` is the SHA-256 of the plain content, or a bag's reference."""
    return directory() / str(locker_id) / f"{name}.box"


class Intake:
    """Encrypts content under a new key into a temporary file while hashing it."""

    def __init__(self, file: BinaryIO, path: Path, most_bytes: int) -> None:
        self._path, self._most, self._key = path, most_bytes, boxes.new_key()
        self._box = boxes.BoxWriter(self._key, file)
        self._digest, self._head, self._count = hashlib.sha256(), bytearray(), 0

    def write(self, data: bytes) -> int:
        """Take the next piece. Raises :class:`TooLarge`."""
        self._count += len(data)
        if self._count > self._most:
            raise TooLarge(f"the content is larger than {self._most:,} bytes")
        self._digest.update(data)
        if len(self._head) < HEAD_BYTES:
            self._head += data[:HEAD_BYTES - len(self._head)]
        self._box.write(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits outside the box (``zipfile`` asks)."""

    def finish(self) -> Taken:
        """End the box; what was taken in."""
        self._box.close()
        return Taken(path=self._path, key=self._key, sha256=self._digest.hexdigest(), size=self._count,
                     head=bytes(self._head))


@contextlib.contextmanager
def take_in(fill: Callable[[Intake], object], *, most_bytes: int) -> Iterator[Taken]:
    """Let ``fill`` write content. The temporary file is gone when the block ends, unless :func:`keep` gave it its
    place. Raises :class:`TooLarge`."""
    handle, name = tempfile.mkstemp(dir=directory(), prefix=".new")  # mkstemp: mode 0600
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            intake = Intake(file, path, most_bytes)
            fill(intake)
            taken = intake.finish()
            file.flush()
            os.fsync(file.fileno())
        yield taken
    finally:
        path.unlink(missing_ok=True)


def pour(chunks: Iterable[bytes]) -> Callable[[Intake], None]:
    """For :func:`take_in`: content that comes in pieces."""
    def fill(intake: Intake) -> None:
        for chunk in chunks:
            intake.write(chunk)

    return fill


def keep(taken: Taken, target: Path) -> None:
    """Give content its place, durably: rename, then write the directory down."""
    target.parent.mkdir(mode=0o700, exist_ok=True)
    taken.path.replace(target)
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path, key: bytes) -> Iterator[bytes]:
    """Plain content of a box. Raises ``boxes.BoxDamaged``, also when the file is gone."""
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise boxes.BoxDamaged("the encrypted content is gone") from error
    with file:
        yield from boxes.unseal(key, file)


def destroy(path: Path) -> None:
    """Remove a box; nothing happens if it is gone already. Its key is destroyed by the caller first."""
    path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # others are still in it
        path.parent.rmdir()
