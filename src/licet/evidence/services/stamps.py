"""Time stamps: asked for by the worker, tried again until an authority answers."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.evidence.limits import authorities, authority_certificates
from licet.evidence.models import Item, Stamp
from licet.evidence.rules import retry_delay
from licet.evidence.services.items import queue_stamps
from licet.evidence.services.record import record

if TYPE_CHECKING:
    from licet.evidence.timestamps import Attested

BATCH = 200
STAMPING = "time stamp, without being asked"


def stamp_due(now: dt.datetime, *, batch: int = BATCH) -> int:
    """The job: ask for the stamps that are due. Returns how many were got.

    1. items without any stamp get rows, once an authority is configured  2. a stamp is put off by the time of its next
    try, in a transaction of its own  3. the authority is asked, no transaction open  4. the answer is checked and
    written down. Killed anywhere it is asked again later; a stamp written down never changes.
    """
    asked = authorities()
    if not asked:
        return 0
    from licet.evidence import timestamps  # loads HTTP and X.509; only when there is something to stamp

    roots = timestamps.read_certificates(authority_certificates())
    with acting_as(WORKER):
        for item in Item.objects.filter(stamps__isnull=True).order_by("pk")[:batch]:
            queue_stamps(item, at=now)
    got = 0
    for _ in range(batch):
        claimed = _claim(now, asked)
        if claimed is None:
            break
        try:
            attested = timestamps.ask(claimed.authority, claimed.item.sha256, roots)
        except timestamps.StampRefused as error:
            with acting_as(WORKER):
                Stamp.objects.filter(pk=claimed.pk, token__isnull=True).update(problem=error.message[:300])
            continue
        got += _write_down(claimed.pk, attested, now)
    return got


def _claim(now: dt.datetime, asked: list[str]) -> Stamp | None:
    with acting_as(WORKER):
        stamp = (Stamp.objects.select_for_update(skip_locked=True, of=("self",)).select_related("item")
                 .filter(token__isnull=True, due_at__lte=now, authority__in=asked).order_by("due_at", "pk").first())
        if stamp is not None:
            stamp.tries = min(stamp.tries + 1, 30_000)
            stamp.due_at = now + retry_delay(stamp.tries)
            stamp.save(update_fields=["tries", "due_at"])
        return stamp


def _write_down(stamp_id: int, attested: Attested, now: dt.datetime) -> int:
    with acting_as(WORKER):
        stamp = Stamp.objects.select_for_update(of=("self",)).select_related("item__locker").get(pk=stamp_id)
        if stamp.token is not None:
            return 0
        stamp.token, stamp.stamped_at, stamp.serial = attested.token, attested.at, attested.serial
        stamp.trusted, stamp.problem = attested.trusted, ""
        stamp.save()
        record(stamp.item.locker, "stamped", actor=WORKER, at=now, purpose=STAMPING, item=stamp.item,
               result=f"{attested.at:%Y-%m-%dT%H:%M:%SZ} by {stamp.authority}"[:200], data={"serial": attested.serial})
        return 1
