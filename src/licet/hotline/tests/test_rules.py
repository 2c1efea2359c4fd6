"""Who counts as another person, when it is a brigade, how long to wait, what a receipt says. No database."""

import dataclasses
import datetime as dt

import pytest

from licet.casework.tables import CASE_OUTCOMES
from licet.config.profile import read_profile
from licet.core.errors import BadSetting
from licet.grounds.tables import GROUNDS
from licet.hotline import rules, similarity, tables
from licet.hotline.limits import limits, phone_plan
from licet.hotline.rules import Later, Placed, ReceiptFacts, Shown, Stale, Take, Trace, Wait

LIMITS = limits(read_profile("cn-2007"))
AT = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def trace(network="", reporter="", text=None, verified=False, proven=False):
    return Trace(network=network, reporter=reporter, text=text, verified=verified or proven, proven=proven)


@pytest.mark.parametrize(("one", "other", "expected"), [
    pytest.param(trace("n1"), trace("n1"), True, id="same network"),
    pytest.param(trace("n1"), trace("n2"), False, id="other network"),
    pytest.param(trace(), trace(), True, id="nothing known tells nobody apart"),
    pytest.param(trace(reporter="r"), trace(reporter="s"), True, id="what they say of themselves does not either"),
    pytest.param(trace(reporter="r", verified=True), trace(reporter="s", verified=True), False, id="two accounts"),
    pytest.param(trace(reporter="r", verified=True), trace(), False, id="an account and somebody unknown"),
    pytest.param(trace("n1"), trace(), False, id="a network and somebody unknown"),
    pytest.param(trace("n1", "r"), trace("n2", "r"), True, id="same account elsewhere"),
    pytest.param(trace("n1", text=0b1), trace("n2", text=0b1), True, id="same text"),
    pytest.param(trace("n1", text=0), trace("n2", text=(1 << 7) - 1), False, id="seven bits apart"),
    pytest.param(trace("n1", "r", proven=True), trace("n1"), False, id="a record is told apart by account alone"),
    pytest.param(trace("n1", "r", proven=True), trace("n2", "r", proven=True), True, id="a record is one person"),
])
def test_linked(one, other, expected):
    assert rules.linked(one, other, LIMITS) is expected
    assert rules.linked(other, one, LIMITS) is expected


def test_a_report_that_fits_several_clusters_makes_them_one():
    known = {"a": [trace("n1")], "b": [trace("n2", "r")], "c": [trace("n3")]}

    assert rules.place(trace("n1", "r"), known, "new", LIMITS) == Placed("a", ("b",))
    assert rules.place(trace("n9"), known, "new", LIMITS) == Placed("new")


@pytest.mark.parametrize(("offsets", "expected"), [
    pytest.param(list(range(9)), False, id="nine in nine minutes"),
    pytest.param(list(range(10)), True, id="ten in ten minutes"),
    pytest.param([n * 30 for n in range(39)], False, id="39 in a day"),
    pytest.param([n * 30 for n in range(40)], True, id="40 in a day"),
    pytest.param([n * 60 for n in range(200)], False, id="24 a day for days"),
    pytest.param([], False, id="none"),
])
def test_is_brigade(offsets, expected):
    assert rules.is_brigade([AT + n * MINUTE for n in reversed(offsets)], LIMITS) is expected


@pytest.mark.parametrize(("good", "bad", "expected"), [(0, 0, False), (2, 0, False), (3, 0, True), (3, 1, True),
                                                       (3, 2, False), (7, 3, True)])
def test_is_proven(good, bad, expected):
    assert rules.is_proven(good, bad, LIMITS) is expected


@pytest.mark.parametrize(("age_s", "earlier", "expected"), [
    pytest.param(1, 0, Wait(3), id="faster than a person types"),
    pytest.param(4, 0, Take(), id="a person"),
    pytest.param(4, 9, Wait(45), id="the tenth of a network waits"),
    pytest.param(600, 39, Take(), id="the fortieth waited"),
    pytest.param(121, 40, Take(), id="beyond forty: as long as the longest"),
    pytest.param(600, 80, Take(), id="the eightieth waited ten minutes"),
    pytest.param(300, 80, Wait(301), id="the eightieth did not"),
    pytest.param(3500, 181, Later(), id="waiting would take longer than coming back"),
    pytest.param(5 * 3600, 0, Stale(), id="opened yesterday"),
    pytest.param(-5, 0, Stale(), id="opened in the future"),
])
def test_may_send(age_s, earlier, expected):
    assert rules.may_send(AT, AT + dt.timedelta(seconds=age_s), earlier, LIMITS) == expected


