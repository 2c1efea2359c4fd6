"""Catalogues of licence categories: which one a year means, and how people write its categories. Pure: profile data in."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from licet.registers.kinds import fold_header

_STRONG = re.compile(r"\s*[;,|、/+&\n]+\s*")  # of NFKC text, so full-width signs are among them
_ASIDE = re.compile(r"\(([^()]*)\)")  # 信息服务业务（仅限互联网信息服务）: what is in brackets narrows, and never adds


@dataclasses.dataclass(frozen=True, kw_only=True)
class Catalogue:
    """One catalogue: code -> the words people write for it."""

    year: int
    years: frozenset[int]  # its own and those of its amendments
    names: Mapping[str, tuple[str, ...]]
    covers: Mapping[str, frozenset[str]]  # service kind -> codes that let a provider offer it


@dataclasses.dataclass(frozen=True, kw_only=True)
class Catalogues:
    """The catalogues of a profile, oldest first."""

    every: tuple[Catalogue, ...]
    classes: tuple[str, ...]  # may stand before a name, folded, longest first
    endings: tuple[str, ...]  # may stand after it

    @classmethod
    def from_toml(cls, table: Mapping[str, Any]) -> Catalogues:
        """Build from the parsed ``categories.toml``."""
        joints = ("", *table.get("joints", ()))
        classes = {fold_header(f"{name}{joint}") for name in table.get("classes", ()) for joint in joints}
        every = tuple(_catalogue(int(year), row) for year, row in sorted(table["catalogue"].items()))
        return cls(every=every, classes=tuple(sorted(classes, key=lambda word: (-len(word), word))),
                   endings=tuple(map(fold_header, table.get("endings", ()))))

    def of_year(self, year: int) -> Catalogue | None:
        """The catalogue a licence of ``year`` is read by: the last one not younger; ``None`` before the first."""
        return next((one for one in reversed(self.every) if one.year <= year), None)

    @cached_property
    def _words(self) -> dict[int, dict[str, str]]:
        return {one.year: {self._bare(word): code for code, words in one.names.items() for word in (code, *words)}
                for one in self.every}

    def read(self, text: str, catalogue: Catalogue) -> tuple[str, ...]:
        """Codes for the codes and names in a cell, each once; what the catalogue does not hold stays as written."""
        known = self._words[catalogue.year]
        plain = unicodedata.normalize("NFKC", text)
        parts = [part for part in _STRONG.split(_ASIDE.sub(" ", plain).strip()) if part]
        if not parts:  # nothing but a bracket
            parts = [part for part in _STRONG.split(" ".join(_ASIDE.findall(plain)).strip()) if part]
        entries = [entry for part in parts for entry in ([part] if self._bare(part) in known else part.split())]
        return tuple(dict.fromkeys(known.get(self._bare(entry)) or _as_written(entry) for entry in entries))

    def _bare(self, word: str) -> str:
        """What is compared of a name: folded, without its class and its ending."""
        text = fold_header(word)
        text = next((rest for start in self.classes if text.startswith(start) and (rest := text[len(start):])), text)
        for ending in self.endings * 2:  # 接入服务业务 has two
            text = text.removesuffix(ending) or text
        return text


def _catalogue(year: int, row: Mapping[str, Any]) -> Catalogue:
    names = {code: (name["zh"], name["en"], *name.get("also", ())) for code, name in row["names"].items()}
    covers = {kind: frozenset(codes) for kind, codes in row["covers"].items()}
    return Catalogue(year=year, years=frozenset({year, *row.get("amended", ())}), names=names, covers=covers)


def _as_written(entry: str) -> str:
    return entry.upper() if entry.isascii() else entry


def unknown_codes(codes: Iterable[str], catalogue: Catalogue) -> list[str]:
    """Entries of a licence that its catalogue does not hold; they cover nothing."""
    return [code for code in codes if code not in catalogue.names]
