"""Rules of orders, without a database."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.casework import tables as casework
from licet.casework.rules import STEPS as MEASURE_STEPS
from licet.config.profile import SHIPPED, read_profile
from licet.orders.numbers import numbers
from licet.orders.rules import (
    Checking,
    Disagreed,
    Due,
    LookAgain,
    Retry,
    UnknownOrderStep,
    Verified,
    conclude,
    may_go_out,
    measure_event,
    overdue,
    pause_s,
    possible_events,
    step,
    without,
)
from licet.orders.tables import (
    CHANNELS,
    ESCALATIONS,
    FINAL,
    STEPS,
    OrderKind,
    OrderState,
)

T0 = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)  # a Monday, 9:00 in Shanghai
MINUTE = dt.timedelta(minutes=1)
LIMITS = Checking(agreeing=2, disagreeing=2, distance=20 * MINUTE, again=30 * MINUTE)


def test_steps_are_unique_and_explained():
    assert len({(row.frm, row.event) for row in STEPS}) == len(STEPS)
    assert all(row.comment and row.actor in {"system", "executor", "desk"} for row in STEPS)
    assert all(row.comment for row in (*CHANNELS, *ESCALATIONS))


def test_every_state_is_reached_and_left():
    assert {row.to for row in STEPS} | {OrderState.PENDING} == set(OrderState)
    assert {state for state in OrderState if not possible_events(state)} == FINAL


@given(st.lists(st.sampled_from(sorted({row.event for row in STEPS})), max_size=30))
def test_no_sequence_of_events_leaves_the_table(events):
    state = OrderState.PENDING
    for event in events:
        try:
            row = step(state, event)
        except UnknownOrderStep:
            assert event not in possible_events(state)
            continue
        assert row.frm == state and row in STEPS
        state = row.to
    assert state in OrderState


_KINDS, _ORDER_STATES = sorted(OrderKind), sorted(OrderState)
_MEASURE_STATES = sorted(casework.MeasureState)


@given(st.sampled_from(_KINDS), st.sampled_from(_ORDER_STATES), st.sampled_from(_MEASURE_STATES))
def test_what_an_order_asks_of_its_measure_is_always_possible(kind, state, measure):
    taken = 0
    while event := measure_event(kind, state, measure):
        row = MEASURE_STEPS[measure, event]
        assert row.actor in {"system", "executor"}
        measure, taken = row.to.value, taken + 1
        assert taken <= 4


@given(st.sampled_from(_KINDS), st.sampled_from(_MEASURE_STATES))
def test_a_cut_goes_out_only_while_the_measure_binds(kind, measure):
    binding = casework.MeasureState(measure) in casework.IN_FORCE
    ended = casework.MeasureState(measure) in casework.TO_RESTORE | {casework.MeasureState.STAYED}
    if may_go_out(kind, measure):
        assert binding if kind == "cut" else ended


@pytest.mark.parametrize(("hours", "start", "end"), [
    (4, "2026-03-02 09:00", "2026-03-02 13:00"),
    (4, "2026-03-02 16:00", "2026-03-03 11:00"),
    (9, "2026-03-02 09:00", "2026-03-02 18:00"),
    (2, "2026-03-06 17:00", "2026-03-09 10:00"),  # over a weekend
    (1, "2026-03-07 12:00", "2026-03-09 10:00"),  # begun on a Saturday
    (1, "2026-03-02 03:00", "2026-03-02 10:00"),  # begun before the office opened
    (3, "2026-02-14 17:00", "2026-02-24 11:00"),  # a Saturday worked, then the Spring Festival
], ids=str)
def test_business_hours(hours, start, end):
    import dataclasses

    from licet.orders.rules import Clock, runs_out_at

    zone = ZoneInfo("Asia/Shanghai")
    known = numbers(read_profile(str(SHIPPED / "cn-2007")))
    begun = dt.datetime.fromisoformat(start).replace(tzinfo=zone)
    clock = Clock(hours=hours, business=True)
    assert runs_out_at(begun, clock, known.office).astimezone(zone) == dt.datetime.fromisoformat(end).replace(tzinfo=zone)
    assert runs_out_at(begun, dataclasses.replace(clock, business=False), known.office) == begun + dt.timedelta(hours=hours)


@pytest.mark.parametrize(("state", "minutes", "word"), [
    ("pending", 59, ""), ("pending", 60, "unacknowledged"), ("dispatched", 60, "unacknowledged"),
    ("acknowledged", 60, ""), ("acknowledged", 120, "undone"), ("dispatched", 120, "undone"),
    ("done", 179, ""), ("done", 180, "unverified"), ("verified", 999, ""), ("superseded", 999, "")])
def test_overdue(state, minutes, word):
    due = Due(acknowledge_at=T0 + 60 * MINUTE, done_at=T0 + 120 * MINUTE, verified_at=T0 + 180 * MINUTE)
    assert overdue(state, due, T0 + minutes * MINUTE) == word


def test_pauses_double_up_to_a_cap_and_end():
    retry = Retry(tries=5, base_s=30, cap_s=100, jitter=0.5)
    assert [pause_s(n, retry, lot=0.999999) for n in (1, 2, 3, 4, 5)] == [pytest.approx(30, rel=1e-3),
                                                                          pytest.approx(60, rel=1e-3),
                                                                          pytest.approx(100, rel=1e-3),
                                                                          pytest.approx(100, rel=1e-3), None]
    assert pause_s(1, retry, lot=0) == 15


@pytest.mark.parametrize(("checks", "decision"), [
    ([], LookAgain(T0 + 30 * MINUTE)),
    ([(0, "inconclusive")], LookAgain(T0 + 30 * MINUTE)),
    ([(-1, "agrees")], LookAgain(T0 + 19 * MINUTE)),
    ([(-5, "agrees"), (-1, "agrees")], LookAgain(T0 + 19 * MINUTE)),  # too close together
    ([(-30, "agrees"), (-1, "agrees")], Verified()),
    ([(-30, "agrees"), (-15, "inconclusive"), (-1, "agrees")], Verified()),
    ([(-60, "agrees"), (-30, "disagrees"), (-1, "agrees")], LookAgain(T0 + 19 * MINUTE)),
    ([(-30, "disagrees"), (-1, "disagrees")], Disagreed()),
    ([(-90, "agrees"), (-60, "agrees"), (-1, "disagrees")], LookAgain(T0 + 19 * MINUTE)),
], ids=str)
def test_conclusions(checks, decision):
    assert conclude([(T0 + at * MINUTE, verdict) for at, verdict in checks], LIMITS, now=T0) == decision


def test_what_others_keep_cut_is_left_out():
    scope = {"hosts": ["a.example", "b.example"], "addresses": [], "codes": ["1"], "regions": ["*"]}
    assert without(scope, [{"hosts": ["a.example"]}, {"codes": ["1"]}]) == {
        "hosts": ["b.example"], "addresses": [], "codes": []}


def test_another_profile_has_other_numbers():
    from pathlib import Path

    root = Path(__file__).resolve().parents[4]
    other = numbers(read_profile(str(root / "tests" / "profiles" / "atlantis-2030")))
    assert (other.retry.tries, other.checking.agreeing, other.clocks["acknowledge"].business) == (4, 3, True)


@pytest.mark.parametrize("broken", [{"webhook": {"tries": 0}}, {"clocks": {"done": {"hours": 0, "business": False}}},
                                    {"webhook": {"tries": 3, "base_s": 1, "cap_s": 1, "timeout_s": 1, "jitter": 2}}])
def test_a_number_that_cannot_be_says_where_it_stands(broken):
    import dataclasses

    from licet.core.errors import BadSetting

    profile = read_profile(str(SHIPPED / "cn-2007"))
    with pytest.raises(BadSetting, match=r"orders\.toml"):
        numbers(dataclasses.replace(profile, orders={**profile.orders, **broken}))
