"""Measures: drafted by a person, signed by the people they need, or withdrawn."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from licet.casework.models import Case, Measure
from licet.casework.rules import (
    Apply,
    Hold,
    Insufficient,
    MeasureDecision,
    MeasureFacts,
    Refuse,
    Thresholds,
    counts_until,
    decide_measure,
    may_work,
    narrowest,
)
from licet.casework.scoping import Scope
from licet.casework.services.bounds import beyond, further, judges_of, keys_of, replaces_too_much, usual_executor
from licet.casework.services.cases import locked_case, workable_case
from licet.casework.services.chains import clean_chain
from licet.casework.services.collateral import Collateral, collateral, parse_scope
from licet.casework.services.needs import needs_met
from licet.casework.services.people import person_for
from licet.casework.services.record import need_reason, record, refusal
from licet.casework.services.steps import locked_measure, take_step, visible_measure
from licet.casework.tables import MEASURE_BY_ID, NEEDS, MeasureKind, MeasureState, SubjectKind
from licet.casework.thresholds import thresholds
from licet.core.actors import Actor
from licet.core.errors import BadInput, Conflict
from licet.core.rls import acting_as

_NEED_WORDS = {need.id: need.en for need in NEEDS}


class NeedsMissing(Conflict):
    """The measure needs something that is not there yet."""

    code = "needs_missing"


class SignedAlready(Conflict):
    """Somebody signed or withdrew this measure already."""

    code = "signed_already"


@dataclasses.dataclass(frozen=True, kw_only=True)
class MeasureDraft:
    """What a person proposes to do. ``attachments``: need id -> reference; ``wide_scope``: why the narrower scope will
    not do. Without ``expires_at`` a measure that must end gets the profile's term."""

    kind: str
    reasons: Sequence[Mapping[str, Any]]
    rule_cited: str
    scope: Mapping[str, Any]
    provider_id: str = ""
    subject_party: str = ""
    deadline_on: dt.date | None = None
    expires_at: dt.datetime | None = None
    determination_id: int | None = None
    attachments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    replaces_id: int | None = None


def draft_measure(case_id: int, draft: MeasureDraft, *, actor: Actor, at: dt.datetime) -> Measure:
    """Write a draft; nobody is affected by it. Needs may still be missing, a scope that is too wide is refused at once.

    Raises :class:`BadInput` for an unknown kind, an empty scope, no citation or no reasons, and the refusals of
    ``cases.workable_case`` and ``rules.narrowest``.
    """
    with acting_as(actor):
        case = workable_case(case_id, actor=actor, at=at)
        return write_draft(case, draft, actor=actor, at=at)


def write_draft(case: Case, draft: MeasureDraft, *, actor: Actor, at: dt.datetime) -> Measure:
    """The draft itself, for services that hold the case already."""
    kind = MEASURE_BY_ID.get(draft.kind)
    if kind is None:
        raise BadInput(f"there is no measure {draft.kind!r}", hint=f"measures: {', '.join(MEASURE_BY_ID)}")
    if not draft.rule_cited.strip() or not draft.reasons:
        raise BadInput("a measure cites a rule and gives its reasons", hint="name the rule or pledge clause, and why")
    subject_party = draft.subject_party or (case.subject_key if case.subject_kind == SubjectKind.PROVIDER else "")
    refuse = may_work(person_for(actor, case, subject_party=subject_party))
    if refuse is not None:
        raise refusal(refuse)
    assert actor.user_id is not None  # may_work refused everybody else
    attachments = clean_attachments(draft.attachments)
    draft = dataclasses.replace(draft, attachments=attachments, subject_party=subject_party,
                                provider_id=draft.provider_id or usual_executor(case))
    scope, hit = _bounded(case, draft)
    measure = Measure.objects.create(
        case=case, desk_id=case.desk_id, provider_id=draft.provider_id, subject_party=subject_party,
        kind=kind.id, reasons=[dict(reason) for reason in draft.reasons], rule_cited=draft.rule_cited.strip(),
        scope=scope.as_document(), collateral=hit.as_document(), deadline_on=draft.deadline_on,
        expires_at=draft.expires_at or _usual_end(kind, at), determination_id=draft.determination_id,
        attachments=attachments, drafted_by_id=actor.user_id, drafted_at=at, replaces_id=draft.replaces_id)
    record(case, "casework:measure:drafted", actor=actor, at=at, note=measure.rule_cited,
           data={"measure": measure.pk, "kind": kind.id, "collateral": hit.domains_on_addresses})
    return measure


@dataclasses.dataclass(frozen=True, kw_only=True)
class Amendment:
    """What completes a draft. ``None`` leaves a field as it is; an attachment that is '' is taken away."""

    attachments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    scope: Mapping[str, Any] | None = None
    deadline_on: dt.date | None = None
    expires_at: dt.datetime | None = None
    determination_id: int | None = None


