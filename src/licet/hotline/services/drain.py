"""The job between the spool and PostgreSQL."""

from __future__ import annotations

import datetime as dt

from django.db import DataError, IntegrityError, connection

from licet.core.errors import LicetError
from licet.hotline.intake import spool
from licet.hotline.services.receiving import receive
from licet.hotline.spool import Item

BATCH = 500


def drain_due(now: dt.datetime, *, batch: int = BATCH) -> int:
    """Take accepted reports over into PostgreSQL until none waits; returns how many.

    A batch is forgotten by the spool only after its commit: killed in between, it is offered again and found to be
    there. One bad report is found by taking its batch one by one, and set aside with the reason.
    """
    queue, count = spool(), 0
    while items := queue.oldest(batch):
        count += _take_over(items, now)
        if len(items) < batch:
            break
    return count


def _take_over(items: list[Item], now: dt.datetime) -> int:
    try:
        receive(items, at=now)
    except (LicetError, DataError, IntegrityError, KeyError, ValueError) as error:
        if len(items) > 1:
            return sum(_take_over([item], now) for item in items)
        if connection.in_atomic_block and connection.needs_rollback:
            raise
        spool().put_aside(items[0].number, f"{type(error).__name__}: {error}"[:500])
        return 0
    spool().handed_over([item.number for item in items])
    return len(items)
