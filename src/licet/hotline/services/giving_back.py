"""A mute ends: whoever it hit counts from now on, and so does what they reported meanwhile."""

from __future__ import annotations

import datetime as dt

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline.limits import limits
from licet.hotline.models import Report, Reporter
from licet.hotline.services.clusters import Clusters
from licet.hotline.services.receiving import become_signals, one_at_a_time, subjects_of
from licet.hotline.tables import ReportState


def give_back(reporter: Reporter, *, at: dt.datetime) -> int:
    """End the mute and take the reports that came during it over as if they came now, in their order: clusters, alarms,
    signals. Returns how many. The caller journals why."""
    with acting_as(WORKER):
        one_at_a_time()
        Reporter.objects.filter(pk=reporter.pk).update(muted_at=None, muted_by=None, mute_reason="")
        reports = list(Report.objects.filter(reporter=reporter, state=ReportState.MUTED).order_by("received_at", "id"))
        for report in reports:
            report.state, report.cluster = ReportState.UNPLACED, f"reporter:{report.number}"
        clusters = Clusters(subjects_of(reports), limits(), at=at)
        clusters.take(reports)
        become_signals(reports, at)
        Report.objects.bulk_update(reports, ["state", "cluster", "case", "alarm", "rank"], batch_size=500)
        clusters.count_alarms()
        clusters.tell_casework()
    return len(reports)
