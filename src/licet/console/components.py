"""What the component templates take: small frozen rows that views fill and templates draw.

Grain: one object = one thing on the page. All texts are ready to show (translated); addresses are complete.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

from django.http import HttpRequest
from django.utils.functional import Promise

Text = str | Promise


@dataclasses.dataclass(frozen=True, kw_only=True)
class Column:
    """Head of one column. ``kind``: '' text, 'num' right-aligned figures, 'fit' as narrow as possible, 'long'."""

    label: Text
    kind: str = ""
    term: str = ""  # key of the profile's terms: the official word appears on hover and focus


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell: text, a state badge, or both; ``sub`` is a second, quieter line."""

    text: object = ""
    state: str = ""  # drawn as a state badge before the text
    url: str = ""
    sub: object = ""
    mono: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One record of a queue. The first cell carries the link that Enter opens."""

    cells: Sequence[Cell]
    url: str = ""
    key: str = ""  # value of the row's checkbox when the table is selectable
    act_url: str = ""  # what the key e opens for this row


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fact:
    """One fact of a record: what, where it came from (import, change, register) and when."""

    label: Text
    value: object
    state: str = ""
    url: str = ""
    term: str = ""
    source: object = ""
    source_url: str = ""
    on: dt.date | dt.datetime | None = None
    mono: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """One event of a timeline: when, what, who, why."""

    at: dt.date | dt.datetime
    what: object
    who: object = ""
    why: object = ""
    url: str = ""
    tone: str = ""  # permit, refer, deny or ''


@dataclasses.dataclass(frozen=True, kw_only=True)
class Option:
    """One value a filter can take."""

    label: Text
    url: str
    current: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chip:
    """One part of the filter sentence. With ``options`` it is a choice, without it a text or date to fill in."""

    name: str  # parameter in the address
    label: Text
    value: object = ""  # what is chosen, in words; '' = not filtered
    options: Sequence[Option] = ()
    raw: str = ""  # the parameter's value, for a text or date chip
    input_type: str = "text"
    clear_url: str = ""
    keep: Sequence[tuple[str, str]] = ()  # other parameters a text chip's form carries along


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pager:
    """Keyset pages: no page numbers, no total."""

    newer_url: str = ""
    older_url: str = ""
    text: Text = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Link:
    """A crumb, a tab or an action. ``kind`` of an action: '', primary, danger."""

    label: Text
    url: str = ""
    current: bool = False
    count: int | None = None
    kind: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stat:
    """A number with its denominator, linked to the records it counts."""

    label: Text
    value: object
    of: object = ""  # the denominator, in words or digits
    url: str = ""
    state: str = ""  # a state whose shape and tone mark the number
    note: object = ""


PAGE_PARAMETERS = ("after", "before", "cursor")


def address_with(request: HttpRequest, changes: Mapping[str, str | None]) -> str:
    """This page's address with some parameters changed; '' or None removes one. Page cursors are dropped."""
    query = request.GET.copy()
    for name in PAGE_PARAMETERS:
        query.pop(name, None)
    for name, value in changes.items():
        if value:
            query[name] = value
        else:
            query.pop(name, None)
    text = query.urlencode()
    return f"{request.path}?{text}" if text else request.path


def choice_chip(request: HttpRequest, name: str, label: Text, choices: Sequence[tuple[str, Text]], *,
                anything: Text = "") -> Chip:
    """A chip for one of ``choices`` (value, word); ``anything`` is the word for no filter, if that is possible."""
    current = request.GET.get(name, "")
    options = [Option(label=anything, url=address_with(request, {name: None}), current=not current)] if anything else []
    options += [Option(label=word, url=address_with(request, {name: value}), current=value == current)
                for value, word in choices]
    chosen = next((word for value, word in choices if value == current), "")
    return Chip(name=name, label=label, value=chosen, options=options, raw=current,
                clear_url=address_with(request, {name: None}) if chosen and anything else "")


def text_chip(request: HttpRequest, name: str, label: Text, *, input_type: str = "text", value: object = "") -> Chip:
    """A chip with a box to fill in; ``input_type`` as in HTML (text, date, number)."""
    current = request.GET.get(name, "")
    keep = [(key, str(text)) for key, text in request.GET.items() if key != name and key not in PAGE_PARAMETERS]
    return Chip(name=name, label=label, value=value or current, raw=current, input_type=input_type, keep=keep,
                clear_url=address_with(request, {name: None}) if current else "")
