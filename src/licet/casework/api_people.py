"""What only people do with cases and measures, over HTTP: merging, splitting, determinations, several cases at once, saved
queues, completing drafts. A key gets the answer ``not_a_person``; see docs/decisions/0016-people-over-the-api.md.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field, StringConstraints

from licet.casework import listing, selectors, services
from licet.casework.documents import case_summary, measure_document
from licet.casework.models import Case, SavedQueue
from licet.casework.services import Amendment, Outcome
from licet.config.api import Key, Person, person_of
from licet.core import clock
from licet.core.errors import BadInput

_READ, _WORK = [Key("cases.read"), Person("cases.read")], [Key("cases.work"), Person("cases.work")]
cases, measures = Router(auth=_WORK), Router(auth=_WORK)
MOST_AT_ONCE = 200
_Text = Annotated[str, StringConstraints(max_length=300)]
_Reason = Annotated[str, StringConstraints(max_length=2000)]


def _id(number: str) -> int:
    return int(selectors.case_by_number(number).pk)


# --- several at once -------------------------------------------------------------------------------------------------
class BulkIn(Schema):
    """Several cases, each with its own reason (taking needs none)."""

    action: Literal["take", "tier", "close", "merge"]
    reasons: dict[str, _Reason] = Field(min_length=1, max_length=MOST_AT_ONCE, description="number of the case -> why")
    tier: int | None = Field(None, description="with tier")
    outcome: _Text = Field("", description="with close")
    into: _Text = Field("", description="with merge: number of the case the others join")


class BulkLine(Schema):
    """What became of one case."""

    case: str
    done: bool
    code: str
    detail: str


@cases.post("/bulk", response=list[BulkLine], summary="Several cases at once (people only)")
def bulk(request: HttpRequest, given: BulkIn) -> list[dict[str, Any]]:
    """Each case for itself: what is refused is said in its line, and the others go on."""
    actor, at = person_of(request), clock.now()
    numbers = {_id(number): number for number in given.reasons}
    reasons = {case_id: given.reasons[number] for case_id, number in numbers.items()}
    do = {"take": lambda: services.take_many(list(reasons), actor=actor, at=at),
          "tier": lambda: services.set_tier_many(reasons, given.tier or 0, actor=actor, at=at),
          "close": lambda: services.close_many(reasons, outcome=given.outcome, actor=actor, at=at),
          "merge": lambda: services.merge_many(reasons, into=_id(given.into), actor=actor, at=at)}
    return [_line(numbers[outcome.case_id], outcome) for outcome in do[given.action]()]


def _line(number: str, outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    return {"case": number, "done": error is None, "code": error.code if error else "",
            "detail": error.message if error else ""}


class NextCase(Schema):
    """The case that was handed out, ``null`` when none is free."""

    case: dict[str, Any] | None


@cases.post("/next", response=NextCase, summary="Take the next free case (people only)")
def take_next(request: HttpRequest) -> dict[str, Any]:
    """The most urgent one of the person's own desk that nobody holds."""
    actor = person_of(request)
    case = services.take_next(listing.desk_of(actor), actor=actor, at=clock.now())
    return {"case": case_summary(case) if case else None}


# --- saved queues ----------------------------------------------------------------------------------------------------
class QueueIn(Schema):
    """Filters under a name, as they stand in the address of the page."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    query: Annotated[str, StringConstraints(max_length=500)] = ""
    shared: bool = Field(False, description="seen by the whole desk")


class QueueOut(QueueIn):
    """A saved queue."""

    id: int
    mine: bool


def _queue(row: SavedQueue, user_id: int | None) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "query": row.query, "shared": row.shared, "mine": row.person_id == user_id}


@cases.get("/queues", response=list[QueueOut], auth=_READ, summary="Saved queues (people only)")
def queues(request: HttpRequest) -> list[dict[str, Any]]:
    """One's own and those shared at one's desks."""
    actor = person_of(request)
    return [_queue(row, actor.user_id) for row in selectors.saved_queues(actor.user_id or 0, actor.organisations)]


@cases.post("/queues", response=QueueOut, auth=_READ, summary="Save a queue (people only)")
def save_queue(request: HttpRequest, given: QueueIn) -> dict[str, Any]:
    """Under the same name it replaces the one there is."""
    actor = person_of(request)
    row = services.save_queue(given.name, given.query, shared=given.shared, actor=actor, at=clock.now())
    return _queue(row, actor.user_id)


@cases.delete("/queues/{int:queue_id}", response={204: None}, auth=_READ, summary="Forget a saved queue (people only)")
def remove_queue(request: HttpRequest, queue_id: int) -> Status[None]:
    """One's own."""
    services.remove_queue(queue_id, actor=person_of(request))
    return Status(204, None)


@cases.post("/findings/{int:finding_id}", response=dict[str, Any], summary="Make a finding of a sweep a case (people only)")
def from_finding(request: HttpRequest, finding_id: int) -> dict[str, Any]:
    """It joins the open case about the same subject and ground, or opens one; again it is the case it was."""
    actor = person_of(request)
    case_id = services.signal_from_finding(finding_id, desk_id=listing.desk_of(actor), actor=actor, at=clock.now())
    return case_summary(Case.objects.get(pk=case_id))


