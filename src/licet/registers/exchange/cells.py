"""Raw cells of one column to canonical values: what each column type accepts, and the repair when it does not.

Pure: profile data and keys are handed in. Values are text, '' when blank; a date is its ISO text, a list a tuple.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from licet.config.profile import Profile
from licet.core.spreadsheet import spreadsheet_plain
from licet.grounds.tables import GROUNDS
from licet.registers.catalogues import Catalogues, unknown_codes
from licet.registers.identifiers import (
    BadAddress,
    BadNumber,
    Normaliser,
    NumberFormats,
    parse_address,
    parse_block,
    parse_licence_number,
    parse_prefix,
)
from licet.registers.kinds import Column, fold_header

BLANKS = frozenset({"", "-", "--", "—", "——", "/", "无", "N/A", "n/a", "NULL", "null", "None"})
OPEN_ENDED = frozenset({"长期", "永久", "长期有效", "无固定期限", "open", "none"})
RAW_LIMIT = 20_000  # characters of a raw list cell
CODE_LENGTH = 60  # characters of one category
FIRST_SERIAL, END_SERIAL = 32_874, 73_416  # 1990-01-01 and 2101-01-01 as a workbook without date format holds them
EXACT_FLOAT = 1e15  # beyond it a number cell has lost digits

_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?", re.ASCII)
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\u2028\u2029]")
_INNER_BREAKS = re.compile(r"[\t\n\r\v\f]")
_SPLIT = re.compile(r"[;,|、；，｜\s]+")
_STRONG_SPLIT = re.compile(r"\s*[;,|、；，｜\n]+\s*")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)", re.ASCII)
_RANGE_SPACES = re.compile(r"\s*([-~–—至])\s*")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*):")
_PHONE = re.compile(r"\+?[\d\s()\-/,;、转#*xXext.]{3,60}", re.ASCII)
_CODE = re.compile(r"[A-Z]\d{1,2}(?:-\d{1,2})?", re.ASCII)
_STRANGE = re.compile(r"[\\\"{}]")  # no name of a service has these
_EMAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+")


class CellError(ValueError):
    """One cell cannot be taken; ``repair`` says what to write instead."""

    def __init__(self, reason: str, repair: str) -> None:
        """Both are shown to the person who handed the file in."""
        self.reason, self.repair = reason, repair
        super().__init__(reason)


def as_text(value: Any) -> str:
    """The text of a raw cell of any format. Raises :class:`CellError` for numbers that lost digits and for objects."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | dict | bytes):
        raise CellError(f"the cell holds {type(value).__name__}, not text", "write text")
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    if isinstance(value, list | tuple):
        return " ".join(as_text(item) for item in value)
    return _number_text(float(value)) if isinstance(value, float | Decimal) else str(value)


def _number_text(value: float) -> str:
    if not abs(value) < EXACT_FLOAT:  # also true of NaN
        raise CellError("a number this long has lost digits in the spreadsheet",
                        "format the column as text and enter the value again")
    return str(int(value)) if value == int(value) else str(value)


def clean_text(value: Any, column: Column, *, spreadsheet: bool = True) -> str:
    """Trimmed NFC text of a cell, '' when blank; refuses what no column takes.

    Text that looks like a formula is text: only a workbook's cell can be one (its reader refuses those), and what
    Licet writes for spreadsheets is escaped.
    """
    if column.type == "date" and spreadsheet and isinstance(value, int | float) and _serial_day(value):
        return _serial_day(value)
    text = as_text(value)
    limit = RAW_LIMIT if column.is_list else max(column.max_length, 2000)
    if len(text) > limit:
        raise CellError(f"the cell has {len(text):,} characters; {column.name} takes {column.max_length}", "shorten it")
    text = spreadsheet_plain(text) if spreadsheet else text
    text = unicodedata.normalize("NFC", text.strip().strip("\ufeff\u200b"))
    if _CONTROL.search(text):
        raise CellError("the cell holds control characters", "remove them; the cell was probably pasted from a program")
    if text in BLANKS:
        return ""
    return text if column.is_list else " ".join(text.split()) if _INNER_BREAKS.search(text) else text


def _serial_day(number: float) -> str:
    """The ISO day a workbook's number stands for (days since 1899-12-30), '' outside the years 1990 to 2100."""
    day = dt.date(1899, 12, 30) + dt.timedelta(days=int(number)) if FIRST_SERIAL <= number < END_SERIAL else None
    return day.isoformat() if day else ""


