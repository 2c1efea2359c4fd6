"""Receipts, traces and contacts: everything here is computed from one secret, without a database.

A receipt's number follows from the key of the submission, so the same submission gives the same receipt for ever. Its
check code follows from the number; who does not hold it cannot guess it (60 bits) and learns nothing by trying.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import ipaddress
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nothing that is misread or misheard
CHARACTERS = 12
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_NONCE_BYTES = 12


@functools.lru_cache(maxsize=8)
def _key(purpose: str) -> bytes:
    secret = str(settings.SECRETS["hotline_key"]).encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"licet:hotline:{purpose}".encode()).derive(secret)


def _mac(purpose: str, text: str) -> bytes:
    return hmac.digest(_key(purpose), text.encode(), hashlib.sha256)


def _letters(digest: bytes) -> str:
    number = int.from_bytes(digest[:8], "big") >> 4  # 60 bits
    return "".join(ALPHABET[number >> (5 * n) & 31] for n in range(CHARACTERS))


def grouped(letters: str) -> str:
    """In groups of four, as people read them aloud."""
    return "-".join(letters[n:n + 4] for n in range(0, len(letters), 4))


def typed(text: str) -> str:
    """What somebody typed, in canonical form; '' if it cannot be one."""
    letters = "".join(char for char in text.upper().translate(_MISREAD) if char.isalnum())
    return letters if len(letters) == CHARACTERS and set(letters) <= set(ALPHABET) else ""


def new_key() -> str:
    """A key for a submission that brings none."""
    return secrets.token_urlsafe(18)


def number_of(key: str) -> str:
    """The receipt number of the submission with this key (canonical form)."""
    return _letters(_mac("number", key))


def code_of(number: str) -> str:
    """The check code that belongs to a number (canonical form)."""
    return _letters(_mac("code", number))


def opens(number: str, code: str) -> bool:
    """Whether the code is the number's. Takes the same time for every wrong one; asks no database."""
    wanted = code_of(typed(number) or "0" * CHARACTERS)
    given = typed(code) or "." * CHARACTERS
    return hmac.compare_digest(wanted.encode(), given.encode()) and bool(typed(number))


def trace(kind: str, value: str) -> str:
    """A keyed token of a network, an account or a contact; '' stays ''. Equal values give equal tokens."""
    return _mac(f"trace:{kind}", value).hex()[:32] if value else ""


def network_of(address: str) -> str:
    """The keyed token of the /24 or /48 an address lies in; '' for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    length = 24 if parsed.version == 4 else 48
    return trace("network", str(ipaddress.ip_network(f"{parsed}/{length}", strict=False)))


def seal(number: str, contact: str) -> bytes:
    """A contact, encrypted for this report alone."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(_key("contact")).encrypt(nonce, contact.encode(), number.encode())


def unseal(number: str, sealed: bytes) -> str:
    """The contact again. Raises ``cryptography.exceptions.InvalidTag`` if it was sealed for another report."""
    return AESGCM(_key("contact")).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], number.encode()).decode()


def sign_form(opened: str, nonce: str, network: str) -> str:
    """What proves that a form was handed out by us, then, to that network."""
    return _letters(_mac("form", f"{opened}|{nonce}|{network}"))


def form_fits(opened: str, nonce: str, network: str, signature: str) -> bool:
    """Whether :func:`sign_form` gave this signature."""
    return hmac.compare_digest(sign_form(opened, nonce, network).encode(), signature.encode())
