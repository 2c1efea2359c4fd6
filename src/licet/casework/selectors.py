"""Reads of casework. Row-level security decides what the actor sees; filters here are for the question asked."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from django.db.models import Case as Choose
from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, Value, When

from licet.casework.models import (
    Appeal,
    Case,
    CaseEvent,
    CaseLink,
    Measure,
    MeasureTransition,
    Observation,
    SavedQueue,
    Signal,
)
from licet.casework.rules import state_at
from licet.casework.tables import CAN_EXPIRE, IN_FORCE, MeasureState, SignalKind
from licet.core.errors import NotFound

PAGE = 50
OBSERVERS_SHOWN = 100  # of each kind; a case with more says so
PARTS_READ = 50  # cases merged into one that are looked at


@dataclasses.dataclass(frozen=True, kw_only=True)
class QueueFilters:
    """What a saved queue asks for; empty fields ask for everything."""

    desk_id: str = ""
    tier: int | None = None
    without_tier: bool = False
    ground: str = ""
    provider_id: str = ""
    subject: str = ""
    state: str = "open"
    free_at: dt.datetime | None = None  # only cases nobody holds at this moment


def queue(filters: QueueFilters | None = None) -> QuerySet[Case]:
    """Cases in the order they should be worked on: priority, then age. Slice it; the index gives the order."""
    asked = filters or QueueFilters()
    cases = Case.objects.filter(state=asked.state)
    for field, value in (("desk_id", asked.desk_id), ("ground", asked.ground), ("provider_id", asked.provider_id),
                         ("subject_key", asked.subject), ("tier", asked.tier)):
        if value not in {"", None}:
            cases = cases.filter(**{field: value})
    if asked.without_tier:
        cases = cases.filter(tier__isnull=True)
    if asked.free_at is not None:
        cases = cases.filter(Q(handler__isnull=True) | Q(handler_until__lte=asked.free_at))
    return cases.order_by("-priority", "opened_at", "id")


def case_by_number(number: str) -> Case:
    """The case with this number. Raises :class:`NotFound`."""
    case = Case.objects.filter(number=number).first()
    if case is None:
        raise NotFound(f"there is no case {number} at your desk")
    return case


def signals_of(case: Case) -> QuerySet[Signal]:
    """The case's signals, newest first, those of cases merged into it included."""
    parts = [case.pk, *Case.objects.filter(merged_into=case).values_list("pk", flat=True)]
    return Signal.objects.filter(case_id__in=parts).order_by("-received_at", "-id")


def observers_of(case: Case) -> list[Observation]:
    """Who observed what, the latest of each kind first, at most :data:`OBSERVERS_SHOWN` of each kind; those of cases
    merged into it included."""
    parts = [case.pk, *Case.objects.filter(merged_into=case).values_list("pk", flat=True)[:PARTS_READ]]
    found: list[Observation] = []
    for kind in SignalKind:
        rows = Observation.objects.filter(case_id__in=parts, kind=kind.value).order_by("-last_at")
        found += rows[:OBSERVERS_SHOWN]
    return found


def links_of(case: Case) -> list[tuple[Case, str]]:
    """Cases this one has to do with, and why: links in both directions, what it was opened from, what merged into it."""
    found = [(link.other, link.why) for link in CaseLink.objects.filter(case=case).select_related("other")[:PAGE]]
    found += [(link.case, link.why) for link in CaseLink.objects.filter(other=case).select_related("case")[:PAGE]]
    return list({other.pk: (other, why) for other, why in found}.values())


def timeline_of(case: Case) -> QuerySet[CaseEvent]:
    """The case's timeline, newest first."""
    return CaseEvent.objects.filter(case=case).order_by("-at", "-id")


def measures_at(now: dt.datetime) -> QuerySet[Measure]:
    """Measures with ``state_now``, their state at a moment: ``rules.state_at`` as a query, for boards and feeds."""
    pending = Appeal.objects.filter(measure=OuterRef("pk"), state="filed").values("due_at")[:1]
    can_end = Q(state__in=[state.value for state in CAN_EXPIRE])
    expired = can_end & Q(expires_at__lte=now) & (Q(appeal_due__isnull=True) | Q(expires_at__lte=F("appeal_due")))
    return Measure.objects.annotate(appeal_due=Subquery(pending)).annotate(state_now=Choose(
        When(expired, then=Value(MeasureState.EXPIRED.value)),
        When(can_end & Q(appeal_due__lte=now), then=Value(MeasureState.OVERTURNED.value)),
        default=F("state"), output_field=CharField()))


def in_force(now: dt.datetime) -> QuerySet[Measure]:
    """Measures that bind somebody at a moment, whether or not a job noticed what ran out."""
    return measures_at(now).filter(state_now__in=[state.value for state in IN_FORCE])  # type: ignore[misc]


def state_of(measure: Measure, now: dt.datetime) -> MeasureState:
    """The measure's state at a moment (``rules.state_at``)."""
    appeal = Appeal.objects.filter(measure=measure, state="filed").first()
    return state_at(measure.state, expires_at=measure.expires_at, appeal_due_at=appeal.due_at if appeal else None,
                    now=now)


def steps_of(measure: Measure) -> QuerySet[MeasureTransition]:
    """The measure's steps, oldest first."""
    return MeasureTransition.objects.filter(measure=measure).order_by("id")


def saved_queues(person_id: int, organisations: Sequence[str]) -> list[SavedQueue]:
    """A person's saved queues and those shared at their desks, one's own first."""
    found = SavedQueue.objects.filter(Q(person=person_id) | Q(shared=True, desk_id__in=list(organisations)))
    return sorted(found, key=lambda queue: (queue.person_id != person_id, queue.name))
