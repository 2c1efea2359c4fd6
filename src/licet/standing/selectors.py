"""Reads of standing. Row-level security decides what the actor sees; the public list is read as the system."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from licet.casework.models import Case, Determination, Measure
from licet.casework.tables import IN_FORCE
from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import NotFound
from licet.core.rls import acting_as
from licet.gate.contest import Behind
from licet.parties.models import Party
from licet.registers.models import AccessRelation, Filing
from licet.standing.models import ConductPoint, Entry, Exposure, Objection, Review, Threshold
from licet.standing.policy import policy
from licet.standing.rules import Point, Policy, advised, score_of, total_at, weight_at

PROVIDER_KINDS = ("access_provider", "carrier")
_SHOWN = [state.value for state in IN_FORCE]


# --- exposure --------------------------------------------------------------------------------------------------------


def public_exposures(now: dt.datetime) -> QuerySet[Exposure]:
    """What the public list shows at a moment, newest first: a function of time and of the measure's state, so that
    nothing waits for a job. The caller reads as the system (see :func:`public_list`)."""
    return Exposure.objects.filter(withdrawn_at__isnull=True, published_at__lte=now, expires_at__gt=now,
                                   measure__state__in=_SHOWN).order_by("-published_at", "-pk")


def public_list(now: dt.datetime) -> list[Exposure]:
    """The same for a page nobody signs in to. Only what is public leaves: organisations, never persons."""
    with acting_as(WORKER):
        return list(public_exposures(now))


def exposures() -> QuerySet[Exposure]:
    """Every exposure the actor's desk published, newest first."""
    return Exposure.objects.order_by("-published_at", "-pk")


# --- entries ---------------------------------------------------------------------------------------------------------


def entries(*, register: str = "", text: str = "", live: bool = True) -> QuerySet[Entry]:
    """Entries of the actor's desks, those to be reviewed first."""
    found = Entry.objects.all()
    if live:
        found = found.filter(ended_at__isnull=True)
    if register:
        found = found.filter(register=register)
    if text:
        found = found.filter(value=text.strip().lower()) | found.filter(value=text.strip().upper())
    return found.select_related("measure").order_by("review_on", "pk")


def entry(entry_id: int) -> Entry:
    """One entry. Raises :class:`NotFound`."""
    found = Entry.objects.select_related("measure").filter(pk=entry_id).first()
    if found is None:
        raise NotFound("there is no such entry, or it is not yours to see")
    return found


def review_due(by: dt.date) -> QuerySet[Entry]:
    """Entries that lapse by a day unless two people renew them."""
    return entries(register="blacklist").filter(review_on__lte=by)


def open_review(one: Entry) -> Review | None:
    """The renewal that waits for a second person."""
    return Review.objects.filter(entry=one, seconded_by__isnull=True).select_related("proposed_by").first()


def reviews_of(one: Entry) -> QuerySet[Review]:
    """Renewals of an entry, newest first."""
    return Review.objects.filter(entry=one).select_related("proposed_by", "seconded_by").order_by("-pk")


def decisions_behind(field: str, values: Sequence[str]) -> dict[str, Behind]:
    """Decision reference or licence number -> the decision behind the register's row (see ``gate.contest``). Nothing of
    the case but what whoever is hit was told. Imported rows are not known here."""
    if not values:
        return {}
    named = {"decision_ref__in": values} if field == "decision_ref" else {"register": "licences", "value__in": values}
    with acting_as(WORKER):
        rows = list(Entry.objects.filter(**named, ended_at__isnull=True).select_related("measure__case").order_by("pk"))
        names = dict(Party.objects.filter(party_id__in={row.desk_id for row in rows}, until__isnull=True)
                     .values_list("party_id", "name"))
        pending = set(Measure.objects.filter(pk__in={row.measure_id for row in rows}, appeals__state="filed")
                      .values_list("pk", flat=True))
    return {row.decision_ref if field == "decision_ref" else row.value: Behind(
        ref=row.decision_ref, ground=row.measure.case.ground_id, since=row.since.isoformat(), until=_iso(row.valid_to),
        authority=names.get(row.desk_id, row.desk_id), contest_until=_iso(row.contest_until),
        appeal_pending=row.measure_id in pending) for row in rows}


