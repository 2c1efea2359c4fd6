"""The background worker signs a checkpoint every minute."""

from __future__ import annotations

from procrastinate.contrib.django import app

from licet.core import clock
from licet.journal.services import checkpoint


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="journal:checkpoint", queueing_lock="journal:checkpoint", lock="journal:checkpoint")  # type: ignore[untyped-decorator]
def sign_checkpoint(timestamp: int) -> None:
    """Sign what is new. ``timestamp`` is the minute it was meant for (seconds, UTC)."""
    checkpoint(clock.now())
