"""Which decision stands behind a register's row, and until when it can be contested. The gate asks whoever keeps decisions.

The concept that does lies above the gate and registers when it starts; without it the gate says what the register says.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Rules whose rows a decision wrote -> the evidence that names the decision's row.
NAMED_BY = {
    "blacklisted_domain": "decision_ref",
    "blacklisted_sponsor": "decision_ref",
    "blacklisted_address": "decision_ref",
    "blacklisted_provider": "decision_ref",
    "licence_suspended_or_revoked": "licence_no",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Behind:
    """A decision, as far as whoever is refused may know it."""

    ref: str
    ground: str
    since: str  # ISO dates, '' = open or not known
    until: str
    authority: str = ""
    contest_until: str = ""
    appeal_pending: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As it stands in an answer."""
        return dataclasses.asdict(self)


Source = Callable[[str, Sequence[str]], Mapping[str, Behind]]
_SOURCES: dict[str, Source] = {}


def know_decisions(name: str, source: Source) -> None:
    """Ask ``source(field, values)`` for the decisions behind rows; ``field`` is one of :data:`NAMED_BY`'s values."""
    _SOURCES[name] = source


def decisions_behind(rule_id: str, evidence: Sequence[Mapping[str, str]]) -> list[Behind | None]:
    """The decision behind each reason of a rule, from the register alone where nobody knows more."""
    field = NAMED_BY.get(rule_id, "")
    if not field:
        return [None] * len(evidence)
    known: dict[str, Behind] = {}
    for source in _SOURCES.values():
        known |= source(field, sorted({row.get(field) or "" for row in evidence} - {""}))
    return [known.get(row.get(field) or "") or _from_register(field, row) for row in evidence]


def _from_register(field: str, row: Mapping[str, str]) -> Behind | None:
    if field != "decision_ref":
        return None
    return Behind(ref=row.get("decision_ref") or "", ground=row.get("ground") or "", since=row.get("since") or "",
                  until=row.get("until") or "")


