"""A measure's page as components: what is proposed, why, what it needs, what else it hits, who signed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licet.casework import selectors, services, wording
from licet.casework.models import Appeal, Case, CaseEvent, Measure
from licet.casework.presenting import party_names, people_names
from licet.casework.rules import Apply, Hold, Insufficient, Refuse, appeal_deadline, counts_until, may_appeal
from licet.casework.services.chains import chains_of
from licet.casework.services.needs import needs_met
from licet.casework.tables import MEASURE_BY_ID, MeasureKind, MeasureState
from licet.casework.thresholds import thresholds
from licet.console.components import Cell, Column, Event, Fact, Link, Row
from licet.core.actors import Actor
from licet.core.language import is_chinese, language
from licet.gate.tables import RULE_BY_ID
from licet.parties.tables import PARTY_KINDS, ROLE_BY_ID

_SCOPE = ("hosts", "addresses", "codes", "parties", "regions")


def who_decides(kind: MeasureKind) -> str:
    """The posts that decide a measure, in words."""
    chinese = is_chinese()
    roles = [wording.named(ROLE_BY_ID[role]) for role in sorted(kind.roles)]
    parties = [PARTY_KINDS[party][0 if chinese else 1] for party in sorted(kind.party_kinds)]
    join = "、" if chinese else ", "
    return _("%(roles)s of: %(parties)s") % {"roles": join.join(roles), "parties": join.join(parties)}


def facts(measure: Measure, case: Case | None) -> list[Fact]:
    """What is proposed, against whom, how far, until when."""
    kind, names = MEASURE_BY_ID[measure.kind], party_names([measure.provider_id, measure.subject_party, measure.desk_id])
    labels = {"hosts": _("Hosts"), "addresses": _("Addresses"), "codes": _("Codes and numbers"),
              "parties": _("Organisations"), "regions": _("Where")}
    found = [Fact(label=labels[name], value=_("everywhere") if measure.scope[name] == ["*"] else list(measure.scope[name]),
                  mono=name in {"hosts", "addresses", "codes"}) for name in _SCOPE if measure.scope.get(name)]
    if measure.scope.get("technical"):
        found.append(Fact(label=_("By what means"), value=wording.technical(measure.scope["technical"])))
    found += [
        Fact(label=_("What it does"), value=wording.EFFECTS[kind.effect]),
        Fact(label=_("Who carries it out"), value=names.get(measure.provider_id, measure.provider_id),
             url=reverse("provider_record", args=[measure.provider_id]) if measure.provider_id else ""),
        Fact(label=_("Whom it hits"), value=names.get(measure.subject_party, measure.subject_party)
             or (case.subject_key if case else "")),
        Fact(label=_("Rests on"), value=wording.citation(measure.rule_cited), source=wording.citation(kind.source)),
        _decided_by(measure, kind)]
    if measure.deadline_on:
        found.append(Fact(label=_("Deadline to put it right"), value=measure.deadline_on))
    if measure.expires_at:
        found.append(Fact(label=_("Ends by itself"), value=measure.expires_at))
    found.append(Fact(label=_("Against it"), value=_appeal_words(kind)))
    return found


def _decided_by(measure: Measure, kind: MeasureKind) -> Fact:
    """Who may decide, until somebody did; then who did."""
    if measure.state == MeasureState.DRAFTED or measure.decided_by_id is None:
        return Fact(label=_("Decided by"), value=who_decides(kind), source=ngettext(
            "%(count)s person signs", "%(count)s people sign", kind.persons) % {"count": kind.persons})
    signed = [measure.decided_by_id, measure.seconded_by_id]
    names = people_names(signed)
    return Fact(label=_("Decided by"), value=[names.get(user, "–") for user in signed if user is not None],
                on=measure.decided_at.date() if measure.decided_at else None)


def _appeal_words(kind: MeasureKind) -> str:
    if kind.appeal == "none":
        return _("no appeal; the measure it leads to can be appealed")
    text = (_("appeal within %(days)s days of the notice") if kind.appeal == "appeal"
            else _("objection within %(days)s days of the notice")) % {"days": kind.appeal_days}
    return f"{text}; {_('it is stayed until judged')}" if kind.stays else text


def reasons(measure: Measure) -> list[dict[str, Any]]:
    """Every reason with its rule's text."""
    return [_reason(row) for row in measure.reasons]


def _reason(row: dict[str, Any]) -> dict[str, Any]:
    rule = RULE_BY_ID.get(str(row.get("rule", "")))
    rest = [str(value) for name, value in row.items() if name != "rule" or rule is None]
    title = rule.words.said("title", language()) if rule else " · ".join(rest)
    return {"title": title, "citation": wording.citation(rule.words.citation) if rule else "",
            "detail": " · ".join(rest) if rule else "", "remedy": rule.words.said("remedy", language()) if rule else ""}


