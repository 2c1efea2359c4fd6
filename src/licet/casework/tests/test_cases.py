"""Signals become cases; cases are handed out, joined, parted and ended."""

import datetime as dt

import pytest

from licet.casework import services
from licet.casework.models import Case, CaseEvent, CaseLink, Measure, Signal
from licet.casework.selectors import QueueFilters, in_force, measures_at, queue, signals_of, state_of
from licet.casework.services.cases import DraftsOpen, HeldBySomebody
from licet.casework.services.signals import UnknownGround
from licet.casework.tests.story import DAY, SITE, START, signal
from licet.core.actors import WORKER
from licet.core.errors import BadInput, Conflict, LicetError, NotFound
from licet.journal.models import Entry
from licet.parties.models import Party
from licet.registers.models import Filing
from licet.sweeps.models import Finding, Sweep

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _seen_by_the_system(system):
    """Assertions read as the system; services state their own actor."""


def _receive(*signals, at=START):
    return services.receive_signals(signals, actor=WORKER, at=at)


def test_signals_about_one_subject_and_ground_make_one_case():
    received = _receive(signal(), signal("report"), signal(ground="false_filing"), signal(subject="other.example"))

    assert (received.new, len(received.opened)) == (4, 3)
    assert Case.objects.get(subject_key=SITE, ground="unfiled_site").signal_count == 2
    assert CaseEvent.objects.filter(tag="casework:case:opened").count() == 3


def test_later_signals_join():
    first = _receive(signal())
    later = _receive(signal("report"), at=START + DAY)

    case = Case.objects.get()
    assert (later.opened, later.joined, case.signal_count) == ((), first.opened, 2)
    assert case.last_signal_at == START + DAY
    assert Entry.objects.latest("seq").tag == "casework:signal:received"


def test_the_same_source_counts_once():
    _receive(signal(source="sweep:1:a:b"))
    again = _receive(signal(source="sweep:1:a:b"), signal(source="sweep:1:a:b"))

    assert (again.new, again.repeated, Signal.objects.count()) == (0, 2, 1)


def test_names_are_brought_to_the_registrable_domain():
    one = services.receive_signal(signal(subject="http://WWW.Lantern.example/a"), actor=WORKER, at=START)
    two = services.receive_signal(signal(subject="shop.lantern.example."), actor=WORKER, at=START)

    assert one == two
    with pytest.raises(BadInput):
        services.receive_signal(signal(subject="not a name"), actor=WORKER, at=START)


@pytest.mark.parametrize("ground", ["politics", "", "speech"])
def test_no_other_ground(ground):
    with pytest.raises(UnknownGround):
        _receive(signal(ground=ground))


def test_a_closed_case_stays_closed_and_a_new_one_opens(story):
    old = story.case()
    services.close_case(old, outcome="not_confirmed", reason="the site is filed", actor=story.who("olm"), at=START)

    assert _receive(signal()).opened != (old,)
    assert Case.objects.filter(subject_key=SITE).count() == 2


def test_triage_follows_the_signals():
    case_id = services.receive_signal(signal("report", ground="pornography", observer="a"), actor=WORKER, at=START)
    assert Case.objects.get(pk=case_id).proposed_tier is None

    for observer in ("a", "a", "b", "c"):
        _receive(signal("report", ground="pornography", observer=observer))

    case = Case.objects.get(pk=case_id)
    assert (case.proposed_tier, case.tier) == (2, None)
    assert case.proposal["reasons"][0] == {"rule": "several_observers", "tier": 2, "seen": 3, "needed": 3,
                                           "prior_missing": False}


def test_old_signals_do_not_count():
    for n, days in enumerate((0, 1, 40)):
        _receive(signal("report", ground="pornography", observer=f"r{n}"), at=START + days * DAY)

    assert Case.objects.get().proposed_tier is None


def test_a_model_only_moves_the_case_in_the_queue():
    _receive(signal("report", ground="pornography", subject="first.example"))
    _receive(signal("report", ground="pornography", subject="second.example"), at=START + DAY)
    _receive(signal("model", ground="pornography", subject="second.example", score=0.99), at=START + DAY)

    assert [case.subject_key for case in queue()] == ["second.example", "first.example"]
    assert set(queue().values_list("proposed_tier", flat=True)) == {None}


def test_tier_is_a_persons_with_a_reason(story):
    case_id = story.case()
    with pytest.raises(BadInput, match="reason"):
        services.set_tier(case_id, 2, reason=" ", actor=story.who("olm"), at=START)
    with pytest.raises(LicetError) as refused:
        services.set_tier(case_id, 2, reason="why not", actor=WORKER, at=START)
    case = services.set_tier(case_id, 2, reason="looked at it", actor=story.who("olm"), at=START)

    assert refused.value.code == "not_a_person"
    assert (case.tier, case.tier_by.username, case.proposed_tier) == (2, "olm", 1)
    assert Entry.objects.latest("seq").data == {"tier": 2, "proposed": 1, "before": None}


