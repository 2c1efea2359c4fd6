"""What the pages of evidence show, as the components' rows."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from licet.console.components import Cell, Column, Event, Fact, Row
from licet.evidence import selectors
from licet.evidence.looks import kind_word, said
from licet.evidence.models import Bag, Custody, Item, Stamp

_TONES = {"disposed": "deny", "viewed": "refer", "downloaded": "refer", "held": "refer"}


def stamp_state(stamps: list[Stamp]) -> str:
    """How far an item's time stamps are."""
    if not stamps or any(stamp.token is None for stamp in stamps):
        return "evidence-unstamped"
    return "evidence-stamped" if all(stamp.trusted for stamp in stamps) else "evidence-unvouched"


def item_columns() -> list[Column]:
    """Columns of :func:`item_rows`."""
    return [Column(label=_("Item"), kind="fit"), Column(label=_("What it is")), Column(label=_("Kind"), kind="fit"),
            Column(label=_("Content"), kind="fit"), Column(label=_("Time stamp"), kind="fit"),
            Column(label=_("Added"), kind="fit")]


def item_rows(number: str) -> list[Row]:
    """The items of a case; the stamps of all of them in one query."""
    items = list(selectors.items_of(number))
    stamps: dict[int, list[Stamp]] = {}
    for stamp in Stamp.objects.filter(item__in=items).order_by("pk"):
        stamps.setdefault(stamp.item_id, []).append(stamp)
    return [Row(url=reverse("evidence_item", args=[item.ref]), cells=[
        Cell(text=item.ref, mono=True), Cell(text=item.title, sub=item.url), Cell(text=kind_word(item.kind)),
        Cell(state=f"evidence-{item.content}", text=size(item)), Cell(state=stamp_state(stamps.get(item.pk, []))),
        Cell(text=item.added_at)]) for item in items]


def bag_columns() -> list[Column]:
    """Columns of :func:`bag_rows`."""
    return [Column(label=_("Bag"), kind="fit"), Column(label=_("State"), kind="fit"), Column(label=_("Purpose")),
            Column(label=_("Items"), kind="num"), Column(label=_("Asked for"), kind="fit")]


def bag_rows(number: str) -> list[Row]:
    """The bags of a case."""
    return [Row(url=reverse("evidence_bag", args=[bag.ref]), cells=[
        Cell(text=bag.ref, mono=True), Cell(state=f"bag-{bag.state}"), Cell(text=bag.purpose), Cell(text=len(bag.items)),
        Cell(text=bag.requested_at)]) for bag in selectors.bags_of(number)]


def size(item: Item | Bag) -> str:
    """Bytes as people read them, '' for none."""
    return str(filesizeformat(item.bytes)) if item.bytes else " "


def facts(item: Item) -> list[Fact]:
    """What is known of an item."""
    rows = [Fact(label=_("SHA-256"), value=item.sha256, mono=True), Fact(label=_("Kind"), value=kind_word(item.kind))]
    if item.content != "hash_only":
        rows += [Fact(label=_("Type, by its content"), value=item.media_type), Fact(label=_("Size"), value=size(item))]
    rows += [Fact(label=_("Found at"), value=item.url, mono=True), Fact(label=_("Name as handed in"), value=item.file_name),
             Fact(label=_("Added by"), value=names([item.added_by]).get(item.added_by, item.added_by), on=item.added_at)]
    if item.captured_at:
        rows.append(Fact(label=_("Seen"), value=item.captured_at))
    return rows


def stamp_facts(item: Item) -> list[Fact]:
    """The item's time stamps, waiting ones too."""
    rows = []
    for stamp in selectors.stamps_of(item):
        value = _("attests %(serial)s") % {"serial": stamp.serial} if stamp.token else stamp.problem
        rows.append(Fact(label=stamp.authority, value=value, state=stamp_state([stamp]), on=stamp.stamped_at))
    return rows


def custody(rows: list[Custody]) -> list[Event]:
    """The custody log as a timeline."""
    known = names([row.actor for row in rows])
    return [Event(at=row.at, what=said(row.action, row.result), who=known.get(row.actor, row.actor),
                  why=row.purpose, url=reverse("journal_entry", args=[row.journal_seq]),
                  tone=_TONES.get(row.action, "")) for row in rows]


def names(actors: list[str]) -> dict[str, str]:
    """User names behind ``user:12``."""
    ids = {int(actor[5:]) for actor in actors if actor.startswith("user:") and actor[5:].isdigit()}
    users: Any = get_user_model().objects.filter(pk__in=ids)
    return {f"user:{user.pk}": user.get_username() for user in users}
