"""Many reports of a partner in one request: one look at the key, one flush of the disk, a line of answer for each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from licet.core import clock
from licet.hotline import intake, selectors
from licet.hotline.api import ReceiptOut, ReportIn, StandingKey, _account
from licet.hotline.intake import Refusal, Submission
from licet.hotline.keys import AWAY
from licet.hotline.sealing import number_of

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
    at, account = clock.now(), _account(request)
    submissions = [Submission(channel="api", account=account, **report.model_dump()) for report in body.reports]
    found = _other_content(submissions)
    lines: list[LineOut | None] = []
    good: list[Submission] = []
    for submission in submissions:
        refusal = _refusal(submission, found, at)
        lines.append(refusal)
        if refusal is None:
            good.append(submission)
    receipts = iter(intake.submit_many(good, at=at) if good else [])
    told = [line or _accepted(submission, next(receipts), at)
            for submission, line in zip(submissions, lines, strict=True)]
    return BatchOut(accepted=len(good), refused=len(told) - len(good), lines=told)


def _accepted(submission: Submission, receipt: intake.Receipt, at: dt.datetime) -> LineOut:
    return LineOut(key=submission.key, receipt=ReceiptOut(number=receipt.number, code=receipt.code, accepted_at=at))


Content = tuple[str, str, str, str]


def _content(submission: Submission) -> Content:
    return submission.target_kind, submission.target.strip(), submission.ground, submission.text.strip()


def _number(submission: Submission) -> str:
    return number_of(f"{submission.channel}|{submission.account}|{submission.key}")


def _other_content(submissions: Sequence[Submission]) -> dict[str, Content]:
    """What the keys stand for already: here, in the spool, or earlier in this very batch."""
    numbers = [_number(submission) for submission in submissions]
    try:
        found = selectors.contents_of(numbers)
    except AWAY:
        found = selectors.contents_waiting(numbers)
    for number, submission in zip(numbers, submissions, strict=True):
        found.setdefault(number, _content(submission))
    return found


def _refusal(submission: Submission, found: dict[str, Content], at: dt.datetime) -> LineOut | None:
    try:
        intake.check(submission, at=at)
    except Refusal as error:
        return LineOut(key=submission.key, field=error.field, reason=error.message, hint=error.hint)
    if found[_number(submission)] != _content(submission):
        return LineOut(key=submission.key, field="key", reason="this key stands for another report",
                       hint="use a new key for each report")
    return None
