"""What the rules say to people, in Chinese and English: the profile's ``gate.toml``, read when it is first asked for.

Names in braces are evidence (``licet.gate.evidence``). Findings that are kept or handed on as data hold their evidence in
English; :func:`said_in` says it in the language of whoever reads it.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping
from string import Formatter
from typing import Any, TypeVar

from licet.config.profile import Profile, load_profile
from licet.core.errors import BadSetting

LANGUAGES = ("zh", "en")
MISSING = "-"
_TOKEN = re.compile(r"rid[01]:[0-9a-f]{32}:([0-9X]{4})")
TOKEN_PATTERN = f"^{_TOKEN.pattern}$"  # a person's id as registers keep it (RE2)
# Evidence that may be a person's id: its last four characters are shown, never the token.
PERSONAL = frozenset({"sponsor", "subject", "listed"})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Words:
    """Texts of one rule: what it is called, what was found, what repairs it, who may contest it and where."""

    title_zh: str
    title_en: str
    explanation_zh: str
    explanation_en: str
    remedy_zh: str
    remedy_en: str
    contest_zh: str
    contest_en: str
    evidence_zh: str  # short text of a finding
    evidence_en: str

    def said(self, what: str, language: str) -> str:
        """``title``, ``explanation``, ``remedy``, ``contest`` or ``evidence`` in ``zh`` or ``en``."""
        return str(getattr(self, f"{what}_{language}"))


@dataclasses.dataclass(frozen=True, kw_only=True)
class RuleWords(Words):
    """The same, with the clauses of the rule and the time whoever must act has."""

    citation: str  # clauses, "; " between them
    deadline: str  # key of the profile's deadline_days


@dataclasses.dataclass(frozen=True, kw_only=True)
class GateTexts:
    """The texts of one profile."""

    rules: Mapping[str, RuleWords]
    unknown: Mapping[str, Words]  # "register": it is not known; "silent": it is, and has nothing on record
    words: Mapping[str, Mapping[str, tuple[str, str]]]  # evidence name -> code -> its word, zh and en

    @classmethod
    def from_toml(cls, table: Mapping[str, Any]) -> GateTexts:
        """Build from the parsed ``gate.toml``. Raises :class:`BadSetting` naming the rule and the key that is missing."""
        contest, rules = table.get("contest", {}), {}
        for rule_id, row in table.get("rules", {}).items():
            whole = row | {"contest": contest.get(row.get("contest"), {})}
            rules[rule_id] = _read(RuleWords, rule_id, whole, citation=row.get("citation"), deadline=row.get("deadline"))
        unknown = {name: _read(Words, name, row) for name, row in table.get("unknown", {}).items()}
        words = {name: {code: (row["zh"], row["en"]) for code, row in rows.items()}
                 for name, rows in table.get("words", {}).items()}
        return cls(rules=rules, unknown=unknown, words=words)

    def word(self, name: str, value: str, language: str) -> str:
        """How a value of evidence is shown: coded ones in words, a person's id by its end."""
        found = self.words.get(name, {}).get(value)
        if found:
            return found[LANGUAGES.index(language)]
        return shortened(value) if name in PERSONAL else value or MISSING


_Kind = TypeVar("_Kind", bound=Words)


def _read(kind: type[_Kind], name: str, row: Mapping[str, Any], **other: Any) -> _Kind:
    try:
        texts = {f"{what}_{language}": row[what][language] for what in ("title", "explanation", "remedy", "contest", "evidence")
                 for language in LANGUAGES}
    except KeyError as missing:
        raise BadSetting(f"gate.toml: {name} has no {missing}", hint="copy it from the cn-2007 profile and adapt it") from missing
    absent = [key for key, value in other.items() if not value]
    if absent:
        raise BadSetting(f"gate.toml: {name} has no {absent[0]}", hint="copy it from the cn-2007 profile and adapt it")
    return kind(**texts, **other)


_READ: dict[str, tuple[Profile, GateTexts]] = {}


def gate_texts(profile: Profile | None = None) -> GateTexts:
    """The texts of a profile, of the present one unless said otherwise; read once."""
    profile = profile or load_profile()
    read = _READ.get(profile.id)
    if read is None or read[0] is not profile:
        _READ[profile.id] = read = (profile, GateTexts.from_toml(profile.gate))
    return read[1]


def rule_words(rule_id: str) -> RuleWords:
    """The words of a rule. Raises :class:`BadSetting` where the profile does not have them."""
    found = gate_texts().rules.get(rule_id)
    if found is None:
        raise BadSetting(f"gate.toml has no rule {rule_id}", hint="copy it from the cn-2007 profile and adapt it")
    return found


def shortened(value: str) -> str:
    """A person's id by its last four characters; anything else as it is."""
    token = _TOKEN.fullmatch(value)
    return f"…{token[1]}" if token else value or MISSING


def fill_words(template: str, evidence: Mapping[str, str], language: str) -> str:
    """A template filled for one reason, values in the language's words (``zh`` or ``en``)."""
    texts = gate_texts()
    return template.format_map({name: texts.word(name, value, language) for name, value in evidence.items()})


def said_in(rule_id: str, evidence: str, language: str) -> str:
    """The evidence of a finding in another language; a text that none of the rule's templates gave stays as it is."""
    texts, rule = gate_texts(), gate_texts().rules.get(rule_id)
    if rule is None:
        return evidence
    for words in (*texts.unknown.values(), rule):
        for spoken in LANGUAGES:
            found = _pattern(words.said("evidence", spoken)).fullmatch(evidence)
            if found and spoken != language:
                codes = {name: _code(texts, name, value, spoken) for name, value in found.groupdict().items()}
                return fill_words(words.said("evidence", language), codes, language)
    return evidence


@functools.cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = (re.escape(literal) + (f"(?P<{name}>.*)" if name else "") for literal, name, _, _ in Formatter().parse(template))
    return re.compile("".join(parts), re.DOTALL)


def _code(texts: GateTexts, name: str, value: str, language: str) -> str:
    at = LANGUAGES.index(language)
    return next((code for code, word in texts.words.get(name, {}).items() if word[at] == value), value)
