"""A page as a reader sees it: bytes to text, and HTML to running text in which inline tags leave no trace.

The tokeniser follows the WHATWG HTML tokeniser as far as text, attributes, comments and raw-text elements go, in one pass that never
looks twice at a character. A tree parser would do the same for ordinary pages (the tests use one as the oracle), but building a tree
is quadratic for hostile pages: one tag with 100,000 attributes or as many nested ``<div>`` keep it busy for 25 seconds.
What style sheets hide is not known here and counts as shown.
"""

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass
from html import unescape

BREAK = "\x00"  # stands between blocks; no space, so no number is read across it

# Phrasing elements: they do not interrupt a line. Elements not named here do.
INLINE = frozenset(
    "a abbr acronym b bdi bdo big blink cite code data del dfn em font i img ins kbd label mark nobr output q s samp small span "
    "strike strong sub sup time tt u var wbr".split()
)
# Elements whose content is never shown as text.
UNSHOWN = frozenset("script style template iframe noembed noframes xmp".split())
SHOWN_ATTRIBUTES = frozenset({"title", "alt"})

_TAG = re.compile(
    r"<(?:"
    r"!--(?:-?>|.*?(?:--!?>|\Z))"  # a comment; unclosed, it takes the rest of the page
    r"|[!?][^>]*+(?:>|\Z)|/(?![a-zA-Z])[^>]++(?:>|\Z)"  # doctype, processing instruction, stray end tag
    r"|(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+)"
    r"(?P<attributes>[^>=]*+(?:=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+)[^>=]*+)*+)(?:>|\Z)"
    r")",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s=/>]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\s>]*+)))?+")
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:-]{1,40})", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Labels a page may declare, and how a browser reads them (WHATWG Encoding): a narrower Chinese label means the wider set.
_CHARSETS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-8",  # cannot be true of a page whose meta tag was just read as ASCII
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "iso-8859-1": "cp1252",
    "windows-1252": "cp1252",
}


@dataclass(frozen=True)
class ShownText:
    """A page's running text, and its title and alt texts joined by ``BREAK`` with the place in the running text each stands at."""

    text: str
    attributes: str
    attribute_starts: tuple[int, ...]  # start of each attribute text within ``attributes``
    attribute_places: tuple[int, ...]  # position in ``text`` its tag stands at

    def place_of(self, position: int) -> int:
        """Where in the running text the attribute text at ``position`` of ``attributes`` stands."""
        return self.attribute_places[bisect_right(self.attribute_starts, position) - 1]


def decode_page(data: bytes) -> str:
    """Text of a page: byte order mark, declared charset, UTF-8, GB 18030, a guess; the first that fits without error.

    Never raises: a page that fits nothing is read as UTF-8 with replacement characters.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    declared = _META_CHARSET.search(data[:4096])
    charset = _CHARSETS.get(declared[1].decode("ascii").lower()) if declared else None
    for encoding in filter(None, (charset, "utf-8", "gb18030")):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    if charset:  # a few broken bytes in a page that says what it is
        return data.decode(charset, errors="replace")
    from charset_normalizer import from_bytes

    guess = from_bytes(data[:65536]).best()
    return data.decode(guess.encoding if guess else "utf-8", errors="replace")


def shown_text(html: str) -> ShownText:
    """Running text and shown attributes of a page or of a plain text (which is a page without tags)."""
    html = html.replace(BREAK, "�")
    parts: list[str] = []
    attributes: list[str] = []
    starts: list[int] = []
    places: list[int] = []
    position = length = attributes_length = 0
    while (tag := _TAG.search(html, position)) is not None:
        piece = _readable(html[position : tag.start()]) + _trace(tag)
        parts.append(piece)
        length += len(piece)
        position = tag.end()
        if tag["name"] is None or tag["end"]:
            continue
        for value in _shown_attributes(tag["attributes"]):
            attributes.append(value)
            starts.append(attributes_length)
            places.append(length)
            attributes_length += len(value) + 1
        if (name := tag["name"].lower()) in UNSHOWN:
            position = _end_of_unshown(html, position, name)
    parts.append(_readable(html[position:]))
    return ShownText("".join(parts), BREAK.join(attributes), tuple(starts), tuple(places))


def _readable(text: str) -> str:
    return unescape(text) if "&" in text else text


def _trace(tag: re.Match[str]) -> str:
    """What a tag leaves in the running text: nothing when inline or a comment, a space for a line break, else a ``BREAK``."""
    name = tag["name"]
    if name is None or (name := name.lower()) in INLINE:
        return ""
    return " " if name == "br" else BREAK


def _shown_attributes(attributes: str) -> list[str]:
    if len(attributes) < 5:
        return []
    lower = attributes.lower()
    if "title" not in lower and "alt" not in lower:
        return []
    return [
        _readable(found[2] or found[3] or found[4] or "")
        for found in _ATTRIBUTE.finditer(attributes)
        if found[1].lower() in SHOWN_ATTRIBUTES
    ]


def _end_of_unshown(html: str, start: int, name: str) -> int:
    """Where the content of an unshown element ends: before its end tag, or at the end of the page."""
    end = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(html, start)
    return end.start() if end else len(html)
