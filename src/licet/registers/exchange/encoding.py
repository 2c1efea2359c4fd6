"""Which encoding a text file has: UTF-8, UTF-16 with a mark, or GB18030; never a guess from a sample.

The whole file is decoded once. What is not UTF-8 throughout must be GB18030 throughout: a file in which some lines are
UTF-8 and others are not was pasted together, and whichever encoding were chosen, some names would come out wrong.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from licet.registers.exchange.errors import BrokenContainer, MixedEncodings, NulBytes

_CHUNK = 1 << 20
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_WIDE = re.compile("[\u2e80-\uffef]")  # characters of three UTF-8 bytes: hardly ever what GB18030 bytes decode to


def digest_of(path: Path) -> str:
    """SHA-256 of the file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def encoding_of(path: Path) -> str:
    """The Python codec of the file. Raises :class:`MixedEncodings`, :class:`NulBytes` or :class:`BrokenContainer`."""
    with path.open("rb") as file:
        start = file.read(4)
    if start[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        _decode_all(path, "utf-16")
        return "utf-16"
    _refuse_nul(path)
    if _decodes(path, "utf-8"):
        return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"
    _refuse_mixture(path)
    return "gb18030"


def _decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _decode_all(path: Path, codec: str) -> None:
    if not _decodes(path, codec):
        raise BrokenContainer(f"{path.name} begins as {codec.upper()} but is not {codec.upper()} to its end")


def _refuse_nul(path: Path) -> None:
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            at = chunk.find(b"\0")
            if at >= 0:
                line += chunk.count(b"\n", 0, at)
                raise NulBytes(f"{path.name} holds a NUL byte in line {line}")
            line += chunk.count(b"\n")


@dataclass
class _Census:
    """Lines beyond ASCII by what they are; ``first_*`` is (line number, byte position in it, byte)."""

    utf8: int = 0
    other: int = 0
    first_utf8: tuple[int, int, int] | None = None
    first_other: tuple[int, int, int] | None = None
    not_gb: tuple[int, int, int] | None = None


def _refuse_mixture(path: Path) -> None:
    found = _census(path)
    if found.utf8 and found.other:
        main, offending = ("UTF-8", found.first_other) if found.utf8 >= found.other else ("GB18030", found.first_utf8)
        assert offending is not None
        raise MixedEncodings(f"{path.name} is {main}, but line {offending[0]} is not"
                             f" (byte {offending[1]}: 0x{offending[2]:02X})")
    if found.not_gb:
        raise MixedEncodings(f"{path.name} is neither UTF-8 nor GB18030: line {found.not_gb[0]},"
                             f" byte {found.not_gb[1]}: 0x{found.not_gb[2]:02X}")


def _census(path: Path) -> _Census:
    found = _Census()
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            first = _NOT_ASCII.search(line)
            if first is None:
                continue
            try:
                wide = _WIDE.search(line.decode("utf-8"))
            except UnicodeDecodeError as error:
                found.other += 1
                found.first_other = found.first_other or (number, error.start + 1, line[error.start])
                _note_gb(found, number, line)
                continue
            if wide:
                found.utf8 += 1
                found.first_utf8 = found.first_utf8 or (number, first.start() + 1, line[first.start()])
    return found


def _note_gb(found: _Census, number: int, line: bytes) -> None:
    if found.not_gb is None:
        try:
            line.decode("gb18030")
        except UnicodeDecodeError as error:
            found.not_gb = (number, error.start + 1, line[error.start])
