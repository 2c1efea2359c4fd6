"""Orders go out: claim, send, record. Killed anywhere, there is nothing or a message that goes again with the same id.

1. Claim, one transaction: the measure still wants the order; the attempt is written with a lease; the measure becomes
   "ordered" before the first byte leaves.  2. Send, outside any transaction.  3. Record, one transaction: the attempt's
   result, the order's step, the measure's step; or when to try again; or a task for people when the connector gave up.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import time
from collections.abc import Callable

from licet.casework import selectors as casework
from licet.casework.models import Measure
from licet.casework.services import advance
from licet.casework.tables import MEASURES, TO_RESTORE, MeasureState
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.orders.models import Attempt, Connector, Order
from licet.orders.numbers import numbers
from licet.orders.rules import may_go_out, names_nothing, pause_s
from licet.orders.sending import Message, Sent, send
from licet.orders.services.connectors import connector_for, message_for
from licet.orders.services.lists import FIELDS, left_to_restore, take_off_lists, write_lines
from licet.orders.services.outbox import write_order
from licet.orders.services.reports import take_report
from licet.orders.services.steps import carry_on, escalate, locked_order, order_again, take_step
from licet.orders.tables import CHANNEL_BY_ID, REPORTS, Channel, OrderKind, OrderState

BATCH = 100
_SOON = dt.timedelta(minutes=1)
_GRACE = dt.timedelta(seconds=30)  # on top of the time a message may take, before its sender is taken for dead
Sender = Callable[[Message], Sent]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Claim:
    """An order this process may handle now. ``message`` is ``None`` when there is nothing to send."""

    order_id: int
    attempt_id: int = 0
    round: int = 0
    message: Message | None = None


def dispatch_due(now: dt.datetime, *, batch: int = BATCH, sender: Sender = send) -> int:
    """The job: everything that is due at ``now`` goes out. Returns how many orders were handled; safe to run beside
    itself. Leases and times of a long run are counted from the moment it began."""
    count, started = 0, time.monotonic()
    while count < batch:
        claim = _claim(now, at=_later(now, started))
        if claim is None:
            break
        if claim.message is not None:
            sent = sender(claim.message)
            _record(claim, sent, at=_later(now, started))
        count += 1
    return count


def _later(now: dt.datetime, started: float) -> dt.datetime:
    return now + dt.timedelta(seconds=time.monotonic() - started)


def complete_due(now: dt.datetime, *, batch: int = BATCH) -> int:
    """The job for measures that order nothing: their notice was the measure. Returns how many."""
    kinds = [kind.id for kind in MEASURES if kind.effect == "none"]
    count = 0
    while count < batch:
        with acting_as(WORKER):
            waiting = casework.measures_at(now).filter(kind__in=kinds, state="notified", state_now="notified")  # type: ignore[misc]
            measure = (Measure.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
                       .filter(pk__in=waiting.values("pk")).order_by("id").first())
            if measure is None or measure.state != MeasureState.NOTIFIED:
                break
            advance(measure, "completed", actor=WORKER, at=now)
        count += 1
    return count


def _claim(now: dt.datetime, *, at: dt.datetime) -> Claim | None:
    """The next order that is due, claimed; ``None`` when there is none that nobody else holds."""
    with acting_as(WORKER):
        due = Order.objects.filter(state=OrderState.PENDING.value, next_try_at__lte=now)
        found = (due.select_related("measure").select_for_update(skip_locked=True, no_key=True, of=("measure",))
                 .order_by("next_try_at", "id").first())
        if found is None:
            return None
        order = locked_order(found.pk)
        if order.state != OrderState.PENDING or order.next_try_at is None or order.next_try_at > now:
            return Claim(order_id=order.pk)  # somebody was faster
        wait = _must_wait(order, at)
        if wait is not None:
            Order.objects.filter(pk=order.pk).update(next_try_at=wait)
            return Claim(order_id=order.pk)
        return _prepare(order, at)


def _must_wait(order: Order, now: dt.datetime) -> dt.datetime | None:
    """Until when: another message of the same measure is on its way, or the measure does not want the order (yet)."""
    on_its_way = (Attempt.objects.filter(order__measure_id=order.measure_id, finished_at__isnull=True,
                                         lease_until__gt=now).order_by("-lease_until").first())
    if on_its_way is not None:
        return on_its_way.lease_until
    state = casework.state_of(order.measure, now)
    return None if state == order.measure.state and may_go_out(order.kind, state) else now + _SOON


def _prepare(order: Order, now: dt.datetime) -> Claim:
    Attempt.objects.filter(order=order, finished_at__isnull=True).update(
        finished_at=now, outcome="lost", error="whoever sent it did not come back")
    if order.kind == OrderKind.RESTORE and _narrowed(order, now):
        return Claim(order_id=order.pk)
    connector = _route(order)
    if order.tries == 0:  # clocks run from the moment somebody is told
        order.acknowledge_by = numbers().due("acknowledge", order.kind, now)
        order.done_by = numbers().due("done", order.kind, now)
    order.tries += 1
    lease = now + 2 * dt.timedelta(seconds=numbers().timeout_s) + _GRACE
    order.next_try_at = lease
    order.save(update_fields=["tries", "next_try_at", "acknowledge_by", "done_by", "channel", "connector"])
    if order.measure.state == MeasureState.NOTIFIED:
        order.measure = advance(order.measure, "ordered", actor=WORKER, reason=order.number, at=now)
    attempt = Attempt.objects.create(
        order=order, desk_id=order.desk_id, executor_id=order.executor_id, round=order.round, number=order.tries,
        channel=order.channel, message_id=order.message_id, started_at=now, lease_until=lease)
    if order.kind == OrderKind.RESTORE:
        take_off_lists(order, at=now)
    if connector is not None and CHANNEL_BY_ID[order.channel].pushes:
        return Claim(order_id=order.pk, attempt_id=attempt.pk, round=order.round,
                     message=message_for(order, connector))
    if connector is not None:
        write_lines(order, connector, at=now)
    Attempt.objects.filter(pk=attempt.pk).update(finished_at=now, outcome="taken", ms=0)
    take_step(order, "dispatched", actor=WORKER, at=now, reason=order.channel)
    return Claim(order_id=order.pk)


def give_back_on_lists(order_id: int, *, at: dt.datetime) -> None:
    """A restoration that did not go out yet leaves the lists now. If a list is its way, that is the whole of it; a
    message to somebody else stays the job's. The caller holds the measure and is the system."""
    order = locked_order(order_id)
    if order.state != OrderState.PENDING or not may_go_out(order.kind, order.measure.state):
        return
    by_list = _route(order) is not None and not CHANNEL_BY_ID[order.channel].pushes
    if by_list and _must_wait(order, at) is None:
        _prepare(order, at)
    else:
        take_off_lists(order, at=at)


