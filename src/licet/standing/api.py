"""Standing over HTTP: the signed blacklist feed and its key, entries, conduct records, what a threshold would touch.

Read only: what is listed, counted or switched on is decided by people, and no key is a person.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from licet.config.api import Key
from licet.core import clock
from licet.standing import presenting, selectors
from licet.standing.days import local_day
from licet.standing.documents import record_document
from licet.standing.feed import SIGNATURE_HEADER

router = Router()
_READ = Key("registers.read")
MOST = 500


class FeedKey(Schema):
    """The key feeds are signed with."""

    format: str
    name: str
    vkey: str = Field(description="the form `licet blacklist verify --key` takes")
    algorithm: str
    public_key: str = Field(description="base64 of the 32 bytes")


class EntryOut(Schema):
    """What a measure put on the blacklist."""

    id: int
    kind: str
    value: str
    ground: str
    decision_ref: str
    confidence: str = Field(description="how sure it is whom it hits")
    since: dt.date
    review_on: dt.date | None
    valid_to: dt.date | None = Field(description="last day, unless a review renews it")
    contest_until: dt.date | None
    state: str = Field(description="in_force, review_due, lapsed or ended")


class EntriesOut(Schema):
    """Entries, next review first."""

    entries: list[EntryOut]


class PointOut(Schema):
    """One final decision on a record."""

    case: str
    kind: str
    role: str = Field(description="own or connected")
    tier: int
    points: int
    counts: str = Field(description="how much of it counts on the day, in points")
    final_on: dt.date
    visible_on: dt.date
    reversed_on: dt.date | None
    state: str = Field(description="counts, faded, reversed, preview or objected")


class RecordOut(Schema):
    """A provider's conduct record on a day."""

    provider_id: str
    as_of: dt.date
    total: str
    size: int = Field(description="access relations and filings")
    score: str = Field(description="points per `per` relations and filings, with a floor")
    per: int
    floor: int
    advice: list[str]
    decisions: list[PointOut]


class StandingOut(Schema):
    """One provider in the overview."""

    provider_id: str
    name: str
    decisions: int
    total: str
    size: int
    score: str


class PreviewOut(Schema):
    """Who would reach a score. Nothing is decided or kept."""

    value: str
    providers: int
    reached: list[str]
    bars: list[dict[str, Any]]


@router.get("/blacklist/feed", auth=_READ, summary="The signed blacklist feed", response={200: dict, 304: None})
def blacklist_feed(request: HttpRequest, since: Annotated[int, Field(ge=0, description="cursor of your list; 0 = everything")] = 0,
                   ) -> HttpResponse:
    """Canonical JSON as bytes: keep them to check the detached Ed25519 signature in the header ``Licet-Signature`` with
    ``licet blacklist verify``. Removals are tombstones. The ETag changes when the list or the day does.
    """
    from licet.standing.services import feeding

    signed = feeding.blacklist_feed(since=since, as_of=local_day(clock.now()))
    if request.headers.get("If-None-Match", "") == signed.etag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(signed.body.encode(), content_type="application/json")
        response[SIGNATURE_HEADER] = signed.signature
        response["Licet-Cursor"] = str(signed.cursor)
    response["ETag"] = signed.etag
    response["Cache-Control"] = "private, no-cache"
    return response


@router.get("/blacklist/key", auth=None, response=FeedKey, summary="The key the feed is signed with")
def blacklist_key(request: HttpRequest) -> dict[str, str]:
    """A public key; keep it, and check it once by another way than this address."""
    from licet.standing.services import feeding

    return feeding.feed_key()


@router.get("/blacklist", auth=Key("cases.read"), response=EntriesOut, summary="Entries of the desk's decisions")
def entries(request: HttpRequest, due: Annotated[int | None, Field(ge=0, le=36_500, description="review within days")] = None,
            live: bool = True) -> dict[str, Any]:
    """Entries the key's organisation decided, at most 500."""
    today = local_day(clock.now())
    found = selectors.entries(register="blacklist", live=live).select_related("measure__case")
    if due is not None:
        found = found.filter(review_on__lte=today + dt.timedelta(days=due))
    return {"entries": [{
        "id": row.pk, "kind": row.kind, "value": row.value, "ground": row.measure.case.ground_id, "since": row.since,
        "decision_ref": row.decision_ref, "confidence": row.confidence, "review_on": row.review_on,
        "valid_to": row.valid_to, "contest_until": row.contest_until,
        "state": presenting.state_of(row, today).removeprefix("entry-")} for row in found[:MOST]]}


@router.get("/providers", auth=_READ, response=list[StandingOut], summary="Every provider's standing")
def providers(request: HttpRequest, as_of: dt.date | None = None) -> list[dict[str, Any]]:
    """Highest score first; for a provider's key its own."""
    actor = request.auth  # type: ignore[attr-defined]
    lines = selectors.standings(as_of or local_day(clock.now()), actor=actor)
    return [{"provider_id": line.provider_id, "name": line.name, "decisions": line.points, "size": line.size,
             "total": presenting.points_text(line.total), "score": presenting.points_text(line.score)} for line in lines]


@router.get("/providers/{party_id}", auth=_READ, response=RecordOut, summary="A provider's conduct record")
def provider(request: HttpRequest, party_id: str, as_of: dt.date | None = None) -> dict[str, Any]:
    """The record on any day, each decision with what it weighs."""
    own = selectors.is_own(request.auth, party_id)  # type: ignore[attr-defined]
    return record_document(selectors.record_of(party_id, as_of=as_of or local_day(clock.now()), for_others=not own))


@router.get("/preview", auth=Key("cases.read"), response=PreviewOut, summary="Who would a threshold reach?")
def preview(request: HttpRequest, value: Annotated[float, Field(gt=0, le=1_000_000, description="a score")]) -> dict[str, Any]:
    """A histogram of the providers the key may see."""
    from licet.standing import services

    seen = services.preview(int(value * 1000), actor=request.auth,  # type: ignore[attr-defined]
                            as_of=local_day(clock.now()))
    return {"value": presenting.points_text(seen.value), "providers": seen.providers, "reached": list(seen.reached),
            "bars": [{"from": presenting.points_text(bar.low), "to": presenting.points_text(bar.high),
                      "providers": bar.count, "reaches": bar.reaches} for bar in seen.bars]}
