"""Reasons of an answer as people and programs read them, in the language that is active."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import DatabaseError, InterfaceError
from django.utils.translation import gettext as _

from licet.config.profile import load_profile
from licet.core.errors import LicetError
from licet.core.language import language
from licet.gate.contest import Behind, decisions_behind
from licet.gate.decisions import unknown_evidence, unknown_words
from licet.gate.evidence import Source, evidence_columns
from licet.gate.facts import Facts
from licet.gate.rules import Judgement
from licet.gate.tables import Rule
from licet.gate.texts import wording
from licet.gate.wording import fill_words, said_in

Reason = dict[str, Any]


def reasons(facts: Facts, judgement: Judgement) -> list[list[Reason]]:
    """All reasons of each row: fired rules in table order, then the unknown ones."""
    found: list[list[Reason]] = [[] for _row in range(len(judgement))]
    for rule in judgement.rules:
        at = np.flatnonzero(judgement.fired & np.uint32(1 << rule.bit))
        if at.size:
            for row, reason in zip(at, _fired(rule, Source.of(facts, at)), strict=True):
                found[row].append(reason)
    for rule in judgement.rules:
        at = np.flatnonzero(judgement.reported_unknown & np.uint32(1 << rule.bit))
        if at.size:
            for row, reason in zip(at, _unknown(rule, judgement, Source.of(facts, at)), strict=True):
                found[row].append(reason)
    return found


def _fired(rule: Rule, source: Source) -> list[Reason]:
    columns = evidence_columns(rule, source)
    rows = _records(columns, len(source.at))
    behind = decisions_behind(rule.id, rows)
    return [
        _reason(
            rule,
            severity=rule.severity,
            at_gate=rule.at_gate,
            evidence=fill_words(wording(rule, "evidence"), row, language()),
            explanation=fill_words(wording(rule, "explanation"), row, language()),
        )
        | _decided(rule, decision)
        for row, decision in zip(rows, behind, strict=True)
    ]


def _decided(rule: Rule, decision: Behind | None) -> Reason:
    """The decision a reason rests on, and until when whom to ask to look again; nothing where no decision is behind it."""
    if decision is None:
        return {}
    contest = wording(rule, "contest")
    if decision.appeal_pending:
        contest += " " + _("An appeal against this decision is pending.")
    elif decision.contest_until:
        contest += " " + _("Decision %(ref)s: appeal to %(authority)s until %(day)s.") % {
            "ref": decision.ref, "authority": decision.authority, "day": decision.contest_until}
    return {"decision": decision.as_dict(), "contest": contest}


def _records(columns: dict[str, pa.Array], count: int) -> list[dict[str, str]]:
    lists = {name: column.to_pylist() for name, column in columns.items()}
    return [{name: values[at] or "" for name, values in lists.items()} for at in range(count)]


def _unknown(rule: Rule, judgement: Judgement, source: Source) -> list[Reason]:
    """The register is not known, or it is and has nothing on record, or a row that speaks of it could not be read."""
    reasons: list[Reason] = [{} for _row in source.at]
    for why, where in judgement.kinds_of_unknown(rule, source.at):
        words = unknown_words(rule, why, source.bound)
        part = dataclasses.replace(source, at=source.at[where])
        for place, evidence in zip(where, _records(unknown_evidence(rule, why, part), len(where)), strict=True):
            said = {
                name: fill_words(words.said(name, language()), evidence, language())
                for name in ("title", "explanation", "remedy", "contest", "evidence")
            }
            reasons[place] = _reason(rule, severity="unknown", at_gate="refer", explanation=said["explanation"],
                                     evidence=said["evidence"]) | said
    return reasons


def _reason(rule: Rule, *, severity: str, at_gate: str, evidence: str, explanation: str) -> Reason:
    days = load_profile().thresholds["deadline_days"]
    return {
        "finding": rule.id,
        "severity": severity,
        "at_gate": at_gate,
        "title": wording(rule, "title"),
        "explanation": explanation,
        "evidence": evidence,
        "rule": rule.words.citation,
        "remedy": wording(rule, "remedy"),
        "contest": wording(rule, "contest"),
        "actor": rule.actor,
        "deadline_days": days.get(rule.words.deadline),
    }


def _other(finding: str, title: str, explanation: str, remedy: str) -> Reason:
    """A reason that comes from no register: it can only refer."""
    return {
        "finding": finding,
        "severity": "unknown",
        "at_gate": "refer",
        "title": title,
        "explanation": explanation,
        "evidence": "",
        "rule": "house: unknown is not guilty",
        "remedy": remedy,
        "contest": "",
        "actor": "provider",
        "deadline_days": None,
    }


def unavailable(error: BaseException | None, why: str = "") -> Reason:
    """The registers or the database could not be asked."""
    if not why and isinstance(error, LicetError):
        why = error.message
    elif not why and isinstance(error, DatabaseError | InterfaceError):
        why = _("the database does not answer")
    elif not why:
        why = type(error).__name__
    return _other(
        "registers_unavailable",
        _("The registers cannot be asked"),
        _("The registers could not be read: %(why)s.") % {"why": why},
        _("Ask again later; until then a person decides."),
    )


def unreadable(problems: Sequence[dict[str, str]]) -> Reason:
    """A row of a batch that cannot be read is not judged."""
    return _other(
        "row_unreadable",
        _("The row cannot be read"),
        "; ".join(f"{bad['field']}: {bad['reason']}" if bad["field"] else bad["reason"] for bad in problems),
        "; ".join(dict.fromkeys(bad["repair"] for bad in problems)),
    ) | {"evidence": " ".join(bad["field"] for bad in problems)}


def billing_not_loaded() -> Reason:
    """A billing code was asked about, and there is no register of them."""
    return _other(
        "billing_register_not_loaded",
        _("Billing register not loaded"),
        _("The billing register is not loaded, so nothing can be said about the code."),
        _("Have the billing register loaded, then ask again."),
    )


def notes(registers: Mapping[str, Any], asked: Mapping[str, Any] | None = None) -> list[str]:
    """What to know about an answer beside its reasons: facts of a later day, and what was not asked about.

    ``asked``: the row of a single question.
    """
    found = [
        _("%(register)s: the day asked about lies before the first load (%(day)s). Judged by what was known then,"
          " which is later than the day asked about.") % {"register": name, "day": row["last_as_of"]}
        for name, row in registers.items() if row.get("early")
    ]
    if asked is not None and not asked.get("provider_id"):
        found.append(_("No provider was named: nothing was asked about its licence, its annual review, its address ranges"
                       " or the blacklist of providers."))
    return found


def neutral(results: Sequence[dict[str, Any]]) -> list[list[Any]]:
    """Answers without words of any language: what a batch's digest is taken of."""
    return [
        [
            row["row"],
            row["access_id"],
            row["answer"],
            [
                [reason["finding"], reason["severity"], said_in(reason["finding"], reason["evidence"], "en")]
                for reason in row["reasons"]
            ],
        ]
        for row in results
    ]
