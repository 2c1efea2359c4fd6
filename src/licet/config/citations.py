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


def uncite(text: str) -> str:
    """A citation as it is kept, from the way a page in Chinese writes it. Everything else stays as somebody wrote it."""
    names = {zh: source for source, zh in load_profile().names.get("citations", {}).items()}
    if not any(zh in text for zh in names):
        return text
    parts = [part.strip() for part in re.split("[;\uff1b]", text)]
    for n, part in enumerate(parts):
        zh = max((zh for zh in names if part.startswith(zh)), key=len, default="")
        rest = re.sub(r"第(\d+)条", r" Art \1", part[len(zh):])
        parts[n] = " ".join(f"{names[zh]} {rest}".split()) if zh else part
    return "; ".join(parts)


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
