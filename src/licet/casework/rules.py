"""What casework decides, as pure functions: which tier to propose, who may sign what, what a measure's state is.

No clock, no database: facts and the time come in. ``tables.py`` holds the rows these functions read.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

from licet.casework.tables import (
    CAN_EXPIRE,
    DESK_ROLES,
    JUDGE_ROLES,
    TRANSITIONS,
    TRIAGE,
    MeasureKind,
    MeasureState,
    SignalKind,
    Transition,
    TriageRule,
)
from licet.core.errors import Conflict

STEPS: Mapping[tuple[str, str], Transition] = {(row.frm.value, row.event): row for row in TRANSITIONS}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Thresholds:
    """The profile's numbers (casework.toml)."""

    window_days: int
    independent_observers: int
    prior_days: int
    handout_minutes: int
    fresh_minutes: int
    first_signature_days: int
    suspension_days: int
    blacklist_days: int
    exposure_days: int
    determination_extension_days: int
    appeal_default_days: int

    def term_days(self, kind: MeasureKind) -> int | None:
        """The longest a measure of this kind lasts; ``None`` = it does not end by itself."""
        return int(getattr(self, kind.expiry_days)) if kind.expiry_days else None


class UnknownStep(Conflict):
    """The measure cannot take this step in its present state."""

    code = "unknown_step"


# --- the states of a measure -----------------------------------------------------------------------------------------


def step(state: str, event: str) -> Transition:
    """The listed transition. Raises :class:`UnknownStep` for every other pair, naming what is possible."""
    row = STEPS.get((state, event))
    if row is None:
        raise UnknownStep(f"a measure that is {state} cannot be {event}",
                          hint=f"possible: {', '.join(possible_events(state)) or 'nothing, it is final'}")
    return row


def possible_events(state: str) -> tuple[str, ...]:
    """Events listed for a state, in table order."""
    return tuple(row.event for row in TRANSITIONS if row.frm.value == state)


def state_at(state: str, *, expires_at: dt.datetime | None, appeal_due_at: dt.datetime | None = None,
             now: dt.datetime) -> MeasureState:
    """The state at a moment, whether or not a job noticed: a term that ran out has ended, an appeal nobody judged in
    time is won. Of two that are over, the earlier counts. ``appeal_due_at``: of the open appeal, if there is one.

    Rule: Notice §4.2.5 (a suspension is for a time), house (decision 0009)
    """
    now_state = MeasureState(state)
    if now_state not in CAN_EXPIRE:
        return now_state
    ends = [(at, ended) for at, ended in ((expires_at, MeasureState.EXPIRED), (appeal_due_at, MeasureState.OVERTURNED))
            if at is not None and at <= now]
    return min(ends, key=lambda end: end[0])[1] if ends else now_state


# --- triage ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class TriageFacts:
    """What triage looks at. ``observers``: kind of signal -> clusters that observed it within the window."""

    ground: str
    observers: Mapping[SignalKind, frozenset[str]]
    prior_decisions: int  # decided measures against the same subject that were not overturned
    best_score: float | None = None  # a model's; never read by propose_tier


@dataclasses.dataclass(frozen=True, kw_only=True)
class TierReason:
    """One triage rule and how it stands: who was seen, how many more it would take."""

    rule: str
    tier: int
    seen: int
    needed: int
    prior_missing: bool = False

    @property
    def fires(self) -> bool:
        """The rule applies now."""
        return self.seen >= self.needed and not self.prior_missing


@dataclasses.dataclass(frozen=True, kw_only=True)
class TierProposal:
    """A proposal for a person. ``tier`` is ``None`` while nothing but a score or a lone report is there."""

    tier: int | None
    reasons: tuple[TierReason, ...]  # rules that fire, most severe tier first
    would_change: tuple[TierReason, ...]  # rules of a more severe tier that do not fire yet


def propose_tier(facts: TriageFacts, limits: Thresholds) -> TierProposal:
    """The most severe tier a triage rule gives. Model scores are not read: they may only queue. Rule: Notice §4.2.5"""
    rows = [_stands(rule, facts, limits) for rule in TRIAGE if facts.ground in rule.grounds]
    fired = tuple(sorted((row for row in rows if row.fires), key=lambda row: row.tier))
    tier = fired[0].tier if fired else None
    return TierProposal(tier=tier, reasons=fired, would_change=tuple(
        row for row in rows if not row.fires and (tier is None or row.tier < tier)))


