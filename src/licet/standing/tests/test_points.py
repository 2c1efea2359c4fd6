"""The conduct record and the exposure list: what is final counts, what falls is gone in the same transaction."""

import datetime as dt

import pytest

from licet.core.actors import WORKER
from licet.core.errors import LicetError
from licet.core.rls import acting_as
from licet.standing import selectors, services
from licet.standing.models import ConductPoint, Exposure, Objection, Threshold
from licet.standing.tests.story import SITE, file_site

pytestmark = pytest.mark.django_db
DAYS = dt.timedelta(days=1)


def points():
    with acting_as(WORKER):
        return list(ConductPoint.objects.filter(reversed_at__isnull=True).values_list("provider_id", "kind", "points"))


def record(story, *, others=True, on=None):
    with acting_as(WORKER):
        return selectors.record_of("nightlamp", as_of=on or story.now.date(), for_others=others)


def final(known):
    """A closed site whose time to appeal is over."""
    case_id, close = known.closed()
    known.wait(70 * DAYS).carry_out()
    return case_id, close


def test_a_decision_counts_when_nobody_can_appeal_any_more(known):
    known.closed()
    known.carry_out()
    assert points() == []
    known.wait(70 * DAYS).carry_out()
    assert points() == [("nightlamp", "close_site", 6)]
    assert services.record_points_due(known.now) == 0


def test_an_upheld_appeal_makes_it_final_at_once(known, another_officer):
    _, close = known.closed()
    known.judge(known.appeal(close), "upheld", by="kelp")
    known.carry_out()
    assert [kind for _, kind, _ in points()] == ["close_site"]


def test_the_provider_sees_its_record_before_others_count_it(known):
    final(known)
    assert (record(known).total, record(known, others=False).total) == (0, 6000)
    known.wait(20 * DAYS)
    assert record(known).total == 6000


def test_history_shows_what_was_believed_then(known, another_officer):
    _, close = final(known)
    then = known.wait(30 * DAYS).now.date()
    assert record(known).total == 6000
    # Somebody appealed in time on paper and was heard late: the decision falls after it counted.
    services_fall(known, close)
    assert record(known).total == 0
    assert record(known, on=then - DAYS).total == 6000


def services_fall(known, measure):
    known.heard_late(measure)


