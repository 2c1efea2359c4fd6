"""How each kind of measure comes to be signed: a case with all it needs, and the draft."""

from __future__ import annotations

from licet.casework import services
from licet.casework.models import Case, Measure
from licet.casework.tables import MEASURE_BY_ID
from licet.casework.tests.story import DAY, SITE
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.evidence.services import seal_now
from licet.parties.models import Party
from licet.parties.services import add_person, next_change_seq

CODE = "106699123"
CHAIN = [{"operator": "backbone", "partner": "Lantern Partner", "code": CODE, "service": "fortune by SMS"}]


def know(story, name, actor):
    """The story knows one more person."""
    known = story.actor_of
    story.actor_of = lambda asked: actor if asked == name else known(asked)


def hire(story, name, party_id, role):
    """A new person with a post, known to the story by name."""
    from licet.parties.selectors import actor_for

    with acting_as(WORKER):
        user = add_person(name, password="some-long-words-42", party_id=party_id, roles=(role,), by=WORKER, must_change=False)
    know(story, name, actor_for(user))
    return name


def found(party_id, kind, region="CN-GD"):
    """One more organisation."""
    with acting_as(WORKER):
        Party.objects.create(party_id=party_id, kind=kind, name=party_id.title(), region=region, since="2020-01-01",
                             content_hash=b"\0" * 16, change_seq=next_change_seq(), source="test",
                             recorded_at=clock.now())
    return party_id


def about(kind):
    """Whom a measure of this kind is about, as fields of a signal, and its scope."""
    if kind in {"revoke_licence", "publish_exposure"}:
        return {"subject": "mudflat", "subject_kind": "provider", "ground": "unlicensed_provider",
                "provider": "backbone"}, {"parties": ["mudflat"]}
    if kind in {"suspend_billing", "stop_billing", "end_cooperation"}:
        return {"subject": CODE, "subject_kind": "code", "ground": "deceptive_billing"}, {"codes": [CODE]}
    return {}, {"hosts": [SITE]}


def ready(story, kind, *, desk="authority", by="olm", second="reed", **fields):
    """A complete draft of this kind at a desk; ``by`` and ``second`` work there. What it rests on was decided before."""
    row, (subject, scope) = MEASURE_BY_ID[kind], about(kind)
    provider = subject.pop("provider", "nightlamp")
    case_id = fields.pop("case_id", None) or story.case(
        "finding", tier=min(row.tiers), desk=desk, by=by, provider=provider, **subject)
    attachments = {need: what for need, what in (("billing_chain", CHAIN), ("assessment", "REF 1")) if need in row.needs}
    if row.needs & {"evidence", "bag"}:
        attachments["evidence"] = story.evidence(case_id, by=by)
    if "bag" in row.needs:
        with acting_as(WORKER):
            number = Case.objects.get(pk=case_id).number
        attachments["bag"] = seal_now(number, purpose="for the police", actor=story.who(by), at=story.now, refs=()).ref
    if "determination" in row.needs:
        fields["determination_id"] = _determined(story, case_id, by)
    if "final_decision" in row.needs and "decided" not in fields:
        closed(story, case_id, by=by, second=second, scope=scope)
    fields.pop("decided", None)
    if "deadline" in row.needs:
        fields["deadline_on"] = (story.now + 10 * DAY).date()
    return story.draft(case_id, kind, by=by, scope=scope, attachments=attachments, **fields)


def closed(story, case_id, *, by="olm", second="reed", **fields):
    """A stop of access that is final: told, and past the time to appeal it."""
    stop = story.draft(case_id, "stop_access", by=by, **fields,
                       attachments={"evidence": story.evidence(case_id, b"stop", by=by)})
    story.approve(stop, by=by)
    story.go(story.second(stop, by=second), "notified")
    story.wait(61 * DAY)
    return stop


def _determined(story, case_id, by):
    determination = services.record_determination(
        case_id, document_no=f"D {case_id}", authority_id="authority", result="illegal", determined_on=story.now.date(),
        actor=story.who(by), at=story.now)
    with acting_as(WORKER):
        proposed = list(Measure.objects.filter(case_id=case_id, state="drafted"))
    for draft in proposed:
        services.withdraw_measure(draft.pk, reason="drafted anew", actor=story.who(by), at=story.now)
    return determination.pk
