"""Renewing an entry before it lapses: one person says why, another agrees. Nobody doing so is enough for it to end."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from licet.casework.models import Case, Measure
from licet.casework.selectors import in_force
from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, Conflict, NotAllowed
from licet.core.rls import acting_as
from licet.journal.services import append
from licet.parties.selectors import permissions_of
from licet.registers.decided import lock_kind, present_row, write_decided
from licet.standing.days import local_day
from licet.standing.models import Entry, Review
from licet.standing.policy import policy
from licet.standing.rules import entry_end
from licet.standing.selectors import entry as visible_entry
from licet.standing.services.entries import decided


class SamePerson(NotAllowed):
    """The second person is somebody else."""

    code = "same_person"
    hint = "ask a colleague"


def propose_review(entry_id: int, *, reason: str, actor: Actor, at: dt.datetime) -> Review:
    """Say why an entry should stand until the next review, at most until its measure ends.

    Raises :class:`BadInput` without a reason, :class:`NotAllowed`, and :class:`Conflict` when it ended, lapsed, waits for a
    second person already, or cannot stand longer.
    """
    if not reason.strip():
        raise BadInput("a review gives its reasons", hint="say why the entry must stand longer")
    with acting_as(actor):
        entry = visible_entry(entry_id)
        _ensure(actor, "blacklist.propose")
        assert actor.user_id is not None
        until = _next(entry, at)
        try:
            with transaction.atomic():
                review = Review.objects.create(entry=entry, desk_id=entry.desk_id, reason=reason.strip(), until=until,
                                               proposed_by_id=actor.user_id, proposed_at=at)
        except IntegrityError as error:
            raise Conflict("a review of this entry waits for a second person already") from error
        append("standing:review:proposed", actor=actor, subject=f"entry:{entry.pk}", purpose=review.reason[:500],
               organisation=entry.desk_id, data={"until": until.isoformat(), "decision_ref": entry.decision_ref})
    return review


def second_review(review_id: int, *, actor: Actor, at: dt.datetime) -> Review:
    """The second person agrees; entry and register stand until the new day, in one transaction."""
    with acting_as(actor):
        review = Review.objects.select_for_update(of=("self",)).filter(pk=review_id).first()
        if review is None:
            raise Conflict("there is no such review", hint="it may be another desk's")
        _ensure(actor, "blacklist.second")
        if review.seconded_by_id is not None:
            raise Conflict("the review was seconded already")
        if review.proposed_by_id == actor.user_id:
            raise SamePerson
        lock_kind("blacklist")
        entry = Entry.objects.get(pk=review.entry_id)
        if _next(entry, at) < review.until:
            raise Conflict("the entry cannot stand that long any more", hint="propose the review again")
        review.seconded_by_id, review.seconded_at = actor.user_id, at
        review.save(update_fields=["seconded_by", "seconded_at"])
        with acting_as(WORKER):
            _stand_until(entry, review.until, review, at)
        append("standing:review:seconded", actor=actor, subject=f"entry:{entry.pk}", purpose=review.reason[:500],
               organisation=entry.desk_id, data={"until": review.until.isoformat(), "decision_ref": entry.decision_ref})
    return review


def _ensure(actor: Actor, permission: str) -> None:
    if actor.user_id is None or permission not in permissions_of(actor):
        raise NotAllowed(f"this needs the permission {permission}", hint="an officer of the authority has it")


def _next(entry: Entry, at: dt.datetime) -> dt.date:
    """The next review day. Raises :class:`Conflict` for what has ended or lapsed or ends with its measure anyway."""
    today = local_day(at)
    if entry.ended_at is not None or entry.register != "blacklist" or entry.valid_to is None or entry.valid_to < today:
        raise Conflict("this entry does not stand any more", hint="what lapsed needs a new measure")
    measure = Measure.objects.get(pk=entry.measure_id)
    if not in_force(at).filter(pk=measure.pk).exists() or measure.expires_at is None:
        raise Conflict("the measure behind this entry is not in force")
    until = entry_end(expires_on=local_day(measure.expires_at), review_on=today + dt.timedelta(days=policy().review_days))
    if until <= entry.valid_to:
        raise Conflict("it stands that long already", hint="review it nearer to its review day")
    return until


def _stand_until(entry: Entry, until: dt.date, review: Review, at: dt.datetime) -> None:
    measure = Measure.objects.get(pk=entry.measure_id)
    row = present_row("blacklist", entry.key)
    if row is None or row["decision_ref"] != entry.decision_ref:
        raise Conflict("the register says something else by now", hint="look at the register's record")
    entry.valid_to, entry.review_on = until, until
    entry.save(update_fields=["valid_to", "review_on"])
    source = decided(measure, Case.objects.get(pk=measure.case_id), purpose=review.reason)
    write_decided("blacklist", row | {"valid_to": until.isoformat()}, source, actor=WORKER, today=local_day(at), now=at)