@pytest.mark.parametrize(("facts", "expected"), [
    pytest.param({"report_state": None}, Shown("received"), id="in the spool"),
    pytest.param({"report_state": "in_case", "case_state": "open"}, Shown("in_review"), id="open case"),
    pytest.param({"report_state": "in_case", "case_state": "open", "open_question": True}, Shown("asked"), id="asked"),
    pytest.param({"report_state": "in_case", "case_state": "closed", "case_outcome": "rectified"},
                 Shown("ended", "actioned"), id="put right"),
    pytest.param({"report_state": "in_case", "case_state": "closed", "case_outcome": "out_of_scope"},
                 Shown("ended", "not_our_scope"), id="not ours"),
    pytest.param({"report_state": "dismissed", "outcome": "content_gone"}, Shown("ended", "content_gone"), id="gone"),
    pytest.param({"report_state": "invalidated", "case_state": "closed", "case_outcome": "actioned"},
                 Shown("not_counted"), id="bad faith is never thanked"),
])
def test_receipt_shows(facts, expected):
    assert rules.receipt_shows(ReceiptFacts(**facts)) == expected


@pytest.mark.parametrize(("one", "other", "same"), [
    ("这个网站首页有大量淫秽视频，点击广告后跳转到付费页面。", "这个网站首页有大量淫秽视频,点击广告后跳转到付费页面", True),
    ("The front page is full of adult videos and asks for money by SMS.",
     "The front page is full of adult videos and asks for money by sms!!", True),
    ("The front page is full of adult videos and asks for money by SMS.",
     "My son got a message with a link to this site yesterday evening.", False),
    ("太恶心", "真恶心", False),
])
def test_similar_texts(one, other, same):
    near = similarity.fingerprint(one), similarity.fingerprint(other)
    if None in near:
        assert not same
    else:
        assert (similarity.distance(*near) <= LIMITS.similar_bits) is same


def test_fingerprints_fit_into_a_signed_64_bit_number():
    values = [similarity.fingerprint(f"some sentence number {n} that is long enough") for n in range(200)]
    assert all(-(2**63) <= value < 2**63 for value in values)
    assert similarity.fingerprint("ok") is None


def test_tables_are_whole():
    for rows in (tables.CHANNELS, tables.TARGETS, tables.SEEN, tables.OUTCOMES, tables.DISMISSALS):
        assert len({row.id for row in rows}) == len(rows)
        assert all(row.comment and row.zh and row.en for row in rows)
    asked = {question.ground for question in tables.QUESTIONS}
    assert asked | tables.NOT_ASKED.keys() == {ground.id for ground in GROUNDS}
    assert not asked & tables.NOT_ASKED.keys()
    assert set(tables.OF_CASE) == set(CASE_OUTCOMES)
    assert set(tables.OF_CASE.values()) == set(tables.OUTCOME_BY_ID)
    assert {row.outcome for row in tables.DISMISSALS} <= set(tables.OUTCOME_BY_ID)
    assert all(question.targets <= set(tables.TARGET_BY_ID) and question.targets for question in tables.QUESTIONS)
    assert [row.key for row in tables.DISMISSALS] == ["1", "2", "3", "4", "5"]
    assert all(row.reason_zh and row.reason_en for row in tables.DISMISSALS)


def test_images_of_children_take_an_address_or_a_hash_alone():
    question = tables.QUESTION_BY_GROUND["minors"]
    assert question.url_only and question.targets == {"url", "hash"}


def test_limits_are_read_from_every_profile():
    other = limits(read_profile("tests/profiles/atlantis-2030"))
    assert dataclasses.asdict(other) != dataclasses.asdict(LIMITS)


PHONE = "+8613955507731"


@pytest.mark.parametrize(("written", "expected"), [
    ("+86 139 5550 7731", PHONE), ("13955507731", PHONE), ("139-5550-7731", PHONE), ("0086 139 5550 7731", PHONE),
    ("8613955507731", PHONE), ("010-5550 7731", "+861055507731"), ("+86 010 5550 7731", "+861055507731"),
    ("+44 20 5550 7731", "+442055507731"), ("004420 5550 7731", "+442055507731"), ("5550 7731", "+8655507731")])
def test_a_phone_number_is_one_however_it_is_written(written, expected):
    assert rules.canonical_phone(written, phone_plan(read_profile("cn-2007"))) == expected


def test_a_profile_says_how_numbers_are_written():
    other = phone_plan(read_profile("tests/profiles/atlantis-2030"))
    assert rules.canonical_phone("8 999 555 7731", other) == rules.canonical_phone("+7 999 5557731", other)
    profile = dataclasses.replace(read_profile("cn-2007"), hotline={"contact": {"country_code": "+86"}})
    with pytest.raises(BadSetting, match="country_code"):
        phone_plan(profile)