def _iso(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


# The latest version of every key that changed after a cursor, and the cursor, in one statement: one picture of the table.
# Keyed tokens of persons mean nothing to other systems and stay here.
_FEED = """
WITH latest AS (
  SELECT DISTINCT ON (b.kind, b.value, b.ground_id) b.kind, b.value, b.ground_id AS ground, b.decided_on, b.valid_to,
    b.decision_ref, b.until IS NULL AS present, max(b.change_seq) OVER (PARTITION BY b.kind, b.value, b.ground_id) AS seq
  FROM registers_blacklistentry b WHERE NOT (b.kind = 'sponsor' AND b.value LIKE 'rid_:%%')
  ORDER BY b.kind, b.value, b.ground_id, b.since DESC)
SELECT l.*, coalesce((SELECT max(change_seq) FROM registers_blacklistentry), 0) AS cursor
FROM (SELECT 1) one LEFT JOIN latest l ON l.seq > %s
"""


def feed_rows(since: int) -> tuple[list[dict[str, Any]], int]:
    """Rows for :func:`feed.document` that changed after ``since``, and the cursor they reach."""
    with connection.cursor() as cursor:
        cursor.execute(_FEED, [since])
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [row for row in rows if row["kind"] is not None], int(rows[0]["cursor"])


# --- conduct ---------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """A provider's conduct record on a day. ``score`` and ``total`` are thousandths."""

    provider_id: str
    as_of: dt.date
    points: tuple[ConductPoint, ...]
    weights: Mapping[int, int]  # point id -> thousandths that count on the day
    objections: Mapping[int, Objection]  # point id -> its objection
    total: int
    size: int
    score: int
    policy: Policy
    advice: tuple[str, ...]  # advice whose threshold the score reaches


def as_point(row: ConductPoint, objection: Objection | None = None) -> Point:
    """The rule's view of a row. While an objection is open, others do not count the point."""
    pending = objection is not None and objection.state == "open"
    return Point(points=row.points, final_on=row.final_on, reversed_on=row.reversed_on,
                 visible_on=dt.date.max if pending else row.visible_on)


def is_own(actor: Actor, provider_id: str) -> bool:
    """The provider's own people see what is not shown to others yet."""
    return provider_id in actor.organisations


def size_of(provider_id: str, on: dt.date) -> int:
    """Access relations and filings of a provider on a day."""
    then = Q(since__lte=on) & (Q(until__isnull=True) | Q(until__gt=on))
    return (AccessRelation.objects.filter(then, provider_id=provider_id).count()
            + Filing.objects.filter(then, provider_id=provider_id).count())


def record_of(provider_id: str, *, as_of: dt.date, for_others: bool) -> Record:
    """The record on any day: points then final, decayed to that day, over the size of that day.

    ``for_others``: without what only the provider sees yet. Raises :class:`NotFound` for what is no provider.
    """
    if not Party.objects.filter(party_id=provider_id, kind__in=PROVIDER_KINDS, until__isnull=True).exists():
        raise NotFound("there is no such provider, or it is not yours to see")
    numbers = policy()
    rows = list(ConductPoint.objects.filter(provider_id=provider_id, final_on__lte=as_of).order_by("-final_on", "-pk"))
    objections = {row.point_id: row for row in Objection.objects.filter(point__in=rows)}
    points = {row.pk: as_point(row, objections.get(row.pk)) for row in rows}
    if for_others:
        rows = [row for row in rows if row.visible_on <= as_of]
    total = total_at((points[row.pk] for row in rows), as_of, numbers, for_others=for_others)
    size = size_of(provider_id, as_of)
    score = score_of(total, size, numbers)
    return Record(provider_id=provider_id, as_of=as_of, points=tuple(rows), total=total, size=size, score=score,
                  weights={row.pk: weight_at(points[row.pk], as_of, numbers, for_others=for_others) for row in rows},
                  objections=objections, policy=numbers, advice=advised(score, thresholds_on(as_of)))


def signers_of(row: ConductPoint) -> frozenset[int | None]:
    """Who drafted and signed the decision behind a point; they do not answer objections to it."""
    with acting_as(WORKER):
        measure = Measure.objects.get(pk=row.measure_id)
    return frozenset({measure.drafted_by_id, measure.decided_by_id, measure.seconded_by_id})


def provider_name(party_id: str) -> str:
    """An organisation's name, its id while none is known."""
    party = Party.objects.filter(party_id=party_id, until__isnull=True).first()
    return party.name if party else party_id


@dataclasses.dataclass(frozen=True, kw_only=True)
class Standing:
    """One line of the overview."""

    provider_id: str
    name: str
    points: int  # decisions that still count
    total: int
    size: int
    score: int


def standings(as_of: dt.date, *, actor: Actor) -> list[Standing]:
    """Every provider the actor sees, highest score first. Others' records are without what only they see yet."""
    numbers = policy()
    providers = Party.objects.filter(kind__in=PROVIDER_KINDS, until__isnull=True).order_by("party_id")
    if actor.scope is Scope.ORGANISATION:
        providers = providers.filter(party_id__in=actor.organisations)
    elif actor.scope is Scope.REGIONAL:
        providers = providers.filter(region__in=actor.regions)
    sizes = _sizes(as_of)
    rows: dict[str, list[ConductPoint]] = {}
    for row in ConductPoint.objects.filter(final_on__lte=as_of):
        rows.setdefault(row.provider_id, []).append(row)
    pending = {row.point_id: row for row in Objection.objects.filter(state="open")}
    lines = []
    for party in providers:
        points = [as_point(row, pending.get(row.pk)) for row in rows.get(party.party_id, [])]
        others = not is_own(actor, party.party_id)
        total = total_at(points, as_of, numbers, for_others=others)
        size = sizes.get(party.party_id, 0)
        lines.append(Standing(
            provider_id=party.party_id, name=party.name, total=total, size=size, score=score_of(total, size, numbers),
            points=sum(1 for point in points if weight_at(point, as_of, numbers, for_others=others))))
    return sorted(lines, key=lambda line: (-line.score, line.provider_id))


def _sizes(on: dt.date) -> dict[str, int]:
    then = Q(since__lte=on) & (Q(until__isnull=True) | Q(until__gt=on))
    sizes: dict[str, int] = {}
    for model in (AccessRelation, Filing):
        for provider_id, count in model.objects.filter(then).values_list("provider_id").annotate(Count("pk")):
            sizes[provider_id] = sizes.get(provider_id, 0) + count
    return sizes


# --- thresholds ------------------------------------------------------------------------------------------------------


def thresholds_on(day: dt.date) -> dict[str, int]:
    """Advice -> score (thousandths) from which it is given, of the thresholds switched on by the end of a day."""
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=dt.UTC)
    rows = Threshold.objects.filter(switched_on_at__lt=end).filter(Q(ended_at__isnull=True) | Q(ended_at__gte=end))
    return dict(rows.values_list("advice", "value"))