def needs(case: Case, measure: Measure, now: dt.datetime) -> list[dict[str, Any]]:
    """What the measure needs: there or missing, and how to add what is missing."""
    met = needs_met(case, measure, now=now, limits=thresholds())
    how = _how_to_fill()
    return [{"id": need, "state": "need-met" if need in met else "need-missing", "text": wording.need(need),
             "reference": _reference(measure, need), "links": _links(measure, need), "how": "" if need in met else how[need]}
            for need in sorted(MEASURE_BY_ID[measure.kind].needs)]


_REFERENCE = re.compile(r"[A-Z]-[A-Za-z0-9_-]+")
_PAGES = {"evidence": "evidence_item", "bag": "evidence_bag"}


def _links(measure: Measure, need: str) -> list[Link]:
    """Each preserved item or bag that the draft names, on its own page: whoever signs looks at it."""
    if need not in _PAGES:
        return []
    named = str(measure.attachments.get(need, "")).replace(",", " ").split()
    return [Link(label=ref, url=reverse(_PAGES[need], args=[ref])) for ref in named if _REFERENCE.fullmatch(ref)]


def _reference(measure: Measure, need: str) -> str:
    if need == "billing_chain":
        return "; ".join(" → ".join(dataclasses.astuple(chain)) for chain in chains_of(measure.attachments))
    return str(measure.attachments.get(need, ""))


def _how_to_fill() -> dict[str, str]:
    return {
        "rule": _("Cite the rule or pledge clause in the draft."),
        "finding": _("A sweep, a dial-test, an order, or as many independent reports as make “several”."),
        "deadline": _("Complete the draft with a day in the future."),
        "tier": _("Set the tier on the case's page."),
        "expiry": _("Complete the draft with an end date."),
        "evidence": _("Preserve evidence on the case's page, then name it in the draft."),
        "billing_chain": _("Complete the draft with operator (on record), partner and service for every code."),
        "bag": _("Seal a bag on the case's page, then name it in the draft."),
        "determination": _("Record a determination of illegality on the case's page, then choose it in the draft."),
        "final_decision": _("Another measure of this case must be final: its time to appeal is over, or it was appealed and "
                            "stood."),
        "appeal_window_over": _("Wait until the time to appeal that decision is over, or until it stood."),
        "assessment": _("Name the assessment's reference in the draft.")}


def collateral(measure: Measure) -> dict[str, Any]:
    """What else would be hit, counted when it was drafted and now; why the scope is as wide as it is."""
    now = services.present_collateral(measure)
    counted = {"domains_on_addresses": now.domains_on_addresses, "customers_below": now.customers_below}
    then = {name: int(measure.collateral.get(name, number)) for name, number in counted.items()}
    return {"others": now.domains_on_addresses, "providers": now.providers_on_addresses, "below": now.hosts_below,
            "customers": now.customers_below, "sample": now.sample, "then": sum(then.values()), "now": sum(counted.values()),
            "wide": bool(measure.scope.get("addresses")), "codes": bool(measure.scope.get("codes")),
            "codes_shared": now.codes_shared, "hits_others": any(counted.values()) or bool(now.codes_shared),
            "reason": str(measure.attachments.get("wide_scope", ""))}