# --- one case --------------------------------------------------------------------------------------------------------
class OtherIn(Schema):
    """Another case, and why."""

    other: _Text = Field(description="its number")
    reason: _Reason


@cases.post("/{number}/merge", response=dict[str, Any], summary="Merge a case into another (people only)")
def merge(request: HttpRequest, number: str, given: OtherIn) -> dict[str, Any]:
    """It ends as part of the other; its signals count there. It cannot be undone."""
    return case_summary(services.merge_cases(_id(number), into=_id(given.other), reason=given.reason,
                                             actor=person_of(request), at=clock.now()))


@cases.post("/{number}/links", response=dict[str, Any], summary="Link two cases (people only)")
def link(request: HttpRequest, number: str, given: OtherIn) -> dict[str, Any]:
    """The two stay apart; each names the other."""
    case = selectors.case_by_number(number)
    services.link_cases(case.pk, _id(given.other), why=given.reason, actor=person_of(request), at=clock.now())
    return case_summary(case)


class SplitIn(Schema):
    """Signals that are about something else."""

    signals: list[int] = Field(min_length=1, max_length=500, description="ids of the case's signals")
    subject_kind: Literal["site", "address", "code", "provider", "sponsor"]
    subject: _Text
    ground: _Text
    reason: _Reason


@cases.post("/{number}/split", response=dict[str, Any], summary="Split signals off (people only)")
def split(request: HttpRequest, number: str, given: SplitIn) -> dict[str, Any]:
    """They open a case of their own, or join the open one of their subject and ground. Answers with that case."""
    return case_summary(services.split_case(
        _id(number), given.signals, subject_kind=given.subject_kind, subject=given.subject, ground=given.ground,
        reason=given.reason, actor=person_of(request), at=clock.now()))


class PurposeIn(Schema):
    """What it is for."""

    purpose: _Reason


@cases.post("/{number}/extract", response=dict[str, Any], summary="Preserve what the registers say (people only)")
def extract(request: HttpRequest, number: str, given: PurposeIn) -> dict[str, Any]:
    """One item of evidence: the rows about the subject and its provider, with the loads that brought them."""
    item = services.preserve_extract(_id(number), purpose=given.purpose, actor=person_of(request), at=clock.now())
    return {"ref": item.ref, "sha256": item.sha256, "bytes": item.bytes, "title": item.title}


class ReasonIn(Schema):
    """Why."""

    reason: _Reason


@cases.post("/{number}/reopen", response=dict[str, Any], summary="Reopen on new facts (people only)")
def reopen(request: HttpRequest, number: str, given: ReasonIn) -> dict[str, Any]:
    """A new case is opened and linked; the old one stays as it ended. Answers with the new one."""
    return case_summary(services.reopen_case(_id(number), reason=given.reason, actor=person_of(request), at=clock.now()))


class DeterminationIn(Schema):
    """What an authority determined in writing."""

    document_no: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    authority_id: _Text = Field(description="party_id of the authority or police desk")
    result: Literal["illegal", "not_illegal", "insufficient"]
    determined_on: dt.date
    text: Annotated[str, StringConstraints(max_length=2000)] = ""


@cases.post("/{number}/determinations", response=dict[str, Any], summary="Record a determination (people only)")
def determine(request: HttpRequest, number: str, given: DeterminationIn) -> dict[str, Any]:
    """Illegal: drafts to close and to list are proposed. Not illegal: every measure of the case ends now."""
    row = services.record_determination(_id(number), **given.dict(), actor=person_of(request), at=clock.now())
    return {"id": row.pk, "result": row.result, "document_no": row.document_no,
            "case": case_summary(Case.objects.get(pk=row.case_id))}


# --- measures --------------------------------------------------------------------------------------------------------
class AmendIn(Schema):
    """What completes a draft; a field that is left out stays, an attachment that is blank is taken away."""

    attachments: dict[str, str | list[dict[str, str]]] = Field(
        default_factory=dict, max_length=20, description="need -> reference; billing_chain is a list of its links")
    scope: dict[str, Any] | None = None
    deadline_on: dt.date | None = None
    expires_at: AwareDatetime | None = None
    determination_id: int | None = None


@measures.post("/{int:measure_id}/amend", response=dict[str, Any], summary="Complete a draft (people only)")
def amend(request: HttpRequest, measure_id: int, given: AmendIn) -> dict[str, Any]:
    """Nobody signed it yet; what was signed stays as it was signed."""
    actor = person_of(request)
    if not given.dict(exclude_defaults=True):
        raise BadInput("nothing is changed", hint="name what completes the draft")
    row = services.amend_measure(measure_id, Amendment(**given.dict()), actor=actor, at=clock.now())
    return measure_document(row, clock.now())


@measures.post("/{int:measure_id}/order", response=dict[str, Any], summary="Order again what failed (people only)",
               auth=[Key("cases.work"), Person("measures.decide")])
def order(request: HttpRequest, measure_id: int, given: ReasonIn) -> dict[str, Any]:
    """The executor refused or could not; a person decides that it is ordered again."""
    row = services.advance(measure_id, "ordered", actor=person_of(request), reason=given.reason, at=clock.now())
    return measure_document(row, clock.now())
