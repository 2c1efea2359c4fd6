"""Standing over HTTP: the signed blacklist feed and its key, entries, conduct records, what a threshold would touch.

What is listed, counted or switched on is decided by people: with their session; no key is a person.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from licet.config.api import Key, Person, person_of, signed_at
from licet.core import clock
from licet.standing import presenting, selectors, services
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


# --- exposures, and what people do -----------------------------------------------------------------------------------
_SEE = _SIGN = [Key("cases.read"), Person("cases.read")]
_Why = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class ExposureOut(Schema):
    """What was made public, and which decision it makes known."""

    id: int
    organisation: str
    about: str
    decided: str
    decision: int | None = Field(description="number of the measure it makes known")
    decision_ref: str
    published_at: dt.datetime
    expires_at: dt.datetime
    withdrawn_at: dt.datetime | None
    withdrawn_why: str


@router.get("/exposures", auth=_SEE, response=list[ExposureOut], summary="What the desk made public, newest first")
def exposures(request: HttpRequest) -> list[dict[str, Any]]:
    """Also what was taken back or expired; the first two hundred."""
    return [{"id": row.pk, "organisation": row.organisation_name, "about": row.about, "decided": row.decided,
             "decision": row.decision_id, "decision_ref": row.decision_ref, "published_at": row.published_at,
             "expires_at": row.expires_at, "withdrawn_at": row.withdrawn_at, "withdrawn_why": row.withdrawn_why}
            for row in selectors.exposures()[:200]]


class TextIn(Schema):
    """In words."""

    text: _Why


class AnswerIn(TextIn):
    """The answer to an objection."""

    remove: bool = Field(description="whether the point is taken away")


class Done(Schema):
    """Where it stands now."""

    id: int
    state: str


@router.post("/points/{int:point_id}/objection", auth=[Key("registers.read"), Person("registers.read")], response=Done,
             summary="Object to a point on one's own record (people only)")
def object_to(request: HttpRequest, point_id: int, given: TextIn) -> dict[str, Any]:
    """Once; others do not count it until somebody of the authority answered."""
    row = services.object_to(point_id, text=given.text, actor=person_of(request), at=clock.now())
    return {"id": row.pk, "state": row.state}


@router.post("/objections/{int:objection_id}/answer", auth=[Key("registers.read"), Person("appeals.judge")], response=Done,
             summary="Answer an objection (people only)")
def answer_objection(request: HttpRequest, objection_id: int, given: AnswerIn) -> dict[str, Any]:
    """Somebody who did not decide."""
    row = services.answer_objection(objection_id, remove=given.remove, answer=given.text, actor=person_of(request),
                                    at=clock.now())
    return {"id": row.pk, "state": row.state}


@router.post("/blacklist/{int:entry_id}/review", auth=[Key("cases.read"), Person("blacklist.propose")], response=Done,
             summary="Propose to let an entry stand longer (people only)")
def propose_review(request: HttpRequest, entry_id: int, given: TextIn) -> dict[str, Any]:
    """The first of two people, freshly authenticated."""
    signed_at(request)
    row = services.propose_review(entry_id, reason=given.text, actor=person_of(request), at=clock.now())
    return {"id": row.pk, "state": "proposed"}


@router.post("/reviews/{int:review_id}/second", auth=[Key("cases.read"), Person("blacklist.second")], response=Done,
             summary="Second a review (people only)")
def second_review(request: HttpRequest, review_id: int) -> dict[str, Any]:
    """The second of two people, freshly authenticated."""
    signed_at(request)
    return {"id": services.second_review(review_id, actor=person_of(request), at=clock.now()).pk, "state": "renewed"}


class ThresholdIn(TextIn):
    """From which score on something is advised."""

    advice: Annotated[str, StringConstraints(max_length=20)]
    value: float = Field(gt=0, le=1_000_000)


@router.post("/thresholds", auth=_SIGN, response=Done, summary="Propose a threshold (people only)")
def propose_threshold(request: HttpRequest, given: ThresholdIn) -> dict[str, Any]:
    """Off until a second person switches it on."""
    signed_at(request)
    row = services.propose_threshold(given.advice, int(given.value * 1000), reason=given.text, actor=person_of(request),
                                     at=clock.now())
    return {"id": row.pk, "state": "proposed"}


@router.post("/thresholds/{int:threshold_id}/on", auth=_SIGN, response=Done, summary="Switch a threshold on (people only)")
def switch_on(request: HttpRequest, threshold_id: int) -> dict[str, Any]:
    """The second of two people, freshly authenticated."""
    signed_at(request)
    return {"id": services.switch_on(threshold_id, actor=person_of(request), at=clock.now()).pk, "state": "on"}


@router.post("/thresholds/{int:threshold_id}/off", auth=_SIGN, response=Done, summary="Switch a threshold off (people only)")
def switch_off(request: HttpRequest, threshold_id: int, given: TextIn) -> dict[str, Any]:
    """One person is enough: it takes advice away, nothing else."""
    signed_at(request)
    return {"id": services.switch_off(threshold_id, reason=given.text, actor=person_of(request), at=clock.now()).pk,
            "state": "ended"}
