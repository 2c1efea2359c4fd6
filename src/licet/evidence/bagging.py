"""Writing a bag: BagIt 1.0 in a ZIP file, streamed, so that content is never written down in the clear.

Rule: RFC 8493
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO

ALGORITHMS = ("sha256", "sha512")
DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Payload:
    """One file below ``data/``: how many bytes it has and how to read them."""

    name: str
    size: int
    read: Callable[[], Iterable[bytes]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Contents:
    """What goes into a bag. ``tags``: path -> bytes of the tag files beside BagIt's own."""

    name: str  # of the folder everything is in
    sealed_at: dt.datetime
    info: Sequence[tuple[str, str]]
    payload: Sequence[Payload]
    tags: Mapping[str, bytes]


def write_bag(contents: Contents, target: IO[bytes]) -> None:
    """Write the bag; ``target`` need not seek. Raises ``ValueError`` when a payload has another size than announced."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        writer = _Writer(archive, contents)
        tags = {"bagit.txt": DECLARATION.encode(), "bag-info.txt": _info(contents)}
        tags |= {f"manifest-{name}.txt": text for name, text in writer.payload().items()}
        tags |= contents.tags
        for name, text in tags.items():
            writer.add(name, [text])
        for algorithm in ALGORITHMS:
            lines = [f"{getattr(hashlib, algorithm)(tags[name]).hexdigest()}  {name}\n" for name in sorted(tags)]
            writer.add(f"tagmanifest-{algorithm}.txt", ["".join(lines).encode()])


class _Writer:
    def __init__(self, archive: zipfile.ZipFile, contents: Contents) -> None:
        self._archive, self._contents = archive, contents

    def payload(self) -> dict[str, bytes]:
        """Write the payload; the manifests it gives."""
        lines: dict[str, list[str]] = {algorithm: [] for algorithm in ALGORITHMS}
        for file in self._contents.payload:
            digests = {algorithm: hashlib.new(algorithm) for algorithm in ALGORITHMS}
            size = self.add(f"data/{file.name}", file.read(), digests.values())
            if size != file.size:
                raise ValueError(f"{file.name} has {size} bytes, not {file.size}")
            for algorithm, digest in digests.items():
                lines[algorithm].append(f"{digest.hexdigest()}  data/{file.name}\n")
        return {algorithm: "".join(text).encode() for algorithm, text in lines.items()}

    def add(self, name: str, chunks: Iterable[bytes], digests: Iterable[hashlib._Hash] = ()) -> int:
        """Write one file; its size."""
        local = self._contents.sealed_at.astimezone(dt.UTC)
        entry = zipfile.ZipInfo(f"{self._contents.name}/{name}", local.timetuple()[:6])
        entry.external_attr = 0o600 << 16
        size, digests = 0, list(digests)
        with self._archive.open(entry, "w", force_zip64=True) as file:
            for chunk in chunks:
                file.write(chunk)
                size += len(chunk)
                for digest in digests:
                    digest.update(chunk)
        return size


def _info(contents: Contents) -> bytes:
    octets = sum(file.size for file in contents.payload)
    rows = [*contents.info, ("Bagging-Date", f"{contents.sealed_at.astimezone(dt.UTC):%Y-%m-%d}"),
            ("Payload-Oxum", f"{octets}.{len(contents.payload)}")]
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in rows).encode()
