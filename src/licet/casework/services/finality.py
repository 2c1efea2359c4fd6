"""Which decisions are final, and which still carry what rests on them (blacklist, exposure)."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from licet.casework import rules
from licet.casework.models import Appeal, Case, HandedDecision, Measure, MeasureTransition
from licet.casework.tables import FINAL_DECISIONS, IN_FORCE, MEASURE_BY_ID, MeasureState
from licet.core.actors import WORKER
from licet.core.rls import acting_as

_TOLD = [state.value for state in IN_FORCE if state is not MeasureState.APPROVED]
_ENDED_BY_TIME = [MeasureState.EXPIRED.value, MeasureState.RESTORED.value, MeasureState.RESTORATION_VERIFIED.value]


def final_at(measure: Measure) -> dt.datetime | None:
    """``rules.final_at`` of a measure."""
    told = MeasureTransition.objects.filter(measure=measure, event="notified").order_by("id").first()
    appeals = list(Appeal.objects.filter(measure=measure).values_list("state", "judged_at"))
    return rules.final_at(MEASURE_BY_ID[measure.kind], notified_at=told.at if told else None, appeals=appeals)


def _decided(case: Case) -> QuerySet[Measure]:
    """Decisions made in the case, and those another desk handed to it."""
    return Measure.objects.filter(
        Q(case=case) | Q(pk__in=HandedDecision.objects.filter(case=case).values("measure_id")), kind__in=FINAL_DECISIONS)


def final_decisions(case: Case, now: dt.datetime) -> list[Measure]:
    """Decisions that others of the case may rest on: in force and final at ``now``, oldest first."""
    with acting_as(WORKER):  # the rule looks, not the person: how a handed decision was appealed stays with its desk
        found = _decided(case).filter(state__in=_TOLD).order_by("decided_at", "pk")
        return [measure for measure in found if (final := final_at(measure)) is not None and final <= now]


def carrying(case: Case) -> set[int]:
    """Ids of decisions that carry what rests on them already.

    In force, or ended by nothing but their own term: that it was time says nothing against the decision, and what rests
    on it has a term and a review of its own. Never one that was lifted, or against which an appeal is pending or was won.
    Rule: Notice §4.5, house (decision 0015)
    """
    ids = list(_decided(case).values_list("pk", flat=True))
    told = MeasureTransition.objects.filter(measure__in=ids, event="notified").values("measure_id")
    by_time = MeasureTransition.objects.filter(measure__in=ids, event="expired").values("measure_id")
    doubted = Appeal.objects.filter(measure__in=ids).exclude(state="upheld").values("measure_id")
    decided = Measure.objects.filter(pk__in=[*ids]).filter(pk__in=told).exclude(pk__in=doubted)
    return {*decided.filter(state__in=_TOLD).values_list("pk", flat=True),
            *decided.filter(state__in=_ENDED_BY_TIME, pk__in=by_time).values_list("pk", flat=True)}
