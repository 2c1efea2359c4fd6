"""The profile's numbers of days that PostgreSQL itself enforces (``casework_term``), written by the owner at each start.

The application role reads them only. A profile that changed is seen by ``current.look``.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from licet.config.profile import SHIPPED
from licet.core.errors import BadSetting

# Beside every number of [terms], which say how long measures last.
_ALSO = (("signing", "first_signature_days"), ("appeals", "appeal_default_days"))


def profile_terms() -> dict[str, int]:
    """Name -> days, from the present profile's casework.toml alone: a start reads it each time, and needs no Django.

    Raises :class:`BadSetting` for a file that cannot be read or a number that is missing.
    """
    name = os.environ.get("LICET_PROFILE", "cn-2007")
    path = (SHIPPED / name if (SHIPPED / name).is_dir() else Path(name)) / "casework.toml"
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(f"profile file {path.name} cannot be read: {error}", hint=f"repair {path}") from error
    terms: dict[str, Any] = dict(rows.get("terms", {}))
    terms |= {key: rows.get(section, {}).get(key) for section, key in _ALSO}
    for key, days in terms.items():
        if not isinstance(days, int) or isinstance(days, bool) or days < 1:
            raise BadSetting(f"casework.toml: {key} is not a positive whole number", hint=f"write {key} = 30")
    return terms


def write_terms(cursor: Any) -> None:
    """State the profile's numbers to PostgreSQL, as the owner; a number the profile no longer has goes."""
    terms = profile_terms()
    cursor.execute("DELETE FROM casework_term WHERE name <> ALL (%s)", [list(terms)])
    cursor.execute("INSERT INTO casework_term SELECT * FROM unnest(%s::text[], %s::integer[])"
                   " ON CONFLICT (name) DO UPDATE SET days = EXCLUDED.days", [list(terms), list(terms.values())])
