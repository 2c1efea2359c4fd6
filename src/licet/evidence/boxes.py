"""Encryption at rest: a stream of AES-256-GCM chunks under a key of its own, and keys wrapped by other keys. Pure.

A box is ``LICETBX1``, seven random bytes, then chunks of 64 KiB, each with a 16-byte tag. The nonce of a chunk is those
seven bytes, its number and whether it is the last one, so that chunks cannot be exchanged, repeated or cut off at the
end (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from licet.core.errors import LicetError

MAGIC = b"LICETBX1"
CHUNK = 64 * 1024
TAG = 16
_PREFIX = 7
_NONCE = 12


class BoxDamaged(LicetError):
    """The encrypted content cannot be opened: it was changed, cut, or belongs to another key."""

    code = "box_damaged"
    status = 500
    hint = "restore it from a backup"


def new_key() -> bytes:
    """A random 256-bit key."""
    return AESGCM.generate_key(bit_length=256)


def master_key(secret: str) -> bytes:
    """The key that wraps the keys of lockers, from the installation's secret."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"licet evidence master").derive(secret.encode())


def wrap(outer: bytes, key: bytes, context: str) -> bytes:
    """``key`` encrypted under ``outer``, bound to what it is for."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(outer).encrypt(nonce, key, context.encode())


def unwrap(outer: bytes, wrapped: bytes, context: str) -> bytes:
    """The wrapped key. Raises :class:`BoxDamaged`."""
    try:
        return AESGCM(outer).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], context.encode())
    except (InvalidTag, ValueError) as error:
        raise BoxDamaged("a key of the evidence store cannot be opened",
                         hint="secrets.json is of another installation; restore the right one") from error


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)


class BoxWriter:
    """Encrypts what is written into ``target``; memory holds one chunk and what is written at once."""

    def __init__(self, key: bytes, target: BinaryIO) -> None:
        self._cipher, self._target = AESGCM(key), target
        self._header = MAGIC + os.urandom(_PREFIX)
        self._number, self._waiting = 0, b""
        target.write(self._header)

    def write(self, data: bytes) -> None:
        """Take the next piece, of any size."""
        waiting, start = self._waiting + data, 0
        while len(waiting) - start > CHUNK:  # what fills a chunk exactly may be the last one
            self._chunk(waiting[start:start + CHUNK], last=False)
            start += CHUNK
        self._waiting = waiting[start:]

    def close(self) -> None:
        """Write the last chunk. A box without it cannot be opened."""
        self._chunk(self._waiting, last=True)

    def _chunk(self, plain: bytes, *, last: bool) -> None:
        nonce = _nonce(self._header[-_PREFIX:], self._number, last)
        self._target.write(self._cipher.encrypt(nonce, plain, self._header))
        self._number += 1


def unseal(key: bytes, source: BinaryIO) -> Iterator[bytes]:
    """The content of a box, piece by piece; each was authenticated before it is given out.

    Raises :class:`BoxDamaged` at the first chunk that does not fit; what came before is authentic but not complete.
    """
    cipher, header = AESGCM(key), source.read(len(MAGIC) + _PREFIX)
    if len(header) != len(MAGIC) + _PREFIX or not header.startswith(MAGIC):
        raise BoxDamaged
    number, chunk = 0, source.read(CHUNK + TAG)
    while True:
        following = source.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(header[-_PREFIX:], number, not following), chunk, header)
        except (InvalidTag, ValueError) as error:
            raise BoxDamaged from error
        if not following:
            return
        number, chunk = number + 1, following