def test_handing_out_is_exclusive_until_time_is_over(story):
    case_id = story.case()
    services.take(case_id, actor=story.who("olm"), at=START)

    with pytest.raises(HeldBySomebody):
        services.take(case_id, actor=story.who("reed"), at=START)
    with pytest.raises(HeldBySomebody):
        services.set_tier(case_id, 2, reason="mine", actor=story.who("reed"), at=START)
    late = START + dt.timedelta(minutes=31)
    assert services.take(case_id, actor=story.who("reed"), at=late).handler.username == "reed"
    with pytest.raises(Conflict):
        services.release(case_id, actor=story.who("olm"), at=late)
    assert services.release(case_id, actor=story.who("reed"), at=late).handler is None


def test_next_is_the_most_urgent_free_case(story):
    story.case(ground="duty_neglected", subject="late.example")
    urgent = story.case(subject="urgent.example")

    first = services.take_next("authority", actor=story.who("olm"), at=START)
    second = services.take_next("authority", actor=story.who("reed"), at=START)

    assert (first.pk, second.subject_key) == (urgent, "late.example")
    assert queue(QueueFilters(desk_id="authority", free_at=START)).count() == 0


def test_nobody_handles_a_case_against_their_own(story, cast):
    case_id = services.receive_signal(
        signal(subject="harbour", subject_kind="provider", ground="unlicensed_provider", desk="harbour"), actor=WORKER,
        at=START)

    with pytest.raises(LicetError) as refused:
        services.take(case_id, actor=story.who("pilot"), at=START)

    assert refused.value.code == "conflict_of_interest"


def _party(party_id, **fields):
    return Party.objects.filter(party_id=party_id, until__isnull=True).update(**fields)


def test_nobody_handles_a_site_their_organisation_filed(story):
    _party("harbour", uscc="91440000MA00000000")
    Filing.objects.create(filing_no="F1", subject_name="Harbour", subject_uscc="91440000MA00000000",
                          subject_kind="organisation", domains=[SITE], provider_id="mudflat", addresses=[],
                          service_kind="web", status="active", since="2026-01-01",
                          content_hash=b"0" * 16, change_seq=1, source="test", recorded_at=START)
    case_id = story.case(desk="harbour", provider="harbour")

    with pytest.raises(LicetError) as refused:
        services.take(case_id, actor=story.who("pilot"), at=START)

    assert refused.value.code == "conflict_of_interest"


def test_nobody_handles_a_case_against_the_owner(story):
    _party("harbour", parent_id="backbone")
    case_id = services.receive_signal(
        signal(subject="backbone", subject_kind="provider", ground="unlicensed_provider", desk="harbour"), actor=WORKER,
        at=START)

    with pytest.raises(LicetError, match="interest"):
        services.take(case_id, actor=story.who("pilot"), at=START)


def test_other_desks_see_no_case(story):
    case_id = story.case()

    with pytest.raises(NotFound):
        services.take(case_id, actor=story.who("wick"), at=START)


def test_bulk_keeps_a_reason_per_case_and_refusals_apart(story):
    one, two, held = story.case(), story.case(subject="two.example"), story.case(subject="held.example")
    services.take(held, actor=story.who("reed"), at=START)

    outcomes = services.close_many({one: "filed meanwhile", two: "gone", held: "gone"}, outcome="rectified",
                                   actor=story.who("olm"), at=START)

    assert [(row.case_id, row.error.code if row.error else None) for row in outcomes] == [
        (one, None), (two, None), (held, "held")]
    notes = CaseEvent.objects.filter(tag="casework:case:closed").order_by("case_id").values_list("note", flat=True)
    assert list(notes) == ["filed meanwhile", "gone"]


def test_closing_asks_for_drafts_to_be_decided(story):
    draft = story.draft(story.case(tier=2))

    with pytest.raises(DraftsOpen):
        services.close_case(draft.case_id, outcome="actioned", reason="done", actor=story.who("olm"), at=START)


def test_merged_case_counts_for_the_other_now_and_later(story):
    case, mirror = story.case("report"), story.case("report", "report", subject="mirror.example")
    target = services.merge_cases(mirror, into=case, reason="a mirror", actor=story.who("olm"), at=START)
    later = _receive(signal("report", subject="mirror.example"))

    target.refresh_from_db()
    assert (target.signal_count, later.opened, later.joined) == (4, (), (case,))
    assert signals_of(target).count() == 4
    assert Signal.objects.filter(subject_key="mirror.example", case_id=mirror).count() == 3
    with pytest.raises(Conflict):
        services.merge_cases(mirror, into=case, reason="again", actor=story.who("olm"), at=START)


def test_measure_of_the_case_may_name_hosts_of_what_was_merged(story):
    case, mirror = story.case(tier=2), story.case(subject="mirror.example")
    services.merge_cases(mirror, into=case, reason="a mirror", actor=story.who("olm"), at=START)

    hosts = [SITE, "www.mirror.example"]
    assert story.draft(case, scope={"hosts": hosts}).scope["hosts"] == hosts


