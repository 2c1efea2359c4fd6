"""Filing and licence numbers in a page, however typed: spaces, tags in between, wrong labels, placeholders.

What decides is what a reader takes for a number: a province character, "ICP" and a serial of six (licence) or of eight
or ten digits (filing), with any of the usual words between; or licence categories, a dash and year + serial. The label
证 before an eight-digit serial is a common slip, so the length of the serial decides, not the label. One category without
a province (B2-20090059) is also how shops number articles: behind a word that is none of a licence it counts only where a
word of a licence stands near. Every pattern is anchored on a rare character and uses bounded or possessive repeats, so
the time is linear in the page's length.

Source: Order 33 (2005) Art. 13 asks for the number at the foot of the home page.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from licet.registers.identifiers.numbers import (
    ADDED_DIGITS,
    FilingNumber,
    LicenceNumber,
    NumberFormats,
    NumberKind,
    fold,
)
from licet.registers.identifiers.pages import BREAK, CELL, shown_text

_BEFORE, _AFTER = 60, 40  # characters in which a word of a licence counts as near
_LABEL_SIGNS = " :#=\"'([【《<-" + CELL  # may stand between a label and its number; any other sign ends what is before it


@dataclass(frozen=True)
class FoundNumber:
    """A number a page shows: its canonical form and how it is written there."""

    kind: NumberKind
    canonical: str
    raw: str


@dataclass(frozen=True)
class _Patterns:
    icp: re.Pattern[str]  # province, ICP and words, up to the serial
    added: re.Pattern[str]  # licence categories and a dash, up to the serial
    province_before: re.Pattern[str]  # the province in front of licence categories
    digits: re.Pattern[str]
    tail: re.Pattern[str]  # the closing character and the site serial, both optional; " - 2009" is a year, no site


@lru_cache(maxsize=8)
def _patterns(formats: NumberFormats) -> _Patterns:
    space, wrap = r"\s{0,16}+", r"[\s()\[\]【】〔〕「」<>《》]{0,16}+"
    province = f"[{re.escape(formats.provinces)}]"
    fillers = rf"[\s{re.escape(formats.fillers)}()\[\]【】〔〕「」:;.,、·#/|\-]{{0,40}}+"
    category = "|".join(rf"{code[0]}{space}{code[1:]}" for code in formats.categories)
    loose = {letter: f"[{re.escape(letter + signs)}]" for letter, signs in formats.misread}
    labels = "|".join(space.join(loose.get(letter, letter) for letter in stem) for stem in _stems(formats))
    closing, letters = re.escape(formats.closing), re.escape(formats.app_letters)
    return _Patterns(
        icp=re.compile(rf"({province}){wrap}(?:{labels}){fillers}(?=\d)"),
        added=re.compile(
            rf"(?<![A-Z0-9.])((?:{category})(?:{space}[.,、·/&]{space}(?:{category})){{0,7}}+)"
            rf"(?:{space}[.,、·])?{space}(-{{0,2}}+){space}(?=\d)"
        ),
        province_before=re.compile(rf"({province})([)\]】〕]?\s{{0,16}})(?:字|ICP证?)?第?[\s:]{{0,4}}\Z"),
        digits=re.compile(r"\d(?:\s{0,16}+\d){0,23}+", re.ASCII),
        tail=re.compile(
            rf"\s{{0,16}}+{closing}?"
            r"(?:\s{0,16}+-{1,2}+(?!\s++(?:19|20)\d\d(?!\d))\s{0,16}+0{0,3}([1-9]\d{0,3})(?!\d)"
            rf"(?:([{letters}])(?![A-Z0-9]))?)?",
            re.ASCII,
        ),
    )


def _stems(formats: NumberFormats) -> list[str]:
    """The letters that labels begin with: ICP."""
    labels = (re.match(r"[A-Z]+", label) for label in (formats.filing_label, formats.icp_label))
    return sorted({label.group() for label in labels if label})


def find_numbers(html_or_text: str, formats: NumberFormats, today: dt.date | None = None) -> list[FoundNumber]:
    """Every number a page shows in its text, ``title`` and ``alt``, each once, in the order a reader meets them.

    Inline tags do not interrupt a number, blocks do. Comments, scripts, styles, other attributes, police registration
    numbers (公网安备) and template placeholders are not numbers, nor is what carries a later year than the one after
    ``today``. ``raw`` is the number as written, without tags and with single spaces.
    """
    shown = shown_text(html_or_text)
    placed = [(start, 0, number) for start, number in _scan(shown.text, formats)]
    placed += [(shown.place_of(start), 1, number) for start, number in _scan(shown.attributes, formats)]
    placed.sort(key=lambda item: item[:2])
    first: dict[tuple[str, str], FoundNumber] = {}
    last = f"{today.year + 1:04}" if today else "9999"
    for _, _, number in placed:
        if _year_of(number) <= last:
            first.setdefault((number.kind, number.canonical), number)
    return list(first.values())


def _year_of(number: FoundNumber) -> str:
    """The year of four digits a number carries, '' where it carries none."""
    serial = max(re.findall(r"\d+", number.canonical), key=len)
    return serial[:4] if number.kind == "value_added_licence" or len(serial) > 8 else ""


def numbers_report(html_or_text: str, formats: NumberFormats, today: dt.date | None = None) -> list[dict[str, str]]:
    """``find_numbers`` as plain records: ``kind``, ``canonical``, ``raw``."""
    return [
        {"kind": number.kind, "canonical": number.canonical, "raw": number.raw}
        for number in find_numbers(html_or_text, formats, today)
    ]


def _scan(text: str, formats: NumberFormats) -> Iterator[tuple[int, FoundNumber]]:
    """Position and number of everything found in one text."""
    folded = fold(text, formats)
    patterns = _patterns(formats)
    for label in patterns.icp.finditer(folded):
        number, end = _icp_number(folded, label, formats)
        if number is not None:
            kind: NumberKind = "filing" if isinstance(number, FilingNumber) else "icp_licence"
            yield label.start(), FoundNumber(kind, number.canonical, _raw(text[label.start() : end]))
    for label in patterns.added.finditer(folded):
        start, number, end = _added_number(folded, label, formats)
        if number is not None:
            yield start, FoundNumber("value_added_licence", number.canonical, _raw(text[start:end]))


def _icp_number(
    folded: str, label: re.Match[str], formats: NumberFormats
) -> tuple[FilingNumber | LicenceNumber | None, int]:
    """The number after a province and "ICP", and where it ends; None when the digits there are no serial."""
    lengths = [formats.filing_digits, formats.icp_digits]  # the label's own lengths first, then the other's
    if formats.filing_label[-1] not in label.group() and formats.icp_label[-1] in label.group():
        lengths.reverse()
    serial, end = _serial(folded, label.end(), lengths, formats)
    if not serial:
        return None, end
    tail = _patterns(formats).tail.match(folded, end)
    assert tail is not None  # every part of it is optional
    site = int(tail[1]) if tail[1] else None
    end = tail.end() if tail.group().strip() else end
    if len(serial) in formats.icp_digits:
        return LicenceNumber("icp_licence", label[1], serial, (), site, formats.icp_label, formats.closing), end
    app = tail[2] or ""
    return FilingNumber(label[1], serial, site, app, formats.filing_label, formats.closing), end


def _added_number(folded: str, label: re.Match[str], formats: NumberFormats) -> tuple[int, LicenceNumber | None, int]:
    """The value-added licence at its categories: start (with the province), number, end.

    The dash may be missing only after a province.
    """
    start = label.start()
    province = ""
    window = max(0, start - 40)
    before = _patterns(formats).province_before.search(folded[window:start])
    # A province character that ends another word and stands apart from the categories belongs to that word: 某某云 B2-…
    # What another cell of a table holds is no part of the number either.
    if before and CELL not in before[2] and not (before[2].isspace() and _is_word(folded, window + before.start() - 1)):
        province, start = before[1], window + before.start()
    serial, end = _serial(folded, label.end(), [(ADDED_DIGITS,)], formats)
    if not serial.startswith(formats.year_prefixes) or serial in formats.added_placeholders or not (label[2] or province):
        return start, None, end
    closed = folded.startswith(formats.closing, end)
    end += len(formats.closing) if closed else 0
    categories = tuple("".join(code.split()) for code in re.split(r"[.,、·/&]", label[1]))
    if not (province or closed or len(categories) > 1) and _is_other_number(folded, start, end, formats):
        return start, None, end
    return start, LicenceNumber("value_added_licence", province, serial, categories), end


def _is_other_number(folded: str, start: int, end: int, formats: NumberFormats) -> bool:
    """Whether one category and a serial are some other number: a word labels it and no word of a licence is near."""
    at = start - 1
    while at >= max(0, start - 16) and (folded[at] in _LABEL_SIGNS or folded[at].isspace()):
        at -= 1
    if not _is_word(folded, at):
        return False
    near = folded[max(0, start - _BEFORE) : start] + BREAK + folded[end : end + _AFTER]
    return not any(word in near for word in formats.licence_words)


def _serial(folded: str, start: int, lengths: Sequence[tuple[int, ...]], formats: NumberFormats) -> tuple[str, int]:
    """The serial that begins at ``start`` and where it ends; '' when none of an allowed length does.

    Digits may be spaced out. When the closing character follows, all of them are the serial; otherwise it is the first
    whole groups that make an allowed length, because a year or a telephone number may follow. ``lengths`` are tried in
    order of preference.
    """
    digits = _patterns(formats).digits.match(folded, start)
    if digits is None:
        return "", start
    if folded[digits.end() : digits.end() + 16].lstrip().startswith(formats.closing):
        whole = "".join(digits.group().split())
        if any(formats.serial_is_possible(whole, allowed) for allowed in lengths):
            return whole, digits.end()
    for allowed in lengths:
        serial = ""
        for group in re.finditer(r"\d+", digits.group()):
            serial += group.group()
            if formats.serial_is_possible(serial, allowed):
                return serial, start + group.end()
    return "", digits.end()


def _is_word(folded: str, position: int) -> bool:
    """Whether a letter or ideograph stands at ``position``."""
    return position >= 0 and folded[position] != BREAK and folded[position].isalpha()


def _raw(text: str) -> str:
    return " ".join(text.split())
