"""Real parallel transactions: each thread has a connection of its own and really commits."""

import threading

import pytest
from django.db import DatabaseError, connection, connections

from licet.casework import services
from licet.casework.models import Appeal, Case, Measure, MeasureTransition, Signal
from licet.casework.tests.story import HOUR, START, Story, signal
from licet.core.actors import WORKER
from licet.core.errors import Conflict, LicetError
from licet.core.rls import acting_as
from licet.parties.services import add_person


@pytest.fixture
def committed_story(committed_db):
    """The cast, really committed; three officers more."""
    from conftest import make_cast

    from licet.parties.selectors import actor_for

    people = make_cast()
    with acting_as(WORKER):
        for name in ("kelp", "tern", "shoal"):
            people[name] = add_person(name, password=f"{name}-harbour-lantern-42", party_id="authority",
                                      roles=("officer",), by=WORKER, must_change=False)
    actors = {name: actor_for(user) for name, user in people.items()}
    yield Story(lambda name: actors[name])
    connections.close_all()


def _together(*jobs):
    """Run jobs at the same moment; returns results and refusals in their order."""
    barrier = threading.Barrier(len(jobs))
    results = [None] * len(jobs)

    def run(n, job):
        try:
            barrier.wait(timeout=30)
            results[n] = job()
        except (LicetError, DatabaseError) as error:
            results[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, job)) for n, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return results


def _won(results):
    return [result for result in results if not isinstance(result, Exception)]


def test_two_deciders_never_both_win(committed_story):
    story = committed_story
    for n in range(5):
        site = f"round-{n}.example"
        draft = story.draft(story.case(tier=2, subject=site), scope={"hosts": [site]})
        results = _together(*(lambda name=name: story.approve(draft, by=name) for name in ("olm", "reed", "kelp")))

        assert len(_won(results)) == 1
        assert all(isinstance(result, Conflict) for result in results if result not in _won(results))
        with acting_as(WORKER):
            steps = list(MeasureTransition.objects.filter(measure=draft))
            assert [step.event for step in steps] == ["approved"]
            assert steps[0].actor == f"user:{Measure.objects.get(pk=draft.pk).decided_by_id}"


def test_two_seconders_never_both_win(committed_story):
    story = committed_story
    case_id = story.case(tier=1)
    draft = story.draft(case_id, "stop_access", attachments={"evidence": story.evidence(case_id)})
    story.approve(draft)
    results = _together(*(lambda name=name: story.second(draft, by=name) for name in ("reed", "kelp", "tern")))

    assert len(_won(results)) == 1


def test_deciding_and_withdrawing_at_once(committed_story):
    story = committed_story
    for _ in range(5):
        draft = story.draft(story.case(tier=2))
        results = _together(
            lambda: story.approve(draft),
            lambda: services.withdraw_measure(draft.pk, reason="no", actor=story.who("reed"), at=START))

        assert len(_won(results)) == 1


def test_lifting_and_overturning_end_it_once(committed_story):
    story = committed_story
    measure = story.go(story.stop(), "notified", "ordered", "done")
    appeal = story.appeal(measure)
    _together(lambda: story.judge(appeal, "overturned", by="kelp"),
              lambda: story.go(measure, "lifted", by="olm"), lambda: story.go(measure, "lifted", by="reed"))

    with acting_as(WORKER):
        ends = MeasureTransition.objects.filter(measure=measure, event__in=["lifted", "overturned"])
        assert ends.count() == 1
        assert Measure.objects.get(pk=measure.pk).state == ends.get().to


def test_two_judges_never_both_win(committed_story):
    story = committed_story
    appeal = story.appeal(story.go(story.stop(), "notified"))
    results = _together(*(lambda name=name, result=result: story.judge(appeal, result, by=name)
                          for name, result in (("kelp", "upheld"), ("tern", "overturned"), ("shoal", "remitted"))))

    assert len(_won(results)) == 1
    with acting_as(WORKER):
        assert Appeal.objects.get().judge_id == _won(results)[0].judge_id


def test_one_hand_out(committed_story):
    story = committed_story
    case_id = story.case()
    results = _together(*(lambda name=name: services.take(case_id, actor=story.who(name), at=START)
                          for name in ("olm", "reed", "kelp", "tern")))

    assert len(_won(results)) == 1