def _stands(rule: TriageRule, facts: TriageFacts, limits: Thresholds) -> TierReason:
    seen = frozenset[str]().union(*(facts.observers.get(kind, frozenset()) for kind in rule.kinds))
    return TierReason(rule=rule.id, tier=rule.tier, seen=len(seen),
                      needed=rule.observers or limits.independent_observers,
                      prior_missing=rule.prior and facts.prior_decisions == 0)


_BANDS = {1: 600, 2: 400, 3: 200, None: 0}


def priority(facts: TriageFacts, *, tier: int | None, proposed: int | None) -> int:
    """A case's place in the queue, larger first: minors before all, then by tier (set, else proposed), then within the
    tier by observers, earlier decisions and at last by a model's score. Nothing within a tier reaches the next one.
    """
    observers = frozenset[str]().union(*facts.observers.values()) if facts.observers else frozenset()
    score = min(max(facts.best_score or 0.0, 0.0), 1.0)
    return ((1000 if facts.ground == "minors" else 0) + _BANDS[tier if tier is not None else proposed]
            + min(len(observers), 10) * 7 + min(facts.prior_decisions, 3) * 10 + round(score * 90))


# --- people ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Person:
    """Whoever acts, as far as a case is concerned. ``posts``: (kind of organisation, role) held in the case's desk, or
    in an authority whose region covers it. ``conflict``: the interest of their own in it, '' if none."""

    user_id: int | None
    posts: frozenset[tuple[str, str]]
    conflict: str = ""

    def has_post(self, party_kinds: frozenset[str] | None, roles: frozenset[str]) -> bool:
        """Holds one of the roles in an organisation of one of the kinds (``None`` = any kind)."""
        return any(role in roles and (party_kinds is None or kind in party_kinds) for kind, role in self.posts)


@dataclasses.dataclass(frozen=True)
class Refuse:
    """No, and this person or this scope cannot make it a yes."""

    code: str
    text: str
    hint: str = ""


@dataclasses.dataclass(frozen=True)
class Insufficient:
    """Not yet: something the measure needs is not there. ``missing`` are ids from ``tables.NEEDS``."""

    missing: tuple[str, ...]
    code: str = "needs_missing"


@dataclasses.dataclass(frozen=True)
class Hold:
    """This signature counts; the measure waits for the second person."""

    code: str = "second_person"


@dataclasses.dataclass(frozen=True)
class Apply:
    """Everybody it needs has signed and everything it needs is there."""

    code: str = "complete"


MeasureDecision = Apply | Hold | Refuse | Insufficient
_CONFLICT = "you have an interest of your own in this case"


def may_work(person: Person) -> Refuse | None:
    """Why somebody may not handle a case, ``None`` if they may."""
    if person.user_id is None:
        return Refuse("not_a_person", "only a named person decides in a case", "sign in; programs and jobs cannot")
    if person.conflict:
        return Refuse("conflict_of_interest", _CONFLICT, "leave it to a colleague who has none")
    if not person.has_post(None, DESK_ROLES):
        return Refuse("no_post", "you hold no post at the desk that handles this case", "ask its administrator")
    return None


@dataclasses.dataclass(frozen=True, kw_only=True)
class MeasureFacts:
    """What :func:`decide_measure` looks at."""

    kind: MeasureKind
    person: Person
    authenticated_at: dt.datetime | None  # when the person last proved who they are
    now: dt.datetime
    case_open: bool
    tier: int | None
    have: frozenset[str]  # ids of needs that are there
    decided_by: int | None  # the first signature that still counts; None = this one is the first
    expires_at: dt.datetime | None
    others_on_addresses: int  # other domains the addresses in the scope carry
    wide_scope_reason: str  # why the narrower scope will not do
    others_below: int = 0  # other customers' names below the hosts in the scope
    others_on_codes: int | None = 0  # other services on the codes in the scope; None = no register says
    kept_away: frozenset[int] = frozenset()  # whoever judged the measure that this one is to replace
    against: Refuse | None = None  # what the scope, the executor or an earlier measure say against it (scoping.py)


