"""What standing adds to the page of a case: what stands because of it, and what would follow."""

from __future__ import annotations

from django.http import HttpRequest

from licet.casework.models import Case, Measure
from licet.casework.tables import MEASURE_BY_ID, MeasureState, SubjectKind
from licet.console.access import may
from licet.console.panels import Panel
from licet.core import clock
from licet.standing import presenting, selectors
from licet.standing.days import local_day
from licet.standing.rules import enters, points_for
from licet.standing.services.identity import organisers_of
from licet.standing.services.points import role_and_provider


def case_panel(request: HttpRequest, case: Case) -> Panel | None:
    """Entries, points and exposures of the case; who the records say runs the site; points a signed measure would give."""
    if not may(request, "cases.read"):
        return None
    of, now = selectors.of_case(case), clock.now()
    organisers = organisers_of([case.subject_key], on=local_day(case.opened_at)) if (
        of.illegal and case.subject_kind == SubjectKind.SITE) else []
    would = _would(case)
    if not of and not would:
        return None
    return "standing/case_panel.html", {
        "of": of, "would": would,
        "entries": [{"entry": row, "state": presenting.state_of(row, local_day(now)),
                     "kind": presenting.entry_kind(row.kind), "confidence": presenting.confidence_word(row.confidence)}
                    for row in of.entries],
        "points": [{"point": row, "kind": presenting.measure_word(row.kind)} for row in of.points],
        "exposures": [{"exposure": row, "state": presenting.exposure_state(row, now)} for row in of.exposures],
        "organisers": [{"who": one.name if one.is_organisation else presenting.person_word(), "enters": enters(one.confidence),
                        "confidence": presenting.confidence_word(one.confidence)} for one in organisers]}


def _would(case: Case) -> list[dict[str, object]]:
    """Measures that count when they become final and are not on the record yet."""
    counted = {row.measure_id for row in selectors.of_case(case).points}
    over = [MeasureState.WITHDRAWN, MeasureState.OVERTURNED, MeasureState.LIFTED, MeasureState.RESTORED,
            MeasureState.RESTORATION_VERIFIED]
    rows = []
    for measure in Measure.objects.filter(case=case).exclude(state__in=over).exclude(pk__in=counted).order_by("pk"):
        role, provider_id = role_and_provider(measure, case)
        points = points_for(role=role, kind=measure.kind, tier=case.tier)
        if points and provider_id and measure.kind in MEASURE_BY_ID:
            rows.append({"kind": presenting.measure_word(measure.kind), "points": points})
    return rows
