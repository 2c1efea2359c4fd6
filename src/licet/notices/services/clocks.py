"""Clocks: rows of the measure's step. They say in words what happens when they run out, and they survive hand-overs."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from licet.casework.models import Appeal, Measure
from licet.casework.rules import appeal_deadline
from licet.casework.services.record import add_event
from licet.casework.tables import MEASURE_BY_ID
from licet.config.profile import load_profile
from licet.core.actors import WORKER
from licet.core.calendar import add_business_days, deadline_at
from licet.core.rls import acting_as
from licet.notices import profile_texts
from licet.notices.models import Clock
from licet.notices.sentences import local_day
from licet.notices.tables import CLOCK_BY_ID, CLOCKS

_BATCH = 200


def start_clocks(measure: Measure, *, at: dt.datetime) -> None:
    """What runs from the notification: answer, appeal, rectification, and the measure's own term."""
    kind = MEASURE_BY_ID[measure.kind]
    limits, counted = profile_texts.limits(), profile_texts.answer_kind()
    _start(measure, "answer", at=at, counted=counted, due=deadline_at(
        at, limits.answer_days, "business" if counted == "business" else "calendar"))
    if kind.appeal != "none":
        _start(measure, "appeal_window", at=at, due=appeal_deadline(kind, at))
    if measure.deadline_on is not None:
        zone = ZoneInfo(load_profile().time_zone)
        _start(measure, "rectification", at=at, due=dt.datetime.combine(
            measure.deadline_on, dt.time(23, 59, 59), tzinfo=zone).astimezone(dt.UTC))
    if measure.expires_at is not None:
        _start(measure, "term", at=at, due=measure.expires_at)


def _start(measure: Measure, kind: str, *, at: dt.datetime, due: dt.datetime, counted: str = "calendar",
           appeal: Appeal | None = None) -> None:
    row = CLOCK_BY_ID[kind]
    if not Clock.objects.filter(measure=measure, kind=kind, appeal=appeal).exists():
        Clock.objects.create(measure=measure, appeal=appeal, desk_id=measure.desk_id, kind=kind, counted=counted,
                             started_at=at, due_at=due, consequence_zh=row.consequence_zh,
                             consequence_en=row.consequence_en)


def judging_clock(appeal: Appeal) -> None:
    """An appeal was filed: the window is met and whoever judges has a term, which defaults in the affected's favour."""
    close_clocks(appeal.measure, "appeal_window", at=appeal.filed_at)
    _start(appeal.measure, "judgement", at=appeal.filed_at, due=appeal.due_at, appeal=appeal)


def judged_clock(appeal: Appeal, *, at: dt.datetime) -> None:
    """The appeal was judged, or won because nobody did."""
    outcome = "lapsed" if appeal.state == "defaulted" else "met"
    Clock.objects.filter(appeal=appeal, kind="judgement", closed_at__isnull=True).update(closed_at=at, outcome=outcome)


def close_clocks(measure: Measure, kind: str, *, at: dt.datetime) -> None:
    """Whoever had to act did."""
    Clock.objects.filter(measure=measure, kind=kind, closed_at__isnull=True).update(closed_at=at, outcome="met")


def end_clocks(measure: Measure, *, at: dt.datetime) -> None:
    """The measure ended: what ran for it runs no more. The time to appeal goes on: an ended measure leaves a record."""
    Clock.objects.filter(measure=measure, kind__in=("answer", "rectification", "term"), closed_at__isnull=True).update(
        closed_at=at, outcome="ended")


def lapse_due(now: dt.datetime, *, batch: int = _BATCH) -> int:
    """The job: write down which clocks ran out, with their consequence, in the case's timeline. Returns how many."""
    count = 0
    while count < batch:
        with acting_as(WORKER):
            clock = (Clock.objects.select_for_update(skip_locked=True, of=("self",)).select_related("measure__case")
                     .filter(closed_at__isnull=True, due_at__lte=now).order_by("due_at", "id").first())
            if clock is None:
                break
            Clock.objects.filter(pk=clock.pk).update(closed_at=clock.due_at, outcome="lapsed")
            add_event(clock.measure.case, "notices:clock:lapsed", actor=WORKER, at=now,
                      note=f"{clock.consequence_zh} {clock.consequence_en}",
                      data={"measure": clock.measure_id, "clock": clock.kind, "due": clock.due_at.isoformat()})
        count += 1
    return count


def due_reminders(now: dt.datetime) -> QuerySet[Clock]:
    """Running clocks of the affected that run out within the profile's business days and were not reminded of."""
    last = add_business_days(local_day(now), profile_texts.limits().remind_business_days)
    until = dt.datetime.combine(last, dt.time.max, tzinfo=ZoneInfo(load_profile().time_zone))
    kinds = [row.id for row in CLOCKS if row.reminds]
    return Clock.objects.filter(closed_at__isnull=True, kind__in=kinds, reminded_at__isnull=True, due_at__gt=now,
                                due_at__lte=until).order_by("due_at", "id")


def remind_due(now: dt.datetime, *, batch: int = _BATCH) -> int:
    """The job: a reminder for each clock of the affected that runs out soon, once. Returns how many."""
    from licet.notices.services.compose import compose_reminder

    count = 0
    while count < batch:
        with acting_as(WORKER):
            clock = (due_reminders(now).select_for_update(skip_locked=True, of=("self",))
                     .select_related("measure__case").first())
            if clock is None:
                break
            if clock.started_at.date() != now.date():  # a term shorter than that needs no reminder on its first day
                compose_reminder(clock, now)
            Clock.objects.filter(pk=clock.pk).update(reminded_at=now)
        count += 1
    return count