def decide_measure(facts: MeasureFacts, limits: Thresholds) -> MeasureDecision:
    """Whether a signature makes the measure binding. Checked in this order: person, tier, scope, term, needs, second
    person. Rule: Notice §4.2.5, house (decision 0009)
    """
    refusal = (_who(facts, limits) or _tier(facts) or facts.against
               or narrowest(facts.others_on_addresses, facts.wide_scope_reason, below=facts.others_below,
                            on_codes=facts.others_on_codes)
               or _term(facts, limits))
    if refusal is not None:
        return refusal
    missing = tuple(sorted(facts.kind.needs - facts.have))
    if missing:
        return Insufficient(missing)
    return Hold() if facts.kind.persons > 1 and facts.decided_by is None else Apply()


def _who(facts: MeasureFacts, limits: Thresholds) -> Refuse | None:
    refusal = may_work(facts.person) or stale_authentication(facts.authenticated_at, facts.now, limits)
    if refusal is not None:
        return refusal
    if not facts.person.has_post(facts.kind.party_kinds, facts.kind.roles):
        roles, kinds = ", ".join(sorted(facts.kind.roles)), ", ".join(sorted(facts.kind.party_kinds))
        return Refuse("not_yours", f"{facts.kind.en}: your post does not decide this",
                      f"decided by: {roles} of {kinds}")
    if facts.person.user_id in facts.kept_away:
        return Refuse("judged_it", "whoever judged does not sign what takes its place", "it is for others to sign")
    if facts.decided_by is not None and facts.decided_by == facts.person.user_id:
        return Refuse("same_person", "the second signature is somebody else's", "ask a colleague")
    return None


def stale_authentication(authenticated_at: dt.datetime | None, now: dt.datetime, limits: Thresholds) -> Refuse | None:
    """Refuses a signature of somebody who did not prove lately who they are."""
    fresh = dt.timedelta(minutes=limits.fresh_minutes)
    if authenticated_at is None or not now - fresh <= authenticated_at <= now + dt.timedelta(minutes=1):
        return Refuse("authentication_stale", "signing asks you to prove again who you are",
                      f"sign in again; it counts for {limits.fresh_minutes} minutes")
    return None


def counts_until(decided_at: dt.datetime, limits: Thresholds) -> dt.datetime:
    """Until when the first of two signatures counts: both sign what was looked at lately. Rule: house (decision 0009)"""
    return decided_at + dt.timedelta(days=limits.first_signature_days)


def _tier(facts: MeasureFacts) -> Refuse | None:
    if not facts.case_open:
        return Refuse("case_closed", "the case is closed", "reopen it on new facts")
    if facts.tier is not None and facts.tier not in facts.kind.tiers:
        return Refuse("wrong_tier", f"{facts.kind.en} is not for a case of tier {facts.tier}",
                      f"tiers: {', '.join(str(tier) for tier in sorted(facts.kind.tiers))}")
    return None


def narrowest(others_on_addresses: int, reason: str, *, below: int = 0, on_codes: int | None = 0) -> Refuse | None:
    """Refuses a scope that would hit others (on its addresses, below its hosts, on its codes), unless somebody says why a
    narrower one would not do. What no register says (``None``) is shown as not known, and refuses nothing."""
    if reason.strip():
        return None
    if others_on_addresses > 0:
        return Refuse("scope_too_wide", f"the addresses carry {others_on_addresses} other sites",
                      "name the hosts instead, or say why that would not do")
    if below > 0:
        return Refuse("scope_too_wide", f"names of {below} other customers lie below the hosts",
                      "name the very hosts instead, or say why that would not do")
    if on_codes:
        return Refuse("scope_too_wide", f"the codes carry {on_codes} other services",
                      "name the service's own code, or say why that would not do")
    return None


def _term(facts: MeasureFacts, limits: Thresholds) -> Refuse | None:
    longest = limits.term_days(facts.kind)
    if facts.expires_at is None:
        return None
    if facts.expires_at <= facts.now:
        return Refuse("term_over", "the end date has passed already", "draft it again with a new end date")
    if longest is not None and facts.expires_at > facts.now + dt.timedelta(days=longest):
        return Refuse("term_too_long", f"{facts.kind.en} lasts at most {longest} days", "choose an earlier end date")
    return None


