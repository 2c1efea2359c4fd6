"""Casework with the fixed cast: what happens when nobody does anything, and when somebody was wrong."""

import datetime as dt

import pytest

from licet.casework import selectors, services
from licet.casework.models import Case, Measure
from licet.casework.services import MeasureDraft, SignalIn
from licet.core.actors import WORKER
from licet.core.errors import LicetError
from licet.core.rls import acting_as
from licet.evidence.services import NewItem, add_item
from licet.journal.models import Entry
from licet.parties.services import add_person

pytestmark = pytest.mark.django_db
SITE = "lantern.example"


def _on(day, hour=9):
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour), tzinfo=dt.UTC)


def _case(on, *, ground, kind, subject=SITE, observers=("sweep",)):
    for observer in observers:
        case_id = services.receive_signal(
            SignalIn(kind=kind, desk_id="authority", provider_id="nightlamp", ground=ground, subject_kind="site",
                     subject=subject, source=f"{kind}:{observer}:{subject}", observer=observer, observed_at=on),
            actor=WORKER, at=on)
    return case_id


def _draft(case_id, kind, *, by, on, **more):
    draft = MeasureDraft(kind=kind, reasons=[{"text": "A test from outside saw it."}],
                         rule_cited="Notice §4.2.5", scope={"hosts": [SITE]}, **more)
    return services.draft_measure(case_id, draft, actor=by, at=on)


def _evidence(case_id, *, by, on):
    with acting_as(WORKER):
        number = Case.objects.get(pk=case_id).number
    return add_item(number, NewItem(kind="statement", title="What the page said"), [b"no filing number"], actor=by,
                    purpose="preserved before anything changes", at=on).ref


def _carry_out(measure, *, on, executor):
    for event, actor in (("notified", WORKER), ("ordered", WORKER), ("acknowledged", executor), ("done", executor),
                         ("verified", WORKER)):
        services.advance(measure, event, actor=actor, at=on)


def _tags():
    with acting_as(WORKER):
        return list(Entry.objects.order_by("seq").values_list("tag", flat=True))


@pytest.fixture
def third_officer(cast):
    """Tern, an officer who had no part in anything."""
    from licet.parties.selectors import actor_for

    with acting_as(WORKER):
        tern = add_person("tern", password="tern-harbour-lantern-42", party_id="authority", roles=("officer",), by=WORKER,
                          must_change=False)
    return actor_for(tern)


def test_tier_2_suspension_expires_without_any_job(actor_of):
    olm, on = actor_of("olm"), _on("2026-03-02")
    case_id = _case(on, ground="pornography", kind="report", observers=("a", "b", "c"))
    services.set_tier(case_id, 2, reason="three households", actor=olm, at=on)
    measure = _draft(case_id, "suspend_access", by=olm, on=on)
    services.approve_measure(measure.pk, actor=olm, authenticated_at=on, at=on)
    _carry_out(measure, on=_on("2026-03-03"), executor=actor_of("wick"))

    def now(day):
        with acting_as(WORKER):
            row = Measure.objects.get(pk=measure.pk)
            return row.state, selectors.state_of(row, _on(day)).value, selectors.in_force(_on(day)).count()

    assert now("2026-03-31") == ("verified", "verified", 1)
    assert now("2026-04-01") == ("verified", "expired", 0)  # thirty days are over; nobody wrote it down, it is over
    with pytest.raises(LicetError, match="expired cannot be disagreed"):
        services.advance(measure.pk, "disagreed", actor=WORKER, reason="still reachable", at=_on("2026-04-02"))
    assert services.expire_due(_on("2026-04-02")) == 1
    assert now("2026-04-02")[0] == "expired"
    services.advance(measure.pk, "restored", actor=actor_of("wick"), at=_on("2026-04-02"))
    services.advance(measure.pk, "restoration_verified", actor=WORKER, at=_on("2026-04-02", 10))
    assert now("2026-04-02")[0] == "restoration_verified"


def test_tier_1_stop_by_two_is_overturned_by_a_third(actor_of, third_officer):
    olm, reed, wick, on = actor_of("olm"), actor_of("reed"), actor_of("wick"), _on("2026-03-02")
    case_id = _case(on, ground="unfiled_site", kind="finding")
    services.set_tier(case_id, 1, reason="no filing on record", actor=olm, at=on)
    measure = _draft(case_id, "stop_access", by=olm, on=on, attachments={"evidence": _evidence(case_id, by=olm, on=on)})
    services.approve_measure(measure.pk, actor=olm, authenticated_at=on, at=on)
    services.second_measure(measure.pk, actor=reed, authenticated_at=on, at=on)
    _carry_out(measure, on=on, executor=wick)

    appeal = services.file_appeal(measure.pk, filed_by="nightlamp", text="It was filed in February.", actor=wick,
                                  at=_on("2026-03-10"))
    judge = {"appeal_id": appeal.pk, "result": "overturned", "judgement": "The filing was on record.",
             "authenticated_at": _on("2026-03-12"), "at": _on("2026-03-12")}
    for signer in (olm, reed):
        with pytest.raises(LicetError, match="own measure"):
            services.judge_appeal(judge["appeal_id"], actor=signer, **{k: v for k, v in judge.items() if k != "appeal_id"})
    services.judge_appeal(judge.pop("appeal_id"), actor=third_officer, **judge)
    services.advance(measure.pk, "restored", actor=wick, at=_on("2026-03-12", 11))
    services.advance(measure.pk, "restoration_verified", actor=WORKER, at=_on("2026-03-12", 12))

    with acting_as(WORKER):
        assert [step.event for step in selectors.steps_of(Measure.objects.get())] == [
            "approved", "notified", "ordered", "acknowledged", "done", "verified", "overturned", "restored",
            "restoration_verified"]
    assert _tags()[-4:] == ["casework:measure:overturned", "casework:appeal:overturned", "casework:measure:restored",
                            "casework:measure:restoration_verified"]
