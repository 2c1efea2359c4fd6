"""The background worker takes accepted reports over every ten seconds, and erases every night what is due."""

from __future__ import annotations

from procrastinate.contrib.django import app

from licet.core import clock


@app.periodic(cron="* * * * * */10")  # type: ignore[untyped-decorator]
@app.task(name="hotline:drain", queueing_lock="hotline:drain", lock="hotline:drain")  # type: ignore[untyped-decorator]
def drain(timestamp: int) -> None:
    """Take accepted reports over. ``timestamp`` is the moment it was meant for (seconds, UTC)."""
    from licet.hotline.services.drain import drain_due  # every command loads this module

    drain_due(clock.now())


@app.periodic(cron="17 3 * * *")  # type: ignore[untyped-decorator]
@app.task(name="hotline:erase", queueing_lock="hotline:erase", lock="hotline:erase")  # type: ignore[untyped-decorator]
def erase(timestamp: int) -> None:
    """Erase contacts and traces whose time is over."""
    from licet.hotline.services.retention import erase_due

    erase_due(clock.now())