def answer(measure: Measure, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """What a signature of this person would do now, or why it cannot be given. Being freshly authenticated is asked
    when they sign."""
    decision = services.decide(measure, actor=actor, authenticated_at=now, at=now)
    kind = MEASURE_BY_ID[measure.kind]
    if isinstance(decision, Refuse):
        message, hint = wording.explain(decision.code, decision.text, decision.hint)
        more = who_decides(kind) if decision.code == "not_yours" else ""
        return {"may_sign": False, "message": message, "hint": more or hint}
    if isinstance(decision, Insufficient):
        return {"may_sign": False, "message": _("It cannot be signed yet: something it needs is missing."), "hint": ", ".join(
            wording.need(need) for need in decision.missing)}
    if isinstance(decision, Hold):
        return {"may_sign": True, "message": _("Your signature is the first of two; nothing happens before the second.")}
    assert isinstance(decision, Apply)
    return {"may_sign": True, "message": _("With your signature the measure is decided and goes out.")}


def consequence(measure: Measure) -> str:
    """What will happen, named before it does."""
    kind = MEASURE_BY_ID[measure.kind]
    target = ", ".join(str(item) for name in ("hosts", "addresses", "codes", "parties") for item in measure.scope.get(name, [])[:5])
    return _("%(measure)s against %(target)s. %(effect)s") % {
        "measure": wording.measure(measure.kind), "target": target, "effect": wording.EFFECTS[kind.effect]}


def signatures(measure: Measure, now: dt.datetime) -> list[dict[str, Any]]:
    """Who drafted, decided and seconded; while the second is awaited, until when the first signature counts."""
    people = people_names([measure.drafted_by_id, measure.decided_by_id, measure.seconded_by_id])
    waits = measure.state == MeasureState.DRAFTED and measure.decided_at is not None
    counts = counts_until(measure.decided_at, thresholds()) if waits and measure.decided_at else None
    lapsed, by_two = services.first_signature_lapsed(measure, now), MEASURE_BY_ID[measure.kind].persons > 1
    rows = [(_("Drafted"), measure.drafted_by_id, measure.drafted_at, None),
            (_("First signature") if by_two else _("Signature"), measure.decided_by_id, measure.decided_at, counts)]
    if by_two:
        rows.append((_("Second signature"), measure.seconded_by_id, measure.seconded_at, None))
    checked = _checked(measure)
    return [{"label": label, "who": people.get(user or 0, ""), "at": at, "counts_until": until, "lapsed": until and lapsed,
             "why": checked.get(at, "") if at else ""}
            for label, user, at, until in rows]


def _checked(measure: Measure) -> dict[dt.datetime, str]:
    """Moment of a signature -> what that person said they checked: the second reads what the first saw."""
    first = CaseEvent.objects.filter(case_id=measure.case_id, tag="casework:measure:decided", data__measure=measure.pk)
    steps = [step for step in selectors.steps_of(measure) if step.event == "approved"]
    return {row.at: row.note for row in first} | {step.at: step.reason for step in steps}


def steps(measure: Measure) -> list[Event]:
    """Every step of the measure, newest first."""
    found = list(selectors.steps_of(measure))[::-1]
    people = people_names(int(step.actor[5:]) for step in found if step.actor.startswith("user:") and step.actor[5:].isdigit())
    events = [Event(at=step.at, what=wording.event(f"measure:{step.event}", step.reason), who=wording.actor(step.actor, people),
                    why=wording.why(step.reason), tone=wording.tone(f"measure:{step.event}")) for step in found]
    return [*events, Event(at=measure.drafted_at, what=wording.event("measure:drafted"),
                           who=people_names([measure.drafted_by_id]).get(measure.drafted_by_id, ""))]


def appellant(filed_by: str) -> str:
    """Who appeals, in words: an organisation by its name, whoever holds the address of the owner's page, or as signed."""
    if filed_by.startswith("holder:"):
        return _("Whoever is hit, over the owner's page")
    return party_names([filed_by]).get(filed_by, filed_by)


def appeals(measure: Measure) -> list[dict[str, Any]]:
    """Appeals against the measure."""
    return [{"url": reverse("appeal_show", args=[row.pk]), "state": f"appeal-{row.state}", "filed_by": appellant(row.filed_by),
             "filed_at": row.filed_at, "due_at": row.due_at if row.state == "filed" else None}
            for row in Appeal.objects.filter(measure=measure).order_by("-id")[:20]]


def appealing(measure: Measure, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Whether an appeal can be filed, or taken up again on new facts, or why nothing can; the rules are asked."""
    at_desk = measure.desk_id in actor.organisations or len(actor.organisations) != 1
    first = services.filing_facts(measure, filed_by="" if at_desk else actor.organisations[0], at=now)
    refuse, again = may_appeal(first), may_appeal(dataclasses.replace(first, new_facts=True))
    offered = refuse is None or again is None
    return {"may_appeal": refuse is None, "may_reopen": again is None and (refuse is not None or first.anybody_appealed),
            "no_appeal": "" if offered or not was_told(measure) or refuse is None or refuse.code == "appeal_pending"
            else wording.explain(refuse.code, refuse.text, refuse.hint)[0]}


def appeal_until(measure: Measure) -> dt.datetime | None:
    """The last moment to appeal; ``None`` while nobody was notified or where there is no appeal."""
    kind = MEASURE_BY_ID[measure.kind]
    told = measure.transitions.filter(event="notified").order_by("-id").first()
    return appeal_deadline(kind, told.at) if told and kind.appeal != "none" else None


_PLAIN = frozenset({MeasureState.DRAFTED, MeasureState.WITHDRAWN, MeasureState.APPROVED})


def was_told(measure: Measure) -> bool:
    """Whoever is hit has the statement of reasons."""
    return MeasureState(measure.state) not in _PLAIN


# --- the board -------------------------------------------------------------------------------------------------------
def board_columns() -> list[Column]:
    """Heads of the measures board."""
    return [Column(label=_("Measure")), Column(label=_("State now"), kind="fit"), Column(label=_("About"), kind="long"),
            Column(label=_("Provider")), Column(label=_("Drafted by")), Column(label=_("Decided by")),
            Column(label=_("Ends by itself"), kind="fit")]


def board_rows(measures: list[Measure]) -> list[Row]:
    """Measures of one page, with their state at this moment."""
    people = people_names(user for row in measures for user in (row.drafted_by_id, row.decided_by_id))
    names = party_names(row.provider_id for row in measures)
    return [_board_row(row, people, names) for row in measures]


def _board_row(row: Measure, people: dict[int, str], names: dict[str, str]) -> Row:
    url = reverse("measure_show", args=[row.pk])
    return Row(url=url, act_url=f"{url}#act", cells=[
        Cell(text=wording.measure(row.kind), sub=f"M-{row.pk}"), Cell(state=f"measure-{row.state_now}"),  # type: ignore[attr-defined]
        Cell(text=row.case.subject_key, sub=row.case.number), Cell(text=names.get(row.provider_id, row.provider_id)),
        Cell(text=people.get(row.drafted_by_id, "")), Cell(text=people.get(row.decided_by_id or 0, "")),
        Cell(text=row.expires_at.date() if row.expires_at else "–")])
