"""Sealed bags: asked for by a person, sealed by the worker once the journal signed what the bag must prove."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import F

from licet import __name__ as program
from licet.config.profile import load_profile
from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, Conflict, NotFound
from licet.core.rls import acting_as
from licet.evidence import bagging, boxes, store
from licet.evidence.limits import authority_certificates, largest_bytes
from licet.evidence.models import Bag, Custody, Item, Locker, Stamp
from licet.evidence.services.holds import locker_of
from licet.evidence.services.items import item_key, path_of
from licet.evidence.services.record import NotPossible, ensure_may, locked_locker, locker_key, need_purpose, record
from licet.evidence.tables import SUFFIX_OF
from licet.journal import services as journal
from licet.journal.selectors import proof_of
from licet.parties.models import Party

BATCH = 20
FORMAT = "licet-evidence-bag/1"


def visible_bag(ref: str) -> Bag:
    """The bag, if the stated actor may see it. Raises :class:`NotFound`."""
    bag = Bag.objects.select_related("locker").filter(ref=ref).first()
    if bag is None:
        raise NotFound(f"there is no bag {ref}, or it is not yours to see")
    return bag


def request_bag(number: str, *, purpose: str, actor: Actor, at: dt.datetime, refs: Sequence[str] = ()) -> Bag:
    """Ask for a sealed bag of a case's evidence (or of some items). It is sealed by :func:`seal_due`.

    Raises :class:`BadInput` for an item that is not the case's and when there is nothing to put in.
    """
    purpose = need_purpose(purpose)
    with acting_as(actor):
        locker = locked_locker(locker_of(number).pk)
        ensure_may(actor, locker, "cases.work")
        items = list(Item.objects.filter(locker=locker).exclude(content="destroyed").order_by("pk"))
        unknown = set(refs) - {item.ref for item in items}
        if unknown:
            raise BadInput(f"{sorted(unknown)[0]} is no evidence of this case, or was destroyed")
        items = [item for item in items if not refs or item.ref in refs]
        if not items:
            raise BadInput("there is nothing to put into a bag", hint="add evidence first")
        Locker.objects.filter(pk=locker.pk).update(bags_count=F("bags_count") + 1)
        locker.refresh_from_db(fields=["bags_count"])
        bag = Bag.objects.create(
            locker=locker, desk_id=locker.desk_id, ref=f"B-{number}-{locker.bags_count}", purpose=purpose,
            items=[item.ref for item in items], requested_by=actor.name, requested_by_user=actor.user_id,
            requested_at=at)
        for item in items:
            record(locker, "exported", actor=actor, at=at, purpose=purpose, result=f"into bag {bag.ref}", item=item,
                   bag=bag)
        return bag


def seal_due(now: dt.datetime, *, batch: int = BATCH) -> int:
    """The job: seal the bags that were asked for. Returns how many. One transaction each; safe to run twice.

    The journal signs first: a bag proves every line of its custody log. Must not run inside a transaction.
    """
    count = 0
    with acting_as(WORKER):
        waiting = list(Bag.objects.filter(state="requested").order_by("pk").values_list("pk", flat=True)[:batch])
    if waiting:
        journal.checkpoint(now)
    for bag_id in waiting:
        with acting_as(WORKER):
            count += _seal(bag_id, now)
    return count


def _seal(bag_id: int, now: dt.datetime) -> int:
    bag = Bag.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=bag_id, state="requested").first()
    if bag is None:
        return 0
    locker = locked_locker(bag.locker_id)
    contents = _contents(bag, locker, now)
    most = largest_bytes() * 100
    with store.take_in(functools.partial(bagging.write_bag, contents), most_bytes=most) as taken:
        bag.state, bag.sealed_at, bag.sha256, bag.bytes = "sealed", now, taken.sha256, taken.size
        bag.wrapped_key = boxes.wrap(locker_key(locker), taken.key, f"bag:{bag.ref}")
        bag.save(update_fields=["state", "sealed_at", "sha256", "bytes", "wrapped_key"])
        store.keep(taken, store.place(locker.pk, bag.ref))
    record(locker, "sealed", actor=WORKER, at=now, purpose=bag.purpose, result=f"{bag.bytes} bytes", bag=bag,
           data={"bag_sha256": bag.sha256})
    return 1


def _contents(bag: Bag, locker: Locker, now: dt.datetime) -> bagging.Contents:
    items = list(Item.objects.select_related("locker").filter(locker=locker, ref__in=bag.items).order_by("pk"))
    payload = [_payload(item) for item in items]
    tags: dict[str, bytes] = {}
    documents = [_item_document(item, file.name, tags) for item, file in zip(items, payload, strict=True)]
    custody = _custody_documents(Custody.objects.filter(item__in=items).select_related("item", "bag"), tags)
    tags |= {"metadata/items.json": _json(documents), "metadata/custody.json": _json(custody),
             "metadata/bag.json": _json({"format": FORMAT, "bag": bag.ref, "case": locker.case_number,
                                         "ground": locker.ground_id, "purpose": bag.purpose,
                                         "requested_by": bag.requested_by, "sealed_at": now.isoformat()})}
    for position, path in enumerate(authority_certificates()):
        with contextlib.suppress(OSError):
            tags[f"stamps/ca/{position}.pem"] = Path(path).read_bytes()
    desk = Party.objects.filter(party_id=locker.desk_id, until__isnull=True).values_list("name", flat=True).first()
    info = [("Source-Organization", desk or locker.desk_id), ("External-Identifier", bag.ref),
            ("Internal-Sender-Identifier", locker.case_number), ("External-Description", bag.purpose),
            ("Bag-Software-Agent", f"{program} ({load_profile().id})")]
    return bagging.Contents(name=bag.ref, sealed_at=now, info=info, payload=payload, tags=tags)


def _payload(item: Item) -> bagging.Payload:
    if item.content != "kept":
        text = _json({"item": item.ref, "sha256": item.sha256, "url": item.url, "content": item.content})
        return bagging.Payload(name=f"{item.ref}.json", size=len(text), read=lambda: [text])
    key = item_key(item)
    assert item.bytes is not None  # a constraint says so
    return bagging.Payload(name=f"{item.ref}.{SUFFIX_OF.get(item.media_type, 'bin')}", size=item.bytes,
                           read=lambda: store.read(path_of(item), key))


def _item_document(item: Item, name: str, tags: dict[str, bytes]) -> dict[str, Any]:
    stamps = []
    for position, stamp in enumerate(Stamp.objects.filter(item=item, token__isnull=False).order_by("pk"), start=1):
        path = f"stamps/{item.ref}.{position}.tsr"
        tags[path] = bytes(stamp.token)  # type: ignore[arg-type]
        stamps.append({"file": path, "authority": stamp.authority, "serial": stamp.serial, "trusted": stamp.trusted,
                       "stamped_at": stamp.stamped_at.isoformat() if stamp.stamped_at else None})
    fields = {field: getattr(item, field) for field in
              ("ref", "kind", "title", "url", "file_name", "media_type", "bytes", "sha256", "content", "added_by")}
    return fields | {"file": f"data/{name}", "added_at": item.added_at.isoformat(), "stamps": stamps,
                     "captured_at": item.captured_at.isoformat() if item.captured_at else None}


def _custody_documents(rows: Any, tags: dict[str, bytes]) -> list[dict[str, Any]]:
    """The custody log; every line names the journal proof that says the same (``null``: younger than the signature)."""
    found = []
    for row in rows.order_by("pk"):
        proof = f"journal/proofs/{row.journal_seq}.json"
        try:
            document = proof_of(row.journal_seq)
        except Conflict:
            proof = ""
        else:
            tags[proof] = _json(document)
            tags["journal/checkpoint"] = document["checkpoint"].encode()
            tags["journal/vkey"] = f"{document['vkey']}\n".encode()
        found.append({"at": row.at.isoformat(), "action": row.action, "item": row.item.ref,
                      "bag": row.bag.ref if row.bag else None, "actor": row.actor, "purpose": row.purpose,
                      "result": row.result, "journal_seq": row.journal_seq, "proof": proof or None})
    return found


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def download_bag(ref: str, *, purpose: str, actor: Actor, at: dt.datetime) -> tuple[Bag, Iterator[bytes]]:
    """The sealed archive. Raises :class:`NotPossible` while it is not sealed, or after its content was destroyed."""
    purpose = need_purpose(purpose)
    with acting_as(actor):
        bag = visible_bag(ref)
        ensure_may(actor, bag.locker, "cases.work")
        content = bag_content(bag)
        record(bag.locker, "downloaded", actor=actor, at=at, purpose=purpose, result=f"{bag.bytes} bytes", bag=bag)
        return bag, content


def bag_content(bag: Bag) -> Iterator[bytes]:
    """The archive's bytes, for concepts above that hand a bag on and record it themselves (:func:`handed_on`)."""
    if bag.state != "sealed" or bag.wrapped_key is None:
        raise NotPossible(f"bag {bag.ref} is {bag.state}", hint="a bag is sealed within a minute" if
                          bag.state == "requested" else "")
    key = boxes.unwrap(locker_key(bag.locker), bytes(bag.wrapped_key), f"bag:{bag.ref}")
    return store.read(store.place(bag.locker_id, bag.ref), key)


def handed_on(bag: Bag, *, to: str, purpose: str, actor: Actor, at: dt.datetime) -> None:
    """Write down that a bag went to somebody outside the desk. The caller acts with a scope that may write it."""
    record(bag.locker, "downloaded", actor=actor, at=at, purpose=purpose, result=f"{bag.bytes} bytes to {to}", bag=bag)


def seal_now(number: str, *, purpose: str, actor: Actor, at: dt.datetime, refs: Sequence[str] = ()) -> Bag:
    """Ask and seal at once, for commands. Raises ``RuntimeError`` inside a transaction that is not a test's."""
    bag = request_bag(number, purpose=purpose, actor=actor, at=at, refs=refs)
    if connection.in_atomic_block and not getattr(connection.atomic_blocks[-1], "_from_testcase", False):
        raise RuntimeError("a bag is sealed outside a transaction, because the journal signs first")
    journal.checkpoint(at)
    with acting_as(WORKER):
        _seal(bag.pk, at)
        bag.refresh_from_db()
    return bag
