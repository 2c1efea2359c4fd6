"""What is erased by itself: contacts, traces, and track records nobody needs any more."""

from __future__ import annotations

import dataclasses
import datetime as dt

from django.db.models import Q

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline.limits import limits
from licet.hotline.models import Contact, Report, Reporter
from licet.journal.services import append

BATCH = 5000


@dataclasses.dataclass(frozen=True)
class Erased:
    """How many of each."""

    contacts: int
    traces: int
    reporters: int


def erase_due(now: dt.datetime, *, batch: int = BATCH) -> Erased:
    """Erase what the profile's days are over for, and say so in the journal. Safe to run twice.

    1. contacts: the sealed text goes, the row says when  2. traces of reports: network and fingerprint
    3. reporters nothing came from for long, unless they are muted
    """
    bounds = limits()
    with acting_as(WORKER):
        due = list(Contact.objects.select_for_update(skip_locked=True).filter(erased_at__isnull=True, erase_at__lte=now)
                   .order_by("erase_at").values_list("pk", flat=True)[:batch])
        contacts = Contact.objects.filter(pk__in=due).update(sealed=None, erased_at=now)
        old = Report.objects.filter(~Q(network="") | Q(fingerprint__isnull=False),
                                    received_at__lte=now - dt.timedelta(days=bounds.trace_days))
        traces = Report.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:batch])).update(
            network="", fingerprint=None)
        gone = Reporter.objects.filter(last_at__lte=now - dt.timedelta(days=bounds.record_days), muted_at__isnull=True)
        ids = list(gone.values_list("pk", flat=True)[:batch])
        Report.objects.filter(reporter_id__in=ids).update(reporter=None)
        reporters, _ = Reporter.objects.filter(pk__in=ids).delete()
        erased = Erased(contacts, traces, reporters)
        if any(dataclasses.astuple(erased)):
            append("hotline:reporters:erased", actor=WORKER, subject="hotline", data=dataclasses.asdict(erased))
    return erased
