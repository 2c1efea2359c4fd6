"""A package for one reader: X25519 with an ephemeral key, HKDF, then the boxes of evidence. Knows no database.

``LICETPK1``, the ephemeral public key (32 bytes), a box. Whoever keeps the package learns nothing but its size.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from licet.core.errors import BadInput
from licet.evidence.boxes import BoxWriter, unseal

MAGIC = b"LICETPK1"
_KEY = 32


def parse_public(text: str) -> bytes:
    """The 32 bytes of a public key written in base64. Raises :class:`BadInput`."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _KEY:
        raise BadInput("that is no X25519 public key", hint="make one with: licet referrals keygen FILE")
    return raw


def _file_key(shared: bytes, ephemeral: bytes, recipient: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY, salt=ephemeral + recipient, info=b"licet referral").derive(shared)


class _Pipe(io.RawIOBase):
    """Keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def seal_for(recipient: bytes, content: Iterable[bytes]) -> Iterator[bytes]:
    """``content`` as a package only the holder of ``recipient``'s private key can open."""
    own = X25519PrivateKey.generate()
    ephemeral = own.public_key().public_bytes_raw()
    key = _file_key(own.exchange(X25519PublicKey.from_public_bytes(recipient)), ephemeral, recipient)
    pipe = _Pipe()
    box = BoxWriter(key, pipe)  # type: ignore[arg-type]
    yield MAGIC + ephemeral
    for piece in content:
        box.write(piece)
        yield pipe.take()
    box.close()
    yield pipe.take()


def open_package(private: bytes, package: BinaryIO) -> Iterator[bytes]:
    """The content of a package. Raises :class:`BadInput` for something else, ``BoxDamaged`` for another key."""
    head = package.read(len(MAGIC) + _KEY)
    if len(head) != len(MAGIC) + _KEY or not head.startswith(MAGIC):
        raise BadInput("this is no package of a referral", hint="a package that was not encrypted is a .zip already")
    own, ephemeral = X25519PrivateKey.from_private_bytes(private), head[len(MAGIC):]
    shared = own.exchange(X25519PublicKey.from_public_bytes(ephemeral))
    return unseal(_file_key(shared, ephemeral, own.public_key().public_bytes_raw()), package)
