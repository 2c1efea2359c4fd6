"""Legal holds, and the end of content: two people, after the term, and never while a hold stands."""

from __future__ import annotations

import datetime as dt
import functools

from django.db import transaction

from licet.core.actors import WORKER, Actor
from licet.core.errors import Conflict, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.evidence import store
from licet.evidence.cases import directory
from licet.evidence.limits import limits
from licet.evidence.models import Bag, Disposal, Hold, Item, Locker
from licet.evidence.rules import DisposalFacts, Refuse, ReleaseFacts, may_dispose, may_release
from licet.evidence.services.items import path_of
from licet.evidence.services.record import (
    ensure_may,
    locked_locker,
    need_purpose,
    record,
    refusal,
    visible_item,
)


def locker_of(number: str) -> Locker:
    """The locker of a case, if the stated actor may see it. Raises :class:`NotFound`."""
    locker = Locker.objects.filter(case_number=number).first()
    if locker is None:
        raise NotFound(f"there is no evidence of a case {number} at your desk")
    return locker


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotAllowed("a named person does this", hint="sign in, or use --as")
    return actor.user_id


def set_hold(number: str, *, reason: str, actor: Actor, at: dt.datetime) -> Hold:
    """Nothing of the case is destroyed until two people released the hold. Raises :class:`Conflict` if one stands."""
    reason = need_purpose(reason)
    with acting_as(actor):
        locker = locked_locker(locker_of(number).pk)
        ensure_may(actor, locker, "cases.work")
        if Hold.objects.filter(locker=locker, released_at__isnull=True).exists():
            raise Conflict("there is a hold already", hint="one hold keeps everything in the case")
        hold = Hold.objects.create(locker=locker, desk_id=locker.desk_id, reason=reason, set_by_id=_person(actor),
                                   set_at=at)
        record(locker, "held", actor=actor, at=at, purpose=reason, result="hold set")
        return hold


def propose_release(number: str, *, reason: str, actor: Actor, authenticated_at: dt.datetime | None,
                    at: dt.datetime) -> Hold:
    """The first of two people says that the hold is to be released. It stands until the second did.

    Raises the refusals of ``rules.may_release``, :class:`Conflict` if no hold stands or it is proposed already.
    """
    reason = need_purpose(reason)
    with acting_as(actor):
        locker, hold = _standing(number, actor)
        if hold.release_proposed_by_id is not None:
            raise Conflict("its release is proposed already", hint="somebody else releases it, or it is withdrawn")
        _ensure_may_release(hold, actor, authenticated_at, at)
        hold.release_proposed_by_id, hold.release_proposed_at, hold.release_reason = _person(actor), at, reason
        hold.save(update_fields=["release_proposed_by", "release_proposed_at", "release_reason"])
        record(locker, "release_proposed", actor=actor, at=at, purpose=reason, result="waits for a second person")
        return hold


def withdraw_release(number: str, *, reason: str, actor: Actor, at: dt.datetime) -> Hold:
    """The hold stays after all. Anybody who may work on the case may say so."""
    reason = need_purpose(reason)
    with acting_as(actor):
        locker, hold = _standing(number, actor)
        if hold.release_proposed_by_id is None:
            raise Conflict("nobody proposed to release it")
        hold.release_proposed_by_id, hold.release_proposed_at, hold.release_reason = None, None, ""
        hold.save(update_fields=["release_proposed_by", "release_proposed_at", "release_reason"])
        record(locker, "release_withdrawn", actor=actor, at=at, purpose=reason, result="the hold stands")
        return hold


def release_hold(number: str, *, reason: str, actor: Actor, authenticated_at: dt.datetime | None,
                 at: dt.datetime) -> Hold:
    """The second person, freshly authenticated as well, releases the hold.

    Raises the refusals of ``rules.may_release``, :class:`Conflict` if no hold stands or nobody proposed it.
    """
    reason = need_purpose(reason)
    with acting_as(actor):
        locker, hold = _standing(number, actor)
        if hold.release_proposed_by_id is None:
            raise Conflict("nobody proposed to release it yet", hint="one person proposes, another one releases")
        _ensure_may_release(hold, actor, authenticated_at, at)
        hold.released_by_id, hold.released_at = _person(actor), at
        hold.save(update_fields=["released_by", "released_at"])
        record(locker, "released", actor=actor, at=at, purpose=reason, result="hold released")
        return hold


def _standing(number: str, actor: Actor) -> tuple[Locker, Hold]:
    """The locked locker and the hold that keeps it, for somebody who may work on the case."""
    locker = locked_locker(locker_of(number).pk)
    ensure_may(actor, locker, "cases.work")
    hold = Hold.objects.filter(locker=locker, released_at__isnull=True).first()
    if hold is None:
        raise Conflict("there is no hold to release")
    return locker, hold


