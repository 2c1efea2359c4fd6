"""The background worker takes accepted reports over every ten seconds, fetches the mailbox every minute, and erases
every night what is due."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from licet.core import clock
from licet.core.errors import LicetError

log = logging.getLogger(__name__)


@app.periodic(cron="* * * * * */10")  # type: ignore[untyped-decorator]
@app.task(name="hotline:drain", queueing_lock="hotline:drain", lock="hotline:drain")  # type: ignore[untyped-decorator]
def drain(timestamp: int) -> None:
    """Take accepted reports over. ``timestamp`` is the moment it was meant for (seconds, UTC)."""
    from licet.hotline.services.drain import drain_due  # every command loads this module

    drain_due(clock.now())


@app.periodic(cron="* * * * *")  # type: ignore[untyped-decorator]
@app.task(name="hotline:fetch", queueing_lock="hotline:fetch", lock="hotline:fetch")  # type: ignore[untyped-decorator]
def fetch(timestamp: int) -> None:
    """Take what waits in the hotline's mailbox, if one is set; what goes wrong is logged and tried again in a minute."""
    from django.conf import settings

    if settings.HOTLINE_MAILBOX is None:
        return
    from licet.hotline.mailbox import fetch_due

    try:
        fetched = fetch_due(clock.now())
    except LicetError as error:
        log.error("the hotline's mailbox: %s (%s)", error.message, error.hint)
        return
    if fetched.problem:
        log.error("acknowledgements of the hotline do not leave: %s", fetched.problem)


@app.periodic(cron="17 3 * * *")  # type: ignore[untyped-decorator]
@app.task(name="hotline:erase", queueing_lock="hotline:erase", lock="hotline:erase")  # type: ignore[untyped-decorator]
def erase(timestamp: int) -> None:
    """Erase contacts, traces and processed messages whose time is over."""
    from django.conf import settings

    from licet.hotline.services.retention import erase_due, erase_mail_due

    erase_due(clock.now())
    if settings.HOTLINE_MAILBOX is None:
        return
    try:
        erase_mail_due(clock.now())
    except LicetError as error:
        log.error("old messages of the hotline's mailbox were not deleted: %s (%s)", error.message, error.hint)
