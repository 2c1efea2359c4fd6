"""How fresh and complete a provider's data are, and which posts nobody fills."""

from __future__ import annotations

import datetime as dt

import pytest

from licet.config.profile import load_profile
from licet.core.rls import acting_as
from licet.registers.exchange.services import import_file
from licet.registers.exchange.tests.files import access, address, filing, post, write_csv
from licet.registers.scores import combine, freshness_marks, missing_posts, provider_score

DAY = dt.date(2026, 3, 1)
THRESHOLDS = {"fresh": 7, "dead": 60}


@pytest.mark.parametrize(("days", "marks"), [(0, 1.0), (7, 1.0), (60, 0.0), (400, 0.0), (None, 0.0)])
def test_marks_fall_from_fresh_to_dead(days, marks):
    assert freshness_marks(days, THRESHOLDS) == marks


def test_marks_never_rise_with_age():
    marks = [freshness_marks(days, THRESHOLDS) for days in range(90)]

    assert marks == sorted(marks, reverse=True)


@pytest.mark.parametrize(("fresh", "filled", "posts", "missing", "score"), [
    ([1.0] * 4, [1.0, 1.0], 2, 0, 100), ([0.0] * 4, [], 0, 0, 0), ([1.0, 0.0], [0.5], 4, 1, 55)])
def test_the_score_is_weighed_as_documented(fresh, filled, posts, missing, score):
    assert combine(fresh, filled, posts, missing) == score


@pytest.fixture
def hand_in(actor_of, tmp_path):
    def _hand_in(name, kind, rows, as_of=DAY):
        return import_file(kind, write_csv(tmp_path / f"{kind}.csv", rows), actor=actor_of(name), as_of=as_of)

    return _hand_in


def test_a_provider_that_hands_in_everything_scores_high_one_that_does_not_scores_low(hand_in, actor_of):
    hand_in("pilot", "filings", [filing(1)])
    hand_in("pilot", "access", [access(1)])
    hand_in("pilot", "addresses", [address()])
    hand_in("pilot", "posts", [post()])
    hand_in("moss", "access", [access(1, provider_id="mudflat", customer_uscc="", filing_no="", ip="")])

    with acting_as(actor_of("olm")):
        honest = provider_score("harbour", DAY, load_profile())
        late = provider_score("harbour", DAY + dt.timedelta(days=90), load_profile())
        careless = provider_score("mudflat", DAY, load_profile())

    assert honest.score == 100
    assert late.score == 60
    assert careless.score < 45
    assert careless.filled["filings"] is None
    assert careless.filled_columns["access"]["ip"] == 0.0
    assert {item.kind: item.days for item in careless.freshness} == {
        "filings": None, "access": 0, "addresses": None, "posts": None}


def test_posts_nobody_fills_are_listed_with_their_reason(hand_in, actor_of):
    hand_in("pilot", "posts", [
        post(), post(branch="Guangzhou", person=""), post(branch="Zhuhai", valid_to="2026-02-10"),
        post(branch="Foshan", person="Desk Old", valid_to="2026-01-31"), post(branch="Foshan", person="Desk New")])
    hand_in("moss", "access", [access(1, provider_id="mudflat")])

    with acting_as(actor_of("olm")):
        found = [(row.provider_id, row.branch, row.reason, row.since) for row in missing_posts(DAY)]
    with acting_as(actor_of("pilot")):
        own = {row.provider_id for row in missing_posts(DAY)}

    assert found == [("harbour", "Guangzhou", "vacant", None), ("harbour", "Zhuhai", "expired", dt.date(2026, 2, 11)),
                     ("mudflat", "", "none", None)]
    assert own == {"harbour"}