def test_signals_for_a_new_subject_make_one_case(committed_story):
    for round_ in range(5):
        name = f"new-{round_}.example"
        results = _together(*(lambda n=n, name=name: services.receive_signal(
            signal("report", subject=name, observer=f"r{n}"), actor=WORKER, at=START) for n in range(6)))

        assert len(set(results)) == 1, results
        with acting_as(WORKER):
            case = Case.objects.get(subject_key=name)
            assert (case.signal_count, case.signals.count()) == (6, 6)


def test_the_same_batch_from_two_sides_counts_once(committed_story):
    batch = [signal(subject=f"b{n}.example", source=f"batch:{n}") for n in range(200)]
    _together(lambda: services.receive_signals(batch, actor=WORKER, at=START),
              lambda: services.receive_signals(batch[::-1], actor=WORKER, at=START))

    with acting_as(WORKER):
        assert (Signal.objects.count(), Case.objects.count()) == (200, 200)
        assert set(Case.objects.values_list("signal_count", flat=True)) == {1}


def test_closing_while_a_signal_arrives_loses_no_signal(committed_story):
    story = committed_story
    for _ in range(5):
        case_id = story.case()
        _together(
            lambda case_id=case_id: services.close_case(case_id, outcome="rectified", reason="ok",
                                                        actor=story.who("olm"), at=START),
            lambda: services.receive_signal(signal("report"), actor=WORKER, at=START))
    with acting_as(WORKER):
        assert Signal.objects.count() == 10
        assert all(case.signal_count == case.signals.count() for case in Case.objects.all())


def test_expiry_by_two_workers_is_written_once(committed_story):
    story = committed_story
    measure = story.go(story.suspension(), "notified", "ordered")
    late = measure.expires_at
    _together(lambda: services.expire_due(late), lambda: services.expire_due(late))

    with acting_as(WORKER):
        assert MeasureTransition.objects.filter(measure=measure, event="expired").count() == 1


def test_seconding_and_withdrawing_at_once(committed_story):
    story = committed_story
    for n in range(3):
        case_id = story.case(tier=1, subject=f"second-{n}.example")
        draft = story.draft(case_id, "stop_access", attachments={"evidence": story.evidence(case_id)},
                            scope={"hosts": [f"second-{n}.example"]})
        story.approve(draft)
        results = _together(
            lambda draft=draft: story.second(draft, by="reed"),
            lambda draft=draft: services.withdraw_measure(draft.pk, reason="no", actor=story.who("kelp"), at=START))

        assert len(_won(results)) == 1
        with acting_as(WORKER):
            measure = Measure.objects.get(pk=draft.pk)
            assert (measure.state == "withdrawn") is (measure.seconded_by_id is None)


def test_judging_and_running_out_at_once(committed_story):
    """The judge is a moment early, the job a moment late: one of them ends the appeal, never both."""
    story = committed_story
    appeal = story.appeal(story.go(story.stop(), "notified", "ordered"))
    story.now = appeal.due_at - HOUR
    _together(lambda: story.judge(appeal, "upheld", by="kelp"),
              lambda: services.default_overdue_appeals(appeal.due_at))

    with acting_as(WORKER):
        ended = Appeal.objects.get(pk=appeal.pk)
        events = list(MeasureTransition.objects.filter(measure=appeal.measure_id).values_list("event", flat=True))
        assert (ended.state, ended.judge_id is None) in {("upheld", False), ("defaulted", True)}
        assert ("defaulted" in events) is (ended.state == "defaulted")


def test_expiring_and_lifting_at_once(committed_story):
    story = committed_story
    measure = story.go(story.suspension(), "notified", "ordered", "done")
    late = measure.expires_at
    story.now = late - HOUR
    _together(lambda: services.expire_due(late), lambda: story.go(measure, "lifted", by="olm"))

    with acting_as(WORKER):
        ends = MeasureTransition.objects.filter(measure=measure, event__in=["expired", "lifted"])
        assert ends.count() == 1
        assert Measure.objects.get(pk=measure.pk).state == ends.get().to
