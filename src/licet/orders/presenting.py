"""What the pages of orders show, as components."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from licet.casework.panels import why
from licet.config.citations import cite
from licet.console.components import Cell, Column, Event, Fact, Row
from licet.console.states import look
from licet.core.language import in_language, language
from licet.orders import selectors
from licet.orders.models import Attempt, Connector, Observation, Order, OrderTransition
from licet.orders.tables import CHANNEL_BY_ID, ESCALATION_BY_ID, Channel, OrderKind
from licet.parties.models import Membership, Party

Word = str | Promise
EFFECT_WORDS: Mapping[str, Word] = {"cut_access": gettext_lazy("Network access"), "cut_billing": gettext_lazy("Billing")}
STEP_WORDS: Mapping[str, Word] = {
    "dispatched": gettext_lazy("Sent"), "acknowledged": gettext_lazy("Acknowledged"), "done": gettext_lazy("Reported done"),
    "refused": gettext_lazy("Refused to carry out"), "failed": gettext_lazy("Not possible"),
    "reassigned": gettext_lazy("Handed to people as a task"), "reissued": gettext_lazy("Ordered again"),
    "verified": gettext_lazy("Verified from outside"),
    "disagreed": gettext_lazy("A check from outside disagrees"), "superseded": gettext_lazy("Superseded")}
STEP_TONES = {"done": "permit", "verified": "permit", "refused": "deny", "failed": "deny", "disagreed": "refer",
              "reassigned": "refer"}
OUTCOME_WORDS: Mapping[str, Word] = {
    "": gettext_lazy("on its way"), "taken": gettext_lazy("taken"), "http_error": gettext_lazy("answered with an error"),
    "timeout": gettext_lazy("no answer in time"), "unreachable": gettext_lazy("could not be reached"),
    "blocked": gettext_lazy("address not allowed"), "lost": gettext_lazy("sender ended before it was noted")}
LEVEL_WORDS: Mapping[str, Word] = {"desk": gettext_lazy("the desk"), "authority": gettext_lazy("the authority")}
DNS_WORDS: Mapping[str, Word] = {
    "answers": gettext_lazy("the name answers"), "nxdomain": gettext_lazy("no such name"), "nodata": gettext_lazy("no address"),
    "refused": gettext_lazy("the resolver refuses"), "block": gettext_lazy("address of a block page"),
    "broken": gettext_lazy("the resolver does not answer"), "": gettext_lazy("address asked directly")}


def word_of(row: Any) -> str:
    """The name of a table's row in the page's language."""
    return in_language(row)


def names_of(ids: Iterable[str]) -> dict[str, str]:
    """Names of organisations."""
    return dict(Party.objects.filter(party_id__in=set(ids), until__isnull=True).values_list("party_id", "name"))


def targets_of(order: Order, most: int = 3) -> str:
    """The names an order is about, shortened."""
    names = [str(name) for field in ("hosts", "addresses", "codes", "parties") for name in order.targets.get(field, ())]
    more = len(names) - most
    return ", ".join(names[:most]) + (_(" and %(count)s more") % {"count": more} if more > 0 else "")


def board_columns() -> list[Column]:
    """Columns of :func:`board_rows`."""
    return [Column(label=_("Order"), kind="fit"), Column(label=_("What"), kind="fit"), Column(label=_("Names"), kind="long"),
            Column(label=_("State"), kind="fit"), Column(label=_("Carried out by")), Column(label=_("By way of")),
            Column(label=_("Due"), kind="fit")]


def board_rows(orders: Iterable[Order], now: dt.datetime) -> list[Row]:
    """One row per order."""
    page = list(orders)
    names = names_of(order.executor_id for order in page)
    return [Row(url=reverse("order_show", args=[order.pk]), act_url=reverse("order_show", args=[order.pk]) + "#act", cells=[
        Cell(text=order.number, sub=f"M-{order.measure_id}"),
        Cell(state=f"order-{order.kind}", sub=EFFECT_WORDS[order.effect]),
        Cell(text=targets_of(order)),
        Cell(state=f"order-{order.state}", sub=_late(order, now)),
        Cell(text=names.get(order.executor_id, order.executor_id)),
        Cell(text=channel_word(order.channel)),
        Cell(text=due_of(order)),
    ]) for order in page]


def panel_columns() -> list[Column]:
    """Columns of :func:`panel_rows`."""
    return [Column(label=_("Order"), kind="fit"), Column(label=_("What"), kind="fit"), Column(label=_("State"), kind="fit"),
            Column(label=_("By way of")), Column(label=_("Due"), kind="fit"), Column(label=_("Seen from outside"))]


def panel_rows(orders: Iterable[Order], now: dt.datetime) -> list[Row]:
    """One row per order of a measure, with the last look from outside."""
    rows = []
    for order in orders:
        seen = selectors.observations_of(order).first()
        rows.append(Row(url=reverse("order_show", args=[order.pk]), cells=[
            Cell(text=order.number), Cell(state=f"order-{order.kind}"),
            Cell(state=f"order-{order.state}", sub=_late(order, now)),
            Cell(text=channel_word(order.channel)), Cell(text=due_of(order)),
            Cell(state=f"look-{seen.verdict}", text=seen.at, sub="; ".join(said_of(seen))) if seen else Cell()]))
    return rows


def _late(order: Order, now: dt.datetime) -> str:
    word = selectors.late_word(order, now)
    return word_of(ESCALATION_BY_ID[word]) if word else ""


def due_of(order: Order) -> dt.datetime | None:
    """What runs out next."""
    if order.state in {"pending", "dispatched"}:
        return order.acknowledge_by
    if order.state == "acknowledged":
        return order.done_by
    return order.verify_by


def channel_word(channel: str) -> str:
    """The channel in words."""
    return word_of(CHANNEL_BY_ID[channel]) if channel else _("not chosen yet")


def facts(order: Order, *, desk: bool, linked: bool = False) -> list[Fact]:
    """The record's facts. ``linked``: whoever reads may open the measure."""
    names = names_of([order.executor_id, order.desk_id])
    url = reverse("measure_show", args=[order.measure_id]) if linked else ""
    rows = [
        Fact(label=_("Measure"), value=f"M-{order.measure_id}", url=url),
        Fact(label=_("Rule"), value=cite(order.measure.rule_cited, language())),
        Fact(label=_("Ordered by"), value=names.get(order.desk_id, order.desk_id)),
        Fact(label=_("Carried out by"), value=names.get(order.executor_id, order.executor_id)),
        *(Fact(label=label, value=order.targets[field]) for field, label in (
            ("hosts", _("Hosts, with everything below them")), ("addresses", _("Addresses")), ("codes", _("Codes")),
            ("parties", _("Organisations"))) if order.targets.get(field)),
        Fact(label=_("By way of"), value=channel_word(order.channel),
             source=order.connector.name if order.connector else ""),
        Fact(label=_("Acknowledge by"), value=order.acknowledge_by), Fact(label=_("Carry out by"), value=order.done_by),
        Fact(label=_("Number within the measure"), value=order.sequence),
        Fact(label=_("Round"), value=order.round),
    ]
    if order.verify_by:
        rows.append(Fact(label=_("Verify by"), value=order.verify_by))
    if order.next_check_at and desk:
        rows.append(Fact(label=_("Next look from outside"), value=order.next_check_at))
    if order.state == "pending" and order.next_try_at:
        rows.append(Fact(label=_("Next try"), value=order.next_try_at))
    rows.append(Fact(label=_("Message id"), value=order.message_id, mono=True))
    return rows


