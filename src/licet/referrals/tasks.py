"""The background worker hands referrals over, closes what was taken back, and says what is overdue."""

from __future__ import annotations

from procrastinate.contrib.django import app

from licet.core import clock


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="referrals:send", queueing_lock="referrals:send", lock="referrals:send")  # type: ignore[untyped-decorator]
def send(timestamp: int) -> None:
    """Hand over what is due. ``timestamp`` is the minute it was meant for (seconds, UTC; 0 = at once)."""
    from licet.referrals.services import close_due, escalate_overdue, send_due

    now = clock.now()
    send_due(now)
    close_due(now)
    escalate_overdue(now)
