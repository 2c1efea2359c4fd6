"""The background worker writes down every minute which terms ran out and which appeals nobody judged in time."""

from __future__ import annotations

from procrastinate.contrib.django import app

from licet.core import clock


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="casework:expire", queueing_lock="casework:expire", lock="casework:expire")  # type: ignore[untyped-decorator]
def expire(timestamp: int) -> None:
    """End what time ended. ``timestamp`` is the minute it was meant for (seconds, UTC)."""
    from licet.casework.services import default_overdue_appeals, expire_due  # every command loads this module

    now = clock.now()
    default_overdue_appeals(now)
    expire_due(now)
