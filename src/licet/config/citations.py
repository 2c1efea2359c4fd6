"""How a citation is written in the language of the page or letter. Citations are kept as ids of ``docs/sources.md``
("Notice §4.1.1; Order 33 Art 18"); their Chinese names stand in the profile (names.toml, [citations])."""

from __future__ import annotations

import re

from licet.config.profile import load_profile

_PART = re.compile(r"(?P<source>[A-Z][\w.-]*(?: \d+)?)(?: (?P<section>§[\d.]+))?(?: Art (?P<article>\d+))?")
_HOUSE = re.compile(r"house \(decision (?P<number>\d+)\)")


def cite(citation: str, language: str) -> str:
    """The citation in ``zh`` or ``en``. What the profile does not name, a pledge for instance, stays as it was written."""
    if language != "zh":
        return citation
    return "；".join(_one(part.strip()) for part in citation.split(";"))


def _one(part: str) -> str:
    house = _HOUSE.fullmatch(part)
    if house:
        return f"本系统规则（决定{house['number']}）"
    found = _PART.fullmatch(part)
    names = load_profile().names.get("citations", {})
    if found is None or found["source"] not in names:
        return part
    article = f"第{found['article']}条" if found["article"] else ""
    return f"{names[found['source']]}{found['section'] or ''}{article}"
