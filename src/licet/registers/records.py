"""One register row and its dated versions: read the present one, write the next one.

The rule is that of the imports (docs/decisions/0004-register-versions.md): what a day says is what stood at its end.
A change closes the present version on ``today`` and opens the next; a second change on the same day takes the place of
the day's version, and what it replaced is kept by ``ProposedChange.before`` and the journal's hash.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from licet.parties.services import next_change_seq
from licet.registers.kinds import Kind
from licet.registers.versions import content_hash, lock_register

Row = dict[str, Any]  # column name -> text, list of texts, whole number, or None; dates as ISO text


@dataclasses.dataclass(frozen=True, kw_only=True)
class Written:
    """What a write did: the row before (``None``: new), the row after (``None``: ended)."""

    before: Row | None
    after: Row | None


def row_of(kind: Kind, record: Any) -> Row:
    """The canonical row of a version: its columns as JSON values."""
    return {column.name: _plain(getattr(record, column.attribute)) for column in kind.columns}


def key_of(kind: Kind, row: Mapping[str, Any]) -> Row:
    """The natural key within a row."""
    return {name: row.get(name) for name in kind.key}


def subject_of(kind: Kind, key: Mapping[str, Any]) -> str:
    """The journal's name of a record: ``filings:粤ICP备…``."""
    return f"{kind.id}:{'/'.join(str(key[name]) for name in kind.key)}"[:400]


def owner_of(kind: Kind, row: Mapping[str, Any]) -> str:
    """party_id of the organisation a row is about or belongs to ('' = nobody's, as the blacklist)."""
    if kind.owner_column:
        return str(row.get(kind.owner_column) or "")
    if "provider_id" in kind.by_name:
        return str(row.get("provider_id") or "")
    if kind.id == "annual_reviews":
        return _licence_holder(str(row.get("licence_no") or ""))
    return str(row.get("party_id") or "")


def _licence_holder(licence_no: str) -> str:
    from licet.registers.models import Licence

    found = Licence.objects.filter(licence_no=licence_no, until__isnull=True).order_by("-valid_from").first()
    return found.provider_id if found else ""


def key_filter(kind: Kind, key: Mapping[str, Any]) -> dict[str, Any]:
    """The natural key as a condition on the model."""
    return {kind.by_name[name].attribute: key[name] for name in kind.key}


def present(kind: Kind, key: Mapping[str, Any], *, lock: bool = False) -> Any | None:
    """The present version, locked for the transaction if asked."""
    query = kind.model_class.objects.filter(**key_filter(kind, key), until__isnull=True)
    return (query.select_for_update() if lock else query).first()


def versions_of(kind: Kind, key: Mapping[str, Any]) -> Sequence[Any]:
    """Every version of a record, the newest first."""
    return list(kind.model_class.objects.filter(**key_filter(kind, key)).order_by("-since"))


def write_version(
    kind: Kind, key: Mapping[str, Any], after: Mapping[str, Any] | None, *, source: str, today: dt.date,
    now: dt.datetime,
) -> Written:
    """Write what the register says about ``key`` from ``today`` on; ``after=None`` ends the record.

    The caller holds the transaction and has validated ``after``. A record that ends on the day it began ends the next
    day, so that the day's list still shows it.
    """
    lock_register(kind)
    record = present(kind, key, lock=True)
    before = row_of(kind, record) if record else None
    if after is None:
        if record is not None:
            until = max(today, record.since + dt.timedelta(days=1))
            _save(record, {"until": until, "change_seq": next_change_seq()})
        return Written(before=before, after=None)
    values = {column.attribute: after.get(column.name) for column in kind.columns}
    values |= {"source": source, "recorded_at": now, "content_hash": content_hash(kind, after)}
    if record is not None and record.since < today:
        _save(record, {"until": today, "change_seq": next_change_seq()})
        record = None
    if record is None:  # a version of today that was ended today is reopened: one version per key and day
        record = kind.model_class.objects.filter(**key_filter(kind, key), since__gte=today).order_by("-since").first()
    values["change_seq"] = next_change_seq()
    if record is not None:
        _save(record, {**values, "until": None})
    else:
        kind.model_class.objects.create(**values, since=today, until=None)
    return Written(before=before, after=dict(after))


def _save(record: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(record, name, value)
    record.save(update_fields=list(values))


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [str(part) for part in value]
    return value
