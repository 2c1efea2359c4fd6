"""Orders as services: written with the measure's step, sent by the job, moved by reports."""

import datetime as dt

import pytest

from licet.casework.models import Measure
from licet.core.actors import WORKER
from licet.core.errors import LicetError
from licet.core.rls import acting_as
from licet.orders import services
from licet.orders.models import Attempt, Escalation, Order
from licet.orders.tests.receiver import Receiver

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def _measure(order):
    with acting_as(WORKER):
        return Measure.objects.get(pk=order.measure_id).state


def test_the_step_writes_the_order_and_the_job_hands_it_out_as_a_task(desk):
    measure = desk.notified()
    order = desk.order(measure)
    assert (order.kind, order.state, order.executor_id, order.events) == ("cut", "pending", "nightlamp", [])

    assert desk.dispatch() == 1

    order = desk.order(measure)
    assert (order.state, order.channel, _measure(order)) == ("dispatched", "manual", "ordered")
    assert desk.dispatch() == 0


def test_reports_of_the_executor_move_order_and_measure(desk):
    order = desk.order(desk.notified())
    desk.dispatch()

    desk.report(order, "acknowledged")
    assert _measure(order) == "acknowledged"
    desk.report(order, "done", reported_at=desk.now)
    desk.report(order, "done")  # again: nothing changes
    desk.report(order, "acknowledged")

    fresh = desk.order(order.measure)
    assert (fresh.events, _measure(order)) == (["dispatched", "acknowledged", "done"], "done")


def test_a_refusal_fails_the_measure_and_only_the_desk_orders_again(desk):
    order = desk.order(desk.notified())
    desk.dispatch()
    with pytest.raises(LicetError, match="reason"):
        desk.report(order, "refused")
    desk.report(order, "refused", reason="not our customer")
    assert _measure(order) == "failed"
    with pytest.raises(LicetError, match="desk decides"):
        desk.report(order, "done")
    with pytest.raises(LicetError):
        services.reissue(order.pk, actor=desk.who("wick"), at=desk.now, reason="we want to")

    services.reissue(order.pk, actor=desk.who("olm"), at=desk.now, reason="they do host it, see the bill")
    desk.dispatch()

    fresh = desk.order(order.measure)
    assert (fresh.state, fresh.round, _measure(order)) == ("dispatched", 2, "ordered")
    assert fresh.message_id != order.message_id


def test_what_never_left_is_superseded_and_nothing_is_restored(desk):
    measure = desk.notified()
    desk.go(measure, "lifted", by="olm")
    order = desk.order(measure)
    assert (order.kind, order.state, _measure(order)) == ("cut", "superseded", "restoration_verified")
    assert desk.dispatch() == 0


def test_what_was_ordered_is_given_back(desk):
    measure = desk.notified()
    desk.dispatch()
    desk.report(desk.order(measure), "done")
    desk.go(measure, "lifted", by="olm")

    order = desk.order(measure)
    assert (order.kind, order.sequence, order.state) == ("restore", 2, "pending")
    desk.dispatch()
    desk.report(order, "done")
    assert _measure(order) == "restored"


def test_a_webhook_is_signed_and_answered(desk):
    connector, secret = desk.connect("webhook", url="http://127.0.0.1:1/")
    with Receiver(secret) as receiver:
        with acting_as(WORKER):
            connector.url = receiver.url
            connector.save()
        measure = desk.notified()
        desk.dispatch()
    order = desk.order(measure)
    assert receiver.effects == [("cut", ("lantern.example",))]
    assert receiver.requests == [order.message_id]
    assert (order.state, _measure(order)) == ("dispatched", "ordered")


@pytest.mark.parametrize(("mood", "state", "measure_state"), [("acknowledged", "acknowledged", "acknowledged"),
                                                              ("done", "done", "done"), ("refused", "refused", "failed")])
def test_a_receiver_may_answer_at_once(desk, mood, state, measure_state):
    _, _, receiver = _connected(desk, moods=[mood])
    with receiver:
        measure = desk.notified()
        desk.dispatch()
    order = desk.order(measure)
    assert (order.state, _measure(order)) == (state, measure_state)


def _connected(desk, **options):
    receiver = Receiver(**options)
    connector, receiver.secret = desk.connect("webhook", url=receiver.url)
    return connector, receiver.secret, receiver


def test_a_connector_that_gives_up_becomes_a_task_and_goes_up(desk):
    _, _, receiver = _connected(desk, moods=["500"])
    with receiver:
        measure = desk.notified()
        for _ in range(40):
            desk.dispatch()
            desk.wait(HOUR)
    order = desk.order(measure)
    assert len(receiver.requests) == 8 and len(set(receiver.requests)) == 1
    assert (order.channel, order.state, _measure(order)) == ("manual", "dispatched", "ordered")
    assert order.events == ["failed", "reassigned", "dispatched"]
    with acting_as(WORKER):
        assert list(Escalation.objects.filter(order=order).values_list("why", "level")) == [("connector_failed", "desk")]
        assert set(Attempt.objects.filter(order=order, round=1).values_list("outcome", "status")) == {("http_error", 500)}


