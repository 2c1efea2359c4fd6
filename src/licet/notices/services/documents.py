"""A letter's fields become its document: title, number, sections; and its plain text, which is what is hashed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import string
from typing import Any

from licet.notices import profile_texts
from licet.notices.fields import Letter, ensure_complete
from licet.notices.sentences import day
from licet.notices.tables import LANGUAGES

BETWEEN = "\n\n" + "-" * 40 + "\n\n"  # between the two languages


@dataclasses.dataclass(frozen=True, kw_only=True)
class Numbered:
    """The number of one letter: as it is stored, and as it is written in a language."""

    stored: str
    year: int
    seq: int

    def written(self, language: str) -> str:
        """As it stands on the letter."""
        return profile_texts.number(language, year=self.year, seq=self.seq)


def document(text: str, letter: Letter, *, number: str, at: dt.datetime, language: str) -> dict[str, Any]:
    """One language of a letter as kept: the frame of the profile filled with the fields. Raises
    :class:`~licet.notices.fields.PlaceholderEmpty`."""
    ensure_complete(letter)
    values = dataclasses.asdict(letter)
    return {
        "title": profile_texts.title(text, language), "number": number, "issuer": letter.organisation,
        "day": day(at, language), "addressee": letter.addressee,
        "sections": [{"heading": section.heading, "lines": string.Formatter().vformat(
            section.text, (), values).split("\n")} for section in profile_texts.sections(text, language)],
    }


def plain(body: dict[str, Any]) -> str:
    """Both languages as plain text: exactly what is sent and hashed."""
    return BETWEEN.join(_plain(body[language]) for language in LANGUAGES)


def _plain(page: dict[str, Any]) -> str:
    head = [page["title"], " · ".join((page["number"], page["issuer"], page["day"])), "", page["addressee"]]
    for section in page["sections"]:
        head += ["", section["heading"], *section["lines"]]
    return "\n".join(head) + "\n"


def digest(text: str) -> str:
    """SHA-256 of the text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
