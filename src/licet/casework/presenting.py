"""The queue as components: rows, the sentence of its filters, saved queues with their counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licet.casework import listing, wording
from licet.casework.listing import COUNTED, EVERY_DESK, Asked
from licet.casework.models import Case, SavedQueue
from licet.casework.thresholds import thresholds
from licet.config.profile import load_profile
from licet.console.components import Cell, Chip, Column, Link, Row, choice_chip, text_chip
from licet.core.actors import Actor, Scope
from licet.core.language import language
from licet.grounds.tables import GROUNDS
from licet.parties.models import Party


def people_names(ids: Iterable[int | None]) -> dict[int, str]:
    """User names by id."""
    wanted = {number for number in ids if number}
    users = get_user_model().objects.filter(pk__in=wanted) if wanted else []
    return {user.pk: user.get_username() for user in users}


def party_names(ids: Iterable[str]) -> dict[str, str]:
    """Names of organisations by id, as far as the actor may see them."""
    wanted = {party_id for party_id in ids if party_id}
    if not wanted:
        return {}
    return dict(Party.objects.filter(party_id__in=wanted, until__isnull=True).values_list("party_id", "name"))


def region_name(code: str) -> str:
    """A region's name; '' stays ''."""
    row = load_profile().regions["regions"].get(code)
    return str(row[language()]) if row else code


def tier_state(tier: int | None) -> str:
    """The state badge of a tier."""
    return f"tier-{tier or 'none'}"


