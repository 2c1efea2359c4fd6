"""Rules of orders: pure functions, frozen facts in, frozen decisions out. No clock, no settings, no database."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence

from licet.casework.rules import Refuse
from licet.core.errors import Conflict
from licet.orders.tables import (
    CARRIED_OUT,
    STEPS,
    OrderKind,
    OrderState,
    Step,
    Verdict,
)

_STEPS: Mapping[tuple[str, str], Step] = {(row.frm.value, row.event): row for row in STEPS}
S = OrderState


class UnknownOrderStep(Conflict):
    """The order cannot take this step in its present state."""

    code = "unknown_order_step"


def step(state: str, event: str) -> Step:
    """The listed step. Raises :class:`UnknownOrderStep` for every other pair, naming what is possible."""
    row = _STEPS.get((state, event))
    if row is None:
        raise UnknownOrderStep(f"an order that is {state} cannot be {event}",
                               hint=f"possible: {', '.join(possible_events(state)) or 'nothing, it is final'}")
    return row


def possible_events(state: str) -> tuple[str, ...]:
    """Events listed for a state, in table order."""
    return tuple(row.event for row in STEPS if row.frm.value == state)


# --- clocks ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clock:
    """Hours allowed for something. ``business``: only hours in which offices are open count."""

    hours: int
    business: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class OpenHours:
    """When offices are open: ``opens`` and ``closes`` are local hours; ``works`` says whether a day is a business day."""

    opens: int
    closes: int
    works: Callable[[dt.date], bool]
    zone: dt.tzinfo


_FARTHEST_DAYS = 400


def runs_out_at(start: dt.datetime, clock: Clock, office: OpenHours) -> dt.datetime:
    """When a clock started at ``start`` (aware) runs out; aware, in UTC."""
    if not clock.business:
        return start + dt.timedelta(hours=clock.hours)
    local, left = start.astimezone(office.zone), dt.timedelta(hours=clock.hours)
    day = local.date()
    for _ in range(_FARTHEST_DAYS):
        if office.works(day):
            opens = dt.datetime.combine(day, dt.time(office.opens), tzinfo=office.zone)
            closes = dt.datetime.combine(day, dt.time(office.closes), tzinfo=office.zone)
            begins = max(opens, local)
            if begins < closes and left <= closes - begins:
                return (begins + left).astimezone(dt.UTC)
            left -= max(closes - begins, dt.timedelta(0))
        day += dt.timedelta(days=1)
    raise ValueError("the offices of this calendar never open")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Due:
    """When what must have happened."""

    acknowledge_at: dt.datetime
    done_at: dt.datetime
    verified_at: dt.datetime | None = None  # counted from the report that it is done


_SILENT = frozenset({S.PENDING, S.DISPATCHED})


def overdue(state: str, due: Due, now: dt.datetime) -> str:
    """What is late (an id of ``tables.ESCALATIONS``), '' if nothing is. The later duty is named before the earlier.

    Rule: house (decision 0012)
    """
    if state in _SILENT | {S.ACKNOWLEDGED} and now >= due.done_at:
        return "undone"
    if state in _SILENT and now >= due.acknowledge_at:
        return "unacknowledged"
    if state == S.DONE and due.verified_at is not None and now >= due.verified_at:
        return "unverified"
    return ""


# --- sending ---------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Retry:
    """How often a message is tried and how long between. ``jitter``: share of the pause that is drawn by lot."""

    tries: int
    base_s: int
    cap_s: int
    jitter: float


def pause_s(tried: int, retry: Retry, *, lot: float) -> float | None:
    """Seconds until the next try after ``tried`` tries, ``None`` when it is given up. ``lot`` in [0, 1) is drawn by the
    caller: exponential back-off, and no two executors are hammered in step."""
    if tried >= retry.tries:
        return None
    whole = float(min(retry.cap_s, retry.base_s * 2 ** (tried - 1)))
    return whole * (1 - retry.jitter + retry.jitter * lot)


# --- what an order means for its measure -----------------------------------------------------------------------------

_ENDED = frozenset({"expired", "overturned", "lifted"})
# State of the measure -> may an order of this kind go out now?
_SENDABLE = {OrderKind.CUT: frozenset({"notified", "ordered", "acknowledged"}), OrderKind.RESTORE: _ENDED | {"stayed"}}


def may_go_out(kind: str, measure_state: str) -> bool:
    """Whether the measure, as it is at this moment, still wants the order."""
    return measure_state in _SENDABLE[OrderKind(kind)]


def measure_event(kind: str, state: str, measure_state: str) -> str:
    """The next step of the measure that the state of its live order calls for, '' if there is none.

    Asked again after each step until it answers '': an order reported done at once gives ``done`` and not
    ``acknowledged`` first. A measure that time or a judge ended meanwhile takes no step from a cut any more.
    """
    if kind == OrderKind.CUT:
        return _event_of_cut(state, measure_state)
    return _event_of_restore(state, measure_state)


def _event_of_cut(state: str, measure: str) -> str:
    if measure in {"ordered", "acknowledged"}:
        if state in CARRIED_OUT:
            return "done"
        if state in {S.REFUSED, S.FAILED}:
            return "failed"
        if state == S.ACKNOWLEDGED and measure == "ordered":
            return "acknowledged"
    if measure == "done" and state == S.VERIFIED:
        return "verified"
    if measure in {"done", "verified"} and state == S.PENDING:
        return "disagreed"
    return ""


def _event_of_restore(state: str, measure: str) -> str:
    if measure in _ENDED and state in CARRIED_OUT:
        return "restored"
    if measure == "restored" and state == S.VERIFIED:
        return "restoration_verified"
    if measure == "restored" and state == S.PENDING:
        return "restoration_disagreed"
    return ""


def without(scope: Mapping[str, Sequence[str]], others: Iterable[Mapping[str, Sequence[str]]]) -> dict[str, list[str]]:
    """What of a scope is to be restored: all that no other measure in force keeps cut. Fields hosts, addresses, codes."""
    kept = list(others)
    return {field: [value for value in scope.get(field, ())
                    if not any(value in other.get(field, ()) for other in kept)] for field in TARGETS}


TARGETS = ("hosts", "addresses", "codes")


def names_nothing(targets: Mapping[str, Sequence[str]]) -> bool:
    """There is nothing to cut or to restore."""
    return not any(targets.get(field) for field in TARGETS)


# --- checks from outside ---------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
    """What one vantage point saw of one target.

    ``dns``: ``answers``, ``nxdomain``, ``nodata``, ``refused``, ``block`` (an address of a block page), ``broken`` (the
    resolver failed or did not answer), '' (an address was checked, no name). ``http``: status, 0 = nothing answered,
    ``None`` = not tried. ``block_page``: the answer was the block page's. ``control``: a name that must answer did.
    """

    vantage: str
    target: str
    dns: str
    http: int | None = None
    block_page: bool = False
    control: bool = True


_NO_NAME = frozenset({"nxdomain", "nodata", "refused", "block"})
_BLOCKED = frozenset({403, 451})
_V = Verdict


def read(seen: Seen, *, kind: str, technical: str) -> Verdict:
    """What one look says. ``technical``: by what means it was cut (``dns``, ``access``, '' = any).

    Whatever hinges on our own network (control name, broken resolver) is inconclusive, never a disagreement.
    Rule: house (decision 0012)
    """
    if not seen.control or seen.dns == "broken":
        return _V.INCONCLUSIVE
    if kind == OrderKind.CUT:
        return _read_cut(seen, technical)
    return _read_restore(seen)


def _read_cut(seen: Seen, technical: str) -> Verdict:
    if seen.dns in _NO_NAME or seen.block_page or seen.http in _BLOCKED:
        return _V.AGREES
    if seen.http == 0:  # a name that is to be cut in the DNS still answers; the silence may be the site's own
        return _V.INCONCLUSIVE if technical == "dns" else _V.AGREES
    if seen.http is None or seen.http >= 500:  # an error page may be how it was cut, or the site's own trouble
        return _V.INCONCLUSIVE
    return _V.DISAGREES


def _read_restore(seen: Seen) -> Verdict:
    if seen.dns in _NO_NAME or seen.block_page or seen.http in {0, 451}:
        return _V.DISAGREES
    if seen.http is None or seen.http == 403 or seen.http >= 500:  # may be the site's own answer
        return _V.INCONCLUSIVE
    return _V.AGREES


def read_all(seen: Sequence[Seen], *, kind: str, technical: str) -> Verdict:
    """What one check says, all targets from all vantage points together: one clear disagreement outweighs the rest;
    it agrees when every look that says something agrees and every target was seen at least once."""
    verdicts = [(look.target, read(look, kind=kind, technical=technical)) for look in seen]
    if any(verdict is _V.DISAGREES for _, verdict in verdicts):
        return _V.DISAGREES
    targets = {target for target, _ in verdicts}
    agreed = {target for target, verdict in verdicts if verdict is _V.AGREES}
    return _V.AGREES if targets and agreed == targets else _V.INCONCLUSIVE


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checking:
    """The profile's numbers of checks from outside."""

    agreeing: int  # so many checks in a row must agree …
    disagreeing: int  # … or disagree
    distance: dt.timedelta  # checks closer together count once
    again: dt.timedelta  # pause after an inconclusive check


