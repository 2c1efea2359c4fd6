"""The background worker asks for time stamps and seals bags: every minute, and at once when somebody asked."""

from __future__ import annotations

from procrastinate.contrib.django import app

from licet.core import clock


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="evidence:stamp", queueing_lock="evidence:stamp", lock="evidence:stamp")  # type: ignore[untyped-decorator]
def stamp(timestamp: int = 0) -> None:
    """Ask for the time stamps that are due. ``timestamp`` is the minute it was meant for (seconds, UTC)."""
    from licet.evidence.services import stamp_due  # loads much; only when there is something to do

    stamp_due(clock.now())


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="evidence:seal", queueing_lock="evidence:seal", lock="evidence:seal")  # type: ignore[untyped-decorator]
def seal(timestamp: int = 0) -> None:
    """Seal the bags that were asked for."""
    from licet.evidence.services import seal_due

    seal_due(clock.now())
