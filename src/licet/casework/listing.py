"""The queue as a question that lives in an address: filters, order, keyset pages, counts that stop counting.

Every combination is answered from an index of open cases; a page costs the same at a hundred and a million cases.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from licet.casework.models import Case
from licet.casework.services.subjects import canonical_subject
from licet.casework.tables import SubjectKind
from licet.core.actors import Actor, Scope
from licet.core.errors import BadInput, LicetError
from licet.grounds.tables import GROUNDS

PAGE_ROWS = 50
COUNTED = 1_000
WAITING = ("me", "mine", "free", "held")  # not held by others, held by me, held by nobody, held by somebody
ORDERS = ("urgent", "oldest")
STATES = ("open", "closed", "merged")
_GROUND_IDS = frozenset(ground.id for ground in GROUNDS)
EVERY_DESK = "*"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """One question to the queue; '' asks for everything. ``tier``: 1, 2, 3 or ``none`` (nobody set one)."""

    desk: str = ""
    state: str = "open"
    tier: str = ""
    proposed: str = ""
    ground: str = ""
    region: str = ""
    provider: str = ""
    waiting: str = ""
    q: str = ""
    order: str = "urgent"
    after: str = ""

    def parameters(self) -> dict[str, str]:
        """What goes into an address to ask the same again, without the cursor."""
        values = dataclasses.asdict(self)
        usual = dataclasses.asdict(Asked())
        return {name: value for name, value in values.items() if value != usual[name] and name != "after"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """One page of cases; ``after`` is the cursor of the next, '' on the last."""

    rows: list[Case]
    after: str


def desk_of(actor: Actor) -> str:
    """The desk somebody works at when no other was asked for."""
    return actor.organisations[0] if actor.organisations else ""


def read_question(values: Mapping[str, Any], actor: Actor) -> Asked:
    """The question an address asks; what is none of the possible values is left out."""
    def one_of(name: str, allowed: tuple[str, ...] | frozenset[str], usual: str = "") -> str:
        text = str(values.get(name, ""))
        return text if text in allowed else usual

    def text(name: str) -> str:
        return str(values.get(name, "")).strip()[:300].replace("\x00", "")

    return Asked(
        desk=text("desk") or desk_of(actor), state=one_of("state", STATES, "open"),
        tier=one_of("tier", ("1", "2", "3", "none")), proposed=one_of("proposed", ("1", "2", "3", "none")),
        ground=one_of("ground", _GROUND_IDS), region=text("region"), provider=text("provider"),
        waiting=one_of("waiting", WAITING), q=text("q"), order=one_of("order", ORDERS, "urgent"), after=text("after"))


def question(asked: Asked, actor: Actor, now: dt.datetime) -> QuerySet[Case]:
    """The cases asked for, without an order."""
    cases = Case.objects.filter(state=asked.state)
    if asked.q:
        cases = cases.filter(_search(asked.q))
    if asked.desk != EVERY_DESK:
        cases = cases.filter(desk_id=asked.desk)
    elif actor.scope is Scope.ORGANISATION:
        cases = cases.filter(desk_id__in=actor.organisations)
    for field, value in (("ground", asked.ground), ("region", asked.region), ("provider_id", asked.provider)):
        if value:
            cases = cases.filter(**{field: value})
    for field, value in (("tier", asked.tier), ("proposed_tier", asked.proposed)):
        if value:
            cases = cases.filter(**({f"{field}__isnull": True} if value == "none" else {field: int(value)}))
    return _waiting(cases, asked.waiting, actor, now)


def _waiting(cases: QuerySet[Case], waiting: str, actor: Actor, now: dt.datetime) -> QuerySet[Case]:
    free = Q(handler__isnull=True) | Q(handler_until__lte=now)
    if waiting == "me":
        return cases.filter(free | Q(handler=actor.user_id or 0))
    if waiting == "mine":
        return cases.filter(handler=actor.user_id or 0, handler_until__gt=now)
    if waiting == "free":
        return cases.filter(free)
    if waiting == "held":
        return cases.filter(handler__isnull=False, handler_until__gt=now)
    return cases


def _search(text: str) -> Q:
    """A case's number, or what it is about in any of its forms."""
    keys = {text}
    for kind in SubjectKind:
        try:
            keys.add(canonical_subject(kind.value, text))
        except LicetError:
            continue
    return Q(number=text) | Q(subject_kind__in=[kind.value for kind in SubjectKind], subject_key__in=sorted(keys))


def count(asked: Asked, actor: Actor, now: dt.datetime) -> int:
    """How many cases, counted up to :data:`COUNTED` + 1."""
    return question(asked, actor, now).order_by()[: COUNTED + 1].count()


def page(asked: Asked, actor: Actor, now: dt.datetime, *, rows: int = PAGE_ROWS) -> Page:
    """One page in the order asked for. Raises :class:`BadInput` for a cursor that was not made here.

    Cases of the same place come first, then the places after it: two index ranges instead of one condition that would
    read a whole place from its beginning.
    """
    cases = question(asked, actor, now).select_related("handler")
    if asked.state != "open" or asked.q:
        found = _by_number(cases, asked.after, rows)
    elif asked.order == "oldest":
        found = _oldest(cases, asked.after, rows)
    else:
        found = _urgent(cases, asked.after, rows)
    more = len(found) > rows
    return Page(rows=found[:rows], after=_cursor(found[rows - 1]) if more else "")


def _urgent(cases: QuerySet[Case], after: str, rows: int) -> list[Case]:
    ordered = cases.order_by("-priority", "opened_at", "id")
    if not after:
        return list(ordered[: rows + 1])
    priority, opened_at, case_id = _read_cursor(after)
    beyond = Q(opened_at__gt=opened_at) | Q(opened_at=opened_at, pk__gt=case_id)
    same = ordered.filter(beyond, priority=priority, opened_at__gte=opened_at)
    found = list(same[: rows + 1])
    if len(found) <= rows:
        found += ordered.filter(priority__lt=priority)[: rows + 1 - len(found)]
    return found


def _oldest(cases: QuerySet[Case], after: str, rows: int) -> list[Case]:
    ordered = cases.order_by("opened_at", "id")
    if after:
        _priority, opened_at, case_id = _read_cursor(after)
        ordered = ordered.filter(Q(opened_at__gt=opened_at) | Q(opened_at=opened_at, pk__gt=case_id),
                                 opened_at__gte=opened_at)
    return list(ordered[: rows + 1])


def _by_number(cases: QuerySet[Case], after: str, rows: int) -> list[Case]:
    """The newest first: what ended is read back in time, and a search finds few."""
    ordered = cases.order_by("-id")
    if after:
        ordered = ordered.filter(pk__lt=_read_cursor(after)[2])
    return list(ordered[: rows + 1])


def _cursor(case: Case) -> str:
    text = json.dumps([case.priority, case.opened_at.isoformat(), case.pk])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[int, dt.datetime, int]:
    try:
        priority, opened_at, case_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        moment = dt.datetime.fromisoformat(opened_at)
        if not isinstance(priority, int) or not isinstance(case_id, int) or moment.tzinfo is None:
            raise ValueError(text)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadInput("this is no place in the queue", hint="begin at the first page") from error
    return priority, moment, case_id
