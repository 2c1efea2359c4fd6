"""What partners' programs hand in: a key is one report for ever, with one content and one answer. Needs no database."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from licet.hotline import intake, selectors
from licet.hotline.intake import Receipt, Refusal, Submission
from licet.hotline.keys import AWAY
from licet.hotline.selectors import Known


class KeyTaken(Refusal):
    """The key stands for another report."""

    code = "other_content"
    status = 409

    def __init__(self) -> None:
        super().__init__("key", "this Idempotency-Key stands for another report", hint="use a new key for each report")


@dataclasses.dataclass(frozen=True)
class Taken:
    """The report is on our disk, since then."""

    receipt: Receipt
    accepted_at: dt.datetime


def hand_in(submissions: Sequence[Submission], *, at: dt.datetime) -> list[Taken | Refusal]:
    """Accept what can be used in one commit; an answer for each, in their order. Sent again, each has the answer it had.

    1. check each  2. what its key stands for already, or earlier among these: the same, or refused  3. accept
    4. read back: of two requests with one key at one moment the first counts
    """
    numbers = [intake.number_of(submission) for submission in submissions]
    before = _known(numbers)
    answers: list[Taken | Refusal | None] = []
    good: dict[str, Submission] = {}
    for number, submission in zip(numbers, submissions, strict=True):
        answers.append(_refusal(submission, before.get(number), good.get(number), at))
        if answers[-1] is None and number not in before:
            good.setdefault(number, submission)
    if good:
        intake.submit_many(list(good.values()), at=at)
    now = before | {number: Known(intake.digest_of(submission), at) for number, submission in good.items()} | (
        selectors.known_waiting(list(good)))
    return [answer or _answer(number, submission, now[number])
            for answer, number, submission in zip(answers, numbers, submissions, strict=True)]


def _known(numbers: Sequence[str]) -> dict[str, Known]:
    try:
        return selectors.known(numbers)
    except AWAY:  # what PostgreSQL has cannot be compared now; the receipt is that of the first report in any case
        return selectors.known_waiting(numbers)


def _refusal(submission: Submission, known: Known | None, earlier: Submission | None, at: dt.datetime) -> Refusal | None:
    try:
        intake.check(submission, at=at)
    except Refusal as error:
        return error
    if known is not None and not known.is_of(submission):
        return KeyTaken()
    other = earlier is not None and intake.digest_of(earlier) != intake.digest_of(submission)
    return KeyTaken() if other else None


def _answer(number: str, submission: Submission, known: Known) -> Taken | Refusal:
    return Taken(intake.receipt_of(number), known.accepted_at) if known.is_of(submission) else KeyTaken()

