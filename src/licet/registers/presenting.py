"""Register values in the words of the page's language: labels, closed values, regions, organisations, links."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from licet.config.profile import load_profile
from licet.console.components import Cell, Event, Fact, Row
from licet.console.components import Column as Head
from licet.core.language import in_language, is_chinese, language
from licet.grounds.tables import GROUNDS
from licet.registers.kinds import Column, Kind
from licet.registers.listing import VIEWS
from licet.registers.overviews import Difference, Version, party_names

_NARROW = {"date", "year", "choice", "ip", "cidr"}
_MONO = {"filing_no", "licence_no", "ip", "cidr", "cidrs", "sponsor", "code"}
# The page's words for official terms (profile, [terms]).
_TERMS = {"licence_no": "licence", "filing_no": "filing", "result": "annual_review"}
FINDINGS = {
    "provider_unlicensed": lambda: _("No licence on record"),
    "licence_expired": lambda: _("No licence is valid on this day"),
    "licence_suspended_or_revoked": lambda: _("Licence suspended or revoked"),
    "annual_review_failed": lambda: _("Annual review failed: counts as unlicensed"),
    "blacklisted_provider": lambda: _("On the blacklist"),
}


def label(named: Any) -> str:
    """The label of a kind, column or closed value in the page's language."""
    return in_language(named)


def official(named: Any) -> str:
    """The other language's word, for the tooltip."""
    return str(named.en if is_chinese() else named.zh)


def shown(  # noqa: PLR0911 (one per column type)
    column: Column, value: Any, names: Mapping[str, str] | None = None
) -> str:
    """A canonical value in words."""
    if value in (None, "", []):
        return "–"
    if column.type in {"region", "regions"}:
        return "、".join(region_name(code) for code in ([value] if isinstance(value, str) else value))
    if column.type == "ground":
        return next((label(ground) for ground in GROUNDS if ground.id == value), str(value))
    if column.values:
        return next((label(row) for row in column.values if row.id == value), str(value))
    if column.type == "party" and column.name != "party_id":  # an organisation's own record shows its id
        return (names or {}).get(str(value), str(value))
    if column.name == "valid_from" and str(value) == "0001-01-01":
        return _("since ever")
    if isinstance(value, list | tuple):
        return " ".join(str(part) for part in value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def region_name(code: str) -> str:
    """A region's name."""
    row = load_profile().regions["regions"].get(code)
    return str(row[language()]) if row else code


def party_ids(kind: Kind, rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """Organisations the rows name."""
    columns = [column.name for column in kind.columns if column.type == "party"]
    return {str(row[name]) for row in rows for name in columns if row.get(name)}


def list_heads(kind: Kind) -> list[Head]:
    """Heads of the list's columns."""
    columns = [kind.by_name[name] for name in VIEWS[kind.id].columns]
    return [
        Head(label=label(column), kind="fit" if column.type in _NARROW else "", term=_TERMS.get(column.name, ""))
        for column in columns
    ]


def list_rows(kind: Kind, records: Sequence[Any], *, may_correct: bool) -> list[Row]:
    """The rows of a list, the first cell linked to the record."""
    columns = [kind.by_name[name] for name in VIEWS[kind.id].columns]
    names = party_names(
        str(getattr(record, column.attribute)) for record in records for column in columns if column.type == "party"
    )
    rows = []
    for record in records:
        url = reverse("register_record", args=[kind.id, record.pk])
        cells = [_cell(column, getattr(record, column.attribute), names) for column in columns]
        rows.append(Row(cells=cells, url=url, key=str(record.pk), act_url=f"{url}#correct" if may_correct else ""))
    return rows


def _cell(column: Column, value: Any, names: Mapping[str, str]) -> Cell:
    if column.name in {"status", "result"}:
        return Cell(state=str(value))
    if column.is_list and value and len(value) > 2:
        more = _("and %(count)s more") % {"count": len(value) - 2}
        return Cell(text=shown(column, value[:2], names), sub=more, mono=column.type in _MONO)
    text = shown(column, value, names)
    sub = str(value) if column.type == "party" and text not in {str(value), "–"} else ""
    return Cell(text=text, sub=sub, mono=column.type in _MONO)


def facts(kind: Kind, found: Sequence[tuple[str, Any, Version]]) -> list[Fact]:
    """Each value of a record with where it came from and since when."""
    names = party_names(str(value) for name, value, _version in found if kind.by_name[name].type == "party")
    rows = []
    for name, value, version in found:
        column = kind.by_name[name]
        source, url = source_of(version)
        party = column.type == "party" and value
        rows.append(
            Fact(
                label=label(column),
                value="" if name in {"status", "result"} else shown(column, value, names),
                url=reverse("provider_record", args=[value]) if party else "",
                state=str(value) if column.name in {"status", "result"} else "",
                term=_TERMS.get(name, ""),
                source=source,
                source_url=url,
                on=version.record.since,
                mono=column.type in _MONO,
            )
        )
    return rows


def source_of(version: Version) -> tuple[str, str]:
    """What brought a version, in words, with its address."""
    if version.change is not None:
        return _("correction %(number)s") % {"number": version.change.pk}, reverse("change", args=[version.change.pk])
    kind, _sep, number = str(version.record.source).partition(":")
    if kind == "import":
        return _("load %(number)s") % {"number": number}, reverse("load_list")
    return str(version.record.source), ""


def changed_text(kind: Kind, differences: Sequence[Difference], names: Mapping[str, str]) -> str:
    """Differences as one sentence: ``Status: Active → Suspended``."""
    return "; ".join(
        f"{label(kind.by_name[row.name])}: {shown(kind.by_name[row.name], row.before, names)} → "
        f"{shown(kind.by_name[row.name], row.after, names)}"
        for row in differences
    )


def version_events(kind: Kind, history: Sequence[Version], people: Mapping[int, str]) -> list[Event]:
    """Every version as an event, the end of the record first when it ended."""
    names = party_names(party_ids(kind, (version.row for version in history)))
    events = []
    if history and history[0].record.until is not None:
        events.append(Event(at=history[0].record.until, what=_("The record ended"), tone="deny"))
    for version in history:
        what = changed_text(kind, version.differences, names) if version.differences else _("The record began")
        source, url = source_of(version)
        who = people.get(version.change.proposed_by, "") if version.change else ""
        events.append(
            Event(
                at=version.record.since,
                what=what,
                who=" · ".join(part for part in (source, who) if part),
                why=version.change.reason if version.change else "",
                url=url,
            )
        )
    return events
