"""Reports from partners' programs: one at a time, with an Idempotency-Key, or as XARF v4. Handing in needs no database:
these addresses are ``WITHOUT_DATABASE``, keys are remembered (``keys``), each read states its own actor."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from ninja import Header, Router, Schema
from pydantic import ConfigDict, Field, StringConstraints

from licet.config.api import Key
from licet.core import clock
from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.hotline import keys, partners, selectors
from licet.hotline.intake import Refusal, Submission
from licet.hotline.keys import AWAY
from licet.hotline.sealing import typed
from licet.hotline.xarf import from_xarf
from licet.parties.selectors import permissions_of

router = Router()
LARGEST_XARF = 256 * 1024
IdempotencyKey = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=120)]


class StandingKey(Key):
    """A key of an endpoint that stands alone (``WITHOUT_DATABASE``): it opens no transaction and states nobody."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """Who asks. Raises :class:`NotAllowed` without the scope."""
        if not request.headers.get("Accept-Language"):
            translation.activate("en")  # programs that ask for no language get one, and the same in every part
        actor = keys.remembered.actor_of(token)
        keys.count(token)
        if self.scope not in permissions_of(actor):
            raise NotAllowed(f"this key was not given {self.scope}", hint="make a key with that scope: licet token add")
        request.actor = actor  # type: ignore[attr-defined]
        return actor


class ReportIn(Schema):
    """What is reported. No files, no pictures; of sexual content that shows children the address or hash alone."""

    model_config = ConfigDict(extra="forbid")

    target_kind: Annotated[str, StringConstraints(max_length=20)] = Field(
        description="url, short_code, voice_number, sms, provider or hash")
    target: Annotated[str, StringConstraints(max_length=2000)]
    ground: Annotated[str, StringConstraints(max_length=40)] = Field(description="id of one of the closed grounds")
    text: Annotated[str, StringConstraints(max_length=2000)] = ""
    seen_at: dt.datetime | None = Field(None, description="with a zone; default: now")
    how: Annotated[str, StringConstraints(max_length=10)] = "other"
    reference: Annotated[str, StringConstraints(max_length=120)] = Field("", description="your own number of it")


class ReceiptOut(Schema):
    """The report is on our disk since `accepted_at`, also when it is sent again. Number and code open the receipt page, for
    whoever you give them to."""

    number: str
    code: str
    accepted_at: dt.datetime


class StatusOut(Schema):
    """What the receipt shows."""

    number: str
    state: str = Field(description="received, in_review, asked, ended or not_counted")
    outcome: str = Field(description="actioned, not_confirmed, not_our_scope, already_known, content_gone or empty")


def _account(request: HttpRequest) -> str:
    organisations: tuple[str, ...] = request.actor.organisations  # type: ignore[attr-defined]
    return organisations[0]


@router.post("/reports", response=ReceiptOut, auth=StandingKey("hotline.report"), summary="Hand in a report")
def hand_in(request: HttpRequest, body: ReportIn, key: IdempotencyKey) -> ReceiptOut:
    """Accepted means durable, also while PostgreSQL is away, for a key used within the last ten minutes; another is
    answered 503 with `Retry-After`, and nothing was accepted. The same Idempotency-Key with the same content gives the
    same answer; with any other content, or with a field that is not known, it is refused."""
    return _accept(Submission(channel="api", account=_account(request), key=key, **body.model_dump()))


@router.post("/xarf", response=ReceiptOut, auth=StandingKey("hotline.report"), summary="Hand in a XARF v4 report",
             openapi_extra={"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}})
def hand_in_xarf(request: HttpRequest) -> ReceiptOut:
    """One XARF v4 report as the body; its ``report_id`` makes sending it twice one report. The tag ``licet:<ground>``
    names the ground where the type does not. Evidence is not taken."""
    if len(request.body) > LARGEST_XARF:
        raise BadInput("the report is too large", hint="leave evidence out")
    try:
        document: Any = json.loads(request.body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refusal("$", f"this is no JSON: {error}", hint="send one XARF v4 object") from error
    return _accept(from_xarf(document, account=_account(request)))


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _accept(submission: Submission) -> ReceiptOut:
    answer = partners.hand_in([submission], at=clock.now())[0]
    if isinstance(answer, Refusal):
        raise answer
    return receipt_out(answer)


def receipt_out(taken: partners.Taken) -> ReceiptOut:
    """As programs get it."""
    return ReceiptOut(number=taken.receipt.number, code=taken.receipt.code, accepted_at=taken.accepted_at)


@router.get("/reports/{number}", response=StatusOut, auth=StandingKey("hotline.report"), summary="What became of a report")
def became(request: HttpRequest, number: str, response: HttpResponse) -> StatusOut:
    """Of a report handed in with a key of your organisation; others are not found. While PostgreSQL is away a report that
    was not taken over yet is `received`; for all others the answer is 503 with `Retry-After`."""
    canonical, account = typed(number), _account(request)
    response["Cache-Control"] = "no-store"
    try:
        with acting_as(WORKER):
            if not canonical or not selectors.handed_in_by(canonical, account):
                raise NotFound("there is no such report of yours")
            shown = selectors.receipt(canonical).shown
    except AWAY:
        if not selectors.waiting_from(canonical, account):
            raise
        return StatusOut(number=number, state="received", outcome="")
    return StatusOut(number=number, state=shown.state, outcome=shown.outcome)


@router.get("/reports/{number}/xarf", response=dict[str, Any], auth=StandingKey("cases.read"), summary="A report as XARF v4")
def report_as_xarf(request: HttpRequest, number: str, response: HttpResponse) -> dict[str, Any]:
    """For programs of the desk, to hand on to a provider or another hotline: what, where and on which day; nothing of who
    reported it and none of their words. The journal keeps that it was handed on, and its digest. 409: dismissed, or nobody
    said yet what it is about."""
    from licet.hotline.services import hand_on_report

    response["Cache-Control"] = "no-store"
    return hand_on_report(number, actor=request.auth)  # type: ignore[attr-defined]


@router.get("/cases/{number}/xarf", response=dict[str, Any], auth=StandingKey("cases.read"), summary="A case as XARF v4")
def case_as_xarf(request: HttpRequest, number: str, response: HttpResponse) -> dict[str, Any]:
    """As for a report. 409: the case ended without anything confirmed."""
    from licet.hotline.services import hand_on_case

    response["Cache-Control"] = "no-store"
    return hand_on_case(number, actor=request.auth)  # type: ignore[attr-defined]