def who(name: str, order: Order, *, desk: bool) -> str:
    """An actor in words. People of the desk are named to the desk alone, the executor's people to both."""
    kind, _sep, number = name.partition(":")
    if kind in {"user", "person"} and number.isdigit():
        member = Membership.objects.filter(user_id=int(number), party_id=order.executor_id).exists()
        user = get_user_model().objects.filter(pk=int(number)).first() if desk or member else None
        return user.get_username() if user else _("the desk")
    words = {"worker": _("Licet (by itself)"), "token": _("a program"), "mail": _("by the link of the mail")}
    return words.get(kind, name)


def timeline(order: Order, *, desk: bool) -> list[Event]:
    """Steps, tries, escalations and looks in one line, newest first."""
    events = [*_escalated(order), *_steps(order, desk), *_tries(order), *_looks(order, desk)]
    written = Event(at=order.written_at, what=_("Written with the measure's step"))
    return [*sorted(events, key=lambda event: event.at, reverse=True), written]


def _steps(order: Order, desk: bool) -> list[Event]:
    return [Event(at=row.at, what=_step_word(row), who=who(row.actor, order, desk=desk), tone=STEP_TONES.get(row.event, ""),
                  why=_why(row) if row.reported_at is None else
                  _("%(reason)s (happened at %(moment)s, as they say)") % {
                      "reason": row.reason, "moment": row.reported_at.isoformat(timespec="minutes")})
            for row in selectors.steps_of(order)]


def _step_word(row: OrderTransition) -> Word:
    by_hand = row.actor.startswith("user:")
    if row.event == "verified" and by_hand:
        return _("Checked by hand: as reported")
    return _("Checked by hand: not as reported") if row.event == "disagreed" and by_hand else STEP_WORDS[row.event]


_OF_MEASURE = "the measure is "


def _why(row: OrderTransition) -> str:
    """A step's reason; what Licet itself noted is said in the page's language."""
    if row.event == "dispatched":
        return channel_word(row.reason) if row.reason in CHANNEL_BY_ID else row.reason
    if row.event == "superseded" and row.reason.startswith(_OF_MEASURE):
        return str(look("measure-" + row.reason.removeprefix(_OF_MEASURE)).label)
    return "" if row.actor == "worker" and row.event in {"verified", "disagreed"} else why(row.reason)


