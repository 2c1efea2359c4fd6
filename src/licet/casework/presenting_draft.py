"""What a draft's form offers to choose from, and how it begins: nobody types what the case already says."""

from __future__ import annotations

from typing import Any

from licet.casework import wording
from licet.casework.forms import Offered
from licet.casework.models import Case, Determination, Measure
from licet.casework.services.bounds import confirmed_facts, usual_executor
from licet.casework.services.chains import chains_of
from licet.casework.services.preserved import offered_bags, offered_evidence
from licet.casework.tables import SubjectKind
from licet.core.language import is_chinese
from licet.gate.tables import RULE_BY_ID
from licet.grounds.tables import GROUNDS

SCOPE_FIELD = {SubjectKind.SITE: "hosts", SubjectKind.ADDRESS: "addresses", SubjectKind.CODE: "codes",
               SubjectKind.PROVIDER: "parties", SubjectKind.SPONSOR: "parties"}


def offered(case: Case) -> Offered:
    """Determinations, preserved evidence, sealed bags, and the rules that confirmed signals name."""
    found = Determination.objects.filter(case=case, result="illegal").order_by("-id")[:50]
    return Offered(
        determinations=[(str(row.pk), f"{row.document_no} ({row.authority_id}, {row.determined_on})") for row in found],
        evidence=offered_evidence(case), bags=offered_bags(case), rules=[(rule, _title(rule)) for rule in rules_seen(case)])


def rules_seen(case: Case) -> list[str]:
    """Ids of gate rules in the case's confirmed signals, as they first came."""
    facts = reversed(confirmed_facts(case))
    return list(dict.fromkeys(str(row["rule"]) for row in facts if str(row.get("rule", "")) in RULE_BY_ID))


def _title(rule: str) -> str:
    words = RULE_BY_ID[rule].words
    return f"{words.title_zh if is_chinese() else words.title_en} ({wording.citation(words.citation)})"


def beginning(case: Case, kind: str, choices: Offered) -> dict[str, Any]:
    """The form as a person finds it: the case's subject, whoever carries it out, the rule's text, what is preserved."""
    ground = next((row for row in GROUNDS if row.id == case.ground_id), None)
    field = SCOPE_FIELD.get(SubjectKind(case.subject_kind), "")
    return {
        **({field: case.subject_key} if field else {}), "provider_id": usual_executor(case), "kind": kind,
        "rule_cited": wording.citation(ground.source) if ground else "", "found": [rule for rule, _ in choices.rules],
        "reasons": "" if choices.rules or ground is None else wording.named(ground),
        "evidence": [ref for ref, _ in choices.evidence],
        "determination_id": choices.determinations[0][0] if choices.determinations else ""}


def as_it_stands(measure: Measure) -> dict[str, Any]:
    """A draft's form as it was saved; every box is written back, so emptying one takes it away."""
    scope, attachments = measure.scope, measure.attachments
    chain = next(iter(chains_of(attachments)), None)
    return {
        **{name: "\n".join(scope.get(name, [])) for name in ("hosts", "addresses", "codes", "parties")},
        "regions": [] if scope.get("regions") == ["*"] else scope.get("regions", []), "technical": scope.get("technical", ""),
        **{name: str(attachments.get(name, "")) for name in ("assessment", "wide_scope")},
        **{name: str(attachments.get(name, "")).replace(",", " ").split() for name in ("evidence", "bag")},
        "chain_operator": chain.operator if chain else "", "chain_partner": chain.partner if chain else "",
        "chain_service": chain.service if chain else "", "deadline_on": measure.deadline_on,
        "determination_id": measure.determination_id}
