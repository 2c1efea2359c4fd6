"""The job that carries out measures with the effects "list" and "publish", and checks from outside that it is so.

Each measure has a transaction of its own: the row, the entries and the steps are there together or not at all, so the
process may be killed anywhere. Run twice, it finds nothing left to do.

1. notified or ordered → write entries, or publish → done; what cannot be written fails and a person looks
2. done → the gate (or the public list) is asked → verified; not seen yet → asked again later, then written again
3. expired, lifted or overturned → taken back if anything still stands → restored
4. restored → asked again → restoration verified
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db import transaction

from licet.casework.models import Measure
from licet.casework.services import advance
from licet.casework.tables import MEASURES, TO_RESTORE, MeasureState
from licet.core.actors import WORKER
from licet.core.errors import LicetError
from licet.core.rls import acting_as
from licet.standing.models import Entry
from licet.standing.policy import policy
from licet.standing.services.checking import Check, check_ended, check_written
from licet.standing.services.entries import REGISTER_OF, end_entries, lock_registers, write_entries
from licet.standing.services.exposures import publish, withdraw
from licet.standing.services.points import record_points_due

BATCH = 100
_KINDS = [kind.id for kind in MEASURES if kind.effect in {"list", "publish"}]
_S = MeasureState


def carry_out_due(now: dt.datetime, *, batch: int = BATCH) -> int:
    """The job; returns how many measures took a step. See the module for the stages."""
    stages: tuple[tuple[frozenset[MeasureState], Callable[[Measure, dt.datetime], bool]], ...] = (
        (frozenset({_S.NOTIFIED, _S.ORDERED}), _carry_out), (frozenset({_S.DONE}), _verify),
        (TO_RESTORE, _restore), (frozenset({_S.RESTORED}), _verify_restored))
    return sum(_stage(states, act, now, batch) for states, act in stages) + record_points_due(now)


def _stage(states: frozenset[MeasureState], act: Callable[[Measure, dt.datetime], bool], now: dt.datetime,
           batch: int) -> int:
    count, last = 0, 0
    for _ in range(batch):
        with acting_as(WORKER):
            measure = (Measure.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
                       .filter(kind__in=_KINDS, state__in=[state.value for state in states], pk__gt=last)
                       .order_by("pk").first())
            if measure is None:
                break
            last = measure.pk
            count += 1 if act(measure, now) else 0
    return count


def _carry_out(measure: Measure, now: dt.datetime) -> bool:
    if measure.expires_at is not None and measure.expires_at <= now:
        return False  # over already; casework writes it down
    if measure.kind in REGISTER_OF:
        lock_registers(measure)
    if measure.state == _S.NOTIFIED:
        measure = advance(measure, "ordered", actor=WORKER, at=now)
    try:
        with transaction.atomic():
            if measure.kind in REGISTER_OF:
                write_entries(measure, at=now)
            else:
                publish(measure, at=now)
    except LicetError as error:
        advance(measure, "failed", actor=WORKER, reason=f"{error.message} {error.hint}".strip(), at=now)
        return True
    advance(measure, "done", actor=WORKER, reason="written", at=now)
    return True


def _verify(measure: Measure, now: dt.datetime) -> bool:
    if not _time_to_look(measure, now):
        return False
    found = check_written(measure, now=now)
    if found.unknown:
        _note(measure, found, now)
        return False
    if found.agrees:
        _note(measure, Check(agrees=True), now)
        advance(measure, "verified", actor=WORKER, reason="the gate refuses" if measure.kind == "blacklist" else "seen",
                at=now)
        return True
    _note(measure, found, now)
    advance(measure, "disagreed", actor=WORKER, reason=found.note, at=now)
    return True


def _restore(measure: Measure, now: dt.datetime) -> bool:
    if measure.kind in REGISTER_OF:
        end_entries(measure, why=measure.state, at=now)
    else:
        withdraw(measure, why=measure.state, at=now)
    advance(measure, "restored", actor=WORKER, reason="taken back", at=now)
    return True


def _verify_restored(measure: Measure, now: dt.datetime) -> bool:
    found = check_ended(measure, now=now)
    if found.unknown:
        return False
    if found.agrees:
        advance(measure, "restoration_verified", actor=WORKER, reason="no longer there", at=now)
    else:
        advance(measure, "restoration_disagreed", actor=WORKER, reason=found.note, at=now)
    return True


def _time_to_look(measure: Measure, now: dt.datetime) -> bool:
    """At once, and then not more often than the profile says."""
    last = Entry.objects.filter(measure=measure, ended_at__isnull=True, checked_at__isnull=False).order_by(
        "-checked_at").values_list("checked_at", flat=True).first()
    return last is None or now - last >= dt.timedelta(minutes=policy().recheck_minutes)


def _note(measure: Measure, found: Check, now: dt.datetime) -> None:
    Entry.objects.filter(measure=measure, ended_at__isnull=True).update(
        checked_at=now, check_note=found.note[:300], verified_at=now if found.agrees else None)