def _route(order: Order) -> Connector | None:
    """Which way the order goes in this round: chosen once, and again when its connector was switched off."""
    if order.channel == Channel.MANUAL:
        return None
    if order.connector is None or not order.connector.active:
        order.connector = connector_for(order.executor_id, order.effect)
        if order.connector and order.connector.kind in FIELDS and not any(
                order.targets.get(field) for field in FIELDS[order.connector.kind]):
            order.connector = None  # a list has no line for what this order names
    order.channel = order.connector.kind if order.connector else Channel.MANUAL.value
    return order.connector


def _narrowed(order: Order, now: dt.datetime) -> bool:
    """What other measures in force cut as well stays cut. Whether that ended this order: nothing is left to give back,
    or another measure came while it was being sent, and a narrower order takes its place (a message never changes)."""
    left = left_to_restore(order, now)
    if all(left[field] == list(order.targets.get(field, ())) for field in left):
        return False
    if not names_nothing(left):
        if not Attempt.objects.filter(order=order).exists():
            order.targets = {**order.targets, **left}
            order.save(update_fields=["targets"])
            return False
        take_step(order, "superseded", actor=WORKER, at=now, reason="another measure keeps a part of it cut")
        write_order(order.measure, OrderKind.RESTORE, order.effect, at=now)
        return True
    take_step(order, "superseded", actor=WORKER, at=now, reason="other measures keep all of it cut")
    if order.measure.state in TO_RESTORE:
        advance(order.measure_id, "nothing_to_restore", actor=WORKER, at=now,
                reason=f"{order.number}: other measures keep all of it cut")
    return True


def _record(claim: Claim, sent: Sent, *, at: dt.datetime) -> None:
    with acting_as(WORKER):
        order = locked_order(claim.order_id)
        Attempt.objects.filter(pk=claim.attempt_id, finished_at__isnull=True).update(
            finished_at=at, outcome=sent.outcome, status=sent.status, ms=sent.ms, error=sent.error[:300])
        if order.round != claim.round or order.state == OrderState.SUPERSEDED:
            return
        if order.state == OrderState.PENDING:
            if sent.outcome != "taken":
                _try_again(order, sent, at=at)
                return
            take_step(order, "dispatched", actor=WORKER, at=at, reason=order.channel)
        if sent.answer in REPORTS:
            take_report(order, sent.answer, actor=WORKER, at=at, reason=sent.reason or "said in the answer")
        carry_on(order, at=at)


def _try_again(order: Order, sent: Sent, *, at: dt.datetime) -> None:
    pause = pause_s(order.tries, numbers().retry, lot=random.random())  # noqa: S311 (spreads load, keeps no secret)
    if pause is not None:
        Order.objects.filter(pk=order.pk).update(next_try_at=at + dt.timedelta(seconds=max(pause, 1.0)))
        return
    take_step(order, "failed", actor=WORKER, at=at, reason=f"{order.tries} tries, last: {sent.error or sent.outcome}")
    escalate(order, "connector_failed", level="desk", at=at)
    take_step(order, "reassigned", actor=WORKER, at=at, reason="people get it as a task")
    order_again(order, at=at, channel=Channel.MANUAL.value)
