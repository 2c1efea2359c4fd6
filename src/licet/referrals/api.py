"""Referrals over HTTP, for the police desk's programs: what came, the package, the receipt, the answer."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from licet.config.api import Key
from licet.core import clock
from licet.core.actors import Actor
from licet.evidence.attachments import sealed_off
from licet.referrals import selectors, services
from licet.referrals.models import Referral
from licet.referrals.services import Receipt, Reply
from licet.referrals.tables import ANSWER

router = Router(auth=Key(ANSWER))
MOST = 200
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class ReferralOut(Schema):
    """A referral as its police desk sees it."""

    number: str
    state: str = Field(description="sent, received, answered, recorded or withdrawn")
    desk: str = Field(description="who refers it")
    ground: str
    subject: str
    message: str
    bag_sha256: str = Field(description="of the sealed archive; your receipt must name the same")
    sent_at: dt.datetime | None
    receipt_due_at: dt.datetime | None
    reply_due_at: dt.datetime | None
    result: str
    document_no: str


class ReferralsOut(Schema):
    """Newest first; ``before`` of the next page, 0 at the end."""

    referrals: list[ReferralOut]
    before: int


class PurposeIn(Schema):
    """Why the package is fetched."""

    purpose: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class ReceiptIn(Schema):
    """The receipt."""

    name: _Text = Field(description="who took it in hand")
    document_no: _Text = Field(description="the receipt's number")
    sha256: str = Field(pattern=r"^[0-9a-fA-F]{64}$", description="of the archive as it arrived, after decryption")


class ReplyIn(Schema):
    """The answer, in writing."""

    result: Literal["illegal", "not_illegal", "insufficient"]
    document_no: _Text
    determined_on: dt.date
    text: Annotated[str, StringConstraints(max_length=5000)] = ""


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor


def _document(row: Referral) -> dict[str, Any]:
    fields = ("number", "state", "ground", "subject", "message", "bag_sha256", "sent_at", "receipt_due_at", "reply_due_at",
              "result", "document_no")
    return {name: getattr(row, name) for name in fields} | {"desk": row.desk_id}


@router.get("/incoming", response=ReferralsOut, summary="What came")
def incoming(request: HttpRequest, before: int = 0) -> dict[str, Any]:
    """Referrals to the key's police desk, newest first."""
    found = selectors.incoming(_actor(request).organisations)
    page = list((found.filter(pk__lt=before) if before > 0 else found)[: MOST + 1])
    return {"referrals": [_document(row) for row in page[:MOST]], "before": page[MOST - 1].pk if len(page) > MOST else 0}


@router.get("/{number}", response=ReferralOut, summary="One referral")
def show(request: HttpRequest, number: str) -> dict[str, Any]:
    """As it stands now."""
    return _document(selectors.by_number(number))


@router.post("/{number}/package", summary="The package, for a purpose")
def package(request: HttpRequest, number: str, why: PurposeIn) -> HttpResponseBase:
    """The sealed archive; encrypted if the desk gave a key (``licet referrals open``). Every fetch is recorded."""
    name, content = services.fetch_package(number, purpose=why.purpose, actor=_actor(request), at=clock.now())
    return sealed_off(StreamingHttpResponse(content), name)


@router.post("/{number}/receipt", response=ReferralOut, summary="Acknowledge")
def receipt(request: HttpRequest, number: str, given: ReceiptIn) -> dict[str, Any]:
    """State ``received`` if the hash is the bag's; otherwise it stays ``sent`` and the package must be fetched again."""
    return _document(services.acknowledge(number, Receipt(**given.dict()), actor=_actor(request), at=clock.now()))


@router.post("/{number}/answer", response=ReferralOut, summary="Answer")
def answer(request: HttpRequest, number: str, reply: ReplyIn) -> dict[str, Any]:
    """The determination; a named person of the sending desk records it."""
    return _document(services.answer(number, Reply(**reply.dict()), actor=_actor(request), at=clock.now()))