def test_overdue_is_escalated_to_the_desk_then_to_the_authority(desk):
    measure = desk.notified()
    desk.dispatch()
    assert services.escalate_overdue(desk.now + 3 * HOUR) == 0
    assert services.escalate_overdue(desk.now + 5 * HOUR) == 1
    assert services.escalate_overdue(desk.now + 6 * HOUR) == 0
    assert services.escalate_overdue(desk.now + 25 * HOUR) == 1
    assert services.escalate_overdue(desk.now + 96 * HOUR) == 1
    with acting_as(WORKER):
        rows = Escalation.objects.filter(order=desk.order(measure)).order_by("id").values_list("why", "level")
        assert list(rows) == [("unacknowledged", "desk"), ("undone", "desk"), ("undone", "authority")]


def test_another_measure_that_binds_keeps_its_names_cut(desk):
    first = desk.notified()
    second = desk.go(desk.suspension(ground="pornography"), "notified")  # the same site, another matter
    desk.dispatch()
    desk.go(first, "lifted", by="olm")
    desk.dispatch()

    order = desk.order(first)
    assert (order.kind, order.state, _measure(order)) == ("restore", "superseded", "restoration_verified")
    desk.go(second, "lifted", by="olm")
    desk.dispatch()
    assert desk.order(second).state == "dispatched"


def test_a_stay_gives_back_and_the_judge_may_cut_again(desk):
    measure = desk.notified()
    desk.dispatch()
    desk.report(desk.order(measure), "done")
    appeal = desk.appeal(measure)
    stayed = desk.order(measure)
    assert (stayed.kind, _measure(stayed)) == ("restore", "stayed")
    desk.dispatch()
    desk.report(stayed, "done")

    desk.judge(appeal, "upheld", by="reed")

    order = desk.order(measure)
    assert (order.kind, order.sequence, order.state) == ("cut", 3, "pending")
    desk.dispatch()
    assert _measure(order) == "ordered"


def test_a_late_report_on_a_superseded_order_changes_nothing(desk):
    measure = desk.notified()
    desk.dispatch()
    cut = desk.order(measure)
    desk.go(measure, "lifted", by="olm")
    assert desk.report(cut, "done").state == "superseded"
    assert desk.order(measure).kind == "restore"


def test_a_time_that_ran_out_stops_an_order_before_anybody_wrote_it_down(desk):
    measure = desk.notified()
    desk.wait(dt.timedelta(days=31))
    assert desk.dispatch() == 1  # looked at, not sent
    assert desk.order(measure).state == "pending"
    with acting_as(WORKER):
        assert not Attempt.objects.exists()
    from licet.casework.services import expire_due
    expire_due(desk.now)
    assert desk.order(measure).state == "superseded"


def test_a_measure_that_orders_nothing_is_completed_by_the_job(desk):
    measure = desk.approve(desk.draft(desk.case(tier=3), "warn"))
    desk.go(measure, "notified")
    assert services.complete_due(desk.now) == 1
    with acting_as(WORKER):
        assert Measure.objects.get(pk=measure.pk).state == "done"
        assert not Order.objects.filter(measure=measure).exists()
    assert services.complete_due(desk.now) == 0


def test_somebody_else_neither_sees_nor_reports(desk):
    order = desk.order(desk.notified())
    desk.dispatch()
    with pytest.raises(LicetError, match="no such order"):
        desk.report(order, "done", by="pilot")


def test_a_measure_that_comes_while_a_restoration_is_tried_keeps_its_part_cut(desk):
    _, _, receiver = _connected(desk, moods=["ok", "500", "ok", "ok"])
    with receiver:
        case = desk.case(tier=2)
        scope = {"hosts": ["a.lantern.example", "b.lantern.example"]}
        first = desk.go(desk.approve(desk.draft(case, scope=scope)), "notified")
        desk.dispatch()
        desk.go(first, "lifted", by="olm")
        desk.dispatch()  # the receiver answers with an error
        other = desk.case(tier=2, ground="pornography")
        desk.go(desk.approve(desk.draft(other, scope={"hosts": ["a.lantern.example"]})), "notified")
        for _ in range(2):
            desk.wait(HOUR)
            desk.dispatch()
    kinds = [(kind, names) for kind, names in receiver.effects if kind == "restore"]
    assert kinds == [("restore", ("b.lantern.example",))]
    assert desk.order(first).sequence == 3


def test_a_restoration_takes_names_off_a_list_that_is_not_used_any_more(desk):
    from licet.orders.selectors import standing_lines

    row, _ = desk.connect("dns_feed")
    measure = desk.notified()
    desk.dispatch()
    with acting_as(WORKER):
        assert [line.value for line in standing_lines(row, desk.now)] == ["lantern.example"]
    services.switch_off(row.pk, actor=desk.who("wick"))
    desk.go(measure, "lifted", by="olm")
    desk.dispatch()
    with acting_as(WORKER):
        assert list(standing_lines(row, desk.now)) == []
    assert desk.order(measure).channel == "manual"
