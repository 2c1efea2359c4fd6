"""Measures on real PostgreSQL: signed, carried out, ended, restored, appealed."""

import datetime as dt

import pytest

from licet.casework import consequences, services
from licet.casework.models import Appeal, Case, CaseEvent, Measure, MeasureTransition
from licet.casework.rules import UnknownStep
from licet.casework.services import Replacement
from licet.casework.services.measures import NeedsMissing, SignedAlready
from licet.casework.tests.story import DAY, HOUR, SITE, START
from licet.core.actors import WORKER
from licet.core.errors import BadInput, Conflict, LicetError, NotFound
from licet.core.rls import acting_as
from licet.journal.models import Entry
from licet.registers.models import AccessRelation

pytestmark = pytest.mark.django_db
TOMORROW = (START + DAY).date()


@pytest.fixture(autouse=True)
def _seen_by_the_system(system):
    """Assertions read as the system; services state their own actor."""


def _code(excinfo):
    return excinfo.value.code


def test_suspension_by_one_reviewer(story):
    measure = story.suspension()

    assert (measure.state, measure.decided_by.username) == ("approved", "olm")
    assert measure.expires_at == START + 30 * DAY
    assert CaseEvent.objects.filter(case=measure.case).latest("id").tag == "casework:measure:approved"
    entry = Entry.objects.latest("seq")
    assert (entry.tag, entry.organisation, entry.data["to"]) == ("casework:measure:approved", "authority", "approved")


def test_stop_waits_for_the_second_person(story):
    case_id = story.case(tier=1)
    draft = story.draft(case_id, "stop_access", attachments={"evidence": story.evidence(case_id)})

    waiting = story.approve(draft)
    assert waiting.state == "drafted"
    with pytest.raises(LicetError) as same:
        story.second(draft, by="olm")
    approved = story.second(draft, by="reed")

    assert _code(same) == "same_person"
    assert (approved.state, approved.seconded_by.username) == ("approved", "reed")


def test_second_without_first_is_refused(story):
    case_id = story.case(tier=1)
    draft = story.draft(case_id, "stop_access", attachments={"evidence": story.evidence(case_id)})

    with pytest.raises(Conflict, match="nothing to second"):
        story.second(draft)


@pytest.mark.parametrize("age", [None, dt.timedelta(minutes=6), dt.timedelta(minutes=-5)],
                         ids=["never", "old", "future"])
def test_signing_needs_fresh_authentication(story, age):
    draft = story.draft(story.case(tier=2))

    with pytest.raises(LicetError) as refused:
        services.approve_measure(draft.pk, actor=story.who("olm"), at=story.now,
                                 authenticated_at=None if age is None else story.now - age)

    assert _code(refused) == "authentication_stale"
    assert Measure.objects.get(pk=draft.pk).decided_by is None


def test_needs_are_named(story):
    draft = story.draft(story.case(tier=1), "stop_access")

    with pytest.raises(NeedsMissing, match="preserved evidence"):
        story.approve(draft)


def test_no_tier_no_measure(story):
    draft = story.draft(story.case())

    with pytest.raises(NeedsMissing, match="tier set by a person"):
        story.approve(draft)


def test_wrong_tier_is_refused(story):
    draft = story.draft(story.case(tier=3))

    with pytest.raises(LicetError) as refused:
        story.approve(draft)

    assert _code(refused) == "wrong_tier"


def test_term_cannot_be_longer_than_the_profile_allows(story):
    draft = story.draft(story.case(tier=2), expires_at=START + 31 * DAY)

    with pytest.raises(LicetError) as refused:
        story.approve(draft)

    assert _code(refused) == "term_too_long"


def test_one_report_is_no_finding_three_independent_ones_are(story):
    lone = story.case("report", tier=2, ground="pornography")
    with pytest.raises(NeedsMissing, match="a finding"):
        story.approve(story.draft(lone))

    several = story.case("report", "report", "report", tier=2, ground="pornography", subject="other.example")
    assert story.approve(story.draft(several, scope={"hosts": ["other.example"]})).state == "approved"


def test_system_and_programs_decide_nothing(story):
    draft = story.draft(story.case(tier=2))

    with pytest.raises(LicetError) as refused:
        story.approve(draft, by="worker")

    assert _code(refused) == "not_a_person"