@dataclasses.dataclass(frozen=True)
class Verified:
    """Enough checks agree."""


@dataclasses.dataclass(frozen=True)
class Disagreed:
    """Enough checks disagree: the order is open again."""


@dataclasses.dataclass(frozen=True)
class LookAgain:
    """Not enough to say; ``at`` is when to look again."""

    at: dt.datetime


def conclude(checks: Sequence[tuple[dt.datetime, str]], limits: Checking, *, now: dt.datetime
             ) -> Verified | Disagreed | LookAgain:
    """What the checks of one round say together. ``checks``: (when, verdict), oldest first.

    Inconclusive checks do not count. Of the others the last ones in a row count that lie ``distance`` apart: a cut that
    was seen once may be a hiccup. Rule: house (decision 0012)
    """
    telling = [(at, verdict) for at, verdict in checks if verdict != _V.INCONCLUSIVE]
    if not telling:
        return LookAgain(now + limits.again)
    last_at, last = telling[-1]
    run, counted_at = 0, None
    for at, verdict in reversed(telling):
        if verdict != last:
            break
        if counted_at is None or counted_at - at >= limits.distance:
            run, counted_at = run + 1, at
    if run >= (limits.agreeing if last == _V.AGREES else limits.disagreeing):
        return Verified() if last == _V.AGREES else Disagreed()
    return LookAgain(max(now, last_at + limits.distance))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checker:
    """Whoever says what they saw. ``signed``: drafted, decided or seconded the measure; ``carried_out``: belongs to the
    executor, where that is another organisation than the desk, or reported the order themselves."""

    signed: bool
    carried_out: bool


def may_check(person: Checker) -> Refuse | None:
    """Why somebody's own look is no check from outside, ``None`` if it is one. Rule: house (decision 0012)"""
    if person.signed:
        return Refuse("own_measure", "whoever signed the measure does not check it", "ask a colleague who had no part in it")
    if person.carried_out:
        return Refuse("own_work", "whoever carried it out does not check it", "somebody else of the desk looks")
    return None
