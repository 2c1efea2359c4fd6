"""A case's page as components: facts, who observed what, the proposal with its reasons, measures, the timeline."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licet.casework import selectors, wording
from licet.casework.models import Case, CaseEvent, Measure, Observation, Signal
from licet.casework.presenting import holder, party_names, people_names, region_name, tier_state
from licet.casework.tables import SubjectKind
from licet.console.components import Cell, Column, Event, Fact, Row
from licet.core.actors import Actor
from licet.gate.tables import RULE_BY_ID
from licet.gate.texts import evidence_text
from licet.gate.texts import wording as rule_words
from licet.registers.kinds import KIND_BY_ID
from licet.registers.listing import Asked, question

_NEWEST = 50  # signals read to say what was observed last
_MOST = 5  # records of a register shown; the register's own page has the others


def facts(case: Case, now: dt.datetime) -> list[Fact]:
    """What the case is about and where it stands, each with its source."""
    names, people = party_names([case.desk_id, case.provider_id]), people_names([case.tier_by_id])
    found = [
        Fact(label=wording.SUBJECT_KINDS[case.subject_kind], value=case.subject_key, mono=True,
             source=_("from the signals"), on=case.opened_at),
        Fact(label=_("Ground"), value=wording.ground(case.ground_id), source=_("from the signals")),
        Fact(label=_("Provider"), value=names.get(case.provider_id, case.provider_id), source=region_name(case.region),
             url=reverse("provider_record", args=[case.provider_id]) if case.provider_id else ""),
        Fact(label=_("Tier"), value=case.tier_reason, state=tier_state(case.tier),
             source=people.get(case.tier_by_id or 0, ""), on=case.tier_at),
        Fact(label=_("Desk"), value=names.get(case.desk_id, case.desk_id)),
        Fact(label=_("With"), value=holder(case, now) or _("nobody")),
        Fact(label=_("Latest signal"), value=case.last_signal_at)]
    if case.outcome:
        found.append(Fact(label=_("Outcome"), value=wording.outcome(case.outcome), on=case.closed_at))
    return found


def register_facts(case: Case, actor: Actor) -> list[Fact]:
    """What the registers say about the subject: filings, access relations, licences."""
    kinds = {SubjectKind.SITE: ("filings", "access"), SubjectKind.ADDRESS: ("access",), SubjectKind.SPONSOR: ("filings",),
             SubjectKind.PROVIDER: ("licences",)}.get(SubjectKind(case.subject_kind), ())
    found: list[Fact] = []
    for kind_id in kinds:
        kind = KIND_BY_ID[kind_id]
        by_provider = case.subject_kind == SubjectKind.PROVIDER
        asked = Asked(provider=case.subject_key) if by_provider else Asked(q=case.subject_key)
        records = list(question(kind, asked, actor)[:_MOST])
        found += [_register_fact(kind_id, record) for record in records]
        if not records:
            found.append(Fact(label=wording.named(kind), value=_("nothing on record"),
                              url=f"{reverse('register_list', args=[kind_id])}?q={case.subject_key}"))
    return found


def _register_fact(kind_id: str, record: Any) -> Fact:
    source = str(record.source)
    kind, _sep, number = source.partition(":")
    texts = {"filings": lambda: f"{record.filing_no} · {record.subject_name} · {record.provider_id}",
             "access": lambda: f"{record.access_id} · {record.provider_id} · {record.ip or record.domain}",
             "licences": lambda: f"{record.licence_no} · {record.category}"}
    return Fact(label=wording.named(KIND_BY_ID[kind_id]), value=texts[kind_id](),
                state=str(getattr(record, "status", "") or ""), url=reverse("register_record", args=[kind_id, record.pk]),
                source=_("load %(number)s") % {"number": number} if kind == "import" else source, on=record.since)


def observers(case: Case) -> list[dict[str, Any]]:
    """Signals by what observed them: how many independent observers, each with how often and when last."""
    groups: dict[str, list[Observation]] = {}
    for row in selectors.observers_of(case):
        groups.setdefault(row.kind, []).append(row)
    said = latest_said(case)
    return [_group(kind, rows) | dict(zip(("said", "said_url"), said.get(kind, ("", "")), strict=True))
            for kind, rows in groups.items()]


def _group(kind: str, rows: list[Observation]) -> dict[str, Any]:
    distinct, capped = len({row.observer for row in rows}), len(rows) >= selectors.OBSERVERS_SHOWN
    signals = sum(row.signals for row in rows)
    return {"label": wording.SIGNAL_KINDS[kind], "capped": capped,
            "observers": ngettext("%(count)s independent observer", "%(count)s independent observers", distinct) % {
                "count": f"{distinct}+" if capped else distinct},
            "signals": ngettext("%(count)s signal", "%(count)s signals", signals) % {
                "count": f"{signals:,}+" if capped else f"{signals:,}"},
            "last_at": max(row.last_at for row in rows), "rows": [
                {"observer": wording.observer(row.observer), "signals": row.signals, "first_at": row.first_at,
                 "last_at": row.last_at} for row in sorted(rows, key=lambda row: row.last_at, reverse=True)[:20]]}


def observed(signal: Signal) -> str:
    """What a signal says, in the page's language: the rule and its evidence, or the note that came with it."""
    facts = signal.facts
    rule, evidence = str(facts.get("rule", "")), str(facts.get("evidence", ""))
    known = RULE_BY_ID.get(rule)
    words = [rule_words(known, "title") if known else rule, evidence_text(rule, evidence) if known else evidence,
             str(facts.get("note", "")), str(facts.get("access_id", ""))]
    domain = str(facts.get("domain", ""))
    if domain and domain not in evidence:
        words.insert(2, domain)
    return " · ".join(word for word in words if word)