def amend_measure(measure_id: int, amendment: Amendment, *, actor: Actor, at: dt.datetime) -> Measure:
    """Complete or narrow a draft that nobody signed yet; what was signed stays as it was signed.

    Raises :class:`SignedAlready`, the refusals of ``rules.may_work`` and ``rules.narrowest``.
    """
    with acting_as(actor):
        measure = _draft(measure_id)
        if measure.decided_by_id is not None:
            raise SignedAlready("what was signed stays as it was signed", hint="withdraw it and draft anew")
        case = workable_case(measure.case_id, actor=actor, at=at)
        given = {**measure.attachments, **amendment.attachments}
        attachments = clean_attachments({need: text for need, text in given.items() if str(text).strip()})
        scope, hit = _bounded(case, MeasureDraft(
            kind=measure.kind, reasons=measure.reasons, rule_cited=measure.rule_cited, attachments=attachments,
            scope=amendment.scope or measure.scope, provider_id=measure.provider_id, subject_party=measure.subject_party,
            expires_at=amendment.expires_at or measure.expires_at, replaces_id=measure.replaces_id))
        Measure.objects.filter(pk=measure.pk).update(
            attachments=attachments, scope=scope.as_document(), collateral=hit.as_document(),
            deadline_on=amendment.deadline_on or measure.deadline_on,
            expires_at=amendment.expires_at or measure.expires_at,
            determination_id=amendment.determination_id or measure.determination_id)
        measure.refresh_from_db()
        record(case, "casework:measure:amended", actor=actor, at=at,
               data={"measure": measure.pk, "kind": measure.kind, "attachments": sorted(measure.attachments)})
    return measure


def clean_attachments(given: Mapping[str, Any]) -> dict[str, Any]:
    """References as they are kept; a billing chain is not a text but its links. Raises :class:`BadInput`."""
    chain = given.get("billing_chain")
    return {**given, "billing_chain": clean_chain(chain)} if chain else dict(given)


def present_collateral(measure: Measure) -> Collateral:
    """What the measure's scope would hit besides what it names, counted now."""
    return collateral(parse_scope(measure.scope), own_hosts=_own_hosts(measure.case))


def _usual_end(kind: MeasureKind, at: dt.datetime) -> dt.datetime | None:
    days = thresholds().term_days(kind)
    return at + dt.timedelta(days=days) if days is not None else None


def _own_hosts(case: Case) -> frozenset[str]:
    return keys_of(case) if case.subject_kind == SubjectKind.SITE else frozenset()


def _bounded(case: Case, draft: MeasureDraft) -> tuple[Scope, Collateral]:
    """The scope, if it stays with the case and the desk and is as narrow as it can be, or somebody says why not."""
    scope = parse_scope(draft.scope)
    refuse = beyond(case, kind=draft.kind, scope=scope, provider_id=draft.provider_id,
                    subject_party=draft.subject_party, attachments=draft.attachments)
    if refuse is not None:
        raise _unfit(refuse)
    replaced = Measure.objects.filter(pk=draft.replaces_id).first() if draft.replaces_id else None
    hit = collateral(scope, own_hosts=_own_hosts(case))
    refuse = replaces_too_much(draft.kind, scope, draft.expires_at, replaced) or narrowest(
        hit.domains_on_addresses, str(draft.attachments.get("wide_scope", "")), below=hit.customers_below,
        on_codes=hit.codes_shared)
    if refuse is not None:
        raise refusal(refuse)
    return scope, hit


def _unfit(refuse: Refuse) -> BadInput:
    error = BadInput(refuse.text, hint=refuse.hint)
    error.code = refuse.code
    return error


def decide(measure: Measure, *, actor: Actor, authenticated_at: dt.datetime | None, at: dt.datetime) -> MeasureDecision:
    """What :func:`rules.decide_measure` says if this person signed now. Pages ask it to say why a button is missing.

    The collateral count is taken anew: what was alone on an address when it was drafted may share it now.
    """
    case = Case.objects.get(pk=measure.case_id)
    limits = thresholds()
    return decide_measure(_facts(measure, case, actor=actor, authenticated_at=authenticated_at, at=at,
                                 limits=limits), limits)


def first_signature_lapsed(measure: Measure, at: dt.datetime) -> bool:
    """Somebody signed first, so long ago that it no longer counts."""
    return (measure.state == MeasureState.DRAFTED and measure.decided_at is not None
            and at > counts_until(measure.decided_at, thresholds()))


