"""Taking evidence in, reading it again, showing it for a purpose, handing it out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from django.conf import settings
from django.db.models import F

from licet.core.actors import Actor
from licet.core.errors import BadInput, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.evidence import boxes, store
from licet.evidence.cases import CaseFacts, case_facts
from licet.evidence.limits import authorities, largest_bytes, limits
from licet.evidence.models import Item, Locker, Stamp, Viewing
from licet.evidence.rendition import LARGEST_BYTES, render
from licet.evidence.rules import may_keep_content, media_type
from licet.evidence.services.record import (
    NotPossible,
    ensure_may,
    locked_locker,
    locker_key,
    need_purpose,
    record,
    refusal,
    visible_item,
)
from licet.evidence.tables import IMAGES, KIND_BY_ID

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclasses.dataclass(frozen=True, kw_only=True)
class NewItem:
    """What somebody hands in. ``sha256``: only for grounds whose content is never kept."""

    kind: str
    title: str
    url: str = ""
    file_name: str = ""
    captured_at: dt.datetime | None = None
    sha256: str = ""


def open_locker(facts: CaseFacts, *, at: dt.datetime) -> Locker:
    """The case's locker, locked; made with a key of its own at first use."""
    master = boxes.master_key(settings.SECRETS["evidence_key"])
    locker, _made = Locker.objects.get_or_create(case_id=facts.case_id, defaults={
        "case_number": facts.number, "desk_id": facts.desk_id, "ground_id": facts.ground, "opened_at": at,
        "wrapped_key": boxes.wrap(master, boxes.new_key(), f"locker:{facts.case_id}")})
    locker = locked_locker(locker.pk)
    if locker.wrapped_key is None:  # everything was destroyed before; new evidence gets a new key
        locker.wrapped_key = boxes.wrap(master, boxes.new_key(), f"locker:{facts.case_id}")
        locker.save(update_fields=["wrapped_key"])
    return locker


def add_item(number: str, new: NewItem, chunks: Iterable[bytes] | None, *, purpose: str, actor: Actor,
             at: dt.datetime) -> Item:
    """Take evidence in for case ``number``: encrypt and hash ``chunks``, write them durably, queue the time stamps.

    Content that is there already is not stored twice: the item it is comes back, with a line in its custody. For the
    ground ``minors`` no content is read: ``new.sha256`` and ``new.url`` are kept alone.
    Raises :class:`BadInput`, :class:`NotFound`, what casework says against this person, ``hash_only`` and
    ``store.TooLarge``.
    """
    purpose = need_purpose(purpose)
    with acting_as(actor):
        facts = case_facts(number)
        ensure_may(actor, (facts.case_id, facts.desk_id), "cases.work")
        _check(new)
        refuse = may_keep_content(facts.ground)
        if chunks is None:
            if refuse is None:
                raise BadInput("content is missing", hint="hand in the file itself")
            return _write_down(facts, new, purpose=purpose, actor=actor, at=at)
        if refuse is not None:
            raise refusal(refuse)
        with store.take_in(store.pour(chunks), most_bytes=largest_bytes()) as taken:
            if taken.size == 0:
                raise BadInput("the content is empty", hint="hand in a file that holds something")
            locker = open_locker(facts, at=at)
            return _keep(locker, new, taken, purpose=purpose, actor=actor, at=at)


def _check(new: NewItem) -> None:
    if new.kind not in KIND_BY_ID:
        raise BadInput(f"there is no kind of evidence {new.kind!r}", hint=f"kinds: {', '.join(KIND_BY_ID)}")
    if not new.title.strip():
        raise BadInput("a title is missing", hint="say in a few words what it is")
    if new.sha256 and not _SHA256.fullmatch(new.sha256):
        raise BadInput("that is no SHA-256", hint="64 hexadecimal digits, small letters")


