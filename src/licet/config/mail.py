"""``LICET_EMAIL_URL`` becomes Django's mail settings; without one, messages are written to ``LICET_HOME/mail``.
``LICET_HOTLINE_IMAP_URL`` becomes the mailbox reports are fetched from."""

from __future__ import annotations

import dataclasses
import ipaddress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from licet.core.errors import BadSetting

TIMEOUT_S = 20
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


def mail_settings(url: str, home: Path) -> dict[str, Any]:
    """The ``EMAIL_…`` settings. Schemes: smtp, smtps (TLS from the first byte), smtp+starttls. Raises
    :class:`BadSetting`."""
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
                "EMAIL_FILE_PATH": str(home / "mail")}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadSetting(f"LICET_EMAIL_URL cannot be used: {error}", hint="smtp://user:password@host:port") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadSetting("LICET_EMAIL_URL names no mail server",
                         hint=f"write {' or '.join(f'{scheme}://host' for scheme in _PORTS)}")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or _PORTS[parts.scheme], "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""), "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls", "EMAIL_TIMEOUT": TIMEOUT_S,
    }


IMAP_PORTS = {"imaps": 993, "imap+starttls": 143, "imap": 143}
_IMAP_HINT = "imaps://user@host:993/INBOX, the password alone in LICET_HOTLINE_IMAP_PASSWORD_FILE"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mailbox:
    """Where reports come in by mail. The password is read when it is needed and kept nowhere."""

    scheme: str
    host: str
    port: int
    user: str
    folder: str
    password_file: Path
    ca: str  # '' = the certificates this machine trusts

    def __str__(self) -> str:
        return f"{self.folder} at {self.host}:{self.port}"

    def password(self) -> str:
        """What the file holds. Raises :class:`BadSetting`."""
        try:
            text = self.password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"the password of the hotline's mailbox cannot be read: {self.password_file}",
                             hint=f"write it into that file and chmod 600 it ({type(error).__name__})") from error
        if not text:
            raise BadSetting(f"{self.password_file} is empty", hint="write the mailbox's password into it")
        return text


def mailbox(url: str, *, home: Path, password_file: str, ca: str) -> Mailbox | None:
    """The hotline's mailbox, ``None`` without an address. Schemes: imaps (TLS from the first byte), imap+starttls, and
    imap without TLS to this machine alone. Raises :class:`BadSetting`, which never repeats the address: somebody may
    have written a password into it."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadSetting("LICET_HOTLINE_IMAP_URL is no address", hint=_IMAP_HINT) from error
    if parts.scheme not in IMAP_PORTS or not parts.hostname or not parts.username or parts.query or parts.fragment:
        raise BadSetting("LICET_HOTLINE_IMAP_URL names no mailbox", hint=_IMAP_HINT)
    if parts.password is not None:
        raise BadSetting("LICET_HOTLINE_IMAP_URL must hold no password", hint=_IMAP_HINT)
    if parts.scheme == "imap" and not _is_loopback(parts.hostname):
        raise BadSetting("LICET_HOTLINE_IMAP_URL would send the password and the reports unencrypted",
                         hint="use imaps:// or imap+starttls://; imap:// is for a server on this machine")
    return Mailbox(
        scheme=parts.scheme, host=parts.hostname, port=port or IMAP_PORTS[parts.scheme], user=unquote(parts.username),
        folder=unquote(parts.path.lstrip("/")) or "INBOX", ca=ca,
        password_file=Path(password_file).expanduser() if password_file else home / "imap-password")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
