"""The public exposure list: an organisation, what was decided and by whom, for a while. Rule: Notice §4.3"""

from __future__ import annotations

import datetime as dt

from licet.casework.models import Case, Measure
from licet.casework.services.finality import final_decisions
from licet.casework.tables import SubjectKind
from licet.core.actors import WORKER
from licet.core.errors import Conflict
from licet.journal.services import append
from licet.parties.models import Party
from licet.standing.days import local_day
from licet.standing.models import Exposure
from licet.standing.rules import enters, may_publish
from licet.standing.services.entries import decision_ref
from licet.standing.services.identity import Named, organisers_of, parties_of

_WHY = {"nobody_on_record": "no organisation on record answers for this", "a_person": "a person is never published"}


class NotPublishable(Conflict):
    """This cannot be published."""

    code = "not_publishable"
    hint = "exposure names organisations that the records identify; withdraw the draft"


def organisation_of(measure: Measure) -> Named:
    """The organisation an exposure names. Raises :class:`NotPublishable` for persons and for unknowns."""
    case = Case.objects.get(pk=measure.case_id)
    named = _candidates(measure, case)
    sure = [one for one in named if one.confidence == "subject" or enters(one.confidence)]
    reason = may_publish(is_organisation=bool(sure) and all(one.is_organisation for one in sure),
                         named=bool(sure) and bool(sure[0].name))
    if reason:
        raise NotPublishable(_WHY[reason])
    return sure[0]


def _candidates(measure: Measure, case: Case) -> list[Named]:
    if case.subject_kind == SubjectKind.PROVIDER:
        party = Party.objects.filter(party_id=case.subject_key, until__isnull=True).first()
        return [Named(kind="provider", value=party.party_id, confidence="subject", name=party.name,
                      is_organisation=True)] if party else []
    if case.subject_kind == SubjectKind.SITE:
        return [Named(kind="sponsor", value=one.number, confidence=one.confidence, name=one.name,
                      is_organisation=one.is_organisation)
                for one in organisers_of([case.subject_key], on=local_day(measure.drafted_at))]
    return parties_of(measure)


def decision_of(measure: Measure) -> int | None:
    """The decision a published exposure makes known; ``None`` before it is published and after it was withdrawn."""
    return (Exposure.objects.filter(measure=measure, withdrawn_at__isnull=True).order_by("-pk")
            .values_list("decision_id", flat=True).first())


def publish(measure: Measure, *, at: dt.datetime) -> Exposure:
    """Publish the oldest decision of the case that is final now, once. Raises :class:`NotPublishable`."""
    found = Exposure.objects.filter(measure=measure, withdrawn_at__isnull=True).first()
    if found is not None:
        return found
    case = Case.objects.get(pk=measure.case_id)
    decision, organisation = next(iter(final_decisions(case, at)), None), organisation_of(measure)
    if decision is None or measure.expires_at is None:
        raise NotPublishable("no final decision of the case is in force")
    desk = Party.objects.filter(party_id=decision.desk_id, until__isnull=True).first()
    exposure = Exposure.objects.create(
        measure=measure, decision=decision, desk_id=measure.desk_id, organisation_name=organisation.name,
        organisation_code=organisation.value, ground_id=case.ground_id, decided=decision.kind,
        about=case.subject_key if case.subject_kind in {SubjectKind.SITE, SubjectKind.CODE} else "",
        decided_by=desk.name if desk else decision.desk_id, decided_on=local_day(decision.decided_at or at),
        rule_cited=decision.rule_cited, decision_ref=decision_ref(decision, decision.case), published_at=at,
        expires_at=measure.expires_at)
    append("standing:exposure:published", actor=WORKER, subject=f"exposure:{exposure.pk}", organisation=measure.desk_id,
           purpose=measure.rule_cited, data={"measure": measure.pk, "decision_ref": exposure.decision_ref})
    return exposure


def withdraw(measure: Measure, *, why: str, at: dt.datetime) -> int:
    """Take a published exposure back at once."""
    count = 0
    for exposure in Exposure.objects.select_for_update(of=("self",)).filter(measure=measure, withdrawn_at__isnull=True):
        exposure.withdrawn_at, exposure.withdrawn_why = at, why[:300]
        exposure.save(update_fields=["withdrawn_at", "withdrawn_why"])
        append("standing:exposure:withdrawn", actor=WORKER, subject=f"exposure:{exposure.pk}",
               organisation=measure.desk_id, purpose=why[:500], data={"measure": measure.pk})
        count += 1
    return count
