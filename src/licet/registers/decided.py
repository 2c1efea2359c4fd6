"""Rows that a decision wrote: the measure two people signed needs no second pair for its entry.

Everybody else goes through ``changes`` (two people) or an import. PostgreSQL refuses a row whose source names a measure
that two people did not sign (standing, migration 0003).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import NotAllowed
from licet.journal.services import append
from licet.registers.changes import SecondPersonNeeded, known_kind
from licet.registers.cleaning import clean_row
from licet.registers.models import Licence
from licet.registers.records import Row, Written, key_of, owner_of, present, row_of, subject_of, write_version
from licet.registers.versions import lock_register


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decided:
    """What a row rests on. ``source`` is kept with the row (``measure:12``), ``ref`` is what people are shown."""

    source: str
    ref: str
    signers: tuple[int | None, int | None]
    purpose: str


def lock_kind(kind_id: str) -> None:
    """Keep other writers of a register out until the transaction ends; before the first journal entry."""
    lock_register(known_kind(kind_id))


def present_row(kind_id: str, key: Mapping[str, Any]) -> Row | None:
    """What the register says about ``key`` now."""
    kind = known_kind(kind_id)
    record = present(kind, key)
    return row_of(kind, record) if record else None


def licence_rows(provider_id: str) -> list[Row]:
    """Present rows of an organisation's licences, in the order of their numbers."""
    if not provider_id:
        return []
    records = Licence.objects.filter(provider_id=provider_id, until__isnull=True).order_by("licence_no", "valid_from")
    return [row_of(known_kind("licences"), record) for record in records]


def write_decided(kind_id: str, row: Mapping[str, Any], decided: Decided, *, actor: Actor, today: dt.date,
                  now: dt.datetime) -> Written:
    """Write a row by decision, cleaned as an import would. The caller holds the transaction and the system's scope.

    Raises :class:`SecondPersonNeeded` unless two different people signed, and :class:`BadInput` for a bad column.
    """
    _check(decided, actor)
    kind = known_kind(kind_id)
    clean = clean_row(kind, row)
    written = write_version(kind, key_of(kind, clean), clean, source=decided.source, today=today, now=now)
    _journal("written", kind_id, key_of(kind, clean), written, decided)
    return written


def end_decided(kind_id: str, key: Mapping[str, Any], decided: Decided, *, actor: Actor, today: dt.date,
                now: dt.datetime) -> Written:
    """End what a decision wrote, at once: also on the day it was written, when the version would last until tomorrow.

    Only a row with a ``valid_to`` can end within its first day; that is the blacklist.
    """
    _check(decided, actor)
    kind = known_kind(kind_id)
    record = present(kind, key, lock=True)
    if record is not None and record.since >= today and "valid_to" in kind.by_name:
        # A row that never took effect: no import would accept one, and no reader lists it.
        row = row_of(kind, record) | {"valid_to": (today - dt.timedelta(days=1)).isoformat()}
        write_version(kind, key, row, source=decided.source, today=today, now=now)
    written = write_version(kind, key, None, source=decided.source, today=today, now=now)
    _journal("ended", kind_id, key, written, decided)
    return written


def _check(decided: Decided, actor: Actor) -> None:
    first, second = decided.signers
    if first is None or second is None or first == second:
        raise SecondPersonNeeded("a decided entry rests on two signatures", hint="have the measure seconded")
    if actor.scope is not Scope.SYSTEM:
        raise NotAllowed("a decided entry is written by the step of its measure")


def _journal(event: str, kind_id: str, key: Mapping[str, Any], written: Written, decided: Decided) -> None:
    kind = known_kind(kind_id)
    basis = written.after or written.before or dict(key)
    append(f"registers:decided:{event}", actor=WORKER, subject=subject_of(kind, key), purpose=decided.purpose[:500],
           organisation=owner_of(kind, basis), before=written.before, after=written.after,
           data={"decision_ref": decided.ref, "source": decided.source})
