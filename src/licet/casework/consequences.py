"""What other concepts do when a measure takes a step: order, notify, list, clear.

A concept above casework calls :func:`follow` in its ``AppConfig.ready``. Followers run in the step's transaction with
the system's scope, before the journal entry; one that raises undoes the step, so nothing is half done.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from licet.casework.models import Measure
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
