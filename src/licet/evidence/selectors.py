"""Reads of evidence. Row-level security decides what the stated actor sees."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet

from licet.core.errors import NotFound
from licet.evidence.limits import limits
from licet.evidence.models import Bag, Custody, Disposal, Hold, Item, Locker, Stamp, Viewing
from licet.evidence.rules import Exposure, exposure


def locker_of(number: str) -> Locker | None:
    """The locker of a case, ``None`` while nothing was added (or it is not the actor's to see)."""
    return Locker.objects.filter(case_number=number).first()


def items_of(number: str) -> QuerySet[Item]:
    """The evidence of a case, in the order it came. Encrypted keys are not read."""
    return Item.objects.filter(locker__case_number=number).defer("wrapped_key", "blur").order_by("pk")


def item_by_ref(ref: str) -> Item:
    """One item. Raises :class:`NotFound`."""
    item = Item.objects.select_related("locker").filter(ref=ref).first()
    if item is None:
        raise NotFound(f"there is no evidence {ref}, or it is not yours to see")
    return item


def bags_of(number: str) -> QuerySet[Bag]:
    """The bags of a case, newest first."""
    return Bag.objects.filter(locker__case_number=number).defer("wrapped_key").order_by("-pk")


def bag_by_ref(ref: str) -> Bag:
    """One bag. Raises :class:`NotFound`."""
    bag = Bag.objects.select_related("locker").defer("wrapped_key").filter(ref=ref).first()
    if bag is None:
        raise NotFound(f"there is no bag {ref}, or it is not yours to see")
    return bag


def custody_of(item: Item) -> QuerySet[Custody]:
    """What happened to an item, newest first."""
    return Custody.objects.filter(item=item).order_by("-pk")


def stamps_of(item: Item) -> QuerySet[Stamp]:
    """The item's time stamps, waiting ones too."""
    return Stamp.objects.filter(item=item).order_by("pk")


def standing_hold(locker: Locker) -> Hold | None:
    """The hold that keeps a locker, if one does."""
    return Hold.objects.select_related("set_by", "release_proposed_by").filter(locker=locker, released_at__isnull=True).first()


def open_disposal(item: Item) -> Disposal | None:
    """The proposal to destroy an item's content that waits for a second person."""
    return Disposal.objects.select_related("proposed_by").filter(
        item=item, seconded_by__isnull=True, withdrawn_at__isnull=True).first()


def viewing_now(item: Item, user_id: int | None, now: dt.datetime) -> Viewing | None:
    """The person's running look at an item."""
    return Viewing.objects.filter(item=item, person_id=user_id, started_at__lte=now, ends_at__gt=now).order_by(
        "-pk").first()


def exposure_of(user_id: int | None, now: dt.datetime) -> Exposure:
    """How long a person looked at unblurred items lately."""
    numbers = limits()
    since = now - dt.timedelta(minutes=numbers.pause_window_minutes)
    spans = Viewing.objects.filter(person_id=user_id, ends_at__gt=since).values_list("started_at", "ends_at")
    return exposure(list(spans), now, numbers)


def has_preserved(case_numbers: list[str], ref: str) -> bool:
    """``ref`` names evidence of one of these cases that is preserved: its content (or, where none may be kept, its
    hash) is there and no later verification found it damaged."""
    item = Item.objects.filter(ref=ref, locker__case_number__in=case_numbers, content__in=["kept", "hash_only"]).first()
    if item is None:
        return False
    last = Custody.objects.filter(item=item, action="verified").order_by("-pk").first()
    return last is None or last.result in {"unchanged", "no content is kept"}


def has_sealed(case_numbers: list[str], ref: str) -> bool:
    """``ref`` names a sealed bag of one of these cases whose content is still there."""
    return Bag.objects.filter(ref=ref, locker__case_number__in=case_numbers, state="sealed").exists()


def as_document(item: Item) -> dict[str, Any]:
    """An item's public description, for API and commands."""
    return {"ref": item.ref, "kind": item.kind, "title": item.title, "url": item.url, "file_name": item.file_name,
            "media_type": item.media_type, "bytes": item.bytes, "sha256": item.sha256, "content": item.content,
            "captured_at": item.captured_at, "added_at": item.added_at, "added_by": item.added_by,
            "destroyed_at": item.destroyed_at,
            "stamps": [{"authority": stamp.authority, "stamped_at": stamp.stamped_at, "trusted": stamp.trusted,
                        "problem": stamp.problem} for stamp in stamps_of(item)]}