def _again(locker: Locker, sha256: str, *, purpose: str, actor: Actor, at: dt.datetime) -> Item | None:
    known = Item.objects.filter(locker=locker, sha256=sha256).first()
    if known is not None:
        record(locker, "added_again", actor=actor, at=at, purpose=purpose, result=f"known as {known.ref}", item=known)
    return known


def _keep(locker: Locker, new: NewItem, taken: store.Taken, *, purpose: str, actor: Actor, at: dt.datetime) -> Item:
    known = _again(locker, taken.sha256, purpose=purpose, actor=actor, at=at)
    if known is not None:
        if known.content == "destroyed":
            raise NotPossible(f"this content was destroyed as {known.ref}", hint="its hash and custody are kept")
        return known
    media = media_type(taken.head)
    blur = None
    if media in IMAGES and taken.size <= LARGEST_BYTES:
        blur = render(b"".join(store.read(taken.path, taken.key)), "blur")
    ref = _next_ref(locker)
    item = Item.objects.create(
        locker=locker, desk_id=locker.desk_id, ref=ref, media_type=media, bytes=taken.size, sha256=taken.sha256,
        content="kept", wrapped_key=boxes.wrap(locker_key(locker), taken.key, f"item:{ref}"), blur=blur,
        added_at=at, added_by=actor.name, **_said(new))
    store.keep(taken, path_of(item))
    queue_stamps(item, at=at)
    record(locker, "added", actor=actor, at=at, purpose=purpose, result=f"{taken.size} bytes, {media}", item=item,
           data={"kind": item.kind, "bytes": taken.size, "media_type": media})
    return item


def _write_down(facts: CaseFacts, new: NewItem, *, purpose: str, actor: Actor, at: dt.datetime) -> Item:
    if not new.sha256 or not new.url.strip():
        raise BadInput("the hash and the address are both needed", hint="give the SHA-256 and the URL, no content")
    locker = open_locker(facts, at=at)
    known = _again(locker, new.sha256, purpose=purpose, actor=actor, at=at)
    if known is not None:
        return known
    item = Item.objects.create(locker=locker, desk_id=locker.desk_id, ref=_next_ref(locker), sha256=new.sha256,
                               content="hash_only", added_at=at, added_by=actor.name, **_said(new))
    queue_stamps(item, at=at)
    record(locker, "added", actor=actor, at=at, purpose=purpose, result="hash and address, no content", item=item,
           data={"kind": item.kind})
    return item


def _said(new: NewItem) -> dict[str, object]:
    name = _CONTROL.sub("", PurePath(new.file_name.replace("\\", "/")).name)
    return {"kind": new.kind, "title": _CONTROL.sub(" ", new.title).strip()[:200], "url": new.url.strip()[:2000],
            "file_name": name[-200:], "captured_at": new.captured_at}


def _next_ref(locker: Locker) -> str:
    Locker.objects.filter(pk=locker.pk).update(items_count=F("items_count") + 1)
    locker.refresh_from_db(fields=["items_count"])
    return f"E-{locker.case_number}-{locker.items_count}"


def queue_stamps(item: Item, *, at: dt.datetime) -> None:
    """A row for every configured time-stamp authority; the worker asks them."""
    for authority in authorities():
        Stamp.objects.get_or_create(item=item, authority=authority, defaults={"desk_id": item.desk_id, "due_at": at})


def path_of(item: Item) -> Path:
    """Where an item's box lies."""
    return store.place(item.locker_id, item.sha256)


def item_key(item: Item) -> bytes:
    """The key of an item's content. Raises :class:`NotPossible` when there is no content."""
    if item.content != "kept" or item.wrapped_key is None:
        reason = "was never stored, only its hash" if item.content == "hash_only" else "was destroyed"
        raise NotPossible(f"the content of {item.ref} {reason}")
    return boxes.unwrap(locker_key(item.locker), bytes(item.wrapped_key), f"item:{item.ref}")


