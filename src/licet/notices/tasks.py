"""The background worker composes, delivers, reminds and writes down what ran out, every minute."""

from __future__ import annotations

from procrastinate.contrib.django import app

from licet.core import clock


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="notices:deliver", queueing_lock="notices:deliver", lock="notices:deliver")  # type: ignore[untyped-decorator]
def deliver(timestamp: int) -> None:
    """Let due letters leave. ``timestamp`` is the minute it was meant for (seconds, UTC)."""
    from licet.notices.services import compose_due, deliver_due, lapse_due, remind_due

    now = clock.now()
    compose_due(now)
    remind_due(now)
    deliver_due(now)
    lapse_due(now)
