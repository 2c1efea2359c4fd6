"""Whatever people, executors and time do to a measure in whatever order, PostgreSQL holds a legal state afterwards."""

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licet.casework import services
from licet.casework.models import Appeal, Measure, MeasureTransition
from licet.casework.rules import STEPS, possible_events
from licet.casework.selectors import state_of
from licet.casework.tables import FINAL, MEASURE_BY_ID, MeasureState
from licet.casework.tests.story import DAY, START
from licet.core.actors import WORKER
from licet.core.errors import LicetError
from licet.core.rls import acting_as

pytestmark = pytest.mark.django_db
_STEPS = ("notified", "ordered", "acknowledged", "done", "completed", "failed", "verified", "disagreed", "lifted", "restored",
          "restoration_verified", "restoration_disagreed", "nothing_to_restore", "approved", "overturned", "expired")
MOVES = st.one_of(
    st.tuples(st.just("step"), st.sampled_from(_STEPS), st.sampled_from(["worker", "olm", "reed", "wick"])),
    st.tuples(st.just("sign"), st.sampled_from(["approve", "second"]), st.sampled_from(["olm", "reed", "wick"])),
    st.tuples(st.just("withdraw"), st.just(""), st.sampled_from(["olm", "reed"])),
    st.tuples(st.just("appeal"), st.just(""), st.just("wick")),
    st.tuples(st.just("judge"), st.sampled_from(["upheld", "overturned", "remitted"]), st.sampled_from(["olm", "kelp"])),
    st.tuples(st.just("wait"), st.sampled_from([1, 20, 40]), st.just("worker")),
    st.tuples(st.just("job"), st.just(""), st.just("worker")),
)
# Begins far enough that the walk is not spent on a draft nobody signs.
BEGINNINGS = st.sampled_from([(), ("sign",), ("sign", "notified"), ("sign", "notified", "ordered", "done")])


@pytest.fixture
def people(story, another_officer):
    """The cast and one more officer."""
    from licet.parties.selectors import actor_for

    kelp, of = actor_for(another_officer), story.actor_of
    story.actor_of = lambda name: kelp if name == "kelp" else of(name)
    return story


@pytest.mark.parametrize("kind", ["suspend_access", "stop_access", "warn"])
def test_no_walk_leaves_the_table(people, kind):
    story = people

    @settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    @given(beginning=BEGINNINGS, moves=st.lists(MOVES, max_size=8))
    def walk(beginning, moves):
        story.now = START
        with transaction.atomic():
            case_id = story.case(tier=1)
            more = {"attachments": {"evidence": story.evidence(case_id)}} if kind == "stop_access" else {}
            measure = story.draft(case_id, kind, **more)
            start = [("sign", "approve", "olm"), ("sign", "second", "reed")] if beginning else []
            start += [("step", event, "worker") for event in beginning[1:]]
            for move in [*start, *moves]:
                _try(story, measure, move)
                _is_legal(measure, story.now)
            transaction.set_rollback(True)

    walk()


def _try(story, measure, move):
    what, which, who = move
    try:
        if what == "step":
            story.go(measure, which, by=who)
        elif what == "sign":
            story.approve(measure, by=who) if which == "approve" else story.second(measure, by=who)
        elif what == "withdraw":
            services.withdraw_measure(measure.pk, reason="no", actor=story.who(who), at=story.now)
        elif what == "appeal":
            story.appeal(measure)
        elif what == "judge":
            with acting_as(WORKER):
                appeal = Appeal.objects.filter(measure=measure).last()
            if appeal:
                story.judge(appeal, which, by=who)
        elif what == "wait":
            story.wait(which * DAY)
        else:
            services.default_overdue_appeals(story.now)
            services.expire_due(story.now)
    except LicetError:
        pass  # refusing is legal; what it left behind is checked


def _is_legal(measure, now):
    with acting_as(WORKER):
        row = Measure.objects.get(pk=measure.pk)
        steps = list(MeasureTransition.objects.filter(measure=row).order_by("id"))
        at = MeasureState.DRAFTED
        for step in steps:
            assert step.frm == at and STEPS[step.frm, step.event].to == step.to
            at = MeasureState(step.to)
        assert row.state == at, "the state is where its steps lead"
        if at not in {MeasureState.DRAFTED, MeasureState.WITHDRAWN}:
            assert row.decided_by_id is not None
            assert MEASURE_BY_ID[row.kind].persons < 2 or row.seconded_by_id not in {None, row.decided_by_id}
        assert at in FINAL or possible_events(at)
        for appeal in Appeal.objects.filter(measure=row):
            assert appeal.judge_id not in {row.drafted_by_id, row.decided_by_id, row.seconded_by_id} - {None}
        assert isinstance(state_of(row, now), MeasureState) and isinstance(now, dt.datetime)
