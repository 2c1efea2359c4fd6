"""The panel on the decision page: before, exactly what whoever is hit will read; afterwards, what went where."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from licet.casework.models import Case, Measure
from licet.console.access import may
from licet.console.panels import Panel
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.language import language
from licet.core.rls import acting_as
from licet.notices import presenting, selectors
from licet.notices.services import preview


def measure_panel(request: HttpRequest, measure: Measure) -> Panel | None:
    """The notice's part of a measure's page. ``request.actor`` sees the measure already."""
    if not may(request, "notices.read"):
        return None
    letters = selectors.notices_of(measure.pk)
    if not letters:
        if measure.state != "drafted" or not Case.objects.filter(pk=measure.case_id).exists():
            return None
        return "notices/_preview.html", _preview(measure)
    desk = selectors.page_of_measure(measure.pk)
    rows = [{"number": row.number, "kind": presenting.kind_word(row.kind), "url": reverse("notice_show", args=[row.pk]),
             "at": row.composed_at, "sha256": row.sha256, "deliveries": presenting.deliveries(row)} for row in letters]
    return "notices/_panel.html", {
        "letters": rows, "clocks": presenting.clock_rows(selectors.clocks_of(measure.pk), clock.now()), "desk": desk,
        "address_url": reverse("notice_address", args=[measure.pk]), "may_work": may(request, "cases.work"),
        "answers": [{"url": reverse("notice_answer_show", args=[row.pk]), "at": row.at, "number": row.number, "read": row.read_at,
                     "documents": len(row.documents.all())} for row in selectors.answers_of(measure.pk)]}


def _preview(measure: Measure) -> dict[str, Any]:
    with acting_as(WORKER):  # whose filing a site has, and the posts of others, is in the letter
        shown = preview(measure, clock.now())
    first, second = ("zh", "en") if language() == "zh" else ("en", "zh")
    missing = shown[first]["missing"]
    return {"gaps": presenting.gaps(missing), "state": "letter-gaps" if missing else "letter-complete",
            "first": shown[first]["document"], "second": shown[second]["document"],
            "second_lang": "zh-Hans" if second == "zh" else "en"}
