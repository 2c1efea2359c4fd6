"""Thresholds of the conduct record: looked at first, switched on by two people, and only advice after that."""

from __future__ import annotations

import dataclasses
import datetime as dt

from django.db import IntegrityError, transaction

from licet.core.actors import Actor, Scope
from licet.core.errors import BadInput, Conflict, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.journal.services import append
from licet.parties.selectors import permissions_of
from licet.standing.days import local_day
from licet.standing.models import Threshold
from licet.standing.rules import Bar, histogram
from licet.standing.selectors import standings
from licet.standing.services.reviews import SamePerson
from licet.standing.tables import ADVICE


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preview:
    """How providers' scores are spread, and how many a threshold would touch. Nothing is decided or kept."""

    value: int
    providers: int
    reached: tuple[str, ...]  # provider ids, highest score first
    bars: tuple[Bar, ...]


def preview(value: int, *, actor: Actor, as_of: dt.date) -> Preview:
    """Who would reach a threshold of ``value`` thousandths on a day. Raises :class:`BadInput` below 1."""
    if value < 1:
        raise BadInput("a threshold is larger than nothing", hint="in points, with up to three decimals")
    with acting_as(actor):
        lines = standings(as_of, actor=actor)
    return Preview(value=value, providers=len(lines), bars=tuple(histogram((line.score for line in lines), value)),
                   reached=tuple(line.provider_id for line in lines if line.score >= value))


def propose_threshold(advice: str, value: int, *, reason: str, actor: Actor, at: dt.datetime) -> Threshold:
    """Propose a threshold with what it would have touched today. It is off until a second person switches it on.

    Raises :class:`BadInput` and :class:`NotAllowed`: the authority alone sets thresholds.
    """
    if advice not in ADVICE or not reason.strip():
        raise BadInput("a threshold names its advice and gives its reasons", hint=f"advice: {', '.join(ADVICE)}")
    user_id = _officer(actor)
    seen = preview(value, actor=actor, as_of=local_day(at))
    with acting_as(actor):
        row = Threshold.objects.create(
            advice=advice, value=value, reason=reason.strip(), proposed_by_id=user_id, proposed_at=at,
            preview={"providers": seen.providers, "reached": len(seen.reached), "as_of": local_day(at).isoformat()})
        append("standing:threshold:proposed", actor=actor, subject=f"threshold:{row.pk}", purpose=row.reason[:500],
               data={"advice": advice, "value": value, "would_reach": len(seen.reached)})
    return row


def switch_on(threshold_id: int, *, actor: Actor, at: dt.datetime) -> Threshold:
    """A second person switches a threshold on; one that was on for the same advice ends.

    Raises :class:`SamePerson` for the proposer, :class:`Conflict` when it is on or ended.
    """
    user_id = _officer(actor)
    with acting_as(actor):
        row = _locked(threshold_id)
        if row.switched_on_at is not None or row.ended_at is not None:
            raise Conflict("this threshold was decided already")
        if row.proposed_by_id == user_id:
            raise SamePerson("nobody switches on what they proposed")
        for old in Threshold.objects.select_for_update(of=("self",)).filter(
                advice=row.advice, switched_on_at__isnull=False, ended_at__isnull=True):
            _end(old, user_id, at)
        row.switched_on_by_id, row.switched_on_at = user_id, at
        try:
            with transaction.atomic():
                row.save(update_fields=["switched_on_by", "switched_on_at"])
        except IntegrityError as error:
            raise Conflict("another threshold for this advice was switched on just now") from error
        append("standing:threshold:switched_on", actor=actor, subject=f"threshold:{row.pk}",
               data={"advice": row.advice, "value": row.value, "proposed_by": row.proposed_by_id})
    return row


def switch_off(threshold_id: int, *, reason: str, actor: Actor, at: dt.datetime) -> Threshold:
    """Switch a threshold off, or give a proposal up. One person is enough: it takes advice away, nothing else."""
    if not reason.strip():
        raise BadInput("a reason is missing", hint="say in a sentence why")
    user_id = _officer(actor)
    with acting_as(actor):
        row = _locked(threshold_id)
        if row.ended_at is not None:
            raise Conflict("this threshold ended already")
        _end(row, user_id, at)
        append("standing:threshold:switched_off", actor=actor, subject=f"threshold:{row.pk}", purpose=reason.strip()[:500],
               data={"advice": row.advice, "value": row.value})
    return row


def _end(row: Threshold, user_id: int, at: dt.datetime) -> None:
    row.ended_by_id, row.ended_at = user_id, at
    row.save(update_fields=["ended_by", "ended_at"])


def _locked(threshold_id: int) -> Threshold:
    row = Threshold.objects.select_for_update(of=("self",)).filter(pk=threshold_id).first()
    if row is None:
        raise NotFound("there is no such threshold")
    return row


def _officer(actor: Actor) -> int:
    allowed = "blacklist.propose" in permissions_of(actor) and actor.scope in {Scope.NATIONAL, Scope.REGIONAL}
    if actor.user_id is None or not allowed:
        raise NotAllowed("thresholds are set by officers of the authority")
    return actor.user_id
