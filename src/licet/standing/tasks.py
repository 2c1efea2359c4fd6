"""The background worker carries out what was decided to be listed or published, every minute."""

from __future__ import annotations

from procrastinate.contrib.django import app

from licet.core import clock


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="standing:carry_out", queueing_lock="standing:carry_out", lock="standing:carry_out")  # type: ignore[untyped-decorator]
def carry_out(timestamp: int) -> None:
    """Write, check and take back. ``timestamp`` is the minute it was meant for (seconds, UTC)."""
    from licet.standing.services import carry_out_due

    carry_out_due(clock.now())
