"""What executors say: acknowledged, done, refused, impossible. Saying it again changes nothing."""

from __future__ import annotations

import datetime as dt

from licet.casework.models import Case
from licet.casework.services import advance
from licet.casework.services.people import ensure_may_work
from licet.casework.services.record import need_reason
from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import BadInput, Conflict, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.orders.models import Order
from licet.orders.services.steps import carry_on, escalate, locked_order, note, order_again, take_step
from licet.orders.tables import CARRIED_OUT, REPORTS, OrderKind, OrderState

_S = OrderState
# Where an order stands when a report was said (or overtaken) already.
_SAID = {"acknowledged": CARRIED_OUT | {_S.ACKNOWLEDGED}, "done": CARRIED_OUT, "refused": frozenset({_S.REFUSED}),
         "failed": frozenset({_S.FAILED})}


class DeskDecides(Conflict):
    """The order was refused or failed; the desk decides what follows."""

    code = "desk_decides"
    hint = "ask the desk to order it again"


def visible_order(order_id: int) -> Order:
    """The order, if the present actor may see it. Raises :class:`NotFound`."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise NotFound("there is no such order, or it is not yours to see")
    return order


def ensure_of_desk(order: Order, actor: Actor) -> None:
    """Raises the refusal of casework's rules unless this person may work on the order's case."""
    with acting_as(WORKER):
        case = Case.objects.get(measures=order.measure_id)
    ensure_may_work(actor, case)


def report(order_id: int, said: str, *, actor: Actor, at: dt.datetime, reason: str = "",
           reported_at: dt.datetime | None = None) -> Order:
    """Write down what the executor says. ``reported_at``: when it happened, as they say.

    Raises :class:`BadInput` for an unknown report or a missing reason, :class:`NotAllowed` for somebody who is neither
    the executor nor the desk, :class:`DeskDecides`, and ``rules.UnknownOrderStep``. A report about a superseded order
    is kept in the journal and changes nothing: a later order stands.
    """
    if said not in REPORTS:
        raise BadInput(f"there is no report {said!r}", hint=f"reports: {', '.join(REPORTS)}")
    if said in {"refused", "failed"}:
        reason = need_reason(reason)
    if reported_at is not None and reported_at > at + dt.timedelta(minutes=5):
        raise BadInput("a report is not from the future", hint="check the clock of your program")
    with acting_as(actor):
        seen = visible_order(order_id)
        if actor.scope is not Scope.SYSTEM and not {seen.executor_id, seen.desk_id} & set(actor.organisations):
            raise NotAllowed("only whoever carries the order out reports on it", hint="or the desk, in their words")
        with acting_as(WORKER):
            order = locked_order(seen.pk)
            take_report(order, said, actor=actor, at=at, reason=reason, reported_at=reported_at)
            carry_on(order, at=at)
    return order


def take_report(order: Order, said: str, *, actor: Actor, at: dt.datetime, reason: str = "",
                reported_at: dt.datetime | None = None) -> None:
    """The step a report is, for services that hold the order."""
    if order.state == _S.SUPERSEDED:
        note(order, "orders:order:reported_late", actor=actor, at=at, text=reason, data={"said": said})
        return
    if order.state in _SAID[said]:
        return
    if order.kind == OrderKind.CUT and order.state in {_S.REFUSED, _S.FAILED}:
        raise DeskDecides
    take_step(order, said, actor=actor, at=at, reason=reason, reported_at=reported_at)
    if said in {"refused", "failed"}:
        escalate(order, "refused" if said == "refused" else "impossible", level="desk", at=at)


def reissue(order_id: int, *, actor: Actor, at: dt.datetime, reason: str) -> Order:
    """A person of the desk orders it again after a refusal or a failure. Raises the refusals of casework's rules."""
    reason = need_reason(reason)
    with acting_as(actor):
        seen = visible_order(order_id)
        ensure_of_desk(seen, actor)
        if seen.kind == OrderKind.CUT and seen.measure.state == "failed":
            advance(seen.measure_id, "ordered", actor=actor, reason=reason, at=at)  # the follower orders again
        with acting_as(WORKER):
            order = locked_order(seen.pk)
            if seen.kind == OrderKind.RESTORE:
                again(order, actor=actor, at=at, reason=reason)
    return order


def again(order: Order, *, actor: Actor, at: dt.datetime, reason: str) -> None:
    """A refused or failed order starts anew, for services that hold it."""
    take_step(order, "reissued", actor=actor, at=at, reason=reason)
    order_again(order, at=at)
