"""What evidence needs to know of a case. Casework lies above and hands in how to ask (``services.register_directory``),
so that evidence can be added, shown and kept without knowing what a case is.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from licet.core.actors import Actor
from licet.core.errors import NotFound


@dataclasses.dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """A case, as far as its evidence is concerned."""

    case_id: int
    number: str
    desk_id: str
    ground: str
    closed_at: dt.datetime | None
    url: str = ""  # its page


@dataclasses.dataclass(frozen=True, kw_only=True)
class Directory:
    """``find``: the case with a number, ``None`` if the stated actor sees none. ``ensure_may_work``: raises the refusal
    if a person may not handle the case (no post there, or an interest of their own)."""

    find: Callable[[str], CaseFacts | None]
    ensure_may_work: Callable[[Actor, int], None]


_DIRECTORY: list[Directory] = []


def register_directory(directory: Directory) -> None:
    """Let evidence ask about cases. Called by casework in ``ready``; the last one counts."""
    _DIRECTORY[:] = [directory]


def directory() -> Directory:
    """What casework registered. Raises ``RuntimeError`` before it did."""
    if not _DIRECTORY:
        raise RuntimeError("no concept told evidence what a case is; casework does in AppConfig.ready")
    return _DIRECTORY[0]


def case_facts(number: str) -> CaseFacts:
    """The case, if the stated actor sees it. Raises :class:`NotFound`."""
    facts = directory().find(number)
    if facts is None:
        raise NotFound(f"there is no case {number} at your desk")
    return facts
