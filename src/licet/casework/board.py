"""The measures board: which measures are asked for, by where they stand. Each state is one index range."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from licet.casework.models import Appeal, Measure
from licet.casework.selectors import measures_at
from licet.casework.tables import MEASURE_BY_ID, TO_RESTORE, MeasureState

PAGE = 50
COUNTED = 1_000
_S = MeasureState


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tab:
    """One part of the board."""

    id: str
    label: str | Promise
    states: tuple[MeasureState, ...]
    signed: bool | None = None  # of drafts: True = the first person signed, False = nobody did


TABS: tuple[Tab, ...] = (
    Tab(id="first", label=_("Wait for a signature"), states=(_S.DRAFTED,), signed=False),
    Tab(id="second", label=_("Wait for the second person"), states=(_S.DRAFTED,), signed=True),
    Tab(id="going", label=_("Being carried out"), states=(_S.APPROVED, _S.NOTIFIED, _S.ORDERED, _S.ACKNOWLEDGED)),
    Tab(id="unverified", label=_("Done, not verified"), states=(_S.DONE,)),
    Tab(id="failed", label=_("Not possible"), states=(_S.FAILED,)),
    Tab(id="force", label=_("In force"), states=(_S.VERIFIED,)),
    Tab(id="stayed", label=_("Stayed"), states=(_S.STAYED,)),
    Tab(id="restore", label=_("To restore"), states=(*sorted(TO_RESTORE), _S.RESTORED)),
    Tab(id="ended", label=_("Ended"), states=(_S.RESTORATION_VERIFIED, _S.WITHDRAWN)),
)
TAB_BY_ID: Mapping[str, Tab] = {tab.id: tab for tab in TABS}


def page(tab: Tab, desk: str, *, kind: str, below: int, now: dt.datetime) -> list[Measure]:
    """One page and one row more, newest first. ``below``: measures with a smaller id, 0 = from the newest."""
    found: list[Measure] = []
    for state in tab.states:
        rows = measures_at(now).filter(desk_id=desk, state=state.value).select_related("case")
        if tab.signed is not None:
            rows = rows.filter(decided_by__isnull=not tab.signed)
        if kind in MEASURE_BY_ID:
            rows = rows.filter(kind=kind)
        if below:
            rows = rows.filter(pk__lt=below)
        found += rows.order_by("-id")[: PAGE + 1]
    return sorted(found, key=lambda row: -row.pk)[: PAGE + 1]


def count(tab: Tab, desk: str) -> int:
    """How many measures, counted up to :data:`COUNTED` + 1."""
    rows = Measure.objects.filter(desk_id=desk, state__in=[state.value for state in tab.states])
    if tab.signed is not None:
        rows = rows.filter(decided_by__isnull=not tab.signed)
    return rows[: COUNTED + 1].count()


def waiting_for(person: int, desk: str) -> int:
    """Measures this person could second: somebody else decided them."""
    rows = Measure.objects.filter(desk_id=desk, state=_S.DRAFTED.value, decided_by__isnull=False).exclude(decided_by=person)
    return rows[: COUNTED + 1].count()


def open_appeals(desk: str) -> int:
    """Appeals of a desk that nobody judged yet."""
    return Appeal.objects.filter(state="filed", desk_id=desk)[: COUNTED + 1].count()
