"""The address in what somebody pasted: written so that nobody opens it by mistake, or with words around it. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"\bh(?:xx|tt|\*\*)p(s?)(?:\[:\]|:)//", re.IGNORECASE)
_DOT = re.compile(r"\s?(?:\[\s?(?:\.|dot|点)\s?\]|\(\s?(?:\.|dot)\s?\)|\{\.\})\s?", re.IGNORECASE)
_ENDS = r"\s<>\"'，。；、！？）】》」』”’（【《「『“‘\u200b\ufeff"
_URL = re.compile(rf"https?://[^{_ENDS}]+", re.IGNORECASE)
_HOST = re.compile(rf"(?<![\w@.-])(?:[\w-]+\.)+[^\W\d_][\w-]+(?::\d+)?(?:[/?#][^{_ENDS}]*)?(?![\w@])")
_TRAILING = ".,;:!?)]}>"


def written_address(text: str) -> str:
    """The first address in the text, else the text as it is. What stands behind a blank or a mark is none of it."""
    plain = _DOT.sub(".", _SCHEME.sub(lambda found: f"http{found[1].lower()}://", text.strip()))
    found = _URL.search(plain)
    if found:
        return _without_marks(found.group())
    if re.search(rf"[{_ENDS}]", plain):
        found = _HOST.search(plain)
        if found:
            return _without_marks(found.group())
    return plain


def _without_marks(address: str) -> str:
    """Marks of the sentence around it do not belong to it; a bracket that it opens itself does."""
    while address and address[-1] in _TRAILING and not (
            address[-1] in ")]" and address.count("([" [address[-1] == "]"]) >= address.count(address[-1])):
        address = address[:-1]
    return address


def has_port(address: str) -> bool:
    """Whether the port of an address can be one, or there is none."""
    try:
        return urlsplit(address if "://" in address else f"//{address}").port != 0
    except ValueError:
        return False
