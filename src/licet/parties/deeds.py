"""What is done to organisations, people and keys, told to whoever keeps the record.

The journal is a floor above parties, so it registers itself here when it starts (decision 0003). A deed is told inside
its transaction, as the last step; without a recorder nothing can be done at all, so no deed goes unrecorded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from licet.core.actors import Actor


@dataclasses.dataclass(frozen=True, kw_only=True)
class Deed:
    """One thing done. ``tag`` is ``parties:subject:event``; ``organisation`` is the party_id whose people may read it.

    ``before`` and ``after`` are recorded as hashes, ``data`` as it is; neither holds a password or a key.
    """

    tag: str
    actor: Actor
    subject: str
    organisation: str
    reason: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    data: Mapping[str, Any] = dataclasses.field(default_factory=dict)


Recorder = Callable[[Deed], object]
_RECORDERS: list[Recorder] = []


def record_with(recorder: Recorder) -> None:
    """Tell every deed to ``recorder``; it replaces the one before."""
    _RECORDERS[:] = [recorder]


def tell(deed: Deed) -> None:
    """Have a deed recorded. Raises ``RuntimeError`` when nobody records, and whatever the recorder raises."""
    if not _RECORDERS:
        raise RuntimeError(f"nobody records {deed.tag}")
    for recorder in _RECORDERS:
        recorder(deed)
