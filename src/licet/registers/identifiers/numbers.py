"""Filing numbers (ICP备) and licence numbers (ICP证, value-added): what they are made of and their canonical form.

A *filing number* names a site: ``京ICP备05012345号-3`` is the third site of subject ``京ICP备05012345号``. An *ICP
licence number* (``京ICP证030173号``) and a *value-added licence number* (``京B2-20202418``, ``A2.B1.B2-20090001`` when
nationwide) name a licence. The spellings are data: ``NumberFormats`` is built from the profile's ``numbers.toml``.

The parsers here read one declared number and forgive only what loses nothing: full-width and lower-case letters,
spaces, traditional characters, kinds of dash, a missing 号. Anything else is refused with the number probably meant. To
look for numbers in a page, use ``number_finder.find_numbers``, which forgives much more.

Source: Order 33 (2005) Art. 13; the filing exchange specification's glossary.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import Any, Literal

from licet.core.errors import BadInput, BadSetting

ADDED_DIGITS = 8  # of a value-added licence: year + four
DIGITS = "0123456789"

LicenceKind = Literal["icp_licence", "value_added_licence"]
NumberKind = Literal["filing", "icp_licence", "value_added_licence"]


class BadNumber(BadInput):
    """This is not a filing or licence number in a known form."""

    code = "bad_number"


@dataclass(frozen=True, kw_only=True)
class NumberFormats:
    """One profile's spellings, as read from ``numbers.toml``; hashable, so compiled patterns are cached per profile."""

    provinces: str  # one character each
    closing: str  # 号
    fillers: str  # characters a page may put between "ICP" and the serial
    dashes: str  # characters read as "-"
    police_markers: tuple[str, ...]  # words of the police registration, a different register
    placeholders: frozenset[str]  # serials of page templates, of the lengths there are
    added_placeholders: frozenset[str]  # these, and those of value-added licences alone
    licence_words: tuple[str, ...]  # what stands near a licence number, as ``fold`` has it
    filing_label: str
    filing_digits: tuple[int, ...]  # allowed serial lengths
    long_prefix: str  # how a serial of more than eight digits begins
    app_letters: str
    icp_label: str
    icp_digits: tuple[int, ...]
    categories: tuple[str, ...]
    year_prefixes: tuple[str, ...]
    traditional: tuple[tuple[str, str], ...]
    lookalikes: tuple[tuple[str, str], ...]  # letters of other alphabets
    misread: tuple[tuple[str, str], ...]  # letter of a label -> signs that are read as it behind a province

    @classmethod
    def from_toml(cls, table: Mapping[str, Any]) -> "NumberFormats":
        """Build from the parsed ``numbers.toml``. Raises ``BadSetting`` naming the key that is missing."""
        try:
            filing, icp, added = table["filing"], table["icp_licence"], table["value_added_licence"]
            lengths = {*filing["digits"], *icp["digits"], ADDED_DIGITS}
            placeholders = template_serials(table["placeholders"], lengths)
            return cls(
                provinces=table["provinces"],
                closing=table["closing"],
                fillers=table["fillers"],
                dashes=table["dashes"],
                police_markers=tuple(table["police_markers"]),
                placeholders=placeholders,
                added_placeholders=placeholders | template_serials(added.get("placeholders", ()), {ADDED_DIGITS}),
                licence_words=tuple(table["licence_words"]),
                filing_label=filing["label"],
                filing_digits=tuple(sorted(filing["digits"])),
                long_prefix=filing["long_prefix"],
                app_letters=filing["app_letters"],
                icp_label=icp["label"],
                icp_digits=tuple(sorted(icp["digits"])),
                categories=tuple(added["categories"]),
                year_prefixes=tuple(added["year_prefixes"]),
                traditional=tuple(table["traditional"].items()),
                lookalikes=tuple(table["lookalikes"].items()),
                misread=tuple(table["misread"].items()),
            )
        except KeyError as missing:
            message = f"numbers.toml has no key {missing}."
            raise BadSetting(message, hint="Copy the key from the cn-2007 profile and adapt it.") from missing

    @cached_property
    def same_as(self) -> dict[str, str]:
        """Single characters a reader takes for another one: dashes, traditional forms, letters of other alphabets."""
        return dict.fromkeys(self.dashes, "-") | dict(self.traditional) | dict(self.lookalikes)

    def serial_is_possible(self, serial: str, digits: Sequence[int]) -> bool:
        """Whether a serial has an allowed length, a year in front when it is long, and is no template's placeholder."""
        if len(serial) not in digits or serial in self.placeholders:
            return False
        return len(serial) <= 8 or serial.startswith(self.long_prefix)


