"""Corrections by people: proposed with a reason, decided by a second person where a register asks for one, journalled.

Licences, annual reviews and the blacklist decide whether somebody may work: nobody changes them alone, and PostgreSQL
repeats that rule (migration 0004). Other registers are corrected at once, by whoever may, with the same record of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from licet.core.actors import Actor, Scope
from licet.core.errors import BadInput, Conflict, NotAllowed, NotFound
from licet.journal.services import append
from licet.parties.selectors import permissions_of
from licet.registers.cleaning import clean_row
from licet.registers.kinds import KIND_BY_ID, Kind
from licet.registers.models import ProposedChange
from licet.registers.records import Row, Written, key_of, owner_of, present, row_of, subject_of, write_version

# The blacklist has permissions of its own; who may correct it is a narrower circle.
_CORRECT = {"blacklist": "blacklist.propose"}
_SECOND = {"blacklist": "blacklist.second"}


class SecondPersonNeeded(NotAllowed):
    """Whoever proposed a change cannot be the one who decides it."""

    code = "second_person_needed"
    hint = "ask another officer; the change waits in their queue"


class Stale(Conflict):
    """The record changed after this change was proposed."""

    code = "stale_change"
    hint = "look at the record as it is now and propose again"


def correct_permission(kind: Kind) -> str:
    """The permission that lets a person propose a correction of this register."""
    return _CORRECT.get(kind.id, "registers.correct")


def second_permission(kind: Kind) -> str:
    """The permission of the second person."""
    return _SECOND.get(kind.id, "registers.second")


def known_kind(kind_id: str) -> Kind:
    """The kind of that id. Raises :class:`NotFound`."""
    kind = KIND_BY_ID.get(kind_id)
    if kind is None:
        raise NotFound(f"there is no register {kind_id!r}", hint=f"registers: {', '.join(KIND_BY_ID)}")
    return kind


@transaction.atomic
def propose_change(
    kind_id: str, key: Mapping[str, Any] | None, after: Mapping[str, Any] | None, *, reason: str, actor: Actor,
    now: dt.datetime, today: dt.date,
) -> ProposedChange:
    """Propose what a register should say about one record.

    ``key``: the natural key of the record; ``None`` for a new one. ``after``: every column as text,
    or ``None`` to end the
    record. A register without a second person is corrected at once.

    1. who may, and why  2. lock the record  3. clean the row as an import would  4. keep the proposal
    5. apply it if nobody else is needed  6. journal.

    Raises :class:`NotAllowed`, :class:`BadInput` (no reason, a bad column, nothing changed, another key),
    :class:`NotFound` and :class:`Conflict`. Rule: house (decision 0008)
    """
    kind = known_kind(kind_id)
    user_id = _person_of(actor)
    _require(actor, correct_permission(kind))
    _require_keeper(kind, actor)
    reason = reason.strip()
    if not reason:
        raise BadInput("a correction needs a reason", hint="say what is wrong and how you know it")
    row = None if after is None else clean_row(kind, after)
    before = _before(kind, key, row)
    if row is not None and before is not None and key_of(kind, row) != key_of(kind, before):
        raise BadInput("a correction keeps the record's identity",
                       hint="end this record and add a new one with the right number")
    if row == before:
        raise BadInput("nothing would change", hint="alter at least one field")
    basis = row or before or {}
    owner = owner_of(kind, basis)
    _require_reach(kind, actor, before, row)
    change = ProposedChange.objects.create(
        kind=kind.id, key=key_of(kind, basis), provider_id=owner, before=before, after=row, reason=reason,
        needs_second=kind.two_person, proposed_by=user_id, proposed_at=now, decision_note="",
        **({} if kind.two_person else {"state": "applied", "decided_by": user_id, "decided_at": now}))
    if not change.needs_second:
        _write(kind, change, today=today, now=now)
    _journal("proposed" if change.needs_second else "applied", kind, change, actor)
    return change


@transaction.atomic
def decide_change(
    change_id: int, *, apply: bool, note: str, actor: Actor, now: dt.datetime, today: dt.date
) -> ProposedChange:
    """The second person applies or refuses a proposed change.

    Raises :class:`SecondPersonNeeded` for the proposer, :class:`NotAllowed` without the permission, :class:`Stale` when
    the record is no longer what the proposer saw, :class:`Conflict` when it was decided already, and :class:`BadInput`
    for a refusal without a note: whoever proposed must be able to learn why. Rule: house (decision 0008)
    """
    change = locked_change(change_id)
    kind = known_kind(change.kind)
    _person_of(actor)
    if actor.user_id == change.proposed_by:
        raise SecondPersonNeeded
    _require(actor, second_permission(kind))
    if change.state != "proposed":
        raise Conflict(f"this change is {change.state} already", hint="nothing is left to decide")
    if not apply and not note.strip():
        raise BadInput("a refusal needs a note", hint="say why, so that the proposer can repair it")
    if apply:
        _refuse_stale(kind, change)
    change.state = "applied" if apply else "refused"
    change.decided_by, change.decided_at, change.decision_note = actor.user_id, now, note.strip()
    change.save(update_fields=["state", "decided_by", "decided_at", "decision_note"])
    if apply:
        _write(kind, change, today=today, now=now)
    _journal(change.state, kind, change, actor)
    return change


@transaction.atomic
def withdraw_change(change_id: int, *, actor: Actor, now: dt.datetime) -> ProposedChange:
    """The proposer takes a change back before it is decided. Raises :class:`NotAllowed` and :class:`Conflict`."""
    change = locked_change(change_id)
    if actor.user_id is None or actor.user_id != change.proposed_by:
        raise NotAllowed("a change is withdrawn by who proposed it")
    if change.state != "proposed":
        raise Conflict(f"this change is {change.state} already", hint="propose the contrary to undo it")
    change.state, change.decided_at = "withdrawn", now
    change.save(update_fields=["state", "decided_at"])
    _journal("withdrawn", known_kind(change.kind), change, actor)
    return change


def locked_change(change_id: int) -> ProposedChange:
    """The change, locked for the transaction. Raises :class:`NotFound`, also for what the actor may not see."""
    change = ProposedChange.objects.select_for_update().filter(pk=change_id).first()
    if change is None:
        raise NotFound("there is no such change, or you may not see it")
    return change


def is_stale(kind: Kind, change: ProposedChange) -> bool:
    """Whether the record says something else now than when the change was proposed."""
    record = present(kind, change.key)
    return (row_of(kind, record) if record else None) != change.before


def may_reach(kind: Kind, actor: Actor, row: Mapping[str, Any]) -> bool:
    """Whether a record is within what the actor answers for: the authority's registers, or the own organisation's."""
    return actor.scope in {Scope.NATIONAL, Scope.REGIONAL, Scope.SYSTEM} or owner_of(kind, row) in actor.organisations


def _before(kind: Kind, key: Mapping[str, Any] | None, row: Row | None) -> Row | None:
    if key is None:
        if row is None:
            raise BadInput("there is nothing to end", hint="name the record")
        if present(kind, key_of(kind, row), lock=True) is not None:
            raise Conflict("there is such a record already", hint="open it and correct it")
        return None
    record = present(kind, key, lock=kind.two_person is False)
    if record is None:
        raise NotFound("there is no such record now, or you may not see it",
                       hint="it may have ended; look at its history")
    return row_of(kind, record)


def _refuse_stale(kind: Kind, change: ProposedChange) -> None:
    record = present(kind, change.key, lock=True)
    if (row_of(kind, record) if record else None) != change.before:
        raise Stale


def _write(kind: Kind, change: ProposedChange, *, today: dt.date, now: dt.datetime) -> Written:
    return write_version(kind, change.key, change.after, source=f"change:{change.pk}", today=today, now=now)


def _journal(event: str, kind: Kind, change: ProposedChange, actor: Actor) -> None:
    data = {"change": change.pk, "kind": kind.id, "state": change.state, "two_people": change.needs_second}
    append(f"registers:change:{event}", actor=actor, subject=subject_of(kind, change.key),
           organisation=change.provider_id,
           purpose=(change.decision_note if event == "refused" else change.reason)[:500], before=change.before,
           after=change.after, data=data)


def _person_of(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotAllowed("a correction is made by a person", hint="sign in; files are handed in with licet import")
    return actor.user_id


def _require(actor: Actor, permission: str) -> None:
    if permission not in permissions_of(actor):
        raise NotAllowed(f"this needs the permission {permission}", hint="ask an administrator of your organisation")


def _require_reach(kind: Kind, actor: Actor, before: Row | None, after: Row | None) -> None:
    for row in (before, after):
        if row is not None and not may_reach(kind, actor, row):
            raise NotAllowed("this record belongs to another organisation")


def _require_keeper(kind: Kind, actor: Actor) -> None:
    """Organisations are the authority's register and have no second step, so only the authority writes them."""
    if kind.keeper == "authority" and not kind.two_person and actor.scope is Scope.ORGANISATION:
        raise NotAllowed("this register is kept by the authority", hint="ask the authority to correct it")
