"""Which decisions are final, and which still carry what rests on them (blacklist, exposure)."""

from __future__ import annotations

import datetime as dt

from licet.casework import rules
from licet.casework.models import Appeal, Case, Measure, MeasureTransition
from licet.casework.tables import FINAL_DECISIONS, IN_FORCE, MEASURE_BY_ID, MeasureState

_TOLD = [state.value for state in IN_FORCE if state is not MeasureState.APPROVED]
_ENDED_BY_TIME = [MeasureState.EXPIRED.value, MeasureState.RESTORED.value, MeasureState.RESTORATION_VERIFIED.value]


def final_at(measure: Measure) -> dt.datetime | None:
    """``rules.final_at`` of a measure."""
    told = MeasureTransition.objects.filter(measure=measure, event="notified").order_by("id").first()
    appeals = list(Appeal.objects.filter(measure=measure).values_list("state", "judged_at"))
    return rules.final_at(MEASURE_BY_ID[measure.kind], notified_at=told.at if told else None, appeals=appeals)


def final_decisions(case: Case, now: dt.datetime) -> list[Measure]:
    """Decisions of the case that others may rest on: in force and final at ``now``, oldest first."""
    found = Measure.objects.filter(case=case, kind__in=FINAL_DECISIONS, state__in=_TOLD).order_by("decided_at", "pk")
    return [measure for measure in found if (final := final_at(measure)) is not None and final <= now]


def carrying(case: Case) -> set[int]:
    """Ids of decisions that carry what rests on them already.

    In force, or ended by nothing but their own term: that it was time says nothing against the decision, and what rests
    on it has a term and a review of its own. Never one that was lifted, or against which an appeal is pending or was won.
    Rule: Notice §4.5, house (decision 0015)
    """
    told = MeasureTransition.objects.filter(measure__case=case, event="notified").values("measure_id")
    by_time = MeasureTransition.objects.filter(measure__case=case, event="expired").values("measure_id")
    doubted = Appeal.objects.filter(measure__case=case).exclude(state="upheld").values("measure_id")
    decided = Measure.objects.filter(case=case, kind__in=FINAL_DECISIONS, pk__in=told).exclude(pk__in=doubted)
    return {*decided.filter(state__in=_TOLD).values_list("pk", flat=True),
            *decided.filter(state__in=_ENDED_BY_TIME, pk__in=by_time).values_list("pk", flat=True)}
