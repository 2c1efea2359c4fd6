"""What each kind of letter must say, as typed fields in one language. An empty one refuses the letter."""

from __future__ import annotations

import dataclasses

from licet.core.errors import Conflict


class PlaceholderEmpty(Conflict):
    """A letter has a gap where something must be said, so it does not go out."""

    code = "placeholder_empty"

    def __init__(self, field: str, repair: str) -> None:
        """``field``: name of the empty placeholder; ``repair``: what fills it."""
        self.field = field
        super().__init__(f"the notice says nothing about “{field}”", hint=repair)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Letter:
    """What every letter says."""

    organisation: str
    addressee: str
    subject: str
    case_number: str
    measure: str
    contact: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Statement(Letter):
    """The statement of reasons."""

    facts: str  # each with its source and day
    basis: str  # how it became known; reporters are never named
    rule: str  # text and citation
    scope: str  # what exactly
    bounds: str  # where, and by what means
    term: str
    collateral: str
    decided_by: str
    automation: str
    appeal: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rectification(Letter):
    """What must be put right until when."""

    statement: str
    facts: str
    rule: str
    deadline: str
    consequence: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ended(Letter):
    """A measure ended."""

    statement: str
    ended: str
    reason: str
    restoration: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class AppealReceipt(Letter):
    """An appeal arrived."""

    statement: str
    filed: str
    stay: str
    judging: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class AppealJudgement(Letter):
    """An appeal was judged."""

    statement: str
    result: str
    judgement: str
    follows: str
    judged_by: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reminder(Letter):
    """A clock runs out soon."""

    statement: str
    clock: str
    due: str
    consequence: str


FIELDS: dict[str, type[Letter]] = {
    "statement": Statement, "rectification": Rectification, "ended": Ended, "appeal_receipt": AppealReceipt,
    "appeal_judgement": AppealJudgement, "reminder": Reminder,
}
REPAIRS: dict[str, str] = {
    "organisation": "register the desk's organisation with its name",
    "facts": "give each reason a known rule, or say it in a sentence (key “text”)",
    "rule": "cite a clause the profile quotes, or write the clause's text behind its citation: “Pledge 3: no luring”",
    "scope": "name the hosts, addresses, codes or organisations the measure touches",
    "decided_by": "the deciding person needs a name",
    "deadline": "set the day by which it must be put right",
    "judgement": "the judge gives reasons",
    "contact": "record a duty post with an address for the desk",
}


def missing(letter: Letter) -> tuple[str, ...]:
    """Names of fields that say nothing, in order."""
    return tuple(field.name for field in dataclasses.fields(letter) if not str(getattr(letter, field.name)).strip())


def ensure_complete(letter: Letter) -> None:
    """Raises :class:`PlaceholderEmpty` for the first gap."""
    for name in missing(letter):
        raise PlaceholderEmpty(name, repair_of(name))


def repair_of(name: str) -> str:
    """What fills a gap."""
    return REPAIRS.get(name, "complete the measure's draft")