def _tries(order: Order) -> list[Event]:
    return [Event(at=row.finished_at or row.started_at, who=channel_word(row.channel),
                  what=_("Try %(number)s: %(outcome)s") % {"number": row.number, "outcome": OUTCOME_WORDS[row.outcome]},
                  why=_numbers(row), tone="" if row.outcome in {"", "taken"} else "refer")
            for row in selectors.attempts_of(order) if CHANNEL_BY_ID[row.channel].pushes]


def _numbers(row: Attempt) -> str:
    parts = [f"HTTP {row.status}" if row.status else "", f"{row.ms} ms" if row.ms is not None else "",
             row.error if not row.status else ""]
    return " · ".join(part for part in parts if part)


def _escalated(order: Order) -> list[Event]:
    return [Event(at=row.escalated_at, tone="refer", why=word_of(ESCALATION_BY_ID[row.why]),
                  what=_("Escalated to %(level)s") % {"level": LEVEL_WORDS[row.level]})
            for row in selectors.escalations_of(order)]


_LOOK_TONES = {"agrees": "permit", "disagrees": "deny"}


def _looks(order: Order, desk: bool) -> list[Event]:
    words = {"agrees": _("Looked from outside: agrees"), "disagrees": _("Looked from outside: disagrees"),
             "inconclusive": _("Looked from outside: cannot tell")}
    by_hand = {"agrees": _("Looked by hand: as reported"), "disagrees": _("Looked by hand: not as reported")}
    return [Event(at=row.at, what=(by_hand if row.person_id else words).get(row.verdict, row.verdict),
                  who=who(row.probe, order, desk=desk), tone=_LOOK_TONES.get(row.verdict, ""),
                  why="; ".join(said_of(row))) for row in selectors.observations_of(order)]


def said_of(row: Observation) -> list[str]:
    """What was seen, a sentence per look."""
    said = []
    for fact in row.facts:
        if "said" in fact:
            said.append(str(fact["said"]) + (_(" (evidence %(ref)s)") % {"ref": row.evidence} if row.evidence else ""))
        elif "target" in fact:
            http = {None: "", 0: _(", nothing answered")}.get(fact["http"], f", HTTP {fact['http']}")
            note = "" if fact["control"] else _(" (the control name did not answer either)")
            said.append(f"{fact['target']} · {fact['vantage']}: {DNS_WORDS[fact['dns']]}{http}{note}")
        else:
            said.append(_("line %(wanted)s of the list, confirmed up to %(confirmed)s") % {
                "wanted": fact.get("wanted_serial") or "–", "confirmed": fact.get("confirmed_serial")})
    return said


def connector_rows(rows: Iterable[Connector]) -> list[Row]:
    """One row per connector."""
    page = list(rows)
    names = names_of(row.party_id for row in page)
    return [Row(url=reverse("connector_show", args=[row.pk]), cells=[
        Cell(text=row.name), Cell(text=word_of(CHANNEL_BY_ID[row.kind])),
        Cell(text=names.get(row.party_id, row.party_id)),
        Cell(text=[str(EFFECT_WORDS[effect]) for effect in row.effects]),
        Cell(state="connector-active" if row.active else "connector-off"),
        Cell(text=row.test_result or _("not tried yet"), sub=row.tested_at or "")]) for row in page]


def connector_columns() -> list[Column]:
    """Columns of :func:`connector_rows`."""
    return [Column(label=_("Connector")), Column(label=_("Kind")), Column(label=_("Organisation")),
            Column(label=_("Carries")), Column(label=_("State"), kind="fit"), Column(label=_("Last test"))]


def connector_facts(row: Connector, *, base: str) -> list[Fact]:
    """The record's facts."""
    known = names_of([row.party_id])
    said = [Fact(label=_("Organisation"), value=known.get(row.party_id, row.party_id)),
            Fact(label=_("Kind"), value=word_of(CHANNEL_BY_ID[row.kind])),
            Fact(label=_("Carries"), value=[str(EFFECT_WORDS[effect]) for effect in row.effects])]
    if row.url:
        said.append(Fact(label=_("Address"), value=row.url, mono=True))
    if row.mail:
        said.append(Fact(label=_("Mail"), value=row.mail))
    paths = {Channel.DNS_FEED: ("zone", "dns"), Channel.BILLING_FEED: ("billing", "billing.csv")}.get(Channel(row.kind), ())
    said += [Fact(label=_("Fetch from"), value=f"{base}/api/orders/lists/{row.pk}/{path}", mono=True) for path in paths]
    if paths:
        said += [Fact(label=_("Lines"), value=row.serial), Fact(label=_("Fetched up to"), value=row.fetched_serial),
                 Fact(label=_("Confirmed up to"), value=row.confirmed_serial)]
    else:
        said += [Fact(label=_("Last test"), value=row.test_result or _("not tried yet"), on=row.tested_at)]
    return [*said, Fact(label=_("Added"), value=row.created_at, source=row.created_by)]


def kind_word(order: Order) -> str:
    """Head of an order's page."""
    if order.kind == OrderKind.RESTORE:
        return _("Order to restore billing") if order.effect == "cut_billing" else _("Order to restore access")
    return _("Order to cut billing") if order.effect == "cut_billing" else _("Order to cut access")
