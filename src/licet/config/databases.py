"""Which PostgreSQL, as which role. ``owner`` migrates; ``default`` is the application role that owns nothing."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from licet.core.errors import BadSetting

APP_ROLE = "licet_app"
OWNER_ROLE = "licet_owner"
DATABASE = "licet"
_SOCKET_PATH_LIMIT = 90  # a Unix socket path holds 107 bytes, the file name takes 14


def socket_directory(home: Path) -> Path:
    """Where the embedded PostgreSQL puts its socket: below ``home``, or a short temporary path if that is too long."""
    directory = home / "run"
    if len(str(directory)) <= _SOCKET_PATH_LIMIT:
        return directory
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"licet-{digest}"


def _entry(host: str, port: str, name: str, *, user: str, password: str, options: dict[str, Any]) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.postgresql", "HOST": host, "PORT": port, "NAME": name, "USER": user,
            "PASSWORD": password, "OPTIONS": options, "CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True,
            "DISABLE_SERVER_SIDE_CURSORS": False}


def _from_url(url: str, name: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise BadSetting(f"{name} is not a PostgreSQL address",
                         hint="write postgresql://user:password@host:5432/database")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return _entry(host, str(parts.port or ""), unquote(parts.path.strip("/")), user=unquote(parts.username or ""),
                  password=unquote(parts.password or ""), options=options)


def databases(*, url: str, app_url: str, home: Path, secrets: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Django's ``DATABASES`` for the embedded server (``url`` empty) or for a given one."""
    if url:
        owner = _from_url(url, "DATABASE_URL")
        app = _from_url(app_url, "LICET_APP_DATABASE_URL") if app_url else {
            **owner, "USER": APP_ROLE, "PASSWORD": secrets["app_password"]}
    else:
        directory = str(socket_directory(home))
        owner = _entry(directory, "", DATABASE, user=OWNER_ROLE, password=secrets["owner_password"], options={})
        app = _entry(directory, "", DATABASE, user=APP_ROLE, password=secrets["app_password"], options={})
    return {"default": app, "owner": owner}