def thresholds() -> QuerySet[Threshold]:
    """Every threshold, those that wait for a second person first."""
    return Threshold.objects.select_related("proposed_by", "switched_on_by").order_by(
        "ended_at", "-switched_on_at", "-pk")


def threshold(threshold_id: int) -> Threshold:
    """One threshold. Raises :class:`NotFound`."""
    found = Threshold.objects.select_related("proposed_by", "switched_on_by").filter(pk=threshold_id).first()
    if found is None:
        raise NotFound("there is no such threshold")
    return found


# --- of a case -------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class OfCase:
    """What stands because of a case: entries, points, exposures, live or ended."""

    entries: tuple[Entry, ...]
    points: tuple[ConductPoint, ...]
    exposures: tuple[Exposure, ...]
    illegal: bool  # determined in writing

    def __bool__(self) -> bool:
        return bool(self.entries or self.points or self.exposures or self.illegal)


def of_case(case: Case) -> OfCase:
    """What a case's page shows of standing."""
    return OfCase(
        entries=tuple(Entry.objects.filter(measure__case=case).order_by("pk")),
        points=tuple(ConductPoint.objects.filter(measure__case=case).order_by("pk")),
        exposures=tuple(Exposure.objects.filter(measure__case=case).order_by("pk")),
        illegal=Determination.objects.filter(case=case, result="illegal").exists())
