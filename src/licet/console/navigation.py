"""The side navigation: one frozen table. A row whose page does not exist (yet) or may not be seen is not drawn."""

from __future__ import annotations

import dataclasses

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from licet.core.actors import Actor
from licet.parties.selectors import permissions_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """One row. ``permission`` '' = everybody signed in; ``primary`` (at most four) = in the phone's bottom bar."""

    id: str
    label: str | Promise
    url_name: str
    url_args: tuple[str, ...] = ()
    permission: str = ""
    concept: str
    group: str | Promise = ""
    icon: str
    primary: bool = False
    exact: bool = False  # current only on exactly this address


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """An entry somebody may go to."""

    entry: Entry
    url: str
    current: bool


_REGISTERS = _("Registers")
_KEEPING = _("Keeping")

ENTRIES: tuple[Entry, ...] = (
    Entry(id="home", label=_("Overview"), url_name="home", concept="console", icon="home", primary=True, exact=True),
    Entry(id="cases", label=_("Cases"), url_name="case_queue", permission="cases.read", concept="casework", icon="cases",
          primary=True),
    Entry(id="evidence", label=_("Evidence"), url_name="evidence_list", permission="cases.read", concept="evidence",
          icon="evidence"),
    Entry(id="hotline", label=_("Reports"), url_name="hotline_queue", permission="cases.read", concept="hotline",
          icon="warning"),
    Entry(id="referrals", label=_("Referrals"), url_name="referral_list", permission="cases.read", concept="referrals",
          icon="refer"),
    Entry(id="measures", label=_("Measures"), url_name="measure_board", permission="cases.read", concept="casework",
          icon="measures"),
    Entry(id="orders", label=_("Orders"), url_name="order_board", permission="orders.read", concept="orders",
          icon="orders"),
    Entry(id="appeals", label=_("Appeals"), url_name="appeal_list", permission="cases.read", concept="casework",
          icon="appeals"),
    Entry(id="notices", label=_("Letters"), url_name="notice_list", permission="notices.read", concept="notices",
          icon="letter"),
    Entry(id="standing", label=_("Standing"), url_name="standing_overview", permission="registers.read",
          concept="standing", icon="standing"),
    Entry(id="gate", label=_("Gate"), url_name="gate_check", permission="gate.ask", concept="gate", icon="gate",
          primary=True),
    Entry(id="sweeps", label=_("Sweeps"), url_name="sweep_list", permission="sweeps.read", concept="sweeps",
          icon="sweep"),
    Entry(id="registers", label=_("All registers"), url_name="register_index", permission="registers.read",
          concept="registers", group=_REGISTERS, icon="registers", primary=True, exact=True),
    Entry(id="parties", label=_("Organisations"), url_name="register_list", url_args=("parties",),
          permission="registers.read", concept="registers", group=_REGISTERS, icon="dot"),
    Entry(id="licences", label=_("Licences"), url_name="register_list", url_args=("licences",),
          permission="registers.read", concept="registers", group=_REGISTERS, icon="dot"),
    Entry(id="annual_reviews", label=_("Annual reviews"), url_name="register_list", url_args=("annual_reviews",),
          permission="registers.read", concept="registers", group=_REGISTERS, icon="dot"),
    Entry(id="filings", label=_("Filings"), url_name="register_list", url_args=("filings",),
          permission="registers.read", concept="registers", group=_REGISTERS, icon="dot"),
    Entry(id="access", label=_("Access relations"), url_name="register_list", url_args=("access",),
          permission="registers.read", concept="registers", group=_REGISTERS, icon="dot"),
    Entry(id="addresses", label=_("Address blocks"), url_name="register_list", url_args=("addresses",),
          permission="registers.read", concept="registers", group=_REGISTERS, icon="dot"),
    Entry(id="posts", label=_("Duty posts"), url_name="register_list", url_args=("posts",),
          permission="registers.read", concept="registers", group=_REGISTERS, icon="dot"),
    Entry(id="blacklist", label=_("Blacklist"), url_name="register_list", url_args=("blacklist",),
          permission="registers.read", concept="registers", group=_REGISTERS, icon="dot"),
    Entry(id="changes", label=_("Proposed changes"), url_name="change_list", permission="registers.read",
          concept="registers", group=_KEEPING, icon="changes"),
    Entry(id="loads", label=_("Loads"), url_name="load_list", permission="registers.read", concept="registers",
          group=_KEEPING, icon="import"),
    Entry(id="journal", label=_("Journal"), url_name="journal_list", permission="journal.read", concept="journal",
          group=_KEEPING, icon="journal"),
    Entry(id="people", label=_("People"), url_name="people", permission="people.manage", concept="console",
          group=_KEEPING, icon="people"),
)


def address_of(entry: Entry) -> str:
    """The entry's address, '' while no page has that name."""
    try:
        return reverse(entry.url_name, args=entry.url_args)
    except NoReverseMatch:
        return ""


def _is_current(entry: Entry, url: str, path: str) -> bool:
    return path == url if entry.exact else path.startswith(url)


def places_for(actor: Actor, path: str) -> list[Place]:
    """The entries ``actor`` may go to, the one that shows ``path`` marked."""
    allowed = permissions_of(actor)
    places = []
    for entry in ENTRIES:
        url = address_of(entry)
        if url and (not entry.permission or entry.permission in allowed):
            places.append(Place(entry=entry, url=url, current=_is_current(entry, url, path)))
    return places
