"""What the registers' pages show: overviews, one record's history, a provider's chain."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q

from licet.config.profile import Profile
from licet.core.actors import Actor
from licet.parties.models import Party
from licet.registers.chain import Known, LicenceFacts, Link, due_year, judge_provider
from licet.registers.kinds import KINDS, Kind
from licet.registers.listing import Asked, bounded_count, question
from licet.registers.loads import standing
from licet.registers.models import AnnualReview, BlacklistEntry, Licence, ProposedChange, RegisterLoad
from licet.registers.records import Row, row_of
from licet.registers.selectors import COUNTING, FOR_EVERYBODY, load_history

MOST_LINKS = 60  # providers drawn in one chain


@dataclasses.dataclass(frozen=True, kw_only=True)
class RegisterState:
    """One register on the overview. ``state``: known | stale | never | unasked (no rule depends on its age)."""

    kind: Kind
    rows: int
    last: RegisterLoad | None
    age_days: int | None
    max_age_days: int | None
    state: str
    versions: int


def register_states(actor: Actor, *, today: dt.date, profile: Profile) -> list[RegisterState]:
    """Every register: rows now (counted up to a bound), its last load, and whether rules may rely on it."""
    ages: Mapping[str, int] = profile.thresholds["max_age_days"]
    latest = last_loads()
    states = []
    for kind in KINDS:
        last = latest.get(kind.id)
        age = (today - last.as_of).days if last else None
        limit = ages.get(kind.register)
        states.append(RegisterState(
            kind=kind, rows=bounded_count(question(kind, Asked(), actor)), last=last, age_days=age, max_age_days=limit,
            state=_state(age, limit), versions=last.version if last else 0))
    return states


def _state(age: int | None, limit: int | None) -> str:
    if age is None:
        return "never"
    if limit is None:
        return "unasked"
    return "known" if age <= limit else "stale"


def last_loads() -> dict[str, RegisterLoad]:
    """The load with the latest day of each kind, of those that speak for everybody."""
    loads = RegisterLoad.objects.filter(COUNTING, FOR_EVERYBODY).order_by("kind", "-as_of", "-id").distinct("kind")
    return {load.kind: load for load in loads}


def known_registers(parties: Iterable[str], *, day: dt.date, profile: Profile) -> dict[str, Known]:
    """Which registers may be relied on for each party on ``day`` (docs/judging.md, what is known)."""
    ages = profile.thresholds["max_age_days"]
    loads = load_history(dict.fromkeys(("licences", "annual_reviews", "blacklist"), 0))
    return {party: Known(**{name: standing(load, day, int(ages[name]), party).known for name, load in loads.items()})
            for party in parties}


# --- one record ------------------------------------------------------------------------------------------------------
@dataclasses.dataclass(frozen=True, kw_only=True)
class Difference:
    """One column that two versions say differently."""

    name: str
    before: Any
    after: Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a record, what it changed against the one before, and the correction that brought it."""

    record: Any
    row: Row
    differences: tuple[Difference, ...]  # empty for the first
    change: ProposedChange | None


def difference(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, names: Iterable[str]
               ) -> tuple[Difference, ...]:
    """The columns in which two rows differ; a row that is missing says nothing in any of them."""
    before, after = before or {}, after or {}
    return tuple(Difference(name=name, before=before.get(name), after=after.get(name)) for name in names
                 if before.get(name) != after.get(name))


def history_of(kind: Kind, versions: Sequence[Any]) -> list[Version]:
    """The versions of one record (newest first) with their differences and sources."""
    numbers = {record.source: int(number) for record in versions if record.source.startswith("change:")
               and (number := record.source.removeprefix("change:")).isdigit()}
    changes = ProposedChange.objects.in_bulk(set(numbers.values()))
    rows = [row_of(kind, record) for record in versions]
    names = [column.name for column in kind.columns]
    return [
        Version(record=record, row=row, change=changes.get(numbers.get(record.source, 0)),
                differences=difference(rows[index + 1], row, names) if index + 1 < len(rows) else ())
        for index, (record, row) in enumerate(zip(versions, rows, strict=True))]


def facts_of(kind: Kind, history: Sequence[Version]) -> list[tuple[str, Any, Version]]:
    """Each column's present value with the version that brought it: ``(name, value, version)``."""
    facts = []
    for column in kind.columns:
        origin = history[0]
        for version in history:
            if version.row.get(column.name) != history[0].row.get(column.name):
                break
            origin = version
        facts.append((column.name, history[0].row.get(column.name), origin))
    return facts


# --- organisations ---------------------------------------------------------------------------------------------------
def party_now(party_id: str) -> Party | None:
    """The organisation as the register has it now."""
    return Party.objects.filter(party_id=party_id, until__isnull=True).first()