def test_provider_closes_no_site(story):
    case = story.case(tier=1, desk="harbour", by="pilot", provider="harbour")

    with pytest.raises(LicetError) as refused:
        story.approve(story.draft(case, "close_site", by="pilot"), by="pilot")

    assert _code(refused) == "not_yours"


def test_withdrawn_draft_cannot_be_signed(story):
    draft = story.draft(story.case(tier=2))
    services.withdraw_measure(draft.pk, reason="wrong site", actor=story.who("olm"), at=story.now)

    with pytest.raises(SignedAlready):
        story.approve(draft)


def test_scope_is_about_the_case(story):
    with pytest.raises(BadInput, match="not what this case is about"):
        story.draft(story.case(tier=2), scope={"hosts": ["bystander.example"]})


def _connect(domain, ip="192.0.2.7", provider="mudflat"):
    AccessRelation.objects.create(access_id=domain, provider_id=provider, service_kind="vhost", domain=domain, ip=ip,
                                  since="2026-01-01", content_hash=b"0" * 16, change_seq=1, source="test",
                                  recorded_at=START)


def test_shared_address_needs_a_reason(story):
    for domain in (SITE, "bystander.example", "school.example"):
        _connect(domain)
    case = story.case(tier=2)

    with pytest.raises(LicetError) as refused:
        story.draft(case, scope={"addresses": ["192.0.2.7"]})
    measure = story.draft(case, scope={"addresses": ["192.0.2.7"]}, attachments={"wide_scope": "answers every name"})

    assert _code(refused) == "scope_too_wide"
    assert "2 other sites" in refused.value.message
    assert measure.collateral["domains_on_addresses"] == 2
    assert measure.collateral["sample"] == ["bystander.example", "school.example"]


def test_collateral_is_counted_over_all_providers(story):
    _connect(SITE, provider="harbour")
    _connect("bystander.example", provider="mudflat")
    case = story.case(tier=2, desk="harbour", by="pilot", provider="harbour")

    with pytest.raises(LicetError, match="1 other sites"):
        story.draft(case, by="pilot", scope={"addresses": ["192.0.2.7"]})


def test_collateral_is_counted_again_when_signed(story):
    _connect(SITE)
    draft = story.draft(story.case(tier=2), scope={"addresses": ["192.0.2.7"]})
    _connect("moved-in.example")

    with pytest.raises(LicetError) as refused:
        story.approve(draft)

    assert _code(refused) == "scope_too_wide"


def test_whole_way_to_restoration(story):
    measure = story.go(story.suspension(), "notified", "ordered", "acknowledged", "done", "verified")
    measure = story.go(measure, "lifted", by="olm")
    measure = story.go(measure, "restored", "restoration_verified")

    assert measure.state == "restoration_verified"
    assert list(MeasureTransition.objects.filter(measure=measure).order_by("id").values_list("to", flat=True)) == [
        "approved", "notified", "ordered", "acknowledged", "done", "verified", "lifted", "restored",
        "restoration_verified"]


def test_outside_disagrees_and_it_is_ordered_again(story):
    measure = story.go(story.suspension(), "notified", "ordered", "done", "disagreed")

    assert measure.state == "ordered"


def test_steps_out_of_turn_raise(story):
    with pytest.raises(UnknownStep, match="cannot be verified") as refused:
        story.go(story.suspension(), "verified")

    assert "notified" in refused.value.hint


@pytest.mark.parametrize("event", ["approved", "stayed", "resumed", "overturned", "expired", "defaulted", "withdrawn"])
def test_steps_with_a_service_are_not_taken_by_hand(story, event):
    measure = story.go(story.suspension(), "notified")
    if event == "resumed":
        story.appeal(measure)
    draft = story.draft(measure.case_id) if event in {"approved", "withdrawn"} else measure

    with pytest.raises(LicetError) as refused:
        story.go(draft, event, by="olm")

    assert _code(refused) == "own_service"


def test_executor_reports_and_nobody_else_of_the_providers(story):
    measure = story.go(story.suspension(), "notified", "ordered")

    with pytest.raises(NotFound):
        story.go(measure, "acknowledged", by="moss")
    measure = story.go(measure, "acknowledged", "done", by="wick")

    assert measure.state == "done"
    with pytest.raises(LicetError):  # the executor does not lift what it carries out
        story.go(measure, "lifted", by="wick")


