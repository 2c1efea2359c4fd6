"""The follower of casework: writes orders in the transaction of the measure's step, and nothing else."""

from __future__ import annotations

import datetime as dt

from procrastinate.contrib.django import app

from licet.casework import selectors as casework
from licet.casework.consequences import StepTaken
from licet.casework.models import Measure
from licet.casework.tables import MEASURE_BY_ID, TO_RESTORE, MeasureState
from licet.core.actors import WORKER
from licet.orders.models import Order
from licet.orders.numbers import numbers
from licet.orders.services.reports import again
from licet.orders.services.steps import locked_order, note, take_step
from licet.orders.tables import EFFECTS, FINAL, OrderKind, OrderState


def on_step(taken: StepTaken) -> None:
    """EITHER the measure was notified (or resumed after a stay): order the cut. OR a person ordered it again after it
    failed. OR it ended or is stayed: give back what was ordered, and forget what never left. Other measures' effects are
    other concepts'."""
    if taken.frm == taken.to:  # it had ended before; what it ordered was given back then
        return
    measure = taken.measure
    effect = MEASURE_BY_ID[measure.kind].effect
    if effect == "none" and taken.to == MeasureState.NOTIFIED:
        soon()
    if effect not in EFFECTS:
        return
    if taken.to == MeasureState.NOTIFIED:
        _supersede(measure, at=taken.at)
        write_order(measure, OrderKind.CUT, effect, at=taken.at)
    elif taken.event == "ordered" and taken.frm == MeasureState.FAILED:
        live = live_order(measure)
        if live is not None and live.state in {OrderState.REFUSED, OrderState.FAILED}:
            again(locked_order(live.pk), actor=taken.actor, at=taken.at, reason=taken.reason)
            soon()
    elif taken.to in TO_RESTORE or taken.to == MeasureState.STAYED:
        _give_back(measure, effect, at=taken.at)


def live_order(measure: Measure) -> Order | None:
    """The order of a measure that counts now."""
    final = [state.value for state in FINAL]
    return Order.objects.filter(measure=measure).exclude(state__in=final).order_by("-sequence").first()


def _give_back(measure: Measure, effect: str, *, at: dt.datetime) -> None:
    live = live_order(measure)
    if live is not None and live.kind == OrderKind.RESTORE:
        return  # the stay gave it back already, or it is being given back again
    _supersede(measure, at=at)
    if casework.steps_of(measure).filter(event="ordered").exists():
        write_order(measure, OrderKind.RESTORE, effect, at=at)


def _supersede(measure: Measure, *, at: dt.datetime) -> None:
    live = live_order(measure)
    if live is not None:
        take_step(locked_order(live.pk), "superseded", actor=WORKER, at=at, reason=f"the measure is {measure.state}")


def write_order(measure: Measure, kind: OrderKind, effect: str, *, at: dt.datetime) -> Order:
    """Write the measure's next order; the one before is superseded already."""
    last = Order.objects.filter(measure=measure).order_by("-sequence").values_list("sequence", flat=True).first()
    order = Order.objects.create(
        measure=measure, desk_id=measure.desk_id, executor_id=measure.provider_id or measure.desk_id,
        sequence=(last or 0) + 1, kind=kind.value, effect=effect, targets=dict(measure.scope), written_at=at,
        acknowledge_by=numbers().due("acknowledge", kind, at), done_by=numbers().due("done", kind, at), next_try_at=at)
    note(order, "orders:order:written", actor=WORKER, at=at, data={"executor": order.executor_id})
    soon()
    return order


def soon() -> None:
    """Let the worker look at once. The job is a row of the same transaction: rolled back with it."""
    app.configure_task("orders:dispatch").defer(timestamp=0)
