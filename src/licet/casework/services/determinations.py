"""A written determination drives the next step: illegal → drafts to sign; not illegal → everything ends now."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction

from licet.casework.consequences import completions
from licet.casework.models import Appeal, Case, Determination, Measure
from licet.casework.rules import Refuse
from licet.casework.services.cases import locked_case
from licet.casework.services.collateral import collateral, parse_scope
from licet.casework.services.measures import MeasureDraft, write_draft
from licet.casework.services.needs import local_day
from licet.casework.services.people import ensure_may_work
from licet.casework.services.preserved import preserved_refs
from licet.casework.services.record import record, refusal
from licet.casework.services.steps import binding, for_system, take_step
from licet.casework.tables import AFTER_ILLEGAL, CAN_EXPIRE, MEASURE_BY_ID, MeasureState, SubjectKind
from licet.casework.thresholds import thresholds
from licet.config.profile import load_profile
from licet.core.actors import Actor
from licet.core.errors import BadInput, Conflict
from licet.core.rls import acting_as
from licet.parties.models import Party

_AUTHORITIES = ("authority", "police")


def record_determination(case_id: int, *, document_no: str, authority_id: str, result: str, determined_on: dt.date,
                         text: str = "", actor: Actor, at: dt.datetime) -> Determination:
    """Record what an authority determined in writing, and do what follows from it:

    - ``illegal``: suspensions in force get one extension (so that they do not end while others sign), and at a desk of
      the authority drafts to close the site and to list it are proposed. Nothing binds until people sign.
    - ``not_illegal``: drafts are withdrawn, pending appeals end in favour of the affected, every measure of the case
      is lifted at once; followers clear what it led to.
    - ``insufficient``: everything stays as it is; suspensions run out by themselves.

    Also for a closed case. Raises :class:`BadInput` for an unknown result or issuer or a day that has not come,
    :class:`Conflict` for a document that was recorded before.
    """
    if result not in Determination.RESULTS or not document_no.strip():
        raise BadInput("a determination has a document number and one of three results",
                       hint=f"results: {', '.join(Determination.RESULTS)}")
    if determined_on > local_day(at):
        raise BadInput("a determination is not dated in the future", hint="give the day on the document")
    with acting_as(actor):
        case = locked_case(case_id)
        ensure_may_work(actor, case)
        assert actor.user_id is not None  # ensure_may_work refused everybody else
        if case.state == "merged":
            raise refusal(Refuse("merged", "the case was merged", "record it in the case it was merged into"))
        if not Party.objects.filter(party_id=authority_id, kind__in=_AUTHORITIES, until__isnull=True).exists():
            raise BadInput(f"{authority_id!r} is no authority on record", hint="name an authority or a police desk")
        try:
            with transaction.atomic():
                determination = Determination.objects.create(
                    case=case, desk_id=case.desk_id, document_no=document_no.strip(), authority_id=authority_id,
                    result=result, determined_on=determined_on, text=text, recorded_by_id=actor.user_id, recorded_at=at)
        except IntegrityError as error:
            raise Conflict(f"document {document_no} of {authority_id} was recorded before") from error
        if result == "illegal":
            _after_illegal(case, determination, actor, at)
        elif result == "not_illegal":
            end_everything(case, actor=actor, reason=f"determined not illegal: {determination.document_no}", at=at)
        record(case, "casework:determination:recorded", actor=actor, at=at, note=text[:500],
               data={"determination": determination.pk, "result": result, "document_no": determination.document_no})
    return determination


def _after_illegal(case: Case, determination: Determination, actor: Actor, at: dt.datetime) -> None:
    extension = dt.timedelta(days=thresholds().determination_extension_days)
    for measure in binding(case, at):
        if measure.kind in {"suspend_access", "suspend_billing"} and measure.determination_id is None:
            assert measure.expires_at is not None
            until = max(measure.expires_at, at + extension)
            Measure.objects.filter(pk=measure.pk).update(determination=determination, expires_at=until)
            record(case, "casework:measure:extended", actor=actor, at=at, note=determination.document_no,
                   data={"measure": measure.pk, "until": until.isoformat()})
    of_authority = Party.objects.filter(party_id=case.desk_id, kind="authority", until__isnull=True)
    if case.state == "open" and of_authority.exists():
        for kind in AFTER_ILLEGAL:
            _propose_draft(case, kind, determination, actor, at)


_SCOPE_FIELD = {SubjectKind.SITE: "hosts", SubjectKind.ADDRESS: "addresses", SubjectKind.CODE: "codes",
                SubjectKind.PROVIDER: "parties", SubjectKind.SPONSOR: "parties"}


def _hits_others(case: Case) -> bool:
    """Its whole subject carries others; that the authority determined about all of it is the reason to name it."""
    if case.subject_kind not in {SubjectKind.SITE, SubjectKind.ADDRESS}:
        return False
    own = frozenset({case.subject_key})
    hit = collateral(parse_scope({_SCOPE_FIELD[SubjectKind(case.subject_kind)]: [case.subject_key]}), own_hosts=own)
    return case.subject_kind == SubjectKind.ADDRESS or hit.customers_below > 0


def _propose_draft(case: Case, kind: str, determination: Determination, actor: Actor, at: dt.datetime) -> None:
    if Measure.objects.filter(case=case, kind=kind).exclude(state=MeasureState.WITHDRAWN).exists():
        return
    if kind == "close_site" and case.subject_kind not in {SubjectKind.SITE, SubjectKind.CODE}:
        return
    if case.subject_kind == SubjectKind.HASH:  # a file is nowhere by itself: the site's own case is where it is cut
        return
    attachments: dict[str, Any] = {"wide_scope": determination.document_no} if _hits_others(case) else {}
    scope: dict[str, Any] = {_SCOPE_FIELD[SubjectKind(case.subject_kind)]: [case.subject_key]}
    reasons: list[dict[str, Any]] = [{"determination": determination.document_no, "result": determination.result}]
    for completion in completions():
        more, why = completion(case, kind)
        scope |= {field: [*scope.get(field, []), *values] for field, values in more.items()}
        reasons += why
    preserved = preserved_refs(case) if "evidence" in MEASURE_BY_ID[kind].needs else ""
    if preserved:
        attachments["evidence"] = preserved
    write_draft(case, MeasureDraft(
        kind=kind, reasons=reasons, scope=scope, attachments=attachments, determination_id=determination.pk,
        rule_cited=load_profile().casework["determination"]["cites"][kind]), actor=actor, at=at)


def end_everything(case: Case, *, actor: Actor, reason: str, at: dt.datetime) -> None:
    """Withdraw the case's drafts, end pending appeals in favour of the affected, lift every measure that binds: what the
    determination says, whoever may decide such measures."""
    with acting_as(for_system(actor)):
        _end_everything(case, actor=actor, reason=reason, at=at)


def _end_everything(case: Case, *, actor: Actor, reason: str, at: dt.datetime) -> None:
    for draft in Measure.objects.select_for_update(no_key=True, of=("self",)).filter(
            case=case, state=MeasureState.DRAFTED).order_by("pk"):
        take_step(draft, "withdrawn", actor=actor, reason=reason, at=at)
    for measure in binding(case, at):
        measure.refresh_from_db()
        if MeasureState(measure.state) in CAN_EXPIRE:
            take_step(measure, "lifted", actor=actor, reason=reason, at=at)
    pending = Appeal.objects.filter(measure__case=case, state="filed")
    pending.update(state="defaulted", judged_at=at, judgement=reason)
