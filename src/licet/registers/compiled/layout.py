"""A part of the compiled register: one file of aligned arrays with a manifest at its end.

``magic · arrays, each at a multiple of 64 bytes · manifest (JSON) · manifest length (uint64) · magic``. The manifest
carries format version, kind, register versions, row count, and per array: dtype, length, offset and SHA-256. A file
is written under a temporary name, synced and renamed, so a reader sees the old part or the new one, never half of one;
processes that still map the old one keep it. Arrays are mapped privately: any number of processes share the pages.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import os
import struct
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from licet.core.errors import LicetError

FORMAT_VERSION = 2
KINDS = ("providers", "filings", "addresses", "blacklist")
MAGIC = b"LICETPRT"
_ALIGN = 64
_FOOTER = struct.Struct("<Q8s")
_ALL_64 = (1 << 64) - 1

# One filing. text: offset into ``text`` of domain · filing number · subject number · subject id, lengths below.
FILING = np.dtype([("text", "<u8"), ("provider", "<i4"), ("filed_on", "<i4"), ("verified_on", "<i4"),
                   ("number_len", "<u2"), ("subject_len", "<u2"), ("domain_len", "u1"), ("sponsor_len", "u1"),
                   ("status", "u1"), ("sponsor_valid", "u1"), ("spare", "<u4")])
# One name of one filing: low 32 bits of its hash, the filing, where the name is written (offset << 8 | length).
NAME = np.dtype([("tag", "<u4"), ("row", "<u4"), ("at", "<u8")])
# One key of a list: low 32 bits of its hash and the row.
KEY = np.dtype([("tag", "<u4"), ("row", "<u4")])
# One blacklist entry. text: offset of value · ground · decision reference.
LISTED = np.dtype([("text", "<u8"), ("decided_on", "<i4"), ("valid_to", "<i4"), ("value_len", "<u2"),
                   ("ground_len", "<u2"), ("ref_len", "<u2"), ("kind", "u1"), ("spare", "u1")])

DAY_MIN = -(2**31)  # stands for "no date" where a missing start means "since ever"
DAY_MAX = 2**31 - 1  # stands for "no date" where a missing end means "open"


class DamagedPart(LicetError):
    """A part of the compiled register is damaged, truncated or of another format."""

    code = "damaged_part"
    status = 503
    hint = "compile the register again"


class UnusableSnapshot(LicetError):
    """The register snapshot cannot be compiled."""

    code = "unusable_snapshot"
    status = 422
    hint = "export the snapshot again with the columns of docs/judging.md"


@dataclass(frozen=True)
class Part:
    """One opened part: its manifest and its arrays by name (mapped, copy-on-write)."""

    kind: str
    manifest: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    @property
    def rows(self) -> int:
        """Records in the part."""
        return int(self.manifest["rows"])

    @property
    def strings(self) -> Mapping[str, list[str]]:
        """Small string tables kept in the manifest."""
        table: Mapping[str, list[str]] = self.manifest["strings"]
        return table


class PartWriter:
    """Writes one part file; use as a context manager. ``append`` may be called many times for one streamed array."""

    def __init__(self, out_dir: Path, kind: str, *, hash_mask: int = _ALL_64) -> None:
        """``hash_mask`` weakens the 64-bit hashes of the part; tests use it to force collisions."""
        out_dir.mkdir(parents=True, exist_ok=True)
        self.path = out_dir / f"{kind}.part"
        self.kind = kind
        self.hash_mask = hash_mask
        descriptor, self._temporary = tempfile.mkstemp(prefix=f".{kind}-", suffix=".part", dir=out_dir)
        self._file = os.fdopen(descriptor, "wb", buffering=1 << 20)
        self._file.write(MAGIC)
        self._at = len(MAGIC)
        self._arrays: dict[str, dict[str, Any]] = {}
        self._hash: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
        with contextlib.suppress(FileNotFoundError):
            Path(self._temporary).unlink()

    @contextlib.contextmanager
    def streamed(self, name: str) -> Iterator[Callable[[NDArray[np.uint8]], None]]:
        """Write one uint8 array of unknown length; the block gets a function that appends bytes."""
        self._start(name, "|u1")
        row = self._arrays[name]

        def append(block: NDArray[np.uint8]) -> None:
            data = np.ascontiguousarray(block).data.cast("B")
            self._file.write(data)
            self._hash.update(data)
            row["length"] += len(data)

        yield append
        self._finish(name, row["length"])

    def add(self, name: str, array: NDArray[Any]) -> None:
        """Write one whole array."""
        dtype = array.dtype.descr if array.dtype.names else array.dtype.str
        self._start(name, dtype)
        self._arrays[name]["length"] = len(array)
        data = np.ascontiguousarray(array).view(np.uint8).reshape(-1).data
        if len(data):
            self._file.write(data)
            self._hash.update(data)
        self._finish(name, len(data))

    def _start(self, name: str, dtype: Any) -> None:
        pad = -self._at % _ALIGN
        self._file.write(b"\0" * pad)
        self._at += pad
        self._hash = hashlib.sha256()
        self._arrays[name] = {"dtype": dtype, "length": 0, "offset": self._at}

    def _finish(self, name: str, size: int) -> None:
        self._at += size
        self._arrays[name] |= {"bytes": size, "sha256": self._hash.hexdigest()}

    def finish(self, *, rows: int, registers: Mapping[str, Any], strings: Mapping[str, list[str]] | None = None) -> Path:
        """Write the manifest, sync and put the part in place; the path of the part."""
        content = hashlib.sha256("".join(row["sha256"] for row in self._arrays.values()).encode()).hexdigest()
        manifest = {"format": FORMAT_VERSION, "kind": self.kind, "rows": rows, "hash_mask": self.hash_mask,
                    "registers": dict(registers), "content_sha256": content, "strings": dict(strings or {}),
                    "arrays": self._arrays}
        text = json.dumps(manifest, ensure_ascii=False).encode()
        self._file.write(text)
        self._file.write(_FOOTER.pack(len(text), MAGIC))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        Path(self._temporary).replace(self.path)
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return self.path


def _read_manifest(path: Path) -> tuple[dict[str, Any], mmap.mmap]:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < len(MAGIC) + _FOOTER.size:
            raise DamagedPart(f"{path.name} is too short to be a part of the compiled register")
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    length, magic = _FOOTER.unpack(whole[size - _FOOTER.size:])
    start = size - _FOOTER.size - length
    if whole[: len(MAGIC)] != MAGIC or magic != MAGIC or start < len(MAGIC):
        raise DamagedPart(f"{path.name} is truncated or not a part of the compiled register")
    try:
        manifest: dict[str, Any] = json.loads(whole[start: start + length])
    except ValueError as error:
        raise DamagedPart(f"the manifest of {path.name} cannot be read: {error}") from error
    return manifest, whole


def _map_array(name: str, row: Mapping[str, Any], whole: mmap.mmap, path: Path) -> NDArray[Any]:
    described = row["dtype"]
    dtype = np.dtype(described if isinstance(described, str) else [tuple(field) for field in described])
    if row["bytes"] != row["length"] * dtype.itemsize or row["offset"] + row["bytes"] > len(whole):
        raise DamagedPart(f"array {name} of {path.name} does not lie inside the file")
    return np.frombuffer(whole, dtype=dtype, count=row["length"], offset=row["offset"])


def _check_digests(manifest: Mapping[str, Any], whole: mmap.mmap, path: Path) -> None:
    """Compare the SHA-256 of every array, two at a time. Raises :class:`DamagedPart`."""
    view = memoryview(whole)

    def digest(row: Mapping[str, Any]) -> str:
        return hashlib.sha256(view[row["offset"]: row["offset"] + row["bytes"]]).hexdigest()

    rows = manifest["arrays"]
    with ThreadPoolExecutor(2) as pool:
        for name, found in zip(rows, pool.map(digest, rows.values()), strict=True):
            if found != rows[name]["sha256"]:
                raise DamagedPart(f"array {name} of {path.name} is damaged: its digest differs from the manifest")


def read_part(path: Path, kind: str, *, verify: bool = True) -> Part:
    """Map a part. ``verify`` reads it all once and compares digests; without it only shape and manifest are checked.

    Raises :class:`DamagedPart` when the file is truncated, changed, of another kind or of another format version.
    """
    manifest, whole = _read_manifest(path)
    if manifest.get("format") != FORMAT_VERSION or manifest.get("kind") != kind:
        raise DamagedPart(f"{path.name} has format {manifest.get('format')} and kind {manifest.get('kind')}, "
                          f"wanted {FORMAT_VERSION} and {kind}")
    try:
        arrays = {name: _map_array(name, row, whole, path) for name, row in manifest["arrays"].items()}
        if verify:
            _check_digests(manifest, whole, path)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedPart(f"the manifest of {path.name} is inconsistent: {error}") from error
    return Part(kind, manifest, arrays)
