"""What a statement of reasons says, gathered from the measure and from confirmed signals.

Reports are looked at for one thing only: that there are some. Who observed, what they wrote and a report's own facts are
never read here, so they cannot slip into a letter; :func:`ensure_nobody_named` looks once more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from licet.casework.models import Case, Measure, Signal
from licet.casework.tables import MEASURE_BY_ID, TRIAGE, SignalKind
from licet.casework.thresholds import thresholds
from licet.config.citations import cite
from licet.config.profile import load_profile
from licet.core.errors import Conflict
from licet.gate.tables import RULE_BY_ID
from licet.gate.wording import said_in
from licet.grounds.tables import GROUNDS
from licet.notices import profile_texts
from licet.notices.fields import Statement
from licet.notices.sentences import day, joined, minute, names, say, word
from licet.notices.services.people import addressee, contact, organisation, persons, subject

CONFIRMED = (SignalKind.FINDING, SignalKind.DIALTEST, SignalKind.ORDER, SignalKind.DETERMINATION)
MOST_FACTS = 20
SHORTEST_NAME = 6  # shorter observers ("sweep") are words, not somebody
_GROUND = {row.id: row for row in GROUNDS}
_TRIAGE = {row.id: row for row in TRIAGE}
_COLON, _SEMICOLON = {"zh": "：", "en": ": "}, {"zh": "；", "en": "; "}


class ReporterNamed(Conflict):
    """The letter names who reported, so it does not go out."""

    code = "reporter_named"
    hint = "take the name out of the measure's reasons and draft it again"


def family(case: Case) -> list[int]:
    """The case and those merged into it."""
    return [case.pk, *Case.objects.filter(merged_into=case).values_list("pk", flat=True)]


def confirmed(case: Case) -> list[Signal]:
    """What was checked, tested, ordered or determined, oldest first, without what the signals say freely."""
    return list(Signal.objects.filter(case_id__in=family(case), kind__in=CONFIRMED)
                .order_by("observed_at", "id").only("kind", "observed_at", "facts", "case_id")[:200])


def statement(measure: Measure, case: Case, language: str) -> Statement:
    """The fields of the statement of reasons. Empty where nothing can be said: the composer refuses then."""
    kind = MEASURE_BY_ID[measure.kind]
    return Statement(
        organisation=organisation(measure.desk_id, language), addressee=addressee(measure, case, language),
        subject=subject(case, language), case_number=case.number, measure=word(kind, language),
        contact=contact(measure.desk_id, language), facts=facts(measure, case, language), basis=basis(case, language),
        rule=rule(measure, language), scope=scope(measure, language), bounds=bounds(measure, language),
        term=term(measure, language), collateral=collateral(measure, language),
        decided_by=_decided(measure, language), automation=automation(case, language),
        appeal=appeal(measure, language))


def facts(measure: Measure, case: Case, language: str) -> str:
    """Each reason of the measure with its source and day, then what confirmed signals saw besides."""
    signals = confirmed(case)
    by_rule = {str(signal.facts.get("rule", "")): signal for signal in signals}
    lines: list[tuple[str, str, str]] = []
    used: set[int] = set()
    said = {str(reason["rule"]) for reason in measure.reasons if reason.get("rule")}
    for reason in measure.reasons:
        signal = by_rule.get(str(reason.get("rule", "")))
        text = _reason(reason, case, signal, language)
        if not text:
            return ""  # a reason nobody can read is a gap
        if signal is not None:
            used.add(signal.pk)
        lines.append((text, *_origin(reason, measure, case, signal, language)))
    for signal in signals:
        line = (say(f"saw_{signal.kind}", language, ground=_ground(case, language)),
                _source(signal, measure, language), day(signal.observed_at, language))
        if str(signal.facts.get("rule", "")) not in said and signal.pk not in used and line not in lines:
            lines.append(line)
    return "\n".join(say("fact", language, n=n, text=text, source=source, day=when)
                     for n, (text, source, when) in enumerate(lines[:MOST_FACTS], 1))


def _reason(reason: Mapping[str, Any], case: Case, signal: Signal | None, language: str) -> str:
    """One reason as a sentence: the drafter's own words, a rule of the gate or of triage, a judge's words."""
    if reason.get("appeal"):
        return say("appeal_held", language, text=str(reason["appeal"]).strip())
    if reason.get("determination"):
        return say("saw_determination", language, ground=_ground(case, language))
    said = str(reason.get(f"text_{language}") or reason.get("text") or "").strip()
    rule_id = str(reason.get("rule", ""))
    gate, triage = RULE_BY_ID.get(rule_id), _TRIAGE.get(rule_id)
    if said:
        parts = [said]
    elif gate is not None:
        parts = [gate.words.said("title", language)]
    elif triage is not None:
        parts = [word(triage, language), _ground(case, language)]
    else:
        return ""
    if signal is not None and signal.kind == SignalKind.FINDING and signal.facts.get("evidence"):
        evidence = str(signal.facts["evidence"])  # written by the program that checked
        parts.append(said_in(rule_id, evidence, language))
    if gate is not None:
        parts.append(say("fact_rule", language, rule=rule_id, citation=cite(gate.words.citation, language)))
    return _SEMICOLON[language].join(parts)


def _origin(reason: Mapping[str, Any], measure: Measure, case: Case, signal: Signal | None,
            language: str) -> tuple[str, str]:
    if reason.get("appeal"):
        return say("source_appeal", language), day(measure.drafted_at, language)
    if reason.get("determination") and measure.determination is not None:
        return _determined(measure, language), day(measure.determination.determined_on, language)
    if signal is not None:
        return _source(signal, measure, language), day(signal.observed_at, language)
    return say("source_case", language, number=case.number), day(_day_of(reason) or measure.drafted_at, language)


def _day_of(reason: Mapping[str, Any]) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(reason.get("on", "")))
    except ValueError:
        return None


def _source(signal: Signal, measure: Measure, language: str) -> str:
    if signal.kind == SignalKind.DETERMINATION:
        return _determined(measure, language) if measure.determination is not None else say("source_order", language)
    return say(f"source_{signal.kind}", language)


def _determined(measure: Measure, language: str) -> str:
    found = measure.determination
    assert found is not None
    return say("source_determination", language, authority=organisation(found.authority_id, language),
               document=found.document_no)


def _ground(case: Case, language: str) -> str:
    return word(_GROUND[case.ground_id], language)


def basis(case: Case, language: str) -> str:
    """How it became known, as DSA Article 17 asks; reporters stay unnamed and uncounted."""
    kinds = set(Signal.objects.filter(case_id__in=family(case)).values_list("kind", flat=True))
    own = bool(kinds & {SignalKind.FINDING, SignalKind.DIALTEST, SignalKind.MODEL})
    reported = SignalKind.REPORT in kinds
    row = "both" if own and reported else "reports" if reported else "own" if own else "authority"
    return say(f"basis_{row}", language)


def rule(measure: Measure, language: str) -> str:
    """Citation and text of what the measure rests on; '' when the text is not known.

    A pledge clause is written behind its citation: "Pledge 2026, clause 3: no luring promotion".
    """
    found = []
    for citation in (part.strip() for part in measure.rule_cited.split(";")):
        text = profile_texts.clause(citation, language)
        if not text and not _says_itself(citation):
            return ""
        found.append(f"{cite(citation, language)}{_COLON[language]}{text}" if text else citation)
    return "\n".join(found)


def _says_itself(citation: str) -> bool:
    """Whether a text stands behind the citation."""
    for mark in (":", "："):
        head, found, text = citation.partition(mark)
        if found and head.strip() and len(text.strip()) > 3:
            return True
    return False


def scope(measure: Measure, language: str) -> str:
    """What exactly is touched."""
    return "\n".join(say(f"scope_{name}", language, names=names(measure.scope[name], language))
                     for name in ("hosts", "addresses", "codes", "parties") if measure.scope.get(name))


def bounds(measure: Measure, language: str) -> str:
    """Where, and by what means."""
    regions = list(measure.scope.get("regions") or ["*"])
    rows = load_profile().regions["regions"]
    where = (say("bounds_everywhere", language) if "*" in regions else say("bounds_regions", language, names=names(
        [str(rows.get(code, {}).get(language, code)) for code in regions], language)))
    technical = str(measure.scope.get("technical") or "")
    how = (say(f"technical_{technical}", language) if technical in {"dns", "access", "billing"}
           else technical or say(f"effect_{MEASURE_BY_ID[measure.kind].effect}", language))
    return joined([where, say("bounds_technical", language, names=how)], language)


def term(measure: Measure, language: str) -> str:
    """From when until when."""
    parts = []
    if measure.deadline_on is not None:
        parts.append(say("term_deadline", language, day=day(measure.deadline_on, language)))
    if measure.expires_at is not None:
        parts.append(say("term_ends", language, day=minute(measure.expires_at, language)))
    else:
        parts.append(say("term_final" if MEASURE_BY_ID[measure.kind].reversible is False else "term_open", language))
    return joined(parts, language)


def collateral(measure: Measure, language: str) -> str:
    """Who else is hit, as counted before anybody signed."""
    hit = measure.collateral
    parts = []
    if hit.get("domains_on_addresses"):
        parts.append(say("collateral_addresses", language, n=hit["domains_on_addresses"],
                         providers=hit.get("providers_on_addresses", 1), why=measure.attachments.get("wide_scope", "")))
    if hit.get("hosts_below"):
        parts.append(say("collateral_below", language, n=hit["hosts_below"]))
    if hit.get("customers_below"):
        parts.append(say("collateral_customers", language, n=hit["customers_below"],
                         why=measure.attachments.get("wide_scope", "")))
    if measure.scope.get("codes"):  # no register says which services share a code: that is not the same as none
        parts.append(say("collateral_codes", language))
    return joined(parts, language) or say("collateral_none", language)


def _decided(measure: Measure, language: str) -> str:
    people = persons([measure.decided_by, measure.seconded_by], measure.desk_id, language)
    issuer = organisation(measure.desk_id, language)
    return say("decided", language, organisation=issuer, people=people) if people and issuer else ""


def automation(case: Case, language: str) -> str:
    """Whether software helped to find, to propose, to decide."""
    kinds = set(Signal.objects.filter(case_id__in=family(case)).values_list("kind", flat=True))
    programs = kinds & {SignalKind.FINDING, SignalKind.DIALTEST, SignalKind.MODEL}
    parts = [
        say("automation_found", language, answer=say("found_program" if programs else "found_people", language)),
        say("automation_proposed", language, answer=say("proposed_rules", language, tier=case.proposed_tier)
            if case.proposed_tier else say("proposed_none", language)),
        say("automation_decided", language),
    ]
    if SignalKind.MODEL in kinds:
        parts.append(say("model_queued", language))
    return joined(parts, language)


def appeal(measure: Measure, language: str) -> str:
    """How to contest it, until when, who judges, and what happens meanwhile and by default."""
    kind = MEASURE_BY_ID[measure.kind]
    if kind.appeal == "none":
        return say("appeal_none", language)
    return joined([
        say("appeal_how", language, days=kind.appeal_days, word=say(f"word_{kind.appeal}", language)),
        say("appeal_other", language), say("appeal_stays" if kind.stays else "appeal_goes_on", language),
        say("appeal_default", language, days=thresholds().appeal_default_days)], language)


def ensure_nobody_named(text: str, case: Case) -> None:
    """Raises :class:`ReporterNamed` if a letter holds who reported, or the source under which a report is kept."""
    reports = Signal.objects.filter(case_id__in=family(case), kind=SignalKind.REPORT)
    for pair in reports.values_list("observer", "source").distinct():
        if any(len(name) >= SHORTEST_NAME and name in text for name in pair):
            raise ReporterNamed
