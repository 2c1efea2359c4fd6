"""The profile's ``notices.toml`` as frozen values, checked when it is read."""

from __future__ import annotations

import dataclasses
import string
from collections.abc import Mapping
from typing import Any

from licet.config.profile import Profile, load_profile
from licet.core.errors import BadSetting
from licet.notices.fields import FIELDS
from licet.notices.tables import FORMAT_BY_ID, LANGUAGES


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """Numbers of notices. Days are calendar days unless said."""

    days_after_end: int
    answers_a_day: int
    looks_a_minute: int
    text_characters: int
    block_tries: int
    tries: int
    first_retry_minutes: int
    longest_retry_minutes: int
    lease_minutes: int
    answer_days: int
    remind_business_days: int
    file_bytes: int
    files: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Section:
    """One section of a letter; ``text`` has placeholders."""

    heading: str
    text: str


_SECTIONS = {
    "page": ("days_after_end", "answers_a_day", "looks_a_minute", "text_characters"),
    "mail": ("block_tries", "tries", "first_retry_minutes", "longest_retry_minutes", "lease_minutes"),
    "clocks": ("answer_days", "remind_business_days"), "upload": ("file_bytes", "files"),
}
assert {name for names in _SECTIONS.values() for name in names} == {row.name for row in dataclasses.fields(Limits)}


def _rows(profile: Profile | None) -> dict[str, Any]:
    return (profile or load_profile()).notices


def limits(profile: Profile | None = None) -> Limits:
    """The numbers of the present profile. Raises :class:`BadSetting` naming section and key."""
    rows = _rows(profile)
    values: dict[str, int] = {}
    for section, names in _SECTIONS.items():
        for name in names:
            value = rows.get(section, {}).get(name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise BadSetting(f"notices.toml: [{section}] {name} is not a positive whole number",
                                 hint=f"write {name} = 5")
            values[name] = value
    return Limits(**values)


def answer_kind(profile: Profile | None = None) -> str:
    """Whether the time to answer is counted in business or calendar days."""
    return _choice(profile, "clocks", "answer_kind", ("business", "calendar"))


def people_shown(profile: Profile | None = None) -> str:
    """``name_and_post`` or ``post``: how persons are named to whoever is hit."""
    return _choice(profile, "people", "shown", ("name_and_post", "post"))


def post_roles(profile: Profile | None = None) -> tuple[str, ...]:
    """Words in a duty post's role that make it the one notices go to."""
    return tuple(_rows(profile).get("mail", {}).get("post_roles", ()))


def formats(profile: Profile | None = None) -> tuple[str, ...]:
    """Ids of the document formats people may hand in."""
    chosen = tuple(_rows(profile).get("upload", {}).get("formats", ()))
    unknown = sorted(set(chosen) - set(FORMAT_BY_ID))
    if unknown:
        raise BadSetting(f"notices.toml: there is no document format {unknown[0]!r}",
                         hint=f"formats: {', '.join(FORMAT_BY_ID)}")
    return chosen


def number(language: str, *, year: int, seq: int, profile: Profile | None = None) -> str:
    """A document number: ``language`` is zh, en, or id for the one that is stored."""
    return str(_rows(profile)["numbering"][language]).format(year=year, seq=seq)


def clause(citation: str, language: str, profile: Profile | None = None) -> str:
    """What a clause says, '' if the profile does not quote it."""
    return str(_rows(profile).get("clauses", {}).get(citation, {}).get(language, ""))


def clauses(profile: Profile | None = None) -> Mapping[str, Mapping[str, str]]:
    """All clauses the profile quotes: citation -> language -> text."""
    found: Mapping[str, Mapping[str, str]] = _rows(profile).get("clauses", {})
    return found


def title(text: str, language: str, profile: Profile | None = None) -> str:
    """The title of a letter."""
    return str(_rows(profile)["texts"][text]["title"][language])


def sections(text: str, language: str, profile: Profile | None = None) -> tuple[Section, ...]:
    """The sections of a letter in order. Raises :class:`BadSetting` for a placeholder the letter has no field for."""
    known = {field.name for field in dataclasses.fields(FIELDS[text])}
    found = []
    for row in _rows(profile)["texts"][text]["sections"]:
        section = Section(heading=row[f"{language}_heading"], text=row[language])
        for _, name, _, _ in string.Formatter().parse(section.text):
            if name is not None and name not in known:
                raise BadSetting(f"notices.toml: {text} has no placeholder {name!r}",
                                 hint=f"placeholders: {', '.join(sorted(known))}")
        found.append(section)
    return tuple(found)


def check(profile: Profile | None = None) -> None:
    """Read everything once. Raises :class:`BadSetting` for the first thing that cannot be used, or is never said."""
    limits(profile), answer_kind(profile), people_shown(profile), formats(profile)
    for text, fields in FIELDS.items():
        for language in LANGUAGES:
            said = "".join(section.text for section in sections(text, language, profile)) + "{addressee}"
            silent = [field.name for field in dataclasses.fields(fields) if f"{{{field.name}}}" not in said]
            if silent:
                raise BadSetting(f"notices.toml: {text} ({language}) never says {silent[0]!r}",
                                 hint="every field has its place in a section")


def _choice(profile: Profile | None, section: str, key: str, allowed: tuple[str, ...]) -> str:
    value = str(_rows(profile).get(section, {}).get(key, ""))
    if value not in allowed:
        raise BadSetting(f"notices.toml: [{section}] {key} is {value!r}", hint=f"one of: {', '.join(allowed)}")
    return value
