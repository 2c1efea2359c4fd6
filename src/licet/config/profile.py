"""The profile: every name, text, number format, date and threshold of one jurisdiction, as TOML, never in code.

``LICET_PROFILE`` names a shipped profile (``profiles/<name>/``) or a directory. Each file becomes one attribute.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import tomllib
from pathlib import Path
from typing import Any

from licet.core.errors import BadSetting

SHIPPED = Path(__file__).resolve().parents[1] / "profiles"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Profile:
    """One jurisdiction's words and numbers. Attributes are the parsed TOML files of the same name."""

    id: str
    names: dict[str, Any]  # titles of the bodies and of the source document, zh and en; time zone
    numbers: dict[str, Any]  # formats of filing and licence numbers
    categories: dict[str, Any]  # dated catalogue of licence categories and what each service kind needs
    regions: dict[str, Any]  # ISO 3166-2 code -> names, character used in numbers, aliases
    thresholds: dict[str, Any]  # days, ages, deadlines
    casework: dict[str, Any]  # triage windows, terms of measures, hand-out, appeals
    evidence: dict[str, Any]  # retention, viewing, replies of the police
    orders: dict[str, Any]  # clocks, retries and checks of orders
    calendar: dict[str, Any]  # weekends, holidays, weekend days worked (core/calendar.py)
    notices: dict[str, Any]  # texts, clauses and terms of notices (notices/profile_texts.py)
    standing: dict[str, Any]  # decay and size of the conduct record, reviews of the blacklist

    hotline: dict[str, Any]  # what the public report page asks and keeps
    gate: dict[str, Any]  # words, clauses and deadlines of the gate's rules (gate/wording.py)

    @property
    def time_zone(self) -> str:
        """IANA zone in which local days are counted."""
        return str(self.names["time_zone"])

    def region_code(self, text: str) -> str | None:
        """ISO 3166-2 code for a code, name or alias in any listed language; ``*`` for the whole country."""
        return _region_aliases(self).get(text.strip().casefold())


# Each attribute but the id is a file.
FILES = tuple(field.name for field in dataclasses.fields(Profile) if field.name != "id")


@functools.lru_cache(maxsize=8)
def _aliases(profile_id: str, rows: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, str]:
    return {alias.casefold(): code for code, aliases in rows for alias in aliases}


def _region_aliases(profile: Profile) -> dict[str, str]:
    rows = tuple((code, (code, *row["aliases"])) for code, row in profile.regions["regions"].items())
    return _aliases(profile.id, rows)


def read_profile(name: str) -> Profile:
    """Read a profile by shipped name or directory. Raises :class:`BadSetting` naming file and reason."""
    directory = SHIPPED / name if (SHIPPED / name).is_dir() else Path(name)
    if not directory.is_dir():
        shipped = ", ".join(sorted(path.name for path in SHIPPED.iterdir() if path.is_dir()))
        raise BadSetting(f"there is no profile {name!r}", hint=f"LICET_PROFILE takes a directory or one of: {shipped}")
    _refuse_grounds(directory)
    parts: dict[str, dict[str, Any]] = {}
    for part in FILES:
        path = directory / f"{part}.toml"
        try:
            parts[part] = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSetting(f"profile file {path.name} cannot be read: {error}", hint=f"repair {path}") from error
    return Profile(id=directory.name, **parts)


def _refuse_grounds(directory: Path) -> None:
    """The list of grounds is closed: a profile names authorities, numbers and words, and never what people are blamed for."""
    for path in sorted(directory.glob("*.toml")):
        with contextlib.suppress(OSError, ValueError):  # whoever needs the file says what is wrong with it
            found = path.stem == "grounds" or "grounds" in _keys(tomllib.loads(path.read_text(encoding="utf-8")))
            if found:
                raise BadSetting(f"profile file {path.name} speaks of grounds, and the list of grounds is closed",
                                 hint=f"take them out of {path}")


def _keys(table: Any) -> set[str]:
    if isinstance(table, list):
        return set().union(*map(_keys, table))
    if not isinstance(table, dict):
        return set()
    return {key.casefold() for key in table} | set().union(*map(_keys, table.values()))


@functools.lru_cache(maxsize=4)
def _cached(name: str) -> Profile:
    return read_profile(name)


def load_profile() -> Profile:
    """The profile this process runs with."""
    return _cached(os.environ.get("LICET_PROFILE", "cn-2007"))