def test_small_and_large_are_counted_over_their_size(known):
    final(known)
    small = record(known, others=False)
    assert (small.size, small.score) == (0, 6000 * 1000 // 200)


def test_an_open_objection_is_not_counted_by_others_and_the_answer_decides(known, another_officer):
    final(known)
    known.wait(20 * DAYS)
    with acting_as(WORKER):
        point = ConductPoint.objects.get()
    with pytest.raises(LicetError):
        services.object_to(point.pk, text="wrong", actor=known.who("pilot"), at=known.now)
    objection = services.object_to(point.pk, text="We had cut it before.", actor=known.who("wick"), at=known.now)
    assert (record(known).total, record(known, others=False).total) == (0, 6000)
    with pytest.raises(LicetError, match="own decision"):
        services.answer_objection(objection.pk, remove=True, answer="yes", actor=known.who("olm"), at=known.now)

    services.answer_objection(objection.pk, remove=True, answer="It was cut before.", actor=known.who("kelp"),
                              at=known.now)

    assert points() == [] and record(known, others=False).total == 0
    with acting_as(WORKER):
        assert Objection.objects.get().state == "removed"


def test_a_threshold_needs_two_and_only_advises(known):
    final(known)
    known.wait(20 * DAYS)
    seen = services.preview(20_000, actor=known.who("olm"), as_of=known.now.date())
    assert (seen.providers, seen.reached) == (4, ("nightlamp",))
    row = services.propose_threshold("look_closer", 20_000, reason="the worst quarter", actor=known.who("olm"), at=known.now)
    assert row.preview["reached"] == 1 and record(known).advice == ()
    with pytest.raises(services.SamePerson):
        services.switch_on(row.pk, actor=known.who("olm"), at=known.now)
    with pytest.raises(LicetError, match="officers of the authority"):
        services.switch_on(row.pk, actor=known.who("wick"), at=known.now)

    services.switch_on(row.pk, actor=known.who("reed"), at=known.now)

    assert record(known).advice == ("look_closer",)
    services.switch_off(row.pk, reason="too low", actor=known.who("reed"), at=known.now)
    assert record(known, on=known.now.date() + DAYS).advice == ()
    with acting_as(WORKER):
        assert Threshold.objects.get().switched_on_by_id is not None


def published(story):
    return [row.organisation_name for row in selectors.public_list(story.now)]


def test_an_exposure_is_public_until_it_expires_without_any_job(known):
    file_site()
    case_id, _ = final(known)
    known.exposure(case_id)
    known.carry_out()
    assert published(known) == ["Dark Lantern Ltd"]
    known.wait(181 * DAYS)
    assert published(known) == []


def test_an_exposure_waits_for_the_appeal_window(known):
    file_site()
    case_id, _ = known.closed()
    with pytest.raises(LicetError, match="appeal window"):
        known.exposure(case_id)


@pytest.mark.parametrize("filing", [{"kind": "person", "number": "rid1:0123456789abcdef0123456789abcdef:1234"},
                                    {"number": "", "name": "A name"}, None], ids=["person", "name only", "unfiled"])
def test_persons_and_unknowns_are_never_published(known, filing):
    if filing is not None:
        file_site(**filing)
    case_id, _ = final(known)
    with pytest.raises(LicetError, match=r"never published|no organisation"):
        known.exposure(case_id)
    assert published(known) == []


def test_when_the_decision_falls_point_entry_and_exposure_go_in_one_transaction(known, another_officer):
    file_site()
    case_id, close = final(known)
    known.blacklist(case_id)
    known.exposure(case_id)
    known.carry_out()
    assert points() and published(known)

    services_fall(known, close)

    with acting_as(WORKER):
        assert points() == [] and published(known) == []
        assert not Exposure.objects.filter(withdrawn_at__isnull=True).exists()
        assert not selectors.entries().exists()


def _two_decisions(known):
    """A stop whose appeal is pending and a closure of the same case that stood. Returns both."""
    case_id, close = known.closed()
    stop = known.sign(known.draft(case_id, "stop_access", attachments={"evidence": known.evidence(case_id)}))
    known.stands(case_id)
    return case_id, close, stop


def test_an_exposure_makes_the_final_decision_known_and_not_the_contested_one(known, another_officer):
    file_site()
    case_id = known.case(tier=1)
    evidence = {"evidence": known.evidence(case_id)}
    contested = known.sign(known.draft(case_id, "stop_access", attachments=evidence))
    known.appeal(contested)
    stood = known.sign(known.draft(case_id, "stop_access", attachments=evidence, scope={"hosts": [f"www.{SITE}"]}))
    known.judge(known.appeal(stood), "upheld", by="kelp")
    exposure = known.exposure(case_id)
    known.carry_out()
    with acting_as(WORKER):
        shown = Exposure.objects.get(measure=exposure)
    assert (shown.decision_id, shown.decision_ref.endswith(f"-M{stood.pk}")) == (stood.pk, True)


def test_an_exposure_ends_with_its_own_decision_although_another_stands(known):
    file_site()
    case_id, close, stop = _two_decisions(known)
    exposure = known.exposure(case_id)
    known.carry_out()
    with acting_as(WORKER):
        assert Exposure.objects.get().decision_id == close.pk
    known.go(close, "lifted", by="olm")
    assert (published(known), known.fresh(exposure).state) == ([], "lifted")
    assert known.fresh(stop).state == "notified"


def test_an_exposure_is_taken_back_when_its_decision_is_appealed_late(known):
    """A late appeal on new facts does not undo the decision, but what was published must be unappealed."""
    from licet.casework.services.steps import lift_dependents, locked_measure

    file_site()
    case_id, close = final(known)
    exposure, blacklist = known.exposure(case_id), known.blacklist(case_id)
    known.carry_out()
    with acting_as(WORKER):
        known.on_paper(close)
        lift_dependents(locked_measure(close.pk), actor=WORKER, at=known.now, appealed=True)
    assert (published(known), known.fresh(exposure).state, known.fresh(blacklist).state) == ([], "lifted", "done")


def test_a_stayed_exposure_is_hidden_and_comes_back_when_upheld(known, another_officer):
    file_site()
    case_id, _ = final(known)
    measure = known.exposure(case_id)
    known.carry_out()
    appeal = known.appeal(measure)
    assert published(known) == [] and SITE
    known.judge(appeal, "upheld", by="kelp")
    known.carry_out()
    assert published(known) == ["Dark Lantern Ltd"]