def verify_item(ref: str, *, purpose: str, actor: Actor, at: dt.datetime) -> tuple[bool, str]:
    """Read the content again and compare it with its hash. Returns whether it is what was taken in, and in words."""
    purpose = need_purpose(purpose)
    with acting_as(actor):
        item = visible_item(ref)
        ensure_may(actor, item.locker, "cases.work")
        good, result = _compare(item)
        record(item.locker, "verified", actor=actor, at=at, purpose=purpose, result=result, item=item)
        return good, result


def _compare(item: Item) -> tuple[bool, str]:
    import hashlib

    if item.content != "kept":
        return True, "no content is kept" if item.content == "hash_only" else "the content was destroyed"
    digest = hashlib.sha256()
    try:
        for chunk in store.read(path_of(item), item_key(item)):
            digest.update(chunk)
    except boxes.BoxDamaged as error:
        return False, error.message
    same = digest.hexdigest() == item.sha256
    return same, "unchanged" if same else "the content is not what was taken in"


def download(ref: str, *, purpose: str, actor: Actor, at: dt.datetime) -> tuple[Item, Iterator[bytes]]:
    """The content, to be sent as an attachment and never shown. The stream needs no database any more."""
    purpose = need_purpose(purpose)
    with acting_as(actor):
        item = visible_item(ref)
        ensure_may(actor, item.locker, "cases.work")
        key = item_key(item)
        record(item.locker, "downloaded", actor=actor, at=at, purpose=purpose, result=f"{item.bytes} bytes", item=item)
        return item, store.read(path_of(item), key)


def begin_viewing(ref: str, *, purpose: str, actor: Actor, at: dt.datetime) -> Viewing:
    """Unblur one item for one person, for the profile's minutes. Raises :class:`NotAllowed` for programs."""
    purpose = need_purpose(purpose)
    if actor.user_id is None:
        raise NotAllowed("people look at evidence; programs download it")
    with acting_as(actor):
        item = visible_item(ref)
        ensure_may(actor, item.locker, "cases.work")
        item_key(item)
        viewing = Viewing.objects.create(
            item=item, desk_id=item.desk_id, person_id=actor.user_id, purpose=purpose, started_at=at,
            ends_at=at + dt.timedelta(minutes=limits().view_minutes))
        record(item.locker, "viewed", actor=actor, at=at, purpose=purpose, result="unblurred", item=item)
        return viewing


def end_viewing(viewing_id: int, *, actor: Actor, at: dt.datetime) -> Viewing:
    """Blur an item again before its time."""
    with acting_as(actor):
        viewing = _own_viewing(viewing_id, actor)
        if at < viewing.ends_at:
            viewing.ends_at = max(at, viewing.started_at)
            viewing.save(update_fields=["ends_at"])
            seconds = int((viewing.ends_at - viewing.started_at).total_seconds())
            record(viewing.item.locker, "blurred", actor=actor, at=at, purpose=viewing.purpose,
                   result=f"looked at for {seconds} seconds", item=viewing.item)
        return viewing


def _own_viewing(viewing_id: int, actor: Actor) -> Viewing:
    viewing = Viewing.objects.select_related("item__locker").filter(pk=viewing_id, person_id=actor.user_id).first()
    if viewing is None:
        raise NotFound("nobody of your name looks at this")
    return viewing


def seen_content(viewing_id: int, *, actor: Actor, at: dt.datetime) -> tuple[Item, Iterator[bytes]]:
    """The content of an item somebody is looking at; its viewing is in the custody log already.

    Raises :class:`NotPossible` once the time is over.
    """
    with acting_as(actor):
        viewing = _own_viewing(viewing_id, actor)
        if not viewing.started_at <= at < viewing.ends_at:
            raise NotPossible("the time to look at it is over", hint="unblur it again, with a purpose")
        return viewing.item, store.read(path_of(viewing.item), item_key(viewing.item))