def _ensure_may_release(hold: Hold, actor: Actor, authenticated_at: dt.datetime | None, at: dt.datetime) -> None:
    refuse = may_release(ReleaseFacts(user_id=actor.user_id, proposed_by=hold.release_proposed_by_id,
                                      authenticated_at=authenticated_at, now=at), limits())
    if refuse is not None:
        raise refusal(refuse)


def _refuse(item: Item, open_one: Disposal | None, *, actor: Actor, authenticated_at: dt.datetime | None,
            at: dt.datetime) -> Refuse | None:
    with acting_as(WORKER):  # a case may be read by its desk only in part; the rule needs its end
        facts = directory().find(item.locker.case_number)
    return may_dispose(DisposalFacts(
        kept=item.content == "kept", held=Hold.objects.filter(locker=item.locker, released_at__isnull=True).exists(),
        added_at=item.added_at, closed_at=facts.closed_at if facts else None, user_id=actor.user_id,
        proposed_by=open_one.proposed_by_id if open_one else None, authenticated_at=authenticated_at, now=at), limits())


def _open_disposal(item: Item) -> Disposal | None:
    return Disposal.objects.filter(item=item, seconded_by__isnull=True, withdrawn_at__isnull=True).first()


def propose_disposal(ref: str, *, reason: str, actor: Actor, authenticated_at: dt.datetime | None,
                     at: dt.datetime) -> Disposal:
    """The first of two people says that content is to be destroyed. Raises the rule's refusal."""
    reason = need_purpose(reason)
    with acting_as(actor):
        item = visible_item(ref)
        locked_locker(item.locker_id)
        ensure_may(actor, item.locker, "cases.work")
        if _open_disposal(item) is not None:
            raise Conflict("it is proposed already", hint="somebody else carries it out, or it is withdrawn")
        refuse = _refuse(item, None, actor=actor, authenticated_at=authenticated_at, at=at)
        if refuse is not None:
            raise refusal(refuse)
        disposal = Disposal.objects.create(item=item, desk_id=item.desk_id, reason=reason, proposed_by_id=_person(actor),
                                           proposed_at=at)
        record(item.locker, "disposal_proposed", actor=actor, at=at, purpose=reason, result="waits for a second person",
               item=item)
        return disposal


def withdraw_disposal(ref: str, *, reason: str, actor: Actor, at: dt.datetime) -> None:
    """Give a proposal up. Anybody who may work on the case may."""
    reason = need_purpose(reason)
    with acting_as(actor):
        item = visible_item(ref)
        locked_locker(item.locker_id)
        ensure_may(actor, item.locker, "cases.work")
        disposal = _open_disposal(item)
        if disposal is None:
            raise Conflict("nobody proposed it")
        disposal.withdrawn_at = at
        disposal.save(update_fields=["withdrawn_at"])
        record(item.locker, "disposal_withdrawn", actor=actor, at=at, purpose=reason, result="kept", item=item)


def dispose(ref: str, *, reason: str, actor: Actor, authenticated_at: dt.datetime | None, at: dt.datetime) -> Item:
    """The second person carries it out: the item's key, its sealed bags and, when nothing else in the case has
    content, the case's key are destroyed; after the commit the files too. Hash, custody and stamps stay.

    Raises the rule's refusal, and :class:`Conflict` when nobody proposed it.
    """
    reason = need_purpose(reason)
    with acting_as(actor):
        item = visible_item(ref)
        locker = locked_locker(item.locker_id)
        item.refresh_from_db()
        ensure_may(actor, locker, "cases.work")
        disposal = _open_disposal(item)
        if disposal is None:
            raise Conflict("nobody proposed it yet", hint="one person proposes, another one carries it out")
        refuse = _refuse(item, disposal, actor=actor, authenticated_at=authenticated_at, at=at)
        if refuse is not None:
            raise refusal(refuse)
        disposal.seconded_by_id, disposal.seconded_at = _person(actor), at
        disposal.save(update_fields=["seconded_by", "seconded_at"])
        _destroy(item, locker, at=at)
        record(locker, "disposed", actor=actor, at=at, purpose=reason, result="content destroyed", item=item)
        return item


def _destroy(item: Item, locker: Locker, *, at: dt.datetime) -> None:
    paths = [path_of(item)]
    for bag in Bag.objects.filter(locker=locker).exclude(state="destroyed"):
        if item.ref in bag.items:
            Bag.objects.filter(pk=bag.pk).update(state="destroyed", wrapped_key=None)
            paths.append(store.place(locker.pk, bag.ref))
    item.content, item.wrapped_key, item.blur, item.destroyed_at = "destroyed", None, None, at
    item.save(update_fields=["content", "wrapped_key", "blur", "destroyed_at"])
    full = Item.objects.filter(locker=locker, content="kept").exists() or Bag.objects.filter(
        locker=locker, state="sealed").exists()
    if not full:
        Locker.objects.filter(pk=locker.pk).update(wrapped_key=None)
    for path in paths:
        transaction.on_commit(functools.partial(store.destroy, path))