def template_serials(patterns: Sequence[str], lengths: Collection[int]) -> frozenset[str]:
    """Every serial of those lengths that the profile's patterns describe.

    SAME is a serial of equal digits, UP and DOWN one that counts; in others YYYY is any year from 1990 to 2099, YY its
    last two digits, # any digit.
    """
    runs = {"UP": DIGITS, "DOWN": DIGITS[::-1]}
    found = {runs[name][at : at + length] for name in runs.keys() & set(patterns) for length in lengths
             for at in range(11 - length)}
    if "SAME" in patterns:
        found |= {digit * length for digit in DIGITS for length in lengths}
    for pattern in patterns:
        for year in range(1990, 2100) if "YY" in pattern else (0,):
            dated = pattern.replace("YYYY", f"{year:04}").replace("YY", f"{year % 100:02}")
            found |= {_filled(dated, digits) for digits in product(DIGITS, repeat=dated.count("#"))}
    return frozenset(serial for serial in found if len(serial) in lengths)


def _filled(pattern: str, digits: Sequence[str]) -> str:
    rest = iter(digits)
    return "".join(next(rest) if char == "#" else char for char in pattern)


@dataclass(frozen=True)
class FilingNumber:
    """A filing number taken apart; ``site`` is None for the subject itself, ``app`` an app filing's letter or empty."""

    province: str
    serial: str
    site: int | None = None
    app: str = ""
    label: str = "ICP备"
    closing: str = "号"

    @property
    def subject(self) -> str:
        """The subject's number, without the site: 京ICP备05012345号."""
        return f"{self.province}{self.label}{self.serial}{self.closing}"

    @property
    def canonical(self) -> str:
        """The one spelling the registers store."""
        return self.subject if self.site is None else f"{self.subject}-{self.site}{self.app}"


@dataclass(frozen=True)
class LicenceNumber:
    """A licence number taken apart; ``province`` is empty for a nationwide value-added licence."""

    kind: LicenceKind
    province: str
    serial: str
    categories: tuple[str, ...] = ()
    site: int | None = None
    label: str = "ICP证"
    closing: str = "号"

    @property
    def canonical(self) -> str:
        """The one spelling the registers store."""
        if self.kind == "value_added_licence":
            return f"{self.province}{'.'.join(self.categories)}-{self.serial}"
        subject = f"{self.province}{self.label}{self.serial}{self.closing}"
        return subject if self.site is None else f"{subject}-{self.site}"


def fold(text: str, formats: NumberFormats) -> str:
    """The text as a reader sees it, character for character (same length, so a position holds in both).

    Letters upper-case, every space and invisible character a plain space, full-width and other compatibility forms as
    NFKC has them where that is one character, dashes and traditional characters as the formats say. Characters whose
    NFKC form is longer stay.
    """
    table = {ord(char): char.upper() for char in "abcdefghijklmnopqrstuvwxyz"}
    same_as = formats.same_as
    for char in set(text):
        plain = unicodedata.normalize("NFKC", char) if char > "\x7f" else char
        if len(plain) == 1:
            plain = plain.upper() if plain.isascii() else plain
            table[ord(char)] = " " if unicodedata.category(plain) == "Cf" else same_as.get(plain, plain)
    return text.translate(table)


@dataclass(frozen=True)
class _Exact:
    """Patterns of a declared number after folding and removing spaces."""

    filing: re.Pattern[str]
    icp: re.Pattern[str]
    added: re.Pattern[str]
    canonical_filing: re.Pattern[str]


@lru_cache(maxsize=8)
def _exact(formats: NumberFormats) -> _Exact:
    province = f"([{re.escape(formats.provinces)}])"
    filing, icp, closing = re.escape(formats.filing_label), re.escape(formats.icp_label), re.escape(formats.closing)
    category = "|".join(map(re.escape, formats.categories))
    letters = re.escape(formats.app_letters)
    years = "|".join(map(re.escape, formats.year_prefixes))
    serials = "|".join(rf"\d{{{n}}}" for n in formats.filing_digits)
    return _Exact(
        filing=re.compile(rf"{province}{filing}(\d+){closing}?(?:-0*([1-9]\d{{0,3}})([{letters}]?))?", re.ASCII),
        icp=re.compile(rf"{province}{icp}(\d+){closing}?(?:-0*([1-9]\d{{0,3}}))?", re.ASCII),
        added=re.compile(rf"{province}?((?:{category})(?:\.(?:{category}))*)-((?:{years})\d{{6}}){closing}?", re.ASCII),
        canonical_filing=re.compile(
            rf"{province}{filing}({serials}){closing}(?:-[1-9]\d{{0,3}}[{letters}]?)?", re.ASCII
        ),
    )