def party_names(ids: Iterable[str]) -> dict[str, str]:
    """Names of organisations by id, as far as the actor may see them."""
    wanted = {party_id for party_id in ids if party_id}
    if not wanted:
        return {}
    return dict(Party.objects.filter(party_id__in=wanted, until__isnull=True).values_list("party_id", "name"))


def on_day(day: dt.date) -> Q:
    """Condition: the version that stood on ``day``."""
    return Q(since__lte=day) & (Q(until__isnull=True) | Q(until__gt=day))


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProviderLicence:
    """A licence with its reviews, newest year first."""

    record: Licence
    reviews: list[AnnualReview]


def licences_of(provider_id: str) -> list[ProviderLicence]:
    """A provider's licences now, with their reviews."""
    licences = list(Licence.objects.filter(provider_id=provider_id, until__isnull=True)
                    .order_by("licence_no", "-valid_from")[:200])
    reviews: dict[str, list[AnnualReview]] = {}
    for review in AnnualReview.objects.filter(licence_no__in={licence.licence_no for licence in licences},
                                              until__isnull=True).order_by("-year"):
        reviews.setdefault(review.licence_no, []).append(review)
    return [ProviderLicence(record=licence, reviews=reviews.get(licence.licence_no, [])) for licence in licences]


def chain_of(provider_id: str, *, day: dt.date, profile: Profile) -> Link:
    """The provider and everyone it buys from, as far as the actor may see, each link judged. Rule: Notice §4.1.1"""
    edges = _edges(provider_id)
    ids = set(edges) | {upstream for found in edges.values() for upstream in found}
    facts = _licence_facts(ids, day)
    known = known_registers(ids, day=day, profile=profile)
    year = due_year(day, profile.thresholds["review_deadline"])
    listed = set(BlacklistEntry.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day), on_day(day), kind="provider", value__in=ids,
        decided_on__lte=day).values_list("value", flat=True))
    shown: set[str] = set()

    def link(party_id: str) -> Link:
        findings, unknown, licence_no = judge_provider(
            facts.get(party_id, ()), day=day, year=year, blacklisted=party_id in listed, known=known[party_id])
        again = party_id in shown
        shown.add(party_id)
        upstream = () if again else tuple(link(found) for found in edges.get(party_id, ()))
        return Link(party_id=party_id, findings=findings, unknown=unknown, licence_no=licence_no, upstream=upstream,
                    seen_before=again)

    return link(provider_id)


def upstream_ids(provider_id: str) -> list[str]:
    """Whom a provider buys from, by its present access list: one index probe per upstream, not a scan of the list."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE found(id) AS ("
            " (SELECT upstream_provider_id FROM registers_accessrelation WHERE until IS NULL AND provider_id = %(p)s"
            "  AND upstream_provider_id > '' ORDER BY upstream_provider_id LIMIT 1)"
            " UNION ALL SELECT (SELECT a.upstream_provider_id FROM registers_accessrelation a WHERE a.until IS NULL"
            "  AND a.provider_id = %(p)s AND a.upstream_provider_id > found.id ORDER BY a.upstream_provider_id LIMIT 1)"
            " FROM found WHERE found.id IS NOT NULL)"
            " SELECT id FROM found WHERE id IS NOT NULL LIMIT %(most)s", {"p": provider_id, "most": MOST_LINKS})
        return [row[0] for row in cursor.fetchall()]


def _edges(provider_id: str) -> dict[str, list[str]]:
    edges: dict[str, list[str]] = {}
    waiting = [provider_id]
    while waiting and len(edges) < MOST_LINKS:
        party_id = waiting.pop(0)
        if party_id not in edges:
            edges[party_id] = upstream_ids(party_id)
            waiting += edges[party_id]
    return edges


def _licence_facts(ids: Iterable[str], day: dt.date) -> dict[str, list[LicenceFacts]]:
    licences = list(Licence.objects.filter(on_day(day), provider_id__in=list(ids)))
    reviews: dict[str, dict[int, tuple[str, dt.date | None]]] = {}
    for review in AnnualReview.objects.filter(on_day(day), licence_no__in={licence.licence_no for licence in licences}):
        reviews.setdefault(review.licence_no, {})[review.year] = (review.result, review.decided_on)
    facts: dict[str, list[LicenceFacts]] = {}
    for licence in licences:
        facts.setdefault(licence.provider_id, []).append(LicenceFacts(
            licence_no=licence.licence_no, valid_from=licence.valid_from, valid_to=licence.valid_to,
            status=licence.status, reviews=reviews.get(licence.licence_no, {})))
    return facts
