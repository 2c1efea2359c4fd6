"""What every service ends with: a line of the custody log and the journal entry that says the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from licet.core.actors import Actor, Scope
from licet.core.errors import BadInput, Conflict, LicetError, NotAllowed, NotFound
from licet.evidence import boxes
from licet.evidence.cases import directory
from licet.evidence.models import Bag, Custody, Item, Locker
from licet.evidence.rules import Refuse
from licet.journal.services import append
from licet.parties.selectors import permissions_of

PURPOSE_CHARACTERS = 500
_OF_PERSON = frozenset({"not_a_person", "same_person", "authentication_stale"})


class EvidenceRefused(NotAllowed):
    """The rules of evidence do not let you do this."""

    code = "evidence_refused"


class NotPossible(Conflict):
    """This is not possible with this item now."""

    code = "not_possible"


def refusal(refuse: Refuse) -> LicetError:
    """The error a refusal becomes; its ``code`` is the rule's reason code."""
    error: LicetError = (EvidenceRefused if refuse.code in _OF_PERSON else NotPossible)(refuse.text, hint=refuse.hint)
    error.code = refuse.code
    return error


def need_purpose(purpose: str) -> str:
    """The purpose without blanks around it. Raises :class:`BadInput` when there is none, or too much of it."""
    text = purpose.strip()
    if not text:
        raise BadInput("a purpose is missing", hint="say in a sentence why; it is kept with your name")
    if len(text) > PURPOSE_CHARACTERS:
        raise BadInput(f"the purpose is longer than {PURPOSE_CHARACTERS} characters", hint="say it in a sentence")
    return text


def ensure_may(actor: Actor, locker: Locker | tuple[int, str], permission: str) -> None:
    """Raises unless the actor may do this with the evidence of the case: a person by their roles and without an
    interest of their own, a program of the case's own desk by its key, the system on the server."""
    case_id, desk_id = locker if isinstance(locker, tuple) else (locker.case_id, locker.desk_id)
    if actor.scope is Scope.SYSTEM:
        return
    if permission not in permissions_of(actor):
        raise NotAllowed(f"your roles do not include {permission}", hint="ask an administrator of your organisation")
    if actor.is_person:
        directory().ensure_may_work(actor, case_id)
    elif desk_id not in actor.organisations:
        raise NotAllowed("a program handles the evidence of its own desk only")


def locked_locker(locker_id: int) -> Locker:
    """The locker, locked until the transaction ends."""
    return Locker.objects.select_for_update(no_key=True, of=("self",)).get(pk=locker_id)


def locker_key(locker: Locker) -> bytes:
    """The locker's key. Raises ``boxes.BoxDamaged``, or :class:`NotPossible` after it was destroyed."""
    if locker.wrapped_key is None:
        raise NotPossible("everything in this locker was destroyed")
    master = boxes.master_key(settings.SECRETS["evidence_key"])
    return boxes.unwrap(master, bytes(locker.wrapped_key), f"locker:{locker.case_id}")


def visible_item(ref: str) -> Item:
    """The item, if the stated actor may see it. Raises :class:`NotFound`."""
    item = Item.objects.select_related("locker").filter(ref=ref).first()
    if item is None:
        raise NotFound(f"there is no evidence {ref}, or it is not yours to see")
    return item


def record(locker: Locker, action: str, *, actor: Actor, at: dt.datetime, purpose: str, result: str,
           item: Item | None = None, bag: Bag | None = None, data: Mapping[str, Any] | None = None) -> Custody:
    """Journal entry and custody line. The last step of a service."""
    about = item or bag or locker
    word = "item" if item else "bag" if bag else "locker"
    details: dict[str, Any] = {"case": locker.case_number, "result": result, **dict(data or {})}
    if item is not None:
        details |= {"item": item.ref, "sha256": item.sha256}
    if bag is not None:
        details["bag"] = bag.ref
    entry = append(f"evidence:{word}:{action}", actor=actor, subject=f"evidence:{about}", purpose=need_purpose(purpose),
                   organisation=locker.desk_id, data=details)
    return Custody.objects.create(locker=locker, item=item, bag=bag, desk_id=locker.desk_id, at=at, action=action,
                                  actor=actor.name, purpose=need_purpose(purpose), result=result[:200],
                                  journal_seq=entry.seq)