def parse_date(text: str, *, open_ended: bool = False) -> str:
    """ISO day of the spellings people use; '' for 'no end' where that makes sense."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if open_ended and plain.casefold() in OPEN_ENDED:
        return ""
    found = _DATE.fullmatch(plain) or _COMPACT_DATE.fullmatch(plain)
    serial = _serial_day(int(plain)) if re.fullmatch(r"\d{5}", plain, re.ASCII) else ""
    if serial:
        raise CellError("this looks like an Excel date without its format",
                        f"it would be {serial}; write it like 2026-03-01, or format the column as a date")
    try:
        if found is None:
            raise ValueError
        return dt.date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        raise CellError("this is no date", "write it like 2026-03-01 (also 2026/3/1, 20260301, 2026年3月1日)") from None


def compact(text: str) -> str:
    """NFKC without any spaces: how identifiers are kept that fit no known form."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def split_list(text: str) -> list[str]:
    """The entries of a list cell, in order, each once."""
    return list(dict.fromkeys(part for part in _SPLIT.split(text) if part))


def split_names(text: str, is_name: Callable[[str], bool]) -> list[str]:
    """Like :func:`split_list`, for entries whose names may hold blanks ("Inner Mongolia; Hebei")."""
    parts = [part for part in _STRONG_SPLIT.split(text.strip()) if part]
    return [name for part in parts for name in ([part] if is_name(part) else split_list(part))]


