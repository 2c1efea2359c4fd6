"""How fresh and complete a provider's own data are (0 to 100), which duty posts nobody fills. Rule: Notice §4.1.1"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Exists, Max, OuterRef, Q

from licet.config.profile import Profile
from licet.parties.models import Party, Post
from licet.registers.kinds import KIND_BY_ID, Kind
from licet.registers.models import AccessRelation, Filing, RegisterLoad
from licet.registers.selectors import COUNTING, FOR_EVERYBODY

FRESH_KINDS = ("filings", "access", "addresses", "posts")  # what a provider hands in
FILLED_KINDS = ("filings", "access")
PROVIDER_KINDS = ("carrier", "access_provider")
WEIGHTS = {"fresh": 40, "filled": 40, "posts": 20}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Freshness:
    """When a provider last handed in one register. ``days`` None = never; ``marks`` 0 to 1."""

    kind: str
    as_of: dt.date | None
    days: int | None
    marks: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProviderScore:
    """The score of one provider on a day and what it is made of, so that the provider can see where it lost points."""

    provider_id: str
    day: dt.date
    score: int
    freshness: tuple[Freshness, ...]
    filled: dict[str, float | None]  # register -> share of cells filled; None: no rows
    filled_columns: dict[str, dict[str, float]]  # register -> column -> share
    posts: int
    posts_missing: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class MissingPost:
    """A duty post nobody fills.

    ``reason``: vacant (no person named), expired (their time is over), none (the provider has no post at all).
    """

    provider_id: str
    provider_name: str
    branch: str
    role: str
    region: str
    reason: str
    since: dt.date | None  # first day on which nobody filled it, when known


def freshness_marks(days: int | None, thresholds: dict[str, Any]) -> float:
    """1 up to ``fresh`` days, 0 from ``dead`` days, linear between; 0 if never handed in. Rule: Notice §4.1.1"""
    if days is None:
        return 0.0
    fresh, dead = int(thresholds["fresh"]), int(thresholds["dead"])
    return min(1.0, max(0.0, (dead - days) / (dead - fresh)))


def combine(fresh: Sequence[float], filled: Sequence[float], posts: int, missing: int) -> int:
    """The score: 40 × mean freshness + 40 × mean share of filled cells + 20 × share of duty posts filled.

    ``fresh``: marks per register (:func:`freshness_marks`). ``filled``: shares per register that has rows. No rows at
    all and no posts at all give none of their points: a provider that hands in nothing is not complete.

    Rule: Notice §4.1.1
    """
    parts = {"fresh": sum(fresh) / len(fresh) if fresh else 0.0, "filled": sum(filled) / len(filled) if filled else 0.0,
             "posts": (posts - missing) / posts if posts else 0.0}
    return round(sum(WEIGHTS[name] * value for name, value in parts.items()))


def provider_score(provider_id: str, day: dt.date, profile: Profile) -> ProviderScore:
    """The score of a provider from what the registers hold on ``day`` (as the stated actor sees them)."""
    thresholds = profile.thresholds["freshness"]
    fresh = tuple(_freshness(provider_id, kind, day, thresholds) for kind in FRESH_KINDS)
    columns = {kind: _filled(KIND_BY_ID[kind], provider_id, day) for kind in FILLED_KINDS}
    filled = {kind: sum(shares.values()) / len(shares) if shares else None for kind, shares in columns.items()}
    posts, missing = _posts(provider_id, day)
    score = combine([item.marks for item in fresh], [share for share in filled.values() if share is not None], posts,
                    missing)
    return ProviderScore(provider_id=provider_id, day=day, score=score, freshness=fresh, filled=filled,
                         filled_columns=columns, posts=posts, posts_missing=missing)


def _freshness(provider_id: str, kind: str, day: dt.date, thresholds: dict[str, Any]) -> Freshness:
    """Loads of the provider's own rows, and loads of the whole register if the provider has rows in it."""
    counting = RegisterLoad.objects.filter(COUNTING, kind=kind, as_of__lte=day)
    loads = counting.filter(Q(provider_id=provider_id) | Q(covers__contains=[provider_id]))
    latest = loads.aggregate(latest=Max("as_of"))["latest"]
    row = KIND_BY_ID[kind]
    if row.model_class.objects.filter(**{row.owner_column: provider_id}, until__isnull=True).exists():
        whole = counting.filter(FOR_EVERYBODY).aggregate(latest=Max("as_of"))
        latest = max(filter(None, (latest, whole["latest"])), default=None)
    days = (day - latest).days if latest else None
    return Freshness(kind=kind, as_of=latest, days=days, marks=freshness_marks(days, thresholds))