def test_split_moves_signals_to_their_own_case(story):
    case_id = story.case("report", "report", "report")
    moved = list(Signal.objects.filter(case_id=case_id).values_list("pk", flat=True))[:2]

    other = services.split_case(case_id, moved, subject_kind="site", subject="a.lantern.example", ground="unfiled_site",
                                reason="two people publish there", actor=story.who("olm"), at=START)

    assert (other.signal_count, Case.objects.get(pk=case_id).signal_count) == (2, 1)
    assert CaseLink.objects.get().other_id == other.pk
    with pytest.raises(Conflict, match="not all"):
        services.split_case(other.pk, moved, subject_kind="site", subject="b.lantern.example", ground="unfiled_site",
                            reason="all", actor=story.who("olm"), at=START)


def test_reopening_opens_a_linked_case_and_leaves_the_old_as_it_ended(story):
    old = story.case(tier=2)
    services.close_case(old, outcome="not_confirmed", reason="filed", actor=story.who("olm"), at=START)

    new = services.reopen_case(old, reason="the filing was forged", actor=story.who("reed"), at=START + DAY)

    assert (new.state, new.tier, new.reopened_from_id) == ("open", None, old)
    assert Case.objects.get(pk=old).state == "closed"
    with pytest.raises(Conflict, match="open case again"):
        services.reopen_case(old, reason="again", actor=story.who("reed"), at=START + DAY)


def test_linking_twice_is_once(story):
    one, two = story.case(), story.case(subject="two.example")
    for _ in range(2):
        services.link_cases(one, two, why="same organiser", actor=story.who("olm"), at=START)

    assert CaseLink.objects.count() == 1


def test_prior_decision_counts_until_it_is_overturned(story, another_officer):
    measure = story.go(story.stop(), "notified")
    services.close_case(measure.case_id, outcome="actioned", reason="done", actor=story.who("olm"), at=START)
    case_id = story.case("report", ground="pornography")
    assert Case.objects.get(pk=case_id).proposed_tier == 2

    story.judge(story.appeal(measure), "overturned", by="kelp")
    _receive(signal("report", ground="pornography", observer="report-0"))

    assert Case.objects.get(pk=case_id).proposed_tier is None


def test_queries_know_what_time_did(story):
    suspension = story.go(story.suspension(), "notified")
    case_id = story.case(tier=1, subject="s.example")
    stop = story.draft(case_id, "stop_access", scope={"hosts": ["s.example"]},
                       attachments={"evidence": story.evidence(case_id)})
    story.approve(stop)
    appeal = story.appeal(story.go(story.second(stop), "notified"))
    for at, states in ((START, ["notified", "notified"]), (appeal.due_at, ["expired", "overturned"])):
        rows = list(measures_at(at).order_by("id"))
        assert [row.state_now for row in rows] == states
        assert [state_of(row, at).value for row in rows] == states
    assert [row.pk for row in in_force(START)] and not in_force(appeal.due_at).exists()
    assert Measure.objects.get(pk=suspension.pk).state == "notified"


def _sweep(*findings, state="finished"):
    sweep = Sweep.objects.create(provider_id="nightlamp", as_of="2026-03-01", file_name="list.csv", state=state,
                                 actor="test", requested_at=START, finished_at=START)
    for n, (rule, domain, severity) in enumerate(findings):
        Finding.objects.create(sweep=sweep, access_id=f"a{n}", finding=rule, severity=severity, provider_id="nightlamp",
                               domain=domain, evidence="seen", status="new")
    return sweep


def test_findings_of_a_sweep_become_signals_once():
    sweep = _sweep(("site_unfiled", "www.lantern.example", "violation"),
                   ("site_unfiled", "b.lantern.example", "violation"),
                   ("provider_unlicensed", "c.example", "violation"), ("filing_stale", "d.example", "warning"),
                   ("domain_unusable", "x", "warning"))

    first = services.signals_from_sweep(sweep.pk, actor=WORKER, at=START)
    again = services.signals_from_sweep(sweep.pk, actor=WORKER, at=START, include_warnings=True)

    assert (first.new, first.opened) == (3, 2)
    assert (again.new, again.repeated, again.without_subject) == (1, 3, 1)
    assert set(Case.objects.values_list("subject_key", "ground_id")) == {
        (SITE, "unfiled_site"), ("nightlamp", "unlicensed_provider"), ("d.example", "duty_neglected")}


def test_a_provider_opens_no_case_against_itself(story):
    sweep = _sweep(("provider_unlicensed", "c.example", "violation"), ("site_unfiled", SITE, "violation"))

    result = services.signals_from_sweep(sweep.pk, actor=story.who("wick"), at=START)

    assert (result.new, result.about_oneself) == (1, 1)
    assert Case.objects.get().desk_id == "nightlamp"


def test_an_unfinished_sweep_is_refused():
    with pytest.raises(Conflict, match="running"):
        services.signals_from_sweep(_sweep(state="running").pk, actor=WORKER, at=START)
