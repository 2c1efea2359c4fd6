"""Signing secrets at rest: encrypted with a key that stands in ``LICET_HOME/secrets.json`` and not in the database."""

from __future__ import annotations

import base64
import hashlib
import secrets

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from licet.core.errors import Unavailable

SECRET_BYTES = 32


def new_secret() -> str:
    """A signing secret as Standard Webhooks writes it: ``whsec_`` and base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal(secret: str) -> bytes:
    """The secret, encrypted."""
    return _box().encrypt(secret.encode())


def unseal(sealed: bytes) -> str:
    """The secret again. Raises :class:`Unavailable` when the key is another one."""
    try:
        return _box().decrypt(bytes(sealed)).decode()
    except InvalidToken as error:
        raise Unavailable("a connector's secret cannot be read with this installation's key",
                          hint="restore secrets.json from the backup, or make a new secret") from error


def _box() -> Fernet:
    key = hashlib.sha256(b"licet:orders:connector:" + str(settings.SECRETS["connector_key"]).encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
