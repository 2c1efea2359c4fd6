"""What other concepts do when a measure takes a step: order, notify, list, clear.

A concept above casework calls :func:`follow` in its ``AppConfig.ready``. Followers run in the step's transaction with
the system's scope, before the journal entry; one that raises undoes the step, so nothing is half done.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from licet.casework.models import Case, Measure
from licet.core.actors import Actor


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepTaken:
    """A step of a measure. ``frm == to`` where an appeal overturned a measure that had ended already: its state stays,
    its consequences go."""

    measure: Measure
    event: str
    frm: str
    to: str
    actor: Actor
    reason: str
    at: dt.datetime


Follower = Callable[[StepTaken], None]
_FOLLOWERS: dict[str, Follower] = {}


def follow(name: str, follower: Follower) -> None:
    """Call ``follower`` after every step. Registering a name again replaces it, so ``ready`` may run twice."""
    _FOLLOWERS[name] = follower


def unfollow(name: str) -> None:
    """Stop calling a follower."""
    _FOLLOWERS.pop(name, None)


def tell(taken: StepTaken) -> None:
    """Run all followers, in the order they registered."""
    for follower in list(_FOLLOWERS.values()):
        follower(taken)


# (case, kind of measure) -> fields to add to the scope, reasons to add.
Completion = Callable[[Case, str], tuple[Mapping[str, list[str]], list[dict[str, Any]]]]
_COMPLETIONS: dict[str, Completion] = {}


def complete_with(name: str, completion: Completion) -> None:
    """Let a concept above name more in the drafts proposed after a determination: the organiser of a site. Registering a
    name again replaces it."""
    _COMPLETIONS[name] = completion


def completions() -> list[Completion]:
    """All of them, in the order they registered."""
    return list(_COMPLETIONS.values())


# A measure that rests on decisions of its case -> id of the one it rests on, ``None`` while it names none.
Foundation = Callable[[Measure], int | None]
_FOUNDATIONS: dict[str, Foundation] = {}


def found_with(kind: str, foundation: Foundation) -> None:
    """Let the concept that carries out measures of a kind say which decision each rests on (an exposure publishes one)."""
    _FOUNDATIONS[kind] = foundation


def foundation(measure: Measure) -> int | None:
    """The one decision a measure rests on, ``None`` where any final decision of its case carries it."""
    known = _FOUNDATIONS.get(measure.kind)
    return known(measure) if known else None