def _facts(measure: Measure, case: Case, *, actor: Actor, authenticated_at: dt.datetime | None, at: dt.datetime,
           limits: Thresholds) -> MeasureFacts:
    hit = collateral(parse_scope(measure.scope), own_hosts=_own_hosts(case))
    return MeasureFacts(
        kind=MEASURE_BY_ID[measure.kind], person=person_for(actor, case, subject_party=measure.subject_party),
        authenticated_at=authenticated_at, now=at, case_open=case.state == "open", tier=case.tier,
        have=needs_met(case, measure, now=at, limits=limits),
        decided_by=None if first_signature_lapsed(measure, at) else measure.decided_by_id,
        expires_at=measure.expires_at, others_on_addresses=hit.domains_on_addresses, others_below=hit.customers_below,
        others_on_codes=hit.codes_shared, wide_scope_reason=str(measure.attachments.get("wide_scope", "")),
        kept_away=_kept_away(measure), against=further(case, measure, at=at))


def _kept_away(measure: Measure) -> frozenset[int]:
    """Whoever judged the measure that this one replaces, and drafted what takes its place."""
    return judges_of(measure.replaces) | {measure.drafted_by_id} if measure.replaces_id else frozenset()


def approve_measure(measure_id: int, *, actor: Actor, authenticated_at: dt.datetime | None, at: dt.datetime,
                    reason: str = "") -> Measure:
    """The first signature. A measure for one person is approved by it; one for two waits for :func:`second_measure`.

    A first signature that lapsed is given anew, by the same person or another: the rule looks at everything again.
    ``authenticated_at``: when the person last proved who they are; older than the profile's minutes is refused.
    Raises the rule's refusal, :class:`NeedsMissing`, or :class:`SignedAlready` (of two deciders one wins).
    """
    with acting_as(actor):
        measure = _draft(measure_id)
        if measure.decided_by_id is not None and not first_signature_lapsed(measure, at):
            raise SignedAlready(hint="the second person seconds it")
        decision = _signed(decide(measure, actor=actor, authenticated_at=authenticated_at, at=at))
        count = Measure.objects.filter(pk=measure.pk, state=MeasureState.DRAFTED, decided_at=measure.decided_at).update(
            decided_by=actor.user_id, decided_at=at)
        if count != 1:
            raise SignedAlready
        return _after_signature(measure, decision, "casework:measure:decided", actor=actor, reason=reason, at=at)


def second_measure(measure_id: int, *, actor: Actor, authenticated_at: dt.datetime | None, at: dt.datetime,
                   reason: str = "") -> Measure:
    """The second signature, by somebody else, freshly authenticated as well. Approves the measure."""
    with acting_as(actor):
        measure = _draft(measure_id)
        if measure.decided_by_id is None or MEASURE_BY_ID[measure.kind].persons < 2:
            raise Conflict("there is nothing to second", hint="approve it first")
        if measure.seconded_by_id is not None:
            raise SignedAlready
        if first_signature_lapsed(measure, at):
            raise refusal(Refuse("signature_lapsed", "the first signature has lapsed",
                                 "somebody signs first again, on what is known today"))
        decision = _signed(decide(measure, actor=actor, authenticated_at=authenticated_at, at=at))
        count = Measure.objects.filter(pk=measure.pk, state=MeasureState.DRAFTED, seconded_by__isnull=True).update(
            seconded_by=actor.user_id, seconded_at=at)
        if count != 1:
            raise SignedAlready
        return _after_signature(measure, decision, "casework:measure:seconded", actor=actor, reason=reason, at=at)


def _draft(measure_id: int) -> Measure:
    """The locked draft; the case is locked first, as everywhere, so that two services cannot wait for each other."""
    locked_case(visible_measure(measure_id).case_id)
    measure = locked_measure(measure_id)
    if measure.state != MeasureState.DRAFTED:
        raise SignedAlready(f"the measure is {measure.state}")
    return measure


def _signed(decision: MeasureDecision) -> Apply | Hold:
    if isinstance(decision, Refuse):
        raise refusal(decision)
    if isinstance(decision, Insufficient):
        raise NeedsMissing("missing: " + "; ".join(_NEED_WORDS[need] for need in decision.missing),
                           hint="add it to the draft or to the case")
    return decision


def _after_signature(measure: Measure, decision: Apply | Hold, tag: str, *, actor: Actor, reason: str,
                     at: dt.datetime) -> Measure:
    measure.refresh_from_db()
    if isinstance(decision, Apply):
        return take_step(measure, "approved", actor=actor, reason=reason, at=at)
    record(measure.case, tag, actor=actor, at=at, note=reason, data={"measure": measure.pk, "kind": measure.kind,
                                                                     "waits_for": decision.code})
    return measure


def withdraw_measure(measure_id: int, *, reason: str, actor: Actor, at: dt.datetime) -> Measure:
    """Give a draft up, with a reason. Anybody who may work on the case may; nobody was affected."""
    reason = need_reason(reason)
    with acting_as(actor):
        measure = _draft(measure_id)
        refuse = may_work(person_for(actor, measure.case, subject_party=measure.subject_party))
        if refuse is not None:
            raise refusal(refuse)
        return take_step(measure, "withdrawn", actor=actor, reason=reason, at=at)
