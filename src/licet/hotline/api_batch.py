"""Many reports of a partner in one request: one look at the key, one flush of the disk, a line of answer for each."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from licet.core import clock
from licet.hotline import partners
from licet.hotline.api import ReceiptOut, ReportIn, StandingKey, _account, receipt_out
from licet.hotline.intake import Refusal, Submission

MOST = 500
router = Router()


class KeyedReport(ReportIn):
    """A report with the key that makes sending it twice one report."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=120)] = Field(
        description="what Idempotency-Key is for a single report")


class BatchIn(Schema):
    """Reports to hand in together."""

    reports: Annotated[list[KeyedReport], Field(min_length=1, max_length=MOST)]


class LineOut(Schema):
    """What became of one report: a receipt, or why it was refused and how to repair it."""

    key: str
    receipt: ReceiptOut | None = None
    field: str = ""
    reason: str = ""
    hint: str = ""


class BatchOut(Schema):
    """One line per report, in the order they came."""

    accepted: int
    refused: int
    lines: list[LineOut]


@router.post("/reports/batch", response=BatchOut, auth=StandingKey("hotline.report"), summary="Hand in many reports")
def hand_in_many(request: HttpRequest, body: BatchIn) -> BatchOut:
    """Up to 500 reports. Those that can be used are accepted together and are durable when the answer comes, also while
    PostgreSQL is away; a bad one is refused in its own line and keeps nobody else out. Sent again, each `key` gives the
    receipt it gave before; with other content it is refused."""
    account = _account(request)
    submissions = [Submission(channel="api", account=account, **report.model_dump()) for report in body.reports]
    answers = partners.hand_in(submissions, at=clock.now())
    lines = [_line(submission, answer) for submission, answer in zip(submissions, answers, strict=True)]
    accepted = sum(line.receipt is not None for line in lines)
    return BatchOut(accepted=accepted, refused=len(lines) - accepted, lines=lines)


def _line(submission: Submission, answer: partners.Taken | Refusal) -> LineOut:
    if isinstance(answer, Refusal):
        return LineOut(key=submission.key, field=answer.field, reason=answer.message, hint=answer.hint)
    return LineOut(key=submission.key, receipt=receipt_out(answer))
