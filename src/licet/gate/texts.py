"""The texts of the rules in the language that is active. Loads nothing heavy, so that every page may use it."""

from __future__ import annotations

from licet.core.language import language
from licet.gate.tables import Rule
from licet.gate.wording import said_in


def wording(rule: Rule, what: str) -> str:
    """A rule's title, explanation, remedy or contest in the active language."""
    return rule.words.said(what, language())


def evidence_text(rule_id: str, evidence: str) -> str:
    """The evidence of a finding in the active language, whatever language it was kept in."""
    return said_in(rule_id, evidence, language())
