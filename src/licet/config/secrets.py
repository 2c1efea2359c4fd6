"""Secrets made on first use and kept in ``LICET_HOME/secrets.json`` (mode 0600)."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from pathlib import Path

NAMES = ("django_key", "owner_password", "app_password", "identifier_key", "admin_password", "evidence_key",
         "connector_key", "hotline_key")


def load(home: Path) -> dict[str, str]:
    """The secrets of this installation; missing ones are generated and written before they are returned."""
    path = home / "secrets.json"
    home.mkdir(parents=True, exist_ok=True)
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in NAMES if name not in known]
    if missing:
        known |= {name: secrets.token_urlsafe(32) for name in missing}
        _write(path, known)
    return known


def _write(path: Path, values: dict[str, str]) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".secrets")
    with os.fdopen(handle, "w") as file:
        json.dump(values, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)