def holder(case: Case, now: dt.datetime) -> str:
    """“taken by Lin, 4 min”; '' while nobody holds it."""
    if case.handler is None or case.handler_until is None or case.handler_until <= now:
        return ""
    taken_at = case.handler_until - dt.timedelta(minutes=thresholds().handout_minutes)
    minutes = max(0, int((now - taken_at).total_seconds() // 60))
    return _("taken by %(name)s, %(minutes)s min") % {"name": case.handler.get_username(), "minutes": minutes}


def columns() -> list[Column]:
    """Heads of the queue."""
    return [Column(label=_("About"), kind="long"), Column(label=_("Tier"), kind="fit"), Column(label=_("Ground")),
            Column(label=_("Provider")), Column(label=_("Signals"), kind="num"), Column(label=_("Open since"), kind="fit"),
            Column(label=_("With"))]


def rows(cases: list[Case], now: dt.datetime) -> list[Row]:
    """Cases of one page."""
    names = party_names(case.provider_id for case in cases)
    return [_row(case, names, now) for case in cases]


def _row(case: Case, names: Mapping[str, str], now: dt.datetime) -> Row:
    url = reverse("case_show", args=[case.number])
    proposed = ""
    if case.proposed_tier and case.proposed_tier != case.tier:
        proposed = _("proposed: tier %(tier)s") % {"tier": case.proposed_tier}
    ended = wording.outcome(case.outcome) if case.outcome else ""
    return Row(url=url, key=str(case.pk), act_url=f"{url}#act", cells=[
        Cell(text=case.subject_key, sub=case.number),
        Cell(state=tier_state(case.tier), sub=proposed),
        Cell(text=wording.ground(case.ground_id)),
        Cell(text=names.get(case.provider_id, case.provider_id), sub=region_name(case.region)),
        Cell(text=case.signal_count),
        Cell(text=case.opened_at.date(), sub=ended),
        Cell(text=holder(case, now) or (_("free") if case.state == "open" else "–"))])


# --- the sentence ----------------------------------------------------------------------------------------------------
def _waiting_words() -> list[tuple[str, str]]:
    return [("me", _("waiting for me")), ("mine", _("taken by me")), ("free", _("free")), ("held", _("taken by somebody"))]


def _state_words() -> list[tuple[str, str]]:
    return [("open", _("open cases")), ("closed", _("closed cases")), ("merged", _("merged cases"))]


def _order_words() -> list[tuple[str, str]]:
    return [("urgent", _("most urgent first")), ("oldest", _("oldest first"))]


def _tier_words() -> list[tuple[str, str]]:
    return [(str(number), wording.tier(number)) for number in (1, 2, 3)] + [("none", _("without a tier"))]


def chips(request: HttpRequest, asked: Asked, actor: Actor) -> list[Chip]:
    """The parts of the sentence, each to change where it stands."""
    regions = [(code, region_name(code)) for code in load_profile().regions["regions"] if code != "*"]
    grounds = [(ground.id, wording.named(ground)) for ground in GROUNDS]
    names = party_names([asked.provider])
    found = [
        choice_chip(request, "tier", _("Tier"), _tier_words(), anything=_("any")),
        choice_chip(request, "proposed", _("Proposed tier"), _tier_words(), anything=_("any")),
        choice_chip(request, "region", _("Region"), regions, anything=_("any")),
        choice_chip(request, "ground", _("Ground"), grounds, anything=_("any")),
        choice_chip(request, "waiting", _("With"), _waiting_words(), anything=_("anybody")),
        choice_chip(request, "order", _("Sorted"), _order_words()[1:], anything=_order_words()[0][1]),
        choice_chip(request, "state", _("State"), _state_words()[1:], anything=_state_words()[0][1]),
        text_chip(request, "provider", _("Provider"), value=names.get(asked.provider, asked.provider))]
    if actor.scope is not Scope.ORGANISATION or len(actor.organisations) > 1:
        found.append(_desk_chip(request, asked, actor))
    return found


def _desk_chip(request: HttpRequest, asked: Asked, actor: Actor) -> Chip:
    wanted = {*actor.organisations, asked.desk} - {EVERY_DESK, ""}
    names = party_names(wanted)
    own = listing.desk_of(actor)
    choices = [(desk, names.get(desk, desk)) for desk in sorted(wanted - {own})]
    return choice_chip(request, "desk", _("Desk"), [*choices, (EVERY_DESK, _("every desk I see"))],
                       anything=names.get(own, own))


def sentence(asked: Asked) -> str:
    """The question as people would say it: “Tier 1 · Guangdong · waiting for me · oldest first”."""
    words = {name: dict(pairs) for name, pairs in (
        ("tier", _tier_words()), ("waiting", _waiting_words()), ("state", _state_words()), ("order", _order_words()))}
    parts = [words["tier"].get(asked.tier, ""),
             _("proposed %(tier)s") % {"tier": words["tier"][asked.proposed]} if asked.proposed else "",
             region_name(asked.region), wording.ground(asked.ground) if asked.ground else "",
             party_names([asked.provider]).get(asked.provider, asked.provider),
             words["waiting"].get(asked.waiting, ""), words["state"][asked.state] if asked.state != "open" else "",
             f"“{asked.q}”" if asked.q else "",
             words["order"][asked.order] if asked.state == "open" and not asked.q else _("newest first")]
    return " · ".join(part for part in parts if part)


def counted(number: int) -> str:
    """A count that stopped counting says so."""
    return f"{COUNTED:,}+" if number > COUNTED else f"{number:,}"


def total(number: int) -> str:
    """How many cases, in words."""
    if number > COUNTED:
        return _("more than %(count)s cases") % {"count": f"{COUNTED:,}"}
    return ngettext("%(count)s case", "%(count)s cases", number) % {"count": f"{number:,}"}


# --- saved queues ----------------------------------------------------------------------------------------------------
_MOST_SAVED = 8


def standing_queues(actor: Actor, now: dt.datetime, asked: Asked) -> list[dict[str, Any]]:
    """The queues everybody has, with how many cases wait in each."""
    usual = [(_("All open"), Asked(desk=asked.desk)), (_("Waiting for me"), Asked(desk=asked.desk, waiting="me")),
             (_("Taken by me"), Asked(desk=asked.desk, waiting="mine")),
             (_("Without a tier"), Asked(desk=asked.desk, tier="none", waiting="free")),
             (_("Tier 1"), Asked(desk=asked.desk, tier="1"))]
    return [_queue_link(name, query, asked, actor, now) for name, query in usual]


def _queue_link(name: str, query: Asked, asked: Asked, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    parameters = query.parameters()
    if query.desk == listing.desk_of(actor):
        parameters.pop("desk", None)
    return {"label": name, "url": f"{reverse('case_queue')}?{urlencode(parameters)}",
            "current": query.parameters() == asked.parameters(),
            "count": counted(listing.count(query, actor, now))}


def saved_queues(found: list[SavedQueue], actor: Actor, now: dt.datetime, asked: Asked) -> list[dict[str, Any]]:
    """Queues people gave a name."""
    from django.http import QueryDict

    rows = []
    for queue in found[:_MOST_SAVED]:
        query = listing.read_question(QueryDict(queue.query), actor)
        rows.append({**_queue_link(queue.name, query, asked, actor, now), "id": queue.pk, "shared": queue.shared,
                     "mine": queue.person_id == actor.user_id})
    return rows


def queue_actions(may_work: bool) -> list[Link]:
    """What the head of the queue offers besides taking the next case."""
    return [Link(label=_("Enter a signal"), url=reverse("signal_enter"))] if may_work else []