def parse_filing_number(text: str, formats: NumberFormats) -> FilingNumber:
    """The filing number a person declared. Raises ``BadNumber`` whose hint names the number probably meant."""
    compact = "".join(fold(text, formats).split())
    found = _exact(formats).filing.fullmatch(compact)
    if found and formats.serial_is_possible(found[2], formats.filing_digits):
        site = int(found[3]) if found[3] else None
        return FilingNumber(found[1], found[2], site, found[4] or "", formats.filing_label, formats.closing)
    raise _refusal(text, compact, "filing", formats)


def parse_licence_number(text: str, formats: NumberFormats) -> LicenceNumber:
    """The licence number a person declared, of either kind. Raises ``BadNumber`` with the number probably meant."""
    compact = "".join(fold(text, formats).split())
    exact = _exact(formats)
    if (found := exact.added.fullmatch(compact)) and found[3] not in formats.added_placeholders:
        return LicenceNumber("value_added_licence", found[1] or "", found[3], tuple(found[2].split(".")))
    found = exact.icp.fullmatch(compact)
    if found and formats.serial_is_possible(found[2], formats.icp_digits):
        site = int(found[3]) if found[3] else None
        return LicenceNumber("icp_licence", found[1], found[2], (), site, formats.icp_label, formats.closing)
    raise _refusal(text, compact, "licence", formats)


def canonical_filing_numbers(texts: Sequence[str], formats: NumberFormats) -> list[str]:
    """The canonical form of each declared number, '' where blank or malformed. Each distinct text is read once."""
    canonical = _exact(formats).canonical_filing
    known: dict[str, str] = {"": ""}
    for text in texts:
        if text not in known:
            found = canonical.fullmatch(text)
            clean = found and formats.serial_is_possible(found[2], formats.filing_digits)
            known[text] = text if clean else _canonical_or_blank(text, formats)
    return [known[text] for text in texts]


def _canonical_or_blank(text: str, formats: NumberFormats) -> str:
    try:
        return parse_filing_number(text, formats).canonical
    except BadNumber:
        return ""


def _refusal(text: str, compact: str, wanted: str, formats: NumberFormats) -> BadNumber:
    """The error for a text that is no number of the wanted kind: what it seems to be, and the repair."""
    from licet.registers.identifiers.number_finder import find_numbers  # the finder builds on this module

    shown = " ".join(text.split())[:60]
    if not compact:
        return BadNumber(f"The {wanted} number is empty.", hint=_example(wanted, formats))
    found = find_numbers(text, formats)
    fitting = [number for number in found if (number.kind == "filing") == (wanted == "filing")]
    if fitting:
        return BadNumber(f"'{shown}' is not a valid {wanted} number.", hint=f"Did you mean {fitting[0].canonical}?")
    if found:
        kind = found[0].kind.replace("_", " ")
        return BadNumber(
            f"'{shown}' is not a {wanted} number.", hint=f"It reads as the {kind} number {found[0].canonical}."
        )
    if any(marker in compact for marker in formats.police_markers):
        hint = f"This is a police registration number, which is another register. {_example(wanted, formats)}"
        return BadNumber(f"'{shown}' is not a {wanted} number.", hint=hint)
    templates = formats.placeholders if wanted == "filing" else formats.added_placeholders
    if any(serial in templates for serial in re.findall(r"\d+", compact)):
        return BadNumber(f"'{shown}' is a page template's placeholder.", hint=_example(wanted, formats))
    return BadNumber(f"'{shown}' is not a valid {wanted} number.", hint=_example(wanted, formats))


def _example(wanted: str, formats: NumberFormats) -> str:
    province = formats.provinces[0]
    if wanted == "filing":
        return f"Write it like {province}{formats.filing_label}05012345{formats.closing}-1."
    category = formats.categories[-1]
    return f"Write it like {province}{formats.icp_label}030173{formats.closing} or {province}{category}-20090059."