@dataclasses.dataclass(frozen=True)
class CellRules:
    """What the columns accept under one profile. Each method takes the cell's clean text and returns the value."""

    profile: Profile

    @cached_property
    def formats(self) -> NumberFormats:
        """Spellings of filing and licence numbers."""
        return NumberFormats.from_toml(self.profile.numbers)

    @cached_property
    def normaliser(self) -> Normaliser:
        """Domains by the installed suffix rules."""
        return Normaliser()

    @cached_property
    def grounds(self) -> Mapping[str, str]:
        """Folded name of a closed ground -> its id."""
        return {fold_header(word): ground.id for ground in GROUNDS for word in (ground.id, ground.zh, ground.en)}

    def reader_of(self, column: Column) -> Callable[[str], Any]:
        """The function for a column whose values need no other cell of the row."""
        readers: dict[str, Callable[[str], Any]] = {
            "party": self.code, "code": self.code, "year": self.year, "region": self.region, "regions": self.regions,
            "licence_no": self.licence_no, "url": self.url, "ip": self.ip, "cidr": self.cidr, "cidrs": self.cidrs,
            "ground": self.ground, "phone": self.phone, "email": self.email, "text": lambda text: text,
            "date": lambda text: parse_date(text, open_ended=column.name == "valid_to"),
            "choice": lambda text: self.choice(text, column),
        }
        return readers[column.type]

    def choice(self, text: str, column: Column) -> str:
        """One of the column's closed values."""
        found = column.spellings.get(fold_header(text))
        if found is None:
            known = ", ".join(f"{value.id} ({value.zh})" for value in column.values)
            raise CellError(f"'{text[:60]}' is not one of the values of {column.name}", f"use one of: {known}")
        return found

    def code(self, text: str) -> str:
        """An identifier of somebody's own system."""
        return compact(text)

    def year(self, text: str) -> str:
        """A calendar year."""
        plain = unicodedata.normalize("NFKC", text).strip().removesuffix("年").removesuffix("版")
        if not re.fullmatch(r"(?:19|20|21)\d\d", plain, re.ASCII):
            raise CellError("this is no year", "write four digits, like 2026")
        return plain

    def region(self, text: str) -> str:
        """A region code of the profile."""
        found = self.profile.region_code(unicodedata.normalize("NFKC", text))
        if found is None:
            raise CellError(f"'{text[:60]}' is not a region of the profile {self.profile.id}", self._near_region(text))
        return found

    def _near_region(self, text: str) -> str:
        aliases = {alias: code for code, row in self.profile.regions["regions"].items() for alias in (code,
                                                                                                      *row["aliases"])}
        near = difflib.get_close_matches(text, list(aliases), n=1, cutoff=0.5)
        some = ", ".join(list(self.profile.regions["regions"])[:4])
        return f"did you mean {aliases[near[0]]}?" if near else f"use a region code like {some}"

    def regions(self, text: str) -> tuple[str, ...]:
        """Region codes; names may have blanks."""
        plain = unicodedata.normalize("NFKC", text)
        parts = split_names(plain, lambda part: self.profile.region_code(part) is not None)
        return tuple(dict.fromkeys(self.region(part) for part in parts))

    @cached_property
    def catalogues(self) -> Catalogues:
        """Dated catalogues of licence categories."""
        return Catalogues.from_toml(self.profile.categories)

    def categories(self, text: str, year: str) -> tuple[str, ...]:
        """Codes of the catalogue ``year`` means, given as codes or names; what it does not hold stays as written."""
        catalogue = self.catalogues.of_year(int(year)) if year else None
        if catalogue is None:
            known = ", ".join(str(one.year) for one in self.catalogues.every)
            raise CellError(f"the profile has no licence catalogue of {year or 'no year'}",
                            f"set catalogue_year to one of: {known}")
        codes = self.catalogues.read(text, catalogue)
        strange = [code for code in codes if len(code) > CODE_LENGTH or _STRANGE.search(code)]
        if strange:
            raise CellError(f"'{', '.join(strange)[:60]}' is not a category of the {catalogue.year} catalogue",
                            "use one of: " + ", ".join(f"{code} ({words[0]})" for code, words in catalogue.names.items()))
        return codes

    def category_notes(self, codes: tuple[str, ...], year: str) -> list[str]:
        """What the reader of a load should know about a licence that is taken: codes and years no catalogue holds."""
        catalogue = self.catalogues.of_year(int(year)) if codes else None
        if catalogue is None:
            return []
        notes = [] if int(year) in catalogue.years else [
            f"there is no catalogue of {year}: the licence is read by that of {catalogue.year}"]
        return notes + [f"{f'category {code} is' if _CODE.fullmatch(code) else 'words under category are'} not in the"
                        f" {catalogue.year} catalogue: kept as written, covers nothing" for code in unknown_codes(codes, catalogue)]

    def licence_no(self, text: str) -> str:
        """Canonical when it parses, else as written without spaces."""
        try:
            return parse_licence_number(text, self.formats).canonical
        except BadNumber:
            return compact(text)

    def url(self, text: str) -> str:
        """An http or https address; others could run something when a person clicks them."""
        scheme = _SCHEME.match(text)
        if "://" not in text and not (scheme and scheme[1].casefold() in {"javascript", "data", "vbscript", "file"}):
            return f"http://{text}"
        if not scheme or scheme[1].casefold() not in {"http", "https"}:
            raise CellError("only http and https addresses are taken", "write it like https://www.site.example/")
        return text

    def ip(self, text: str) -> str:
        """One address, canonical."""
        if _IPV4.fullmatch(text):
            return text
        try:
            return parse_address(text)
        except BadAddress as refused:
            raise CellError(refused.message, refused.hint) from None

    def cidr(self, text: str) -> str:
        """One block. A range that is several blocks needs several rows."""
        try:
            blocks = parse_block(text)
        except BadAddress as refused:
            raise CellError(refused.message, refused.hint) from None
        if len(blocks) != 1:
            raise CellError(f"the range is {len(blocks)} blocks", f"write one row per block: {' '.join(blocks[:8])}")
        return blocks[0]

    def cidrs(self, text: str) -> tuple[str, ...]:
        """Addresses and blocks of a list cell; a single address stands without its /32 or /128."""
        if _IPV4.fullmatch(text):
            return (text,)
        found: dict[str, None] = {}
        for part in split_list(_RANGE_SPACES.sub(r"\1", text)):
            try:
                blocks = [part] if _IPV4.fullmatch(part) else parse_block(part)
            except BadAddress as refused:
                raise CellError(refused.message, refused.hint) from None
            found |= dict.fromkeys(_bare(block) for block in blocks)
        return tuple(found)

    def prefix(self, text: str) -> str:
        """One block, canonical with its length."""
        try:
            return parse_prefix(text)
        except BadAddress as refused:
            raise CellError(refused.message, refused.hint) from None

    def ground(self, text: str) -> str:
        """One of the closed grounds. Rule: house (decision: grounds are closed)"""
        found = self.grounds.get(fold_header(text))
        if found is None:
            raise CellError(f"'{text[:60]}' is no ground: the list of grounds is closed",
                          f"use one of: {', '.join(f'{ground.id} ({ground.zh})' for ground in GROUNDS)}")
        return found

    def phone(self, text: str) -> str:
        """A telephone number as written."""
        plain = unicodedata.normalize("NFKC", text)
        if not _PHONE.fullmatch(plain) or not any(char.isdigit() for char in plain):
            raise CellError("this is no telephone number", "write digits, like +86 10 5550 0100, or leave it blank")
        return plain

    def email(self, text: str) -> str:
        """An e-mail address as written."""
        plain = unicodedata.normalize("NFKC", text)
        if not _EMAIL.fullmatch(plain):
            raise CellError("this is no e-mail address",
                          "write one address, like desk@provider.example, or leave it blank")
        return plain


def _bare(block: str) -> str:
    return block.removesuffix("/32") if "." in block else block.removesuffix("/128")
