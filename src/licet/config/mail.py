"""``LICET_EMAIL_URL`` becomes Django's mail settings; without one, messages are written to ``LICET_HOME/mail``."""

from __future__ import annotations

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
