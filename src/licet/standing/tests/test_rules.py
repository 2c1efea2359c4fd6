"""The rules: what counts, for how long, over what size; who is sure enough to be listed."""

import datetime as dt
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from licet.casework.tables import MEASURE_BY_ID
from licet.config.profile import read_profile
from licet.standing import rules
from licet.standing.policy import policy
from licet.standing.rules import IdentityFacts, Point, Policy
from licet.standing.tables import ADVICE, CONFIDENCES, POINTS

DAY = dt.date(2026, 3, 2)
POLICY = Policy(review_days=365, decay=((0, 100), (180, 75), (365, 50), (545, 25), (730, 0)), size_floor=200, size_per=1000,
                preview_days=14, recheck_minutes=10)
_POINTS = some.builds(Point, points=some.integers(1, 60), final_on=some.dates(dt.date(2023, 1, 1), dt.date(2026, 3, 2)))


@pytest.mark.parametrize(("facts", "confidence"), [
    ({"number": "", "in_filing": True}, "name_only"),
    ({"number": "X", "number_valid": False, "in_filing": True, "credential": True}, "name_only"),
    ({"number": "X", "in_customer_record": True}, "customer_record"),
    ({"number": "X", "in_filing": True}, "filing"),
    ({"number": "X", "in_filing": True, "in_customer_record": True}, "agreeing_records"),
    ({"number": "X", "credential": True}, "credential"),
    ({"number": "X"}, "name_only"),
], ids=lambda value: value if isinstance(value, str) else None)
def test_how_sure_it_is(facts, confidence):
    whole = {"number_valid": True, "in_filing": False, "in_customer_record": False, "credential": False} | facts
    assert rules.identity_confidence(IdentityFacts(**whole)) == confidence


def test_names_and_lone_customer_records_never_enter():
    assert {row.id for row in CONFIDENCES if rules.enters(row.id)} == {"credential", "agreeing_records", "filing"}
    assert not rules.enters("anything else")


@given(point=_POINTS, age=some.integers(0, 900), later=some.integers(0, 900))
def test_a_point_never_grows_with_age(point, age, later):
    early, late = point.final_on + dt.timedelta(days=age), point.final_on + dt.timedelta(days=age + later)
    assert rules.weight_at(point, early, POLICY) >= rules.weight_at(point, late, POLICY) >= 0
    assert rules.weight_at(point, point.final_on + dt.timedelta(days=730), POLICY) == 0


@given(points=some.lists(_POINTS, max_size=12), gone=some.integers(0, 11), day=some.dates(dt.date(2026, 3, 2), dt.date(2027, 1, 1)))
def test_a_reversal_removes_exactly_its_point(points, gone, day):
    if gone >= len(points):
        return
    before = rules.total_at(points, day, POLICY)
    own = rules.weight_at(points[gone], day, POLICY)
    reversed_ = [*points]
    reversed_[gone] = Point(points=points[gone].points, final_on=points[gone].final_on, reversed_on=day)
    assert rules.total_at(reversed_, day, POLICY) == before - own
    yesterday = day - dt.timedelta(days=1)
    assert rules.total_at(reversed_, yesterday, POLICY) == rules.total_at(points, yesterday, POLICY)


@given(points=some.lists(_POINTS, max_size=20), seed=some.integers(0, 99), size=some.integers(0, 10_000))
def test_order_never_matters(points, seed, size):
    mixed = [*points]
    random.Random(seed).shuffle(mixed)
    assert rules.score_of(rules.total_at(points, DAY, POLICY), size, POLICY) == rules.score_of(
        rules.total_at(mixed, DAY, POLICY), size, POLICY)


@given(total=some.integers(0, 10**6), small=some.integers(0, 10**6), more=some.integers(0, 10**6))
def test_a_larger_provider_never_scores_worse_for_the_same(total, small, more):
    assert rules.score_of(total, small, POLICY) >= rules.score_of(total, small + more, POLICY)
    assert rules.score_of(total, 0, POLICY) == rules.score_of(total, POLICY.size_floor, POLICY)


def test_others_wait_for_the_preview():
    point = Point(points=4, final_on=DAY, visible_on=DAY + dt.timedelta(days=14))
    assert rules.weight_at(point, DAY, POLICY) == 0
    assert rules.weight_at(point, DAY, POLICY, for_others=False) == 4000
    assert rules.weight_at(point, DAY + dt.timedelta(days=14), POLICY) == 4000


@given(scores=some.lists(some.integers(0, 500_000), max_size=60), threshold=some.integers(1, 100_000))
def test_every_provider_is_in_one_bar_and_the_threshold_between_two(scores, threshold):
    bars = rules.histogram(scores, threshold)
    assert sum(bar.count for bar in bars) == len(scores)
    assert sum(bar.count for bar in bars if bar.reaches) == sum(1 for score in scores if score >= threshold)
    assert all(early.high == late.low for early, late in itertools.pairwise(bars))


@pytest.mark.parametrize(("fields", "state"), [
    ({}, "in_force"), ({"review_on": DAY + dt.timedelta(days=60)}, "review_due"),
    ({"valid_to": DAY - dt.timedelta(days=1)}, "lapsed"), ({"valid_to": DAY}, "in_force"), ({"ended_on": DAY}, "ended")])
def test_state_of_an_entry_is_a_function_of_time(fields, state):
    assert rules.entry_state(**({"ended_on": None, "valid_to": None, "review_on": None} | fields), today=DAY) == state


def test_persons_and_unknowns_are_never_published():
    assert rules.may_publish(is_organisation=False, named=True) == "a_person"
    assert rules.may_publish(is_organisation=True, named=False) == "nobody_on_record"
    assert rules.may_publish(is_organisation=True, named=True) == ""


def test_the_public_tables_hold_together():
    keys = [(row.role, row.kind, row.tier) for row in POINTS]
    assert len(keys) == len(set(keys)) and all(row.comment for row in POINTS)
    for row in POINTS:
        kind = MEASURE_BY_ID[row.kind]
        assert row.tier in kind.tiers and not kind.expiry_days, "what is provisional weighs nothing"
    assert len({row.rank for row in CONFIDENCES}) == len(CONFIDENCES) and all(zh and en for zh, en in ADVICE.values())


@pytest.mark.parametrize("name", ["cn-2007", "tests/profiles/atlantis-2030"])
def test_profiles_have_a_policy(name):
    assert policy(read_profile(name)).decay[0] == (0, 100)
