"""The background worker sends, checks and escalates every minute, and sends at once what a step has just ordered."""

from __future__ import annotations

from procrastinate.contrib.django import app

from licet.core import clock


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="orders:dispatch")  # type: ignore[untyped-decorator]
def dispatch(timestamp: int) -> None:
    """Send what is due. ``timestamp`` is the minute it was meant for (seconds, UTC; 0 = at once)."""
    from licet.orders.services import complete_due, dispatch_due

    now = clock.now()
    complete_due(now)
    dispatch_due(now)


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="orders:look", queueing_lock="orders:look", lock="orders:look")  # type: ignore[untyped-decorator]
def look(timestamp: int) -> None:
    """Check from outside and escalate what is late."""
    from licet.orders.services import escalate_overdue, verify_due

    now = clock.now()
    escalate_overdue(now)
    verify_due(now)
