"""Reads of the registers that several concepts share. Row-level security decides what the actor sees of them."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from licet.core.errors import BadInput
from licet.registers.kinds import KIND_BY_ID, Kind
from licet.registers.loads import Load, load_row
from licet.registers.models import RegisterLoad, UnreadRow


def present(kind: str) -> QuerySet[Any]:
    """The present versions of a register."""
    rows: QuerySet[Any] = KIND_BY_ID[kind].model_class.objects.filter(until__isnull=True)
    return rows


def as_of(kind: str, day: dt.date) -> QuerySet[Any]:
    """What a register said on a day."""
    rows: QuerySet[Any] = KIND_BY_ID[kind].model_class.objects.filter(Q(until__isnull=True) | Q(until__gt=day),
                                                                      since__lte=day)
    return rows


def history(kind: str, key: Mapping[str, Any]) -> QuerySet[Any]:
    """All versions of one record, newest first. ``key`` maps the kind's key columns to values."""
    row = KIND_BY_ID[kind]
    wanted = {row.by_name[name].attribute: key[name] for name in row.key}
    versions: QuerySet[Any] = row.model_class.objects.filter(**wanted).order_by("-since")
    return versions


# A load counts when it took a row, or said that there are none. One that took nothing has said nothing.
COUNTING = ~Q(origin="removed") & (Q(rows_read=0) | Q(rows_rejected__lt=F("rows_read")))
FOR_EVERYBODY = Q(provider_id="", covers=[])


def latest_load(kind: str, *, provider: str = "") -> RegisterLoad | None:
    """The load that speaks for everybody and reflects the latest day; with ``provider`` also one of its own rows."""
    spoken = FOR_EVERYBODY | Q(provider_id=provider) | Q(covers__contains=[provider]) if provider else FOR_EVERYBODY
    return RegisterLoad.objects.filter(COUNTING, spoken, kind=kind).order_by("-as_of", "-id").first()


def is_unread(kind: str, values: Sequence[str]) -> bool:
    """Whether a row that a load could not read names one of these, and was not brought again since."""
    return UnreadRow.objects.filter(kind=kind, value__in=values, until__isnull=True).exists()


def load_history(versions: Mapping[str, int]) -> dict[str, Load]:
    """The days of each register's loads, as the stated actor sees them. ``versions``: register → where it stands."""
    whole: dict[str, set[dt.date]] = {kind: set() for kind in versions}
    of: dict[str, dict[str, set[dt.date]]] = {kind: {} for kind in versions}
    found = RegisterLoad.objects.filter(COUNTING, kind__in=list(versions))
    for kind, day, provider, covers in found.values_list("kind", "as_of", "provider_id", "covers").distinct():
        parties = covers or ([provider] if provider else [])
        if not parties:
            whole[kind].add(day)
        for party in parties:
            of[kind].setdefault(party, set()).add(day)
    return {kind: load_row(version, whole[kind], of[kind]) for kind, version in versions.items()}


@dataclass(frozen=True)
class Page:
    """One page of a long list; ``next`` is handed in again for the rows after it, '' at the end."""

    rows: list[Any]
    next: str


def page_of(rows: QuerySet[Any], kind: str, *, after: str = "", size: int = 50) -> Page:
    """A page of ``rows`` in the order of the natural key. Reading page 10,000 costs what page 1 costs.

    ``after`` is the ``next`` of the page before. Raises :class:`BadInput` for one that was tampered with.
    """
    keys = _key_fields(KIND_BY_ID[kind])
    ordered = rows.order_by(*keys, "pk")
    if after:
        ordered = ordered.filter(_beyond([*keys, "pk"], _unpack(after, len(keys) + 1)))
    found = list(ordered[: size + 1])
    if len(found) <= size:
        return Page(found, "")
    last = found[size - 1]
    return Page(found[:size], _pack([getattr(last, name) for name in [*keys, "pk"]]))


def _key_fields(kind: Kind) -> list[str]:
    return [kind.by_name[name].attribute for name in kind.key]


def _beyond(fields: list[str], values: list[Any]) -> Q:
    """(a, b, c) > (x, y, z), spelled out so that the index on the key serves it."""
    condition, equal = Q(), Q()
    for name, value in zip(fields, values, strict=True):
        condition |= equal & Q(**{f"{name}__gt": value})
        equal &= Q(**{name: value})
    return condition & Q(**{f"{fields[0]}__gte": values[0]})


def _pack(values: list[Any]) -> str:
    text = json.dumps([value.isoformat() if isinstance(value, dt.date) else value for value in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unpack(text: str, length: int) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error) as error:
        raise BadInput("this is no place in the list", hint="begin at the first page") from error
    if not isinstance(values, list) or len(values) != length:
        raise BadInput("this is no place in the list", hint="begin at the first page")
    return values
