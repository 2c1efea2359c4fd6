"""How far a measure may reach, as pure functions: its scope, who may be ordered, what may take its place, what may
follow a suspension that ended. Facts come in from ``services.bounds``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from licet.casework.rules import Refuse
from licet.casework.tables import SCOPE_NEEDED, SCOPE_NEEDED_ELSE, SEVERITY, SUSPENSIONS, TECHNICAL, MeasureKind

_TOUCHED = ("hosts", "addresses", "codes", "parties")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scope:
    """What exactly a measure touches. ``regions``: ISO 3166-2 codes of the profile, ``*`` everywhere. ``technical``: by
    what means, an id of ``tables.TECHNICAL``, '' = as the executor does it."""

    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    regions: tuple[str, ...] = ("*",)
    technical: str = ""

    def as_document(self) -> dict[str, Any]:
        """As kept on the measure."""
        return {name: list(value) if isinstance(value, tuple) else value
                for name, value in dataclasses.asdict(self).items()}


def is_below(name: str, above: Iterable[str]) -> bool:
    """The name is one of these, or lies below one."""
    return any(name == host or name.endswith("." + host) for host in above)


def outside(scope: Scope, tied: Mapping[str, frozenset[str]]) -> Refuse | None:
    """Refuses whatever the records do not tie to what the case is about. ``tied``: field -> the values of this scope that
    they do."""
    for field in _TOUCHED:
        for value in getattr(scope, field):
            if value not in tied.get(field, frozenset()):
                return Refuse("scope_outside", f"{value} is not what this case is about",
                              "name what the case, the registers or its confirmed signals tie to it")
    return None


def nothing_to_carry_out(kind: MeasureKind, scope: Scope, *, subject_kind: str, executor: str) -> Refuse | None:
    """Refuses a scope in which there is nothing this measure's effect could touch."""
    needed = (SCOPE_NEEDED_ELSE.get((subject_kind, kind.id)) or SCOPE_NEEDED_ELSE.get((subject_kind, kind.effect))
              or SCOPE_NEEDED.get(kind.effect, _TOUCHED))
    given = [field for field in needed if getattr(scope, field)]
    if not given:
        return Refuse("scope_carries_nothing", f"{kind.en} needs {' or '.join(needed)} to act on", "name them in the scope")
    if kind.effect == "cut_access" and given == ["parties"] and executor in {"", *scope.parties}:
        return Refuse("scope_carries_nothing", "nobody cuts off themselves",
                      "name the provider above it that connects it, or hosts and addresses")
    if scope.technical and TECHNICAL[scope.technical][0] != kind.effect:
        return Refuse("wrong_means", f"{kind.en} does not act on {TECHNICAL[scope.technical][2]}", "leave the means open")
    return None


# --- who may be ordered ----------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class OrderFacts:
    """For :func:`may_order`. The executor's ``kind`` is '' if it is not on record."""

    desk: str
    desk_kind: str
    desk_region: str
    executor: str
    executor_kind: str
    executor_region: str
    below_desk: bool  # present access relations name the desk above the executor, directly or through others


_EVERYWHERE = frozenset({"", "*"})


def may_order(facts: OrderFacts) -> Refuse | None:
    """Whom a desk orders: itself always; an authority whoever is in its region; a carrier whom it connects; an association
    and the police order nobody, their measures are words. Rule: Notice §4.1.1, house (decision 0009)
    """
    if facts.executor in {"", facts.desk}:
        return None
    if not facts.executor_kind:
        return Refuse("executor_unknown", f"{facts.executor} is not on record", "name an organisation by its id")
    if facts.desk_kind == "authority":
        regions = {facts.desk_region, facts.executor_region}
        if regions & _EVERYWHERE or len(regions) == 1:
            return None
        return Refuse("not_in_reach", f"{facts.executor} is seated in another region", "hand the case to its authority")
    if facts.desk_kind in {"association", "police"} or (facts.desk_kind == "carrier" and facts.below_desk):
        return None
    return Refuse("not_in_reach", f"{facts.executor} is not in your own network",
                  "only an authority, or a carrier that connects it, orders others; hand the case to the authority")


# --- what takes the place of a measure -------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Extent:
    """How far a measure goes."""

    kind: MeasureKind
    scope: Scope
    ends_at: dt.datetime | None


def not_milder(new: Extent, old: Extent) -> Refuse | None:
    """Refuses a replacement that goes further than the measure it replaces in any respect, or no less far in all of them."""
    if SEVERITY[new.kind.id] > SEVERITY[old.kind.id] or new.kind.effect not in {old.kind.effect, "none"}:
        return Refuse("not_milder", f"{new.kind.en} is no milder than {old.kind.en}", "choose a lighter measure")
    for field in _TOUCHED:
        wider = [value for value in getattr(new.scope, field) if not _within(field, value, getattr(old.scope, field))]
        if wider:
            return Refuse("not_milder", f"{wider[0]} was not in the scope", "a milder measure names less, never more")
    if "*" not in old.scope.regions and not set(new.scope.regions) <= set(old.scope.regions):
        return Refuse("not_milder", "it reaches further regions", "a milder measure reaches less far")
    if old.ends_at is not None and new.kind.expiry_days and (new.ends_at is None or new.ends_at > old.ends_at):
        return Refuse("not_milder", "it ends later", "a milder measure ends no later")
    if (SEVERITY[new.kind.id], new.scope, new.ends_at) == (SEVERITY[old.kind.id], old.scope, old.ends_at):
        return Refuse("not_milder", "it is the same measure", "let it stand, or name what is milder")
    return None


def _within(field: str, value: str, old: tuple[str, ...]) -> bool:
    if field == "hosts":
        return is_below(value, old)
    if field == "addresses":
        return any(ip_address(value) in ip_network(address, strict=False) for address in old)
    return value in old


# --- what may follow a suspension ------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class RenewalFacts:
    """For :func:`may_renew`: suspensions of the same effect before, in this case or earlier ones about the same."""

    kind: MeasureKind
    live: bool  # one of this case binds now
    ended_at: dt.datetime | None  # when the last one ended; None = there was none
    new_signal: bool  # somebody independent observed it since, or a check did again
    new_determination: bool  # it rests on a determination that no earlier one rested on
    sent_back_until: dt.datetime | None  # the last one was sent back to be decided anew; it would have ended then
    ends_at: dt.datetime | None


def may_renew(facts: RenewalFacts) -> Refuse | None:
    """Suspicion expires: one suspension at a time, and after it another only on something new. Rule: Notice §4.2.5

    EITHER nobody suspended before, OR a new independent signal came since, OR a new determination carries it, OR an
    appeal sent the last one back and this one ends no later than that would have.
    """
    if facts.kind.id not in SUSPENSIONS:
        return None
    if facts.live:
        return Refuse("suspended_already", "a suspension of this case is in force already",
                      "one at a time: lift it first, or let it end")
    if facts.ended_at is None or facts.new_signal or facts.new_determination:
        return None
    if facts.sent_back_until and facts.ends_at and facts.ends_at <= facts.sent_back_until:
        return None
    return Refuse("suspicion_expired", "a suspension on the same facts has ended already",
                  "a further one needs a new independent signal, or a determination in writing")
