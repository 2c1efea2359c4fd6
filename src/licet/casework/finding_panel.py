"""The panel of a finding's page that says which case it is in, or opens one."""

from __future__ import annotations

from django.http import HttpRequest

from licet.casework import listing
from licet.casework.services.sweeps import OPEN_FINDINGS, opens_a_case, signal_of_finding
from licet.console.access import actor_of, may
from licet.console.panels import Panel
from licet.sweeps.models import Finding


def finding_panel(request: HttpRequest, finding: Finding) -> Panel | None:
    """The case of this finding at the reader's desk; without one a way to open it, and why there is none."""
    if not may(request, "cases.read"):
        return None
    signal = signal_of_finding(finding, listing.desk_of(actor_of(request)))
    opens = opens_a_case(finding)
    return "casework/finding_panel.html", {
        "case": (signal.case.merged_into or signal.case) if signal else None, "opens": opens, "finding": finding,
        "may_open": opens and finding.status in OPEN_FINDINGS and may(request, "cases.work")}
