"""A page as a reader sees it: bytes to text, and HTML to running text in which inline tags leave no trace.

The tokeniser follows the WHATWG HTML tokeniser as far as text, attributes, comments and raw-text elements go, in one
pass that never looks twice at a character. A tree parser would do the same for ordinary pages (the tests use one as the
oracle), but building a tree is quadratic for hostile pages: one tag with 100,000 attributes or as many nested ``<div>``
keep it busy for 25 seconds. What style sheets hide is not known here and counts as shown.
"""

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass
from html import unescape
from itertools import accumulate

BREAK = "\x00"  # stands between blocks; no space, so no number is read across it
CELL = "\x1f"  # stands between the cells of a table's row; a space, for tables that only lay a line out split numbers

# Elements whose content is never shown as text.
UNSHOWN = ("script", "style", "template", "iframe", "noembed", "noframes", "xmp")
# Elements that do not interrupt a line: phrasing content, and what is not shown. Elements not named here do.
_INLINE = (
    *(
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "blink",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
    ),
    *(
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "nobr",
        "output",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
    ),
    *("sup", "time", "tt", "u", "var", "wbr", *UNSHOWN),
)
_CELLS = ("td", "th")
SHOWN_ATTRIBUTES = frozenset({"title", "alt"})

# Possessive where one character repeats; groups are not, for Python before 3.11.5 loses its place in possessive groups.
# They need not be: each turn begins with a character that no turn before it could have taken, so nothing is tried again.
_ATTRIBUTES = r"[^>=]*+(?:=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+)[^>=]*+)*"
_TAG = re.compile(
    r"<(?:"
    r"!--(?:-?>|.*?(?:--!?>|\Z))"  # a comment; unclosed, it takes the rest of the page
    r"|[!?][^>]*+(?:>|\Z)|/(?![a-zA-Z])[^>]*+(?:>|\Z)"  # doctype, processing instruction, stray end tag
    rf"|(?i:({'|'.join(UNSHOWN)})(?=[\s/>]){_ATTRIBUTES}(?:>|\Z)[^<]*+(?:<(?!/\1[\s/>])[^<]*+)*)"  # with its content
    rf"|(/?[a-zA-Z][^\s/>]*+)({_ATTRIBUTES})(?:>|\Z)"
    r")",
    re.DOTALL,
)
_GROUPS = (
    3  # what _TAG captures: the unshown element's name, another tag's name (with "/" in an end tag), its attributes
)
# Whether a tag may hold a title or alt text with a digit in it; others cannot show a number and are not taken apart.
_TELLING = re.compile(r"(?:title|alt)\s*+=\s*+(?:\"[^\"\d]*+\d|'[^'\d]*+\d|[^\s\"'\d]*+\d)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([^\s=/>]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\s>]*+)))?")
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:-]{1,40})", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Labels a page may declare, and how a browser reads them (WHATWG Encoding): a narrow Chinese label means the wide set.
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
    """A page's running text, and its title and alt texts that hold a digit (joined by ``BREAK``), with their places."""

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


class _Traces(dict[str | None, str]):
    """What a tag of a name leaves in the running text: nothing if inline, a space for ``br``, else a mark."""

    def __missing__(self, tag: str | None) -> str:
        name = (tag or "b").removeprefix("/").lower()  # comments and the like are as transparent as <b>
        trace = self[tag] = "" if name in _INLINE else " " if name == "br" else CELL if name in _CELLS else BREAK
        return trace


def shown_text(html: str) -> ShownText:
    """Running text and telling attributes of a page or of a plain text (which is a page without tags)."""
    parts = _TAG.split(html.replace(BREAK, "\ufffd"))
    texts, tags, attributes = parts[:: _GROUPS + 1], parts[2 :: _GROUPS + 1], parts[3 :: _GROUPS + 1]
    flow = [""] * (len(texts) + len(tags))
    flow[::2] = [unescape(text) if "&" in text else text for text in texts] if "&" in html else texts
    traces = _Traces()
    flow[1::2] = [traces[tag] for tag in tags]
    ends = list(accumulate(map(len, flow)))
    values: list[str] = []
    places: list[int] = []
    for index, written in enumerate(attributes):
        if written and len(written) > 4 and _TELLING.search(written) and not tags[index].startswith("/"):
            shown = _shown_attributes(written)
            values += shown
            places += [ends[2 * index + 1]] * len(shown)
    starts = accumulate((len(value) + 1 for value in values[:-1]), initial=0)
    return ShownText("".join(flow), BREAK.join(values), tuple(starts), tuple(places))


def _shown_attributes(written: str) -> list[str]:
    """The values of the attributes a reader sees, of a start tag's attributes as written."""
    return [
        unescape(found[2] or found[3] or found[4] or "").replace(BREAK, "\ufffd")
        for found in _ATTRIBUTE.finditer(written)
        if found[1].lower() in SHOWN_ATTRIBUTES
    ]
