"""Pages of a register: what is asked (filter, search, day), and the rows of one page by keyset.

A page is found through an index whatever the size of the register: it starts after the last row of the page before, and
nothing is counted without a bound.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import ipaddress
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan  # type: ignore[import-untyped, unused-ignore]
from django.db.models.functions import Collate

from licet.core.actors import Actor, Scope
from licet.core.errors import BadInput
from licet.registers.kinds import Kind
from licet.registers.lookups import blocks_around, filings_naming

PAGE_ROWS = 50
LARGEST_COUNT = 10_000
_LAST = "\U0010ffff"  # sorts after every continuation of a beginning
_USCC = re.compile(r"[0-9A-HJ-NP-RT-UW-Y]{18}|rid[01]:.*", re.IGNORECASE)
_DOMAIN = re.compile(r"[^\s/:@]+(\.[^\s/:@]+)+")


@dataclasses.dataclass(frozen=True, kw_only=True)
class View:
    """How the pages show a kind: columns of the list, what a search looks into, what filters it."""

    columns: tuple[str, ...]
    number: str = ""  # column a number or id is searched in
    name: str = ""  # column a name is searched in, by its beginning
    uscc: str = ""
    domain: str = ""
    address: str = ""
    status: str = ""  # closed column offered as a filter
    region: str = ""
    provider: str = ""  # column naming an organisation


VIEWS: Mapping[str, View] = {
    "parties": View(columns=("party_id", "name", "kind", "region", "uscc", "parent_id"), number="party_id", name="name",
                    uscc="uscc", status="kind", region="region"),
    "licences": View(columns=("licence_no", "provider_id", "category", "catalogue_year", "regions", "valid_from",
                              "valid_to", "status"),
                     number="licence_no", status="status", region="regions", provider="provider_id"),
    "annual_reviews": View(columns=("licence_no", "year", "result", "decided_on"), number="licence_no",
                           status="result"),
    "filings": View(columns=("filing_no", "subject_name", "site_name", "domains", "provider_id", "verified_on",
                             "status"),
                    number="filing_no", name="subject_name", uscc="subject_uscc", domain="domains", status="status",
                    provider="provider_id"),
    "access": View(columns=("access_id", "provider_id", "customer_name", "service_kind", "domain", "ip", "filing_no",
                            "upstream_provider_id"),
                   number="access_id", name="customer_name", uscc="customer_uscc", domain="domain", address="ip",
                   status="service_kind", provider="provider_id"),
    "addresses": View(columns=("cidr", "holder_id", "kind", "valid_from", "valid_to"), address="cidr", status="kind",
                      provider="holder_id"),
    "posts": View(columns=("provider_id", "branch", "region", "role", "person", "phone", "valid_to"), name="branch",
                  region="region", provider="provider_id"),
    "blacklist": View(columns=("kind", "value", "ground", "decided_on", "valid_to", "decision_ref"), name="value",
                      status="kind"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """One question to a register. ``day`` None = now."""

    q: str = ""
    provider: str = ""
    status: str = ""
    region: str = ""
    upstream: str = ""
    day: dt.date | None = None
    after: str = ""  # cursor of the last row of the page before

    def parameters(self) -> dict[str, str]:
        """What goes into an address to ask the same again, without the cursor."""
        values = {"q": self.q, "provider": self.provider, "status": self.status, "region": self.region,
                  "upstream": self.upstream, "as_of": self.day.isoformat() if self.day else ""}
        return {name: value for name, value in values.items() if value}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """One page of rows; ``after`` is the cursor of the next page, '' on the last."""

    rows: list[Any]
    after: str
    searched: str  # column the search looked into, '' without a search


def read_question(kind: Kind, values: Mapping[str, str]) -> Asked:
    """The question an address asks. Raises :class:`BadInput` for a day that is none."""
    text = {name: str(values.get(name, "")).strip()[:300]
            for name in ("q", "provider", "status", "region", "upstream", "after")}
    day = str(values.get("as_of", "")).strip()
    try:
        parsed = dt.date.fromisoformat(day) if day else None
    except ValueError:
        raise BadInput(f"{day!r} is not a day", hint="write it as 2026-03-02") from None
    view = VIEWS[kind.id]
    if not view.status:
        text["status"] = ""
    return Asked(day=parsed, **text)


def searched_column(kind: Kind, text: str) -> str:
    """Which column a search looks into: decided by what the text looks like, so that one index answers it."""
    view = VIEWS[kind.id]
    if not text:
        return ""
    if view.address and _is_address(text):
        return view.address
    if view.uscc and _USCC.fullmatch(text):
        return view.uscc
    if view.domain and _DOMAIN.fullmatch(text):
        return view.domain
    if view.number and (not view.name or _looks_like_number(text)):
        return view.number
    return view.name or view.number or view.provider


def question(kind: Kind, asked: Asked, actor: Actor) -> QuerySet[Any]:
    """The rows asked for, in the order of their natural key (or of the name searched), without a limit."""
    rows = kind.model_class.objects.filter(_on(asked.day))
    # PostgreSQL hides other organisations' rows by itself; saying it here too lets it use the owner's index.
    if kind.owner_column and actor.scope is Scope.ORGANISATION:
        rows = rows.filter(**_is_one_of(kind.by_name[kind.owner_column].attribute, actor.organisations))
    view = VIEWS[kind.id]
    if asked.provider and view.provider:
        rows = rows.filter(**{view.provider: asked.provider})
    if asked.status and view.status:
        rows = rows.filter(**{view.status: asked.status})
    if asked.upstream and kind.id == "access":
        rows = rows.filter(upstream_provider_id=asked.upstream)
    if asked.region and view.region:
        column = kind.by_name[view.region]
        rows = rows.filter(**({f"{view.region}__overlap": [asked.region, "*"]} if column.is_list
                              else {view.region: asked.region}))
    rows = _search(kind, asked.q, rows)
    return rows.order_by(*_order(kind, asked))


def page(kind: Kind, asked: Asked, actor: Actor, *, rows: int = PAGE_ROWS) -> Page:
    """One page of the register. Raises :class:`BadInput` for a cursor that was not made here."""
    query = question(kind, asked, actor)
    if asked.after:
        query = query.filter(TupleGreaterThan(Tuple(*_order(kind, asked)), _read_cursor(kind, asked)))
    found = list(query[: rows + 1])
    more = len(found) > rows
    return Page(rows=found[:rows], after=_cursor(kind, asked, found[rows - 1]) if more else "",
                searched=searched_column(kind, asked.q))


def bounded_count(query: QuerySet[Any], largest: int = LARGEST_COUNT) -> int:
    """How many rows, counted up to ``largest`` + 1."""
    return int(query.order_by()[: largest + 1].count())


def _on(day: dt.date | None) -> Q:
    if day is None:
        return Q(until__isnull=True)
    return Q(since__lte=day) & (Q(until__isnull=True) | Q(until__gt=day))


def _is_one_of(attribute: str, values: tuple[str, ...]) -> dict[str, Any]:
    return {attribute: values[0]} if len(values) == 1 else {f"{attribute}__in": list(values)}


def _search(kind: Kind, text: str, rows: QuerySet[Any]) -> QuerySet[Any]:  # noqa: PLR0911 (one per column type)
    name = searched_column(kind, text)
    if not name:
        return rows
    column, view = kind.by_name[name], VIEWS[kind.id]
    if column.type in {"cidr", "cidrs"}:
        return rows.filter(cidr__in=blocks_around([text]))
    if column.type == "domains":
        return rows.filter(pk__in=filings_naming([text.lower()]))
    if column.type in {"ip", "domain"}:
        return rows.filter(**{name: text.lower()})
    if column.type == "sponsor" and name == view.uscc:
        return rows.filter(**{name: text.upper() if not text.startswith("rid") else text})
    if _by_beginning(kind, text):
        beginning: QuerySet[Any] = rows.alias(beginning=Collate(column.attribute, "C")).filter(
            beginning__gte=text, beginning__lt=text + _LAST)
        return beginning
    if _is_bytewise():
        return rows.filter(**{f"{column.attribute}__gte": text, f"{column.attribute}__lt": text + _LAST})
    return rows.filter(**{f"{column.attribute}__startswith": text})


@functools.lru_cache(maxsize=1)
def _is_bytewise() -> bool:
    """Whether the database sorts texts by their bytes, so that a beginning is a range.

    LIKE would say the same in any database, but under row-level security PostgreSQL does not let it use an index.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT datcollate FROM pg_database WHERE datname = current_database()")
        return str(cursor.fetchone()[0]).upper().replace("-", "") in {"C", "POSIX", "C.UTF8"}


