"""Evidence over HTTP, for programs of the desk: what there is, adding, verifying, and content for a stated purpose."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field, StringConstraints

from licet.config.api import Key, Person, person_of, signed_at
from licet.core import clock
from licet.core.actors import Actor
from licet.evidence import selectors, services
from licet.evidence.attachments import attachment, sealed_off
from licet.evidence.models import Bag
from licet.evidence.services import NewItem

router = Router()
_Purpose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class StampOut(Schema):
    """One RFC 3161 time stamp."""

    authority: str
    stamped_at: dt.datetime | None = Field(description="null: not stamped yet")
    trusted: bool | None = Field(description="its chain ends in a configured certificate")
    problem: str = Field(description="why the last try failed")


class ItemOut(Schema):
    """What is known of an item. Never its content."""

    ref: str
    kind: str = Field(description="file, capture, statement or record_extract")
    title: str
    url: str
    file_name: str
    media_type: str = Field(description="by the first bytes, never by the name")
    bytes: int | None
    sha256: str
    content: str = Field(description="kept, hash_only (never stored) or destroyed")
    captured_at: dt.datetime | None
    added_at: dt.datetime
    added_by: str
    destroyed_at: dt.datetime | None
    stamps: list[StampOut]


class ItemsOut(Schema):
    """The evidence of a case."""

    items: list[ItemOut]


class NewItemIn(Schema):
    """What is handed in beside the file."""

    purpose: _Purpose = Field(description="why; kept in the custody log")
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    kind: str = "file"
    url: Annotated[str, StringConstraints(max_length=2000)] = ""
    sha256: str = Field("", description="instead of a file, for cases whose content may not be kept")


class PurposeIn(Schema):
    """Why content is read."""

    purpose: _Purpose


class Verified(Schema):
    """Whether the content is what was taken in."""

    ref: str
    intact: bool
    result: str


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor


@router.get("/cases/{number}/items", response=ItemsOut, auth=Key("cases.read"), summary="The evidence of a case")
def items(request: HttpRequest, number: str) -> dict[str, Any]:
    """Metadata in the order the items came; of another desk's case there is none."""
    return {"items": [selectors.as_document(item) for item in selectors.items_of(number)]}


@router.post("/cases/{number}/items", response={201: ItemOut}, auth=Key("cases.work"), summary="Add evidence")
def add(request: HttpRequest, number: str, new: Form[NewItemIn],
        file: Annotated[UploadedFile | None, File(description="the content")] = None) -> Status[dict[str, Any]]:
    """Hash, encrypt and keep a file. Content that is there already gives the item it is. For the ground ``minors`` a
    file is refused with ``hash_only``: send ``sha256`` and ``url``."""
    item = services.add_item(number, NewItem(
        kind=new.kind, title=new.title, url=new.url, sha256=new.sha256, file_name=(file.name or "") if file else ""),
        file.chunks() if file else None, purpose=new.purpose, actor=_actor(request), at=clock.now())
    return Status(201, selectors.as_document(item))


@router.post("/items/{ref}/verify", response=Verified, auth=Key("cases.work"), summary="Read and compare")
def verify(request: HttpRequest, ref: str, why: PurposeIn) -> dict[str, Any]:
    """The content is read again and compared with its hash."""
    good, result = services.verify_item(ref, purpose=why.purpose, actor=_actor(request), at=clock.now())
    return {"ref": ref, "intact": good, "result": result}


@router.post("/items/{ref}/content", auth=Key("cases.work"), summary="The content, for a purpose")
def content(request: HttpRequest, ref: str, why: PurposeIn) -> HttpResponseBase:
    """The bytes as they were taken in, as an attachment; a line of custody says who got them and why."""
    item, chunks = services.download(ref, purpose=why.purpose, actor=_actor(request), at=clock.now())
    return attachment(item, chunks)


# --- holds, bags, destroying: what people decide ---------------------------------------------------------------------
_WORK = [Key("cases.work"), Person("cases.work")]


class HoldOut(Schema):
    """Whether a legal hold stands."""

    case: str
    held: bool


class BagOut(Schema):
    """A bag: asked for, then sealed by the worker."""

    ref: str
    state: str = Field(description="requested, sealed or destroyed")
    sha256: str
    sealed_at: dt.datetime | None


def _bag(row: Bag) -> dict[str, Any]:
    return {"ref": row.ref, "state": row.state, "sha256": row.sha256, "sealed_at": row.sealed_at}


@router.post("/cases/{number}/hold", response=HoldOut, auth=_WORK, summary="Place a legal hold (people only)")
def hold(request: HttpRequest, number: str, why: PurposeIn) -> dict[str, Any]:
    """Nothing of the case is destroyed while it stands."""
    services.set_hold(number, reason=why.purpose, actor=person_of(request), at=clock.now())
    return {"case": number, "held": True}


@router.post("/cases/{number}/bags", response={202: BagOut}, auth=_WORK, summary="Ask for a sealed bag")
def ask_for_bag(request: HttpRequest, number: str, why: PurposeIn) -> Status[dict[str, Any]]:
    """Everything preserved in the case; ready in a moment."""
    from licet.evidence.tasks import seal

    bag = services.request_bag(number, purpose=why.purpose, actor=_actor(request), at=clock.now())
    seal.configure(queueing_lock=None).defer(timestamp=0)
    return Status(202, _bag(bag))


@router.get("/bags/{ref}", response=BagOut, auth=[Key("cases.read"), Person("cases.read")], summary="A bag")
def bag(request: HttpRequest, ref: str) -> dict[str, Any]:
    """Whether it is sealed, and its hash."""
    return _bag(selectors.bag_by_ref(ref))


@router.post("/bags/{ref}/content", auth=_WORK, summary="A bag's content, for a purpose")
def bag_content(request: HttpRequest, ref: str, why: PurposeIn) -> HttpResponseBase:
    """The sealed file; who fetched it and why is in its custody."""
    row, content = services.download_bag(ref, purpose=why.purpose, actor=_actor(request), at=clock.now())
    return sealed_off(StreamingHttpResponse(content), f"{row.ref}.zip")


class DisposalOut(Schema):
    """Where the destruction of an item stands."""

    ref: str
    state: str = Field(description="proposed, withdrawn or destroyed")


@router.post("/items/{ref}/disposal", response=DisposalOut, auth=_WORK, summary="Propose destruction (people only)")
def propose_disposal(request: HttpRequest, ref: str, why: PurposeIn) -> dict[str, Any]:
    """The first of two people, freshly authenticated; nothing happens yet."""
    services.propose_disposal(ref, reason=why.purpose, actor=person_of(request), authenticated_at=signed_at(request),
                              at=clock.now())
    return {"ref": ref, "state": "proposed"}


@router.post("/items/{ref}/disposal/second", response=DisposalOut, auth=_WORK, summary="Destroy (people only)")
def dispose(request: HttpRequest, ref: str, why: PurposeIn) -> dict[str, Any]:
    """The second of two people, freshly authenticated. Key and file are destroyed; it cannot be undone."""
    services.dispose(ref, reason=why.purpose, actor=person_of(request), authenticated_at=signed_at(request), at=clock.now())
    return {"ref": ref, "state": "destroyed"}


@router.post("/items/{ref}/disposal/withdraw", response=DisposalOut, auth=_WORK, summary="Withdraw it (people only)")
def withdraw_disposal(request: HttpRequest, ref: str, why: PurposeIn) -> dict[str, Any]:
    """The content stays."""
    services.withdraw_disposal(ref, reason=why.purpose, actor=person_of(request), at=clock.now())
    return {"ref": ref, "state": "withdrawn"}
