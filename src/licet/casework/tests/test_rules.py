"""Rules and tables without a database."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.casework import rules
from licet.casework.interests import InterestFacts, conflict_of_interest
from licet.casework.rules import (
    Apply,
    FilingFacts,
    Hold,
    Insufficient,
    MeasureFacts,
    Person,
    Refuse,
    Thresholds,
    TriageFacts,
    UnknownStep,
)
from licet.casework.tables import (
    CAN_EXPIRE,
    FINAL,
    IN_FORCE,
    MEASURE_BY_ID,
    MEASURES,
    NEEDS,
    SWEEP_SUBJECTS,
    TRANSITIONS,
    TRIAGE,
    MeasureState,
    SignalKind,
)
from licet.casework.thresholds import thresholds
from licet.config.profile import read_profile
from licet.gate.tables import RULES
from licet.grounds.tables import GROUNDS

NOW = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
LIMITS = Thresholds(window_days=30, independent_observers=3, prior_days=730, handout_minutes=30, fresh_minutes=5,
                    first_signature_days=14, suspension_days=30, blacklist_days=1095, exposure_days=180,
                    determination_extension_days=30, appeal_default_days=30)
OFFICER = Person(user_id=1, posts=frozenset({("authority", "officer")}))
S = MeasureState

# --- tables ---


@pytest.mark.parametrize("rows", [MEASURES, NEEDS, TRIAGE], ids=["measures", "needs", "triage"])
def test_ids_are_unique(rows):
    assert len({row.id for row in rows}) == len(rows)


def test_one_target_per_state_and_event():
    assert len({(row.frm, row.event) for row in TRANSITIONS}) == len(TRANSITIONS)


def test_every_row_says_why():
    assert all(row.comment and row.source and row.zh and row.en for row in (*MEASURES, *TRIAGE))
    assert all(row.comment for row in TRANSITIONS)


def test_every_state_is_reachable_and_every_unfinished_one_has_an_exit():
    reached, frontier = {S.DRAFTED}, [S.DRAFTED]
    while frontier:
        state = frontier.pop()
        for row in TRANSITIONS:
            if row.frm is state and row.to not in reached:
                reached.add(row.to)
                frontier.append(row.to)
    assert reached == set(S)
    assert {state for state in S if not rules.possible_events(state)} == FINAL


def test_every_unfinished_state_leads_to_a_final_one():
    done = set(FINAL)
    while more := {row.frm for row in TRANSITIONS if row.to in done} - done:
        done |= more
    assert done == set(S)


def test_whatever_binds_can_be_lifted_overturned_and_runs_out():
    for state in IN_FORCE | {S.STAYED}:
        assert {"lifted", "overturned", "expired"} <= set(rules.possible_events(state))
    assert IN_FORCE | {S.STAYED} == CAN_EXPIRE


def test_irreversible_measures_need_two_people():
    assert {row.id for row in MEASURES if row.reversible is False and row.persons < 2} == set()


def test_only_what_imposes_nothing_has_nothing_to_reverse():
    """"Not applicable" is no way around two people: it cuts, lists and publishes nothing, and nobody can appeal it."""
    assert {(row.id, row.effect, row.appeal) for row in MEASURES if row.reversible is None} == {
        ("refer_to_police", "refer", "none")}


def test_needs_of_measures_are_known():
    assert {need for row in MEASURES for need in row.needs} <= {need.id for need in NEEDS}


def test_measures_with_an_expiry_have_a_term_in_every_profile():
    for name in ("cn-2007", "tests/profiles/atlantis-2030"):
        limits = thresholds(read_profile(name))
        for row in MEASURES:
            assert (limits.term_days(row) is not None) == ("expiry" in row.needs), row.id


def test_every_rule_of_the_gate_with_a_ground_has_a_subject():
    assert {row.rule for row in SWEEP_SUBJECTS} == {rule.id for rule in RULES if rule.ground}
    assert len({row.rule for row in SWEEP_SUBJECTS}) == len(SWEEP_SUBJECTS)


def test_triage_knows_all_grounds_and_never_reads_scores():
    assert {ground for row in TRIAGE for ground in row.grounds} == {ground.id for ground in GROUNDS}
    assert not any(SignalKind.MODEL in row.kinds for row in TRIAGE)


# --- states ---


@given(st.lists(st.sampled_from(sorted({row.event for row in TRANSITIONS})), max_size=30))
def test_no_sequence_of_events_reaches_an_illegal_state(events):
    state = S.DRAFTED.value
    listed = {(row.frm.value, row.to.value) for row in TRANSITIONS}
    for event in events:
        try:
            after = rules.step(state, event).to.value
        except UnknownStep:
            continue
        assert (state, after) in listed
        state = after
    assert state in {one.value for one in S}
    assert (rules.possible_events(state) == ()) == (state in FINAL)


@given(st.sampled_from(list(S)), st.one_of(st.none(), st.integers(-90, 90)), st.one_of(st.none(), st.integers(-90, 90)))
def test_time_only_ends_what_binds(state, expires, due):
    ends = [NOW + DAY * days if days is not None else None for days in (expires, due)]
    after = rules.state_at(state, expires_at=ends[0], appeal_due_at=ends[1], now=NOW)

    over = [days for days in (expires, due) if days is not None and days <= 0]
    if state in CAN_EXPIRE and over:
        assert after in {S.EXPIRED, S.OVERTURNED}
        assert rules.step(state, "expired" if after is S.EXPIRED else "overturned").to is after
    else:
        assert after is state


def test_of_two_ends_the_earlier_counts():
    assert rules.state_at("stayed", expires_at=NOW - DAY, appeal_due_at=NOW - 2 * DAY, now=NOW) is S.OVERTURNED
    assert rules.state_at("stayed", expires_at=NOW - 3 * DAY, appeal_due_at=NOW - 2 * DAY, now=NOW) is S.EXPIRED


def test_unknown_step_names_what_is_possible():
    with pytest.raises(UnknownStep) as refused:
        rules.step("restored", "done")

    assert "restoration_verified" in refused.value.hint


# --- triage ---


def _seen(ground, prior=0, score=None, **observers):
    kinds = {SignalKind(kind): frozenset(f"{kind}-{n}" for n in range(count)) for kind, count in observers.items()}
    return TriageFacts(ground=ground, observers=kinds, prior_decisions=prior, best_score=score)


@pytest.mark.parametrize(("facts", "tier", "rule"), [
    (_seen("pornography", report=1), None, None),
    (_seen("pornography", report=2), None, None),
    (_seen("pornography", report=3), 2, "several_observers"),
    (_seen("pornography", report=1, prior=1), 2, "reported_again"),
    (_seen("pornography", dialtest=1), 1, "obvious_content"),
    (_seen("minors", dialtest=1), 1, "obvious_content"),
    (_seen("pornography", model=50, score=0.999), None, None),
    (_seen("pornography", model=50, report=2, score=0.999), None, None),
    (_seen("unfiled_site", finding=1), 1, "obvious_record"),
    (_seen("false_filing", finding=1), 2, "suspected"),
    (_seen("false_filing", determination=1), 1, "determined"),
    (_seen("duty_neglected", finding=1), 3, "third_tier"),
    (_seen("duty_neglected", report=9), 3, "third_tier"),
    (_seen("deceptive_promotion", order=1), 1, "ordered"),
    (_seen("unfiled_site"), None, None),
], ids=lambda value: str(value) if not isinstance(value, TriageFacts) else
    f"{value.ground}-{'-'.join(f'{len(v)}{k}' for k, v in value.observers.items())}-{value.prior_decisions}")
def test_tier_proposed(facts, tier, rule):
    proposal = rules.propose_tier(facts, LIMITS)

    assert proposal.tier == tier
    assert (proposal.reasons[0].rule if proposal.reasons else None) == rule


def test_proposal_says_what_would_change_it():
    proposal = rules.propose_tier(_seen("pornography", report=1), LIMITS)

    stands = {row.rule: row for row in proposal.would_change}
    assert (stands["several_observers"].seen, stands["several_observers"].needed) == (1, 3)
    assert stands["reported_again"].prior_missing
    assert all(row.tier < 3 for row in proposal.would_change)


@given(st.sampled_from(sorted(ground.id for ground in GROUNDS)), st.floats(0, 1), st.integers(0, 100))
def test_scores_never_change_a_proposal(ground, score, models):
    without = _seen(ground, report=1)
    with_scores = TriageFacts(ground=ground, prior_decisions=0, best_score=score, observers={
        **without.observers, SignalKind.MODEL: frozenset(f"model-{n}" for n in range(models))})

    assert rules.propose_tier(with_scores, LIMITS) == rules.propose_tier(without, LIMITS)


@given(st.floats(0, 1), st.integers(0, 99), st.integers(0, 99), st.sampled_from([None, 3, 2, 1]))
def test_nothing_within_a_tier_reaches_the_next(score, observers, prior, tier):
    busy = rules.priority(_seen("pornography", prior=prior, score=score, report=observers), tier=tier, proposed=None)
    calm_next = rules.priority(_seen("pornography"), tier={None: 3, 3: 2, 2: 1, 1: 1}[tier], proposed=None)

    assert tier == 1 or busy < calm_next


def test_minors_come_first():
    assert (rules.priority(_seen("minors"), tier=None, proposed=None)
            > rules.priority(_seen("pornography", report=99, prior=9, score=1.0), tier=1, proposed=1))


# --- people ---


@pytest.mark.parametrize(("mine", "subject", "provider", "desk", "expected"), [
    ({"harbour"}, {"harbour"}, "harbour", "authority", "own_organisation"),
    ({"harbour"}, {"91440000MA00000000"}, "harbour", "harbour", ""),
    ({"authority", "harbour"}, set(), "harbour", "authority", "own_network"),
    ({"authority"}, set(), "harbour", "authority", ""),
    ({"authority", "91440000MA00000000"}, {"91440000MA00000000"}, "", "authority", "own_organisation"),
    (set(), set(), "", "authority", ""),
], ids=["accused", "own customers", "in both", "authority", "organiser", "nobody"])
def test_conflict_of_interest(mine, subject, provider, desk, expected):
    facts = InterestFacts(mine=frozenset(mine), desk=desk, subject_ids=frozenset(subject),
                          networks=frozenset({provider} - {""}))

    assert conflict_of_interest(facts) == expected


def _facts(kind="suspend_access", **changes):
    row = MEASURE_BY_ID[kind]
    values = {"kind": row, "person": OFFICER, "authenticated_at": NOW, "now": NOW, "case_open": True,
              "tier": min(row.tiers), "have": row.needs, "decided_by": None, "others_on_addresses": 0,
              "expires_at": NOW + DAY if "expiry" in row.needs else None, "wide_scope_reason": ""}
    return MeasureFacts(**values | changes)


def _code(decision):
    return decision.code


@pytest.mark.parametrize("kind", [row.id for row in MEASURES if ("authority", "officer") in {
    (party, role) for party in row.party_kinds for role in row.roles}])
def test_officer_signs_what_officers_decide(kind):
    first = rules.decide_measure(_facts(kind), LIMITS)
    second = rules.decide_measure(_facts(kind, decided_by=2), LIMITS)

    assert isinstance(first, Hold if MEASURE_BY_ID[kind].persons > 1 else Apply)
    assert isinstance(second, Apply)


@pytest.mark.parametrize("kind", [row.id for row in MEASURES])
@given(data=st.data())
def test_nothing_is_applied_without_person_tier_and_needs(kind, data):
    row = MEASURE_BY_ID[kind]
    person = Person(user_id=data.draw(st.sampled_from([None, 1])), posts=data.draw(st.frozensets(st.sampled_from(
        [("authority", "officer"), ("access_provider", "compliance_officer"), ("authority", "observer")]))),
        conflict=data.draw(st.sampled_from(["", "own_organisation"])))
    facts = _facts(kind, person=person, tier=data.draw(st.sampled_from([None, 1, 2, 3])),
                   have=data.draw(st.frozensets(st.sampled_from(sorted(row.needs)))),
                   decided_by=data.draw(st.sampled_from([None, 1, 2])),
                   authenticated_at=data.draw(st.sampled_from([None, NOW - DAY, NOW])))
    decision = rules.decide_measure(facts, LIMITS)

    if isinstance(decision, Apply | Hold):
        assert person.user_id and not person.conflict and person.has_post(row.party_kinds, row.roles)
        assert row.needs <= facts.have
        assert facts.tier is None or facts.tier in row.tiers
        assert facts.authenticated_at == NOW
    if isinstance(decision, Apply):
        assert row.persons == 1 or facts.decided_by == 2


@pytest.mark.parametrize(("changes", "code"), [
    ({"person": Person(user_id=None, posts=OFFICER.posts)}, "not_a_person"),
    ({"person": Person(user_id=1, posts=frozenset())}, "no_post"),
    ({"person": Person(user_id=1, posts=OFFICER.posts, conflict="own_organisation")}, "conflict_of_interest"),
    ({"person": Person(user_id=1, posts=frozenset({("authority", "liaison")}))}, "not_yours"),
    ({"authenticated_at": NOW - dt.timedelta(minutes=5, seconds=1)}, "authentication_stale"),
    ({"authenticated_at": None}, "authentication_stale"),
    ({"case_open": False}, "case_closed"),
    ({"tier": 3}, "wrong_tier"),
    ({"others_on_addresses": 1}, "scope_too_wide"),
    ({"others_below": 1}, "scope_too_wide"),
    ({"others_on_codes": 1}, "scope_too_wide"),
    ({"kept_away": frozenset({1})}, "judged_it"),
    ({"against": Refuse("suspicion_expired", "x")}, "suspicion_expired"),
    ({"expires_at": NOW}, "term_over"),
    ({"expires_at": NOW + 31 * DAY}, "term_too_long"),
    ({"have": frozenset({"tier"})}, "needs_missing"),
    ({"decided_by": 1}, "same_person"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_refused(changes, code):
    assert _code(rules.decide_measure(_facts(**changes), LIMITS)) == code


@pytest.mark.parametrize("wide", [{"others_on_addresses": 3}, {"others_below": 3}, {"others_on_codes": 3}], ids=str)
def test_a_reason_carries_a_wide_scope(wide):
    assert isinstance(rules.decide_measure(_facts(**wide, wide_scope_reason="no narrower one would do"), LIMITS), Apply)


def test_what_no_register_says_refuses_nothing():
    assert isinstance(rules.decide_measure(_facts(others_on_codes=None), LIMITS), Apply)


def test_missing_needs_are_named():
    assert rules.decide_measure(_facts("close_site", have=frozenset({"tier"})), LIMITS) == Insufficient(
        ("determination", "evidence"))


# --- appeals ---


def _filing(kind="suspend_access", **changes):
    values = {"kind": MEASURE_BY_ID[kind], "state": "done", "notified_at": NOW, "open_appeal": False, "now": NOW}
    return FilingFacts(**values | changes)


@pytest.mark.parametrize(("facts", "code"), [
    (_filing(), None),
    (_filing(state="expired"), None),
    (_filing("refer_to_police"), "no_appeal"),
    (_filing(state="approved", notified_at=None), "not_notified"),
    (_filing(open_appeal=True), "appeal_pending"),
    (_filing(now=NOW + 60 * DAY), None),
    (_filing(now=NOW + 61 * DAY), "too_late"),
    (_filing(appealed=True), "appealed_already"),
    (_filing(state="overturned"), "found_wrong"),
    (_filing(state="restoration_verified", found_wrong=True), "found_wrong"),
    (_filing(appealed=True, now=NOW + 61 * DAY, new_facts=True), None),
    (_filing(found_wrong=True, new_facts=True), "found_wrong"),
    (_filing(open_appeal=True, new_facts=True), "appeal_pending"),
], ids=["in force", "ended", "referral", "untold", "pending", "last day", "late", "again", "won", "won and restored",
        "new facts", "new facts after it was won", "new facts while one is pending"])
def test_may_appeal(facts, code):
    refuse = rules.may_appeal(facts)

    assert (refuse.code if refuse else None) == code


@pytest.mark.parametrize("signers", [(1, None, None), (2, 1, None), (2, 3, 1)], ids=["drafter", "decider", "seconder"])
def test_signers_do_not_judge(signers):
    refuse = rules.may_judge(OFFICER, authenticated_at=NOW, signers=signers, now=NOW, limits=LIMITS)

    assert isinstance(refuse, Refuse)
    assert refuse.code == "own_decision"
    assert rules.may_judge(OFFICER, authenticated_at=NOW, signers=(2, 3, 4), now=NOW, limits=LIMITS) is None


_TOLD = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
_JUDGED = _TOLD + dt.timedelta(days=9)


@pytest.mark.parametrize(("kind", "told", "appeals", "final"), [
    ("stop_access", None, [], None),
    ("stop_access", _TOLD, [], _TOLD + dt.timedelta(days=60)),
    ("warn", _TOLD, [], _TOLD + dt.timedelta(days=30)),
    ("refer_to_police", _TOLD, [], _TOLD),
    ("stop_access", _TOLD, [("filed", None)], None),
    ("stop_access", _TOLD, [("upheld", _JUDGED)], _JUDGED),
    ("stop_access", _TOLD, [("upheld", _JUDGED), ("filed", None)], None),
    ("stop_access", _TOLD, [("overturned", _JUDGED)], None),
    ("stop_access", _TOLD, [("defaulted", _JUDGED)], None),
], ids=["nobody told", "window", "objection", "no appeal", "pending", "stood", "again", "won", "won by default"])
def test_when_a_decision_is_final(kind, told, appeals, final):
    assert rules.final_at(MEASURE_BY_ID[kind], notified_at=told, appeals=appeals) == final
