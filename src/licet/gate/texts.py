"""The texts of the rules in the language that is active. Loads nothing heavy, so that every page may use it."""

from __future__ import annotations

from django.utils.translation import get_language

from licet.gate.chinese import evidence_in
from licet.gate.tables import Rule

__all__ = ["evidence_in", "language", "wording"]


def language() -> str:
    """``zh`` or ``en``: the language of the tables' texts."""
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


def wording(rule: Rule, what: str) -> str:
    """A rule's title, explanation, remedy or contest in the active language."""
    return str(getattr(rule, f"{what}_{language()}"))
