"""Signed checkpoints: C2SP signed-note and tlog-checkpoint with Ed25519, and the key of this installation.

A checkpoint is three lines (origin, size, base64 root), an empty line, and one signature line per key. Pure but for
the key file; knows nothing of Django. Rule: c2sp.org/signed-note, c2sp.org/tlog-checkpoint.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import dataclasses
import hashlib
import os
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from licet.core.errors import BadInput, Unavailable
from licet.journal.tree import HASH_BYTES

ED25519 = b"\x01"
DASH = "\N{EM DASH} "


class BadNote(BadInput):
    """This is not a signed checkpoint."""

    code = "bad_checkpoint"


class BadSignature(BadInput):
    """The checkpoint is not signed by this key."""

    code = "bad_signature"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What a checkpoint says: the first ``size`` entries of log ``origin`` have this Merkle root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The signed part, with its final newline."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclasses.dataclass(frozen=True)
class Verifier:
    """A public key with the name it signs under; written as a ``vkey``: ``name+id+base64``."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that say which key a signature line belongs to."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def vkey(self) -> str:
        """The text to publish, so that others can check checkpoints."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """Read a ``vkey``. Raises :class:`BadInput` when it is damaged or of another kind."""
        name, _, rest = vkey.strip().partition("+")
        key_id, _, key = rest.partition("+")
        raw = _decode(key)
        if not name or not raw or raw[:1] != ED25519 or len(raw) != 1 + HASH_BYTES:
            raise BadInput(f"{vkey!r} is not an Ed25519 verifier key", hint="it looks like name+1a2b3c4d+base64")
        verifier = cls(name, raw[1:])
        if verifier.key_id.hex() != key_id:
            raise BadInput("the verifier key and its id do not fit", hint="copy the whole line again")
        return verifier

    def open(self, note: str) -> str:
        """The signed text of ``note``. Raises :class:`BadSignature` unless this key signed it."""
        text, lines = split_note(note)
        key = Ed25519PublicKey.from_public_bytes(self.public)
        for line in lines:
            name, _, encoded = line.removeprefix(DASH).rpartition(" ")
            raw = _decode(encoded)
            if name != self.name or raw[:4] != self.key_id:
                continue
            try:
                key.verify(raw[4:], text.encode())
            except InvalidSignature as error:
                raise BadSignature(f"the signature of {name} does not fit the checkpoint") from error
            return text
        raise BadSignature(f"the checkpoint is not signed by {self.name}+{self.key_id.hex()}")


class Signer:
    """The private key of this installation. Its name, the log's origin, is derived from the key: nobody else has it."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        public = key.public_key().public_bytes_raw()
        self._key = key
        self.verifier = Verifier(f"licet-journal/{hashlib.sha256(public).hexdigest()[:16]}", public)

    def sign(self, text: str) -> str:
        """The signed note for a text that ends with a newline."""
        raw = self.verifier.key_id + self._key.sign(text.encode())
        return f"{text}\n{DASH}{self.verifier.name} {base64.b64encode(raw).decode()}\n"


def split_note(note: str) -> tuple[str, list[str]]:
    """The text (with its final newline) and the signature lines. Raises :class:`BadNote`."""
    text, separator, signatures = note.rpartition("\n\n")
    lines = signatures.splitlines()
    if not separator or not lines or not note.endswith("\n") or not all(line.startswith(DASH) for line in lines):
        raise BadNote(hint="a checkpoint ends with an empty line and one signature line")
    return text + "\n", lines


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the signed part of a checkpoint. Further lines are extensions and are ignored. Raises :class:`BadNote`."""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or not (lines[1].isascii() and lines[1].isdigit()):
        raise BadNote(hint="a checkpoint has the lines origin, size, root")
    root = _decode(lines[2])
    if len(root) != HASH_BYTES or str(int(lines[1])) != lines[1]:
        raise BadNote(hint="a checkpoint has the lines origin, size, root")
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=root)


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """What a note signed by ``verifier`` says. Raises :class:`BadNote` or :class:`BadSignature`."""
    found = parse_checkpoint(verifier.open(note))
    if found.origin != verifier.name:
        raise BadSignature(f"the checkpoint is about another log: {found.origin}")
    return found


def key_path(home: Path) -> Path:
    """Where the private key is kept."""
    return home / "keys" / "journal.ed25519"


def existing_signer(home: Path) -> Signer | None:
    """The key of this installation, or ``None`` before the first checkpoint was signed."""
    try:
        pem = key_path(home).read_bytes()
    except FileNotFoundError:
        return None
    try:
        key = load_pem_private_key(pem, password=None)
    except ValueError as error:
        raise Unavailable(f"{key_path(home)} cannot be read", hint="restore it from a backup") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Unavailable(f"{key_path(home)} is not an Ed25519 key", hint="restore it from a backup")
    return Signer(key)


def signer(home: Path) -> Signer:
    """The key of this installation, created with mode 0600 at first use. Two processes at once get the same key."""
    found = existing_signer(home)
    if found:
        return found
    path = key_path(home)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".journal")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first; its key counts
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()
    made = existing_signer(home)
    assert made is not None
    return made


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