def test_suspension_is_over_without_any_job(story):
    measure = story.go(story.suspension(), "notified", "ordered")
    story.wait(30 * DAY)

    with pytest.raises(UnknownStep):
        story.go(measure, "done")
    with acting_as(WORKER):
        assert services.expire_due(story.now) == 1

    measure.refresh_from_db()
    assert measure.state == "expired"
    assert MeasureTransition.objects.filter(measure=measure).latest("id").at == measure.expires_at
    assert services.expire_due(story.now) == 0


def test_what_was_never_ordered_has_nothing_to_restore(story):
    measure = story.suspension()
    services.expire_due(story.now + 31 * DAY)

    measure.refresh_from_db()
    assert measure.state == "restoration_verified"


def test_appeal_stays_a_suspension_and_judgement_resumes_it(story):
    measure = story.go(story.suspension(), "notified", "ordered", "done")
    appeal = story.appeal(measure)
    measure.refresh_from_db()
    assert measure.state == "stayed"

    story.wait(DAY).judge(appeal, "upheld", by="reed")

    measure.refresh_from_db()
    assert measure.state == "notified"
    assert story.go(measure, "ordered").state == "ordered"


@pytest.mark.parametrize("judge", ["olm", "reed"])
def test_nobody_judges_their_own_measure(story, judge):
    appeal = story.appeal(story.go(story.stop(), "notified", "ordered"))

    with pytest.raises(LicetError) as refused:
        story.judge(appeal, "upheld", by=judge)

    assert _code(refused) == "own_decision"


def test_overturning_ends_the_measure_and_tells_the_followers(story, another_officer):
    measure = story.go(story.stop(), "notified", "ordered", "done")
    appeal = story.appeal(measure)
    told = []
    consequences.follow("test", lambda taken: told.append((taken.event, taken.to)))
    try:
        story.judge(appeal, "overturned", by="kelp")
    finally:
        consequences.unfollow("test")

    measure.refresh_from_db()
    assert measure.state == "overturned"
    assert told == [("overturned", "overturned")]
    assert Appeal.objects.get().judge.username == "kelp"


def test_a_failing_follower_undoes_the_step(story):
    measure = story.go(story.suspension(), "notified")

    def fail(taken):
        raise BadInput("no connector")

    consequences.follow("test", fail)
    try:
        with pytest.raises(BadInput):
            story.go(measure, "ordered")
    finally:
        consequences.unfollow("test")

    measure.refresh_from_db()
    assert measure.state == "notified"


def test_overturning_a_stayed_measure_shortly_before_its_end(story):
    measure = story.go(story.suspension(), "notified", "ordered")
    appeal = story.appeal(measure)
    story.now = measure.expires_at - HOUR
    told = []
    consequences.follow("test", lambda taken: told.append((taken.event, taken.frm, taken.to)))
    try:
        story.judge(appeal, "overturned", by="reed")
    finally:
        consequences.unfollow("test")

    assert told[0] == ("overturned", "stayed", "overturned")


def test_modified_leaves_a_milder_draft_for_others(story, another_officer):
    appeal = story.appeal(story.go(story.stop(), "notified", "ordered"))

    story.judge(appeal, "modified", by="kelp",
                replacement=Replacement(kind="suspend_access", expires_at=START + 5 * DAY))

    milder = Measure.objects.get(state="drafted")
    assert (milder.kind, milder.replaces_id) == ("suspend_access", appeal.measure_id)
    assert milder.drafted_by.username == "kelp"
    assert story.approve(milder, by="reed").state == "approved"


def test_appeal_nobody_judged_is_won(story, another_officer):
    measure = story.go(story.stop(), "notified", "ordered", "done")
    appeal = story.appeal(measure)
    story.wait(30 * DAY)

    with pytest.raises(Conflict, match="in favour of the affected"):
        story.judge(appeal, "upheld", by="kelp")
    assert services.default_overdue_appeals(story.now) == 1

    measure.refresh_from_db()
    appeal.refresh_from_db()
    assert (measure.state, appeal.state, appeal.judge) == ("overturned", "defaulted", None)
    assert services.default_overdue_appeals(story.now) == 0


def test_an_appeal_of_a_measure_that_ended_is_won_too(story):
    measure = story.go(story.stop(), "notified", "ordered")
    appeal = story.appeal(measure)
    story.go(measure, "lifted", by="olm")

    assert services.default_overdue_appeals(appeal.due_at) == 1

    measure.refresh_from_db()
    appeal.refresh_from_db()
    assert (measure.state, appeal.state) == ("lifted", "defaulted")
    assert CaseEvent.objects.filter(tag="casework:measure:found_wrong").exists()


