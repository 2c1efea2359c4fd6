"""What the last sweep said about a provider, on the provider's own page; what others add to the page of a finding."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from licet.console.access import may
from licet.console.components import Link, Stat
from licet.console.panels import Panels
from licet.sweeps import selectors
from licet.sweeps.models import Finding, Sweep
from licet.sweeps.presenting import percent

TEMPLATE = "sweeps/provider_panel.html"
FINDING_PANELS: Panels[Finding] = Panels()


def provider_panel(request: HttpRequest, party_id: str) -> tuple[str, dict[str, Any]] | None:
    """Accuracy rate and rows by grade, each number leading to its findings; without a sweep, how to make one."""
    if not may(request, "sweeps.read"):
        return None
    found = selectors.last_of(party_id)
    if found is None:
        start = Link(label=_("Sweep a list"), url=reverse("sweep_start"), kind="primary")
        return TEMPLATE, {"start": [start] if may(request, "sweeps.run") else [], "sweep": None}
    sweep, row = found
    before = selectors.last_of(party_id, before=sweep.pk)
    return TEMPLATE, {"sweep": sweep, "url": reverse("sweep_record", args=[sweep.pk]),
                      "stats": _stats(sweep, party_id, row, before[1] if before else None)}


def _stats(sweep: Sweep, party_id: str, row: dict[str, Any], before: dict[str, Any] | None) -> list[Stat]:
    queue = reverse("sweep_findings", args=[sweep.pk])
    words = {"violation": _("Rows with a violation"), "warning": _("Rows with a warning only"),
             "unknown": _("Rows nothing can be said about")}
    note = _("%(clean)s of %(known)s rows judged known") % {"clean": row["rows_clean"], "known": row["rows_known"]}
    if before and before["accuracy_rate"] is not None:
        note += " · " + _("%(rate)s in the sweep before") % {"rate": percent(before["accuracy_rate"])}
    return [Stat(label=_("Accuracy rate"), value=percent(row["accuracy_rate"]), note=note,
                 url=reverse("sweep_record", args=[sweep.pk])),
            *(Stat(label=word, value=row[f"rows_{severity}"], of=row["rows"], state=severity,
                   url=f"{queue}?{urlencode({'severity': severity, 'provider': party_id})}")
              for severity, word in words.items())]