def _filled(kind: Kind, provider_id: str, day: dt.date) -> dict[str, float]:
    """Share of the provider's rows in which each column is filled; empty when there are no rows."""
    columns = [column for column in kind.columns if column.name != "upstream_provider_id"]  # blank = buys from nobody
    counts = ", ".join(f"count(*) FILTER (WHERE {_is_filled(column.attribute, column.type, column.is_list)})"
                       for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), {counts} FROM {kind.model_class._meta.db_table}"
                       f" WHERE {kind.owner_column} = %s AND since <= %s AND (until IS NULL OR until > %s)",
                       [provider_id, day, day])
        total, *found = cursor.fetchone()
    return {column.name: count / total for column, count in zip(columns, found, strict=True)} if total else {}


def _is_filled(name: str, column_type: str, is_list: bool) -> str:
    if is_list:
        return f"cardinality({name}) > 0"
    return f"{name} IS NOT NULL" if column_type in {"date", "ip", "cidr", "year"} else f"{name} <> ''"


def _in_force(day: dt.date) -> Q:
    return Q(since__lte=day) & (Q(until__isnull=True) | Q(until__gt=day))


def _posts(provider_id: str, day: dt.date) -> tuple[int, int]:
    """How many posts (branch and role) a provider has, and how many of them nobody fills on ``day``."""
    posts = Post.objects.filter(_in_force(day), provider_id=provider_id).values("branch", "role").distinct()
    return posts.count(), len(_unfilled(day, provider_id))


def missing_posts(day: dt.date, *, provider_id: str = "") -> list[MissingPost]:
    """Duty posts nobody fills on ``day``, and providers that use the registers without any post. Rule: Notice §4.2.2

    Row-level security limits it to what the stated actor may see.
    """
    names = dict(_providers(day, provider_id).values_list("party_id", "name"))
    found = [dataclasses.replace(post, provider_name=names.get(post.provider_id, post.provider_id))
             for post in _unfilled(day, provider_id)]
    with_posts = Post.objects.filter(_in_force(day), provider_id=OuterRef("party_id"))
    bare = _providers(day, provider_id).filter(~Exists(with_posts)).order_by("party_id")
    return found + [MissingPost(provider_id=party.party_id, provider_name=party.name, branch="", role="",
                                region=party.region, reason="none", since=None) for party in bare]


def _providers(day: dt.date, provider_id: str) -> Any:
    """Carriers and access providers that have rows the actor sees."""
    rows = Party.objects.filter(_in_force(day), kind__in=PROVIDER_KINDS)
    if provider_id:
        return rows.filter(party_id=provider_id)
    owned = {"provider_id": OuterRef("party_id"), "until__isnull": True}
    return rows.filter(Exists(Filing.objects.filter(**owned)) | Exists(AccessRelation.objects.filter(**owned))
                       | Exists(Post.objects.filter(**owned)))


def _unfilled(day: dt.date, provider_id: str) -> list[MissingPost]:
    """Posts (provider, branch, role) of which no row names a person who is in office on ``day``."""
    rows = Post.objects.filter(_in_force(day))
    if provider_id:
        rows = rows.filter(provider_id=provider_id)
    in_office = ~Q(person="") & (Q(valid_from__isnull=True) | Q(valid_from__lte=day)) & (
        Q(valid_to__isnull=True) | Q(valid_to__gte=day))
    filled = rows.filter(in_office, provider_id=OuterRef("provider_id"), branch=OuterRef("branch"),
                         role=OuterRef("role"))
    groups = (rows.filter(~Exists(filled)).values("provider_id", "branch", "role")
              .annotate(region=Max("region"), person=Max("person"), last=Max("valid_to"))
              .order_by("provider_id", "branch", "role"))
    return [MissingPost(provider_id=group["provider_id"], provider_name="", branch=group["branch"], role=group["role"],
                        region=group["region"], reason="expired" if group["person"] else "vacant",
                        since=group["last"] + dt.timedelta(days=1) if group["person"] and group["last"] else None)
            for group in groups]
