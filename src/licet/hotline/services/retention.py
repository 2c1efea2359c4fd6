"""What is erased by itself: contacts, traces, and track records nobody needs any more; in PostgreSQL, on this machine's
disk, and in the mailbox."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable

from django.db.models import Q

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline.intake import spool
from licet.hotline.limits import limits
from licet.hotline.models import Contact, Report, Reporter
from licet.hotline.rules import Limits
from licet.journal.services import append

BATCH = 5000
# What of an accepted report that never reached PostgreSQL tells who sent it, or is their words; and what stays of it.
_FORGOTTEN = {"contact": "", "contact_kind": "", "network": "", "reporter": "", "person": "", "text": "",
              "reference": "", "fingerprint": None, "digest": ""}


@dataclasses.dataclass(frozen=True)
class Erased:
    """How many of each. ``waiting``: accepted reports that PostgreSQL did not take over in all that time; ``mails``:
    messages of the hotline's mailbox."""

    contacts: int = 0
    traces: int = 0
    reporters: int = 0
    waiting: int = 0
    mails: int = 0

    def __add__(self, other: Erased) -> Erased:
        return Erased(*(one + two for one, two in zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)))


def erase_due(now: dt.datetime, *, batch: int = BATCH) -> Erased:
    """Erase what the profile's days are over for, until nothing is due; each batch is committed with its entry in the
    journal. Safe to run twice, and to kill: the next run goes on.

    1. contacts: the sealed text goes, the row says when  2. traces of reports: network, fingerprint and digest
    3. reporters nothing came from for long, unless they are muted  4. the same of what never reached PostgreSQL
    """
    bounds, total = limits(), Erased()
    for step in (_contacts, _traces, _reporters):
        while any(dataclasses.astuple(erased := _batch(step, now, bounds, batch))):
            total += erased
    return total + _waiting(now, bounds, batch)


def erase_mail_due(now: dt.datetime) -> Erased:
    """Delete processed messages of the hotline's mailbox whose days are over, and say so in the journal: they hold who
    wrote. Raises :class:`LicetError` when the mailbox cannot be used; the next night tries again."""
    from licet.hotline.mailbox import forget_due

    erased = Erased(mails=forget_due(now - dt.timedelta(days=limits().contact_days)))
    _record(erased)
    return erased


Step = Callable[[dt.datetime, Limits, int], Erased]


def _batch(step: Step, now: dt.datetime, bounds: Limits, batch: int) -> Erased:
    with acting_as(WORKER):
        erased = step(now, bounds, batch)
        _record(erased)
    return erased


def _record(erased: Erased) -> None:
    if any(dataclasses.astuple(erased)):
        with acting_as(WORKER):
            append("hotline:reporters:erased", actor=WORKER, subject="hotline", data=dataclasses.asdict(erased))


def _contacts(now: dt.datetime, _: Limits, batch: int) -> Erased:
    due = list(Contact.objects.select_for_update(skip_locked=True).filter(erased_at__isnull=True, erase_at__lte=now)
               .order_by("erase_at").values_list("pk", flat=True)[:batch])
    return Erased(contacts=Contact.objects.filter(pk__in=due).update(sealed=None, erased_at=now))


def _traces(now: dt.datetime, bounds: Limits, batch: int) -> Erased:
    old = Report.objects.filter(~Q(network="") | Q(fingerprint__isnull=False) | ~Q(digest=""),
                                received_at__lte=now - dt.timedelta(days=bounds.trace_days))
    due = list(old.order_by("received_at").values_list("pk", flat=True)[:batch])
    return Erased(traces=Report.objects.filter(pk__in=due).update(
        network="", fingerprint=None, digest=""))


def _reporters(now: dt.datetime, bounds: Limits, batch: int) -> Erased:
    gone = Reporter.objects.filter(last_at__lte=now - dt.timedelta(days=bounds.record_days), muted_at__isnull=True)
    ids = list(gone.values_list("pk", flat=True)[:batch])
    Report.objects.filter(reporter_id__in=ids).update(reporter=None)
    return Erased(reporters=Reporter.objects.filter(pk__in=ids).delete()[0])


def _waiting(now: dt.datetime, bounds: Limits, batch: int) -> Erased:
    """What waits on this disk or was set aside there: the days that end first end all of it."""
    until = now - dt.timedelta(days=min(bounds.contact_days, bounds.trace_days))
    total, after = Erased(), ""
    while True:
        changed, after = spool().rewrite(until.astimezone(dt.UTC).isoformat(timespec="microseconds"), after=after,
                                         change=_forgotten, most=batch)
        _record(erased := Erased(waiting=changed))
        total += erased
        if not after:
            return total


def _forgotten(body: bytes) -> bytes:
    try:
        fields = json.loads(body)
        kept = fields | _FORGOTTEN
    except (ValueError, TypeError):  # damaged: nothing of it can be told apart, so nothing of it stays
        return b""
    return body if kept == fields else json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()
