"""Queues people save under a name. They are personal settings, not decisions: the journal does not list them."""

from __future__ import annotations

import datetime as dt

from licet.casework.models import SavedQueue
from licet.core.actors import Actor
from licet.core.errors import BadInput, NotAllowed, NotFound
from licet.core.rls import acting_as

NAME_CHARACTERS, QUERY_CHARACTERS = 60, 500
_MOST = 50


def save_queue(name: str, query: str, *, shared: bool = False, actor: Actor, at: dt.datetime) -> SavedQueue:
    """Keep a queue's filters under a name; the same name again replaces it. A shared one is seen by the whole desk.

    Raises :class:`BadInput` for a missing or long name, :class:`NotAllowed` for a program.
    """
    name = name.strip()
    if not name or len(name) > NAME_CHARACTERS or len(query) > QUERY_CHARACTERS:
        raise BadInput("a saved queue has a short name", hint=f"at most {NAME_CHARACTERS} characters")
    if actor.user_id is None or not actor.organisations:
        raise NotAllowed("queues are saved by people of a desk")
    with acting_as(actor):
        mine = SavedQueue.objects.filter(person=actor.user_id)
        if mine.count() >= _MOST and not mine.filter(name=name).exists():
            raise BadInput("you have saved many queues already", hint="remove one first")
        queue, _ = SavedQueue.objects.update_or_create(
            person_id=actor.user_id, desk_id=actor.organisations[0], name=name,
            defaults={"query": query, "shared": shared, "created_at": at})
    return queue


def remove_queue(queue_id: int, *, actor: Actor) -> None:
    """Forget one of one's own saved queues. Raises :class:`NotFound`."""
    with acting_as(actor):
        gone, _ = SavedQueue.objects.filter(pk=queue_id, person=actor.user_id or 0).delete()
    if not gone:
        raise NotFound("you have no such queue")