# --- appeals ---------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class FilingFacts:
    """For :func:`may_appeal`."""

    kind: MeasureKind
    state: str
    notified_at: dt.datetime | None
    open_appeal: bool
    now: dt.datetime
    anybody_appealed: bool = False  # the first appeal stays a measure, later ones do not
    found_wrong: bool = False  # an appeal against it was won
    appealed: bool = False  # the same appellant appealed this decision before
    new_facts: bool = False  # a person of the desk takes it up again, on facts that were not known


def appeal_deadline(kind: MeasureKind, notified_at: dt.datetime) -> dt.datetime:
    """The last moment to appeal, counted from the statement of reasons."""
    return notified_at + dt.timedelta(days=kind.appeal_days)


def may_appeal(facts: FilingFacts) -> Refuse | None:
    """Why an appeal cannot be taken, ``None`` if it can: one per appellant and notified decision, none once it was found
    wrong. Ended measures can be appealed too: they leave a record. On new facts it is taken up again without these limits
    of number and time, by a person of the desk and without staying the measure. Rule: house (decision 0009)
    """
    untold = {MeasureState.DRAFTED, MeasureState.WITHDRAWN, MeasureState.APPROVED}
    if facts.kind.appeal == "none":
        return Refuse("no_appeal", f"{facts.kind.en} cannot be appealed", "appeal the measure it leads to")
    if facts.notified_at is None or facts.state in untold:
        return Refuse("not_notified", "nobody was notified of this measure yet", "appeal when the notice arrives")
    if facts.found_wrong or facts.state == MeasureState.OVERTURNED:
        return Refuse("found_wrong", "an appeal was won already: the measure is gone with all it led to",
                      "there is nothing left to appeal")
    if facts.open_appeal:
        return Refuse("appeal_pending", "an appeal is pending already", "add to it instead")
    return None if facts.new_facts else _spent(facts, facts.notified_at)


def _spent(facts: FilingFacts, notified_at: dt.datetime) -> Refuse | None:
    hint = "on new facts ask the desk to take it up again"
    if facts.appealed:
        return Refuse("appealed_already", "this decision was appealed and judged already", hint)
    if facts.now > appeal_deadline(facts.kind, notified_at):
        return Refuse("too_late", "the time to appeal is over", hint)
    return None


def may_judge(person: Person, *, authenticated_at: dt.datetime | None, signers: Sequence[int | None],
              now: dt.datetime, limits: Thresholds) -> Refuse | None:
    """Why somebody may not judge an appeal; ``signers`` drafted, decided or seconded the measure."""
    if person.user_id is None:
        return Refuse("not_a_person", "only a named person judges an appeal", "sign in; programs and jobs cannot")
    if person.user_id in signers:
        return Refuse("own_decision", "nobody judges an appeal against their own measure", "leave it to a colleague")
    if person.conflict:
        return Refuse("conflict_of_interest", _CONFLICT, "leave it to a colleague who has none")
    if not person.has_post(None, JUDGE_ROLES):
        return Refuse("no_post", "you hold no post that judges appeals here", "ask the desk's administrator")
    return stale_authentication(authenticated_at, now, limits)


def final_at(kind: MeasureKind, *, notified_at: dt.datetime | None,
             appeals: Sequence[tuple[str, dt.datetime | None]]) -> dt.datetime | None:
    """When a decision became, or becomes, final: the time to appeal is over, or an appeal was judged and it stood.
    ``None`` while nobody was told or an appeal is pending, and for good when an appeal was won. ``appeals``: state and
    time of judgement of each. This is the one meaning of "final": blacklist, exposure and conduct record wait for it.

    Rule: Notice §4.5, house (decision 0015)
    """
    if notified_at is None or any(state != "upheld" for state, _ in appeals):
        return None
    stood = [judged for _, judged in appeals if judged is not None]
    if stood:
        return min(stood)
    return appeal_deadline(kind, notified_at) if kind.appeal != "none" else notified_at