def finding_address(signal: Signal) -> str:
    """The page of the finding that a sweep's signal came from."""
    sweep, finding = signal.facts.get("sweep"), signal.facts.get("finding")
    return reverse("sweep_finding", args=[sweep, finding]) if isinstance(sweep, int) and isinstance(finding, int) else ""


def latest_said(case: Case) -> dict[str, tuple[str, str]]:
    """Kind of signal -> what the latest of it says and the page it came from, as far as the newest signals hold it."""
    found: dict[str, tuple[str, str]] = {}
    for signal in selectors.signals_of(case)[:_NEWEST]:
        found.setdefault(signal.kind, (observed(signal), finding_address(signal)))
    return found


# --- triage ----------------------------------------------------------------------------------------------------------
def proposal(case: Case) -> dict[str, Any]:
    """What the rules propose, why, and what would change it."""
    document = case.proposal or {}
    return {"tier": document.get("tier"), "state": tier_state(document.get("tier")), "version": document.get("version", ""),
            "reasons": [_reason(row) for row in document.get("reasons", [])],
            "would_change": [_change(row) for row in document.get("would_change", [])]}


def _reason(row: dict[str, Any]) -> dict[str, Any]:
    seen = ngettext("%(seen)s observer seen, %(needed)s needed", "%(seen)s observers seen, %(needed)s needed",
                    row["seen"]) % {"seen": row["seen"], "needed": row["needed"]}
    return {"tier": tier_state(row["tier"]), "text": wording.triage_rule(row["rule"]),
            "source": wording.triage_source(row["rule"]), "detail": seen}


def _change(row: dict[str, Any]) -> dict[str, Any]:
    missing = max(0, row["needed"] - row["seen"])
    parts = []
    if missing:
        parts.append(ngettext("%(count)s more independent observer", "%(count)s more independent observers", missing) % {
            "count": missing})
    if row.get("prior_missing"):
        parts.append(_("an earlier decision against the same subject"))
    return {**_reason(row), "detail": _("it would take: %(what)s") % {"what": ", ".join(parts)}}


# --- measures and timeline -------------------------------------------------------------------------------------------
def measure_columns() -> list[Column]:
    """Heads of the case's measures."""
    return [Column(label=_("Measure")), Column(label=_("State now"), kind="fit"), Column(label=_("Scope"), kind="long"),
            Column(label=_("Ends"), kind="fit")]


def measure_rows(measures: list[Measure]) -> list[Row]:
    """The case's measures with their state at this moment."""
    return [Row(url=reverse("measure_show", args=[row.pk]), cells=[
        Cell(text=wording.measure(row.kind), sub=f"M-{row.pk}"), Cell(state=f"measure-{row.state_now}"),  # type: ignore[attr-defined]
        Cell(text=scope_text(row.scope)), Cell(text=row.expires_at.date() if row.expires_at else "–")])
        for row in measures]


def scope_text(scope: dict[str, Any]) -> str:
    """What a scope names, in one line."""
    named = [str(item) for name in ("hosts", "addresses", "codes", "parties") for item in scope.get(name, [])]
    return ", ".join(named[:4]) + ("…" if len(named) > 4 else "")


def timeline(request: HttpRequest, events: list[CaseEvent]) -> list[Event]:
    """Every event: what, who, why."""
    people = people_names(int(event.actor.partition(":")[2]) for event in events
                          if event.actor.startswith("user:") and event.actor[5:].isdigit())
    return [Event(at=event.at, what=_what(event), who=wording.actor(event.actor, people), why=wording.why(event.note),
                  tone=wording.tone(event.tag), url=_event_url(event)) for event in events]


def _what(event: CaseEvent) -> str:
    text, data = wording.event(event.tag, event.note), event.data
    details = [wording.of_kind(data),
               wording.tier(data["tier"]) if "tier" in data else "",
               wording.outcome(str(data["outcome"])) if "outcome" in data else "",
               str(wording.RESULTS.get(str(data.get("result")), "")), str(data.get("document_no", "")),
               *(str(data[key]) for key in ("case", "into", "other", "from") if key in data and "measure" not in data)]
    shown = ", ".join(detail for detail in details if detail)
    return f"{text}: {shown}" if shown else text


def _event_url(event: CaseEvent) -> str:
    data = event.data
    if "appeal" in data:
        return reverse("appeal_show", args=[data["appeal"]])
    if "measure" in data:
        return reverse("measure_show", args=[data["measure"]])
    number = next((data[key] for key in ("case", "into", "other", "from") if key in data), "")
    return reverse("case_show", args=[number]) if isinstance(number, str) and number else ""
