"""Letters over the API: what was said about a measure, exactly, with its hash."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from licet.config.api import Key, Person, person_of
from licet.core import clock
from licet.notices import pdf, selectors, services
from licet.notices.models import Answer, Notice

router = Router()
MOST = 200


class Letter(Schema):
    """One letter, without its text."""

    id: int
    number: str = Field(description="document number, unique per desk and year")
    kind: str
    measure: int
    composed_at: dt.datetime
    sha256: str = Field(description="SHA-256 of the text in UTF-8, hexadecimal")


class LetterText(Letter):
    """One letter with its exact text in both languages."""

    text: str


class Letters(Schema):
    """Letters, newest first; ``next`` is the value of ``before`` for the page after."""

    letters: list[Letter]
    next: int | None


def _letter(row: Notice) -> dict[str, object]:
    return {"id": row.pk, "number": row.number, "kind": row.kind, "measure": row.measure_id,
            "composed_at": row.composed_at, "sha256": row.sha256}


@router.get("", auth=Key("cases.read"), response=Letters, summary="List letters")
def list_letters(request: HttpRequest, measure: int | None = None, kind: str = "", before: int = 0,
                 limit: int = 50) -> dict[str, object]:
    """Letters the key's organisation may read: those of its desk and those about measures that hit it."""
    size = max(1, min(limit, MOST))
    rows = list(selectors.notices(kind=kind, measure_id=measure, before=before)[: size + 1])
    return {"letters": [_letter(row) for row in rows[:size]], "next": rows[size - 1].pk if len(rows) > size else None}


class Written(Schema):
    """What whoever is hit wrote on their page. Never a fact, never changed."""

    id: int
    number: str = Field(description="as the receipt says, W-12")
    measure: int
    at: dt.datetime
    text: str
    documents: list[str] = Field(description="references of evidence of what was handed in")
    read_at: dt.datetime | None


def _written(row: Answer) -> dict[str, object]:
    return {"id": row.pk, "number": row.number, "measure": row.measure_id, "at": row.at, "text": row.text,
            "documents": [one.evidence_ref for one in row.documents.all() if one.evidence_ref], "read_at": row.read_at}


@router.get("/answers", auth=[Key("cases.read"), Person("cases.read")], response=list[Written],
            summary="What whoever a measure hits wrote")
def answers(request: HttpRequest, measure: int) -> list[dict[str, object]]:
    """Answers to one measure of the desk, oldest first."""
    return [_written(row) for row in selectors.answers_of(measure)]


@router.post("/answers/{int:answer_id}/read", auth=[Key("cases.read"), Person("cases.work")], response=Written,
             summary="Mark an answer as read (people only)")
def mark_read(request: HttpRequest, answer_id: int) -> dict[str, object]:
    """Who read it stands beside it."""
    services.mark_read(answer_id, actor=person_of(request), at=clock.now())
    return _written(selectors.answer(answer_id))


@router.get("/{letter_id}", auth=Key("cases.read"), response=LetterText, summary="Read a letter")
def read_letter(request: HttpRequest, letter_id: int) -> dict[str, object]:
    """The exact text that was sent, and its hash."""
    row = selectors.notice(letter_id)
    return _letter(row) | {"text": row.text}


@router.get("/{letter_id}/pdf", auth=Key("cases.read"), summary="A letter as PDF")
def letter_pdf(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The letter on A4; 503 where no font has Chinese characters."""
    row = selectors.notice(letter_id)
    return HttpResponse(pdf.pdf_of(row), content_type="application/pdf")
