"""Reads of notices. Row-level security decides what the actor sees."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from licet.casework.models import Case
from licet.core.errors import NotFound
from licet.notices.models import Answer, Clock, Delivery, Notice, Page

PAGE = 50


def notices(*, kind: str = "", measure_id: int | None = None, failed: bool = False, before: int = 0) -> QuerySet[Notice]:
    """Letters, newest first; ``failed``: only those a channel could not deliver. Slice it."""
    rows = Notice.objects.select_related("measure").defer("text", "body")  # the case is the desk's alone
    if kind:
        rows = rows.filter(kind=kind)
    if measure_id is not None:
        rows = rows.filter(measure_id=measure_id)
    if failed:
        rows = rows.filter(Exists(Delivery.objects.filter(notice=OuterRef("pk"), state="failed")))
    if before:
        rows = rows.filter(pk__lt=before)
    return rows.order_by("-id")


def notice(notice_id: int) -> Notice:
    """One letter. Raises :class:`NotFound`."""
    found = Notice.objects.select_related("measure").filter(pk=notice_id).first()
    if found is None:
        raise NotFound("there is no such notice, or it is not yours to see")
    return found


def notices_of(measure_id: int) -> list[Notice]:
    """The letters of one measure, oldest first."""
    return list(Notice.objects.filter(measure_id=measure_id).order_by("id"))


def published_notices(measure_id: int) -> list[Notice]:
    """Those that are on the page already, newest first."""
    sent = Delivery.objects.filter(notice=OuterRef("pk"), channel="page", state="sent")
    return list(Notice.objects.filter(Exists(sent), measure_id=measure_id).order_by("-id"))


def deliveries_of(notice_id: int) -> list[Delivery]:
    """Who a letter went to, as far as the actor may see it (the desk)."""
    return list(Delivery.objects.filter(notice_id=notice_id).order_by("id"))


def clocks_of(measure_id: int) -> list[Clock]:
    """The clocks of one measure, those that run first."""
    return sorted(Clock.objects.filter(measure_id=measure_id).select_related("measure", "appeal"),
                  key=lambda row: (row.closed_at is not None, row.due_at))


def running_out(*, whose: str = "") -> QuerySet[Clock]:
    """Clocks that run, soonest first; ``whose``: affected or desk."""
    from licet.notices.tables import CLOCKS

    rows = Clock.objects.select_related("measure").filter(closed_at__isnull=True)
    if whose:
        rows = rows.filter(kind__in=[row.id for row in CLOCKS if row.whose == whose])
    return rows.order_by("due_at", "id")


def answers_of(measure_id: int) -> list[Answer]:
    """What came back, newest first."""
    return list(Answer.objects.filter(measure_id=measure_id).prefetch_related("documents").order_by("-id"))


def page_of_measure(measure_id: int) -> Page | None:
    """The measure's page, seen by the desk alone."""
    return Page.objects.filter(measure_id=measure_id).first()


def answer(answer_id: int) -> Answer:
    """One answer with its documents, seen by the desk alone. Raises :class:`NotFound`."""
    found = Answer.objects.select_related("measure", "case").filter(pk=answer_id).first()
    if found is None:
        raise NotFound("there is no such answer at your desk")
    return found


def unread_answers() -> QuerySet[Answer]:
    """Answers nobody of the desk read yet, oldest first."""
    return Answer.objects.select_related("measure", "case").filter(read_at__isnull=True).order_by("at", "id")


def case_keys(case_ids: set[int]) -> dict[int, Case]:
    """The cases the actor may see, by id: whoever is hit sees the letter and not the case."""
    return {row.pk: row for row in Case.objects.filter(pk__in=case_ids)}