def _by_beginning(kind: Kind, text: str) -> bool:
    """The search walks the index of a name, so the rows come in the order of that name."""
    view = VIEWS[kind.id]
    return bool(view.name) and searched_column(kind, text) == view.name and kind.id != "posts"


def _order(kind: Kind, asked: Asked) -> list[Any]:
    attributes = [F(kind.by_name[name].attribute) for name in kind.key]
    if asked.q and _by_beginning(kind, asked.q):
        return [Collate(kind.by_name[VIEWS[kind.id].name].attribute, "C"), *attributes]
    return list(attributes)


def _cursor(kind: Kind, asked: Asked, record: Any) -> str:
    names = [kind.by_name[name].attribute for name in kind.key]
    if asked.q and _by_beginning(kind, asked.q):
        names.insert(0, kind.by_name[VIEWS[kind.id].name].attribute)
    values = [str(getattr(record, name)) for name in names]
    return urlsafe_b64encode(json.dumps(values, ensure_ascii=False).encode()).decode().rstrip("=")


def _read_cursor(kind: Kind, asked: Asked) -> tuple[str, ...]:
    try:
        values = json.loads(urlsafe_b64decode(asked.after + "=" * (-len(asked.after) % 4)))
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != len(_order(kind, asked)) or not all(
            isinstance(value, str) for value in values):
        raise BadInput("this page address is incomplete", hint="start again from the first page")
    return tuple(values)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _looks_like_number(text: str) -> bool:
    return any(char.isascii() and char.isdigit() for char in text) or "-" in text or "_" in text
