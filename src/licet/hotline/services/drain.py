"""The job between the spool and PostgreSQL."""

from __future__ import annotations

import datetime as dt

from django.db import DataError, IntegrityError, connection

from licet.core.errors import LicetError
from licet.hotline.intake import spool
from licet.hotline.services.receiving import receive
from licet.hotline.spool import Item

BATCH = 500
# What a report itself can be the reason of. A database that is away is none of it: everything waits then.
BAD = (LicetError, DataError, IntegrityError, LookupError, ValueError, TypeError, AttributeError, OverflowError)


def drain_due(now: dt.datetime, *, batch: int = BATCH) -> int:
    """Take accepted reports over into PostgreSQL until none waits; returns how many.

    A batch is forgotten by the spool only after its commit: killed in between, it is offered again and found to be
    there. One bad report is found by halving its batch, and set aside with the reason; the others go on.
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
    except BAD as error:
        if len(items) > 1:
            half = len(items) // 2
            return _take_over(items[:half], now) + _take_over(items[half:], now)
        if connection.in_atomic_block and connection.needs_rollback:
            raise
        spool().put_aside(items[0].number, f"{type(error).__name__}: {error}"[:500])
        return 0
    spool().handed_over([item.number for item in items])
    return len(items)