@pytest.mark.parametrize(("events", "code"), [((), "not_notified"), (("notified",), None)], ids=["draft", "told"])
def test_appeal_needs_a_notice(story, events, code):
    measure = story.go(story.suspension(), *events)

    if code is None:
        assert story.appeal(measure, by="olm").state == "filed"
    else:
        with pytest.raises(LicetError) as refused:
            story.appeal(measure, by="olm")
        assert _code(refused) == code


def test_appeal_too_late(story):
    measure = story.go(story.stop(), "notified", "ordered")

    with pytest.raises(LicetError) as refused:
        story.wait(61 * DAY).appeal(measure)

    assert _code(refused) == "too_late"


def test_only_one_appeal_at_a_time(story):
    measure = story.go(story.stop(), "notified")
    story.appeal(measure)

    with pytest.raises(LicetError) as refused:
        story.appeal(measure)

    assert _code(refused) == "appeal_pending"


def test_others_appeal_for_nobody(story):
    measure = story.go(story.stop(), "notified")

    with pytest.raises(LicetError) as refused:
        story.appeal(measure, filed_by="mudflat")

    assert _code(refused) == "not_yours"


def _determine(story, case_id, result, **fields):
    return services.record_determination(case_id, document_no=fields.pop("no", "D-1"), authority_id="authority",
                                         result=result, determined_on=story.now.date(), actor=story.who("olm"),
                                         at=story.now, **fields)


def test_illegal_extends_once_and_proposes_closing(story):
    measure = story.go(story.suspension(), "notified", "ordered")
    story.wait(29 * DAY)

    _determine(story, measure.case_id, "illegal")
    _determine(story, measure.case_id, "illegal", no="D-2")

    measure.refresh_from_db()
    assert measure.expires_at == START + 59 * DAY
    assert set(Measure.objects.filter(state="drafted").values_list("kind", flat=True)) == {"close_site", "blacklist"}


def test_closing_then_listing(story):
    case_id = story.case(tier=1)
    determination = _determine(story, case_id, "illegal")
    blacklist = Measure.objects.get(kind="blacklist")
    with pytest.raises(NeedsMissing, match="a final decision"):
        story.approve(blacklist, by="reed")
    close = story.draft(case_id, "close_site", attachments={"evidence": story.evidence(case_id)},
                        determination_id=determination.pk)
    story.approve(close)
    close = story.go(story.second(close), "notified", "ordered")
    with pytest.raises(NeedsMissing, match="a final decision"):  # it can still be appealed
        story.approve(blacklist)

    story.wait(61 * DAY)
    story.approve(blacklist)

    assert story.second(blacklist).state == "approved"


def test_listing_falls_with_the_decision(story):
    case_id = story.case(tier=1)
    determination = _determine(story, case_id, "illegal")
    close = story.draft(case_id, "close_site", attachments={"evidence": story.evidence(case_id)},
                        determination_id=determination.pk)
    story.approve(close)
    close = story.go(story.second(close), "notified", "ordered")
    blacklist = Measure.objects.get(kind="blacklist")
    story.wait(61 * DAY).approve(blacklist)
    story.go(story.second(blacklist), "notified", "ordered", "done")

    story.go(close, "lifted", by="olm")

    blacklist.refresh_from_db()
    assert blacklist.state == "lifted"


def test_not_illegal_ends_everything_at_once(story):
    measure = story.go(story.suspension(), "notified", "ordered", "done")
    draft = story.draft(measure.case_id, "stop_access")
    appeal = story.appeal(measure)

    _determine(story, measure.case_id, "not_illegal")

    for row in (measure, draft, appeal):
        row.refresh_from_db()
    assert (measure.state, draft.state, appeal.state) == ("lifted", "withdrawn", "defaulted")


def test_insufficient_lets_it_run_out(story):
    measure = story.go(story.suspension(), "notified", "ordered")
    _determine(story, measure.case_id, "insufficient")

    measure.refresh_from_db()
    assert (measure.state, measure.expires_at) == ("ordered", START + 30 * DAY)
    assert Case.objects.get(pk=measure.case_id).state == "open"


def test_a_document_counts_once(story):
    case_id = story.case(tier=2)
    _determine(story, case_id, "insufficient")

    with pytest.raises(Conflict, match="recorded before"):
        _determine(story, case_id, "illegal")
