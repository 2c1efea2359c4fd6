"""A letter as PDF: A4, page numbers, document number, space for the seal. Needs a font with Chinese characters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from licet.core.errors import Unavailable
from licet.notices.fonts import cjk_family, fonts
from licet.notices.models import Notice

_SOURCE = Path(__file__).resolve().parent / "templates" / "notices" / "letter.typ"


class NoFont(Unavailable):
    """No font with Chinese characters is installed, so no PDF can be made; the print page always works."""

    code = "no_cjk_font"
    hint = "apt-get install fonts-noto-cjk, or print the page"


def pdf_of(notice: Notice) -> bytes:
    """The letter in both languages. Raises :class:`NoFont`."""
    return render(notice.body, number=notice.number, sha256=notice.sha256)


def render(body: dict[str, Any], *, number: str, sha256: str) -> bytes:
    """A letter's document as PDF; the text goes in as data, none of it as markup. Raises :class:`NoFont`."""
    import typst

    family = cjk_family()
    if not family:
        raise NoFont
    data = {"number": number, "sha256": sha256, "fonts": [family], "zh": body["zh"], "en": body["en"]}
    made = typst.compile(str(_SOURCE), format="pdf", font_paths=fonts(),
                         sys_inputs={"data": json.dumps(data, ensure_ascii=False)})
    assert isinstance(made, bytes)
    return made
