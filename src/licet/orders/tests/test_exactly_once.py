"""One effect at the receiving end, whatever fails: a real HTTP receiver that misbehaves, real parallel dispatchers, and
processes that are killed (signal 9) at every step of an order."""

import dataclasses
import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading

import httpx
import pytest
from django.db import connection, connections

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.orders.tests.conftest import NOW
from licet.orders.tests.driver import Agreeing
from licet.orders.tests.receiver import Receiver

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def committed_desk(committed_db):
    """The cast, really committed."""
    from conftest import make_cast

    from licet.orders.tests.desk import Desk
    from licet.parties.selectors import actor_for

    actors = {name: actor_for(user) for name, user in make_cast().items()}
    yield Desk(lambda name: actors[name], now=NOW)
    connections.close_all()


@pytest.fixture
def impatient(monkeypatch):
    """Messages may take half a second."""
    from licet.orders.services import connectors

    known = connectors.numbers()
    monkeypatch.setattr(connectors, "numbers", lambda: dataclasses.replace(known, timeout_s=0.5))


def _connect(desk, **options):
    receiver = Receiver(**options)
    _, receiver.secret = desk.connect("webhook", url=receiver.url)
    return receiver


@pytest.fixture
def sites(committed_desk):
    """``sites(3)``: three notified suspensions of different sites."""
    def make(count):
        made = []
        for n in range(count):
            case = committed_desk.case(tier=2, subject=f"site{n}.example")
            draft = committed_desk.draft(case, scope={"hosts": [f"site{n}.example"]})
            made.append(committed_desk.go(committed_desk.approve(draft), "notified"))
        return made

    return make


def test_a_receiver_that_fails_half_the_time_does_everything_once(committed_desk, sites, impatient):
    chance = random.Random(20260302)
    moods = [chance.choice(["500", "hang", "drop", "drop", "ok", "done", "ok", "done"]) for _ in range(97)]
    with _connect(committed_desk, moods=moods, hang_s=0.7) as receiver:
        measures = sites(6)
        for _ in range(8):
            committed_desk.dispatch()
            committed_desk.wait(HOUR)
        orders = [committed_desk.order(measure) for measure in measures]
    assert sorted(receiver.effects) == [("cut", (f"site{n}.example",)) for n in range(6)]
    assert len(receiver.requests) > 6 and set(receiver.requests) == {order.message_id for order in orders}
    assert {order.state for order in orders} <= {"dispatched", "done"}
    assert {order.channel for order in orders} == {"webhook"}


def test_every_retry_carries_the_same_body_and_id(committed_desk, sites):
    with _connect(committed_desk, moods=["500", "500", "ok"]) as receiver:
        sites(1)
        for _ in range(3):
            committed_desk.dispatch()
            committed_desk.wait(HOUR)
    assert len(receiver.bodies) == 3
    assert (len(set(receiver.bodies)), len(set(receiver.requests))) == (1, 1)


def test_dispatchers_side_by_side_never_send_twice(committed_desk, sites):
    from licet.orders import services

    counts = []
    with _connect(committed_desk) as receiver:
        sites(6)
        barrier = threading.Barrier(3)

        def work():
            try:
                barrier.wait(30)
                counts.append(services.dispatch_due(committed_desk.now))
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(receiver.requests) == len(set(receiver.requests)) == 6
    assert len(counts) == 3 and sum(counts) >= 6


def _driver(database, now, job, stage):
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    return subprocess.Popen([sys.executable, "-m", "licet.orders.tests.driver", database, now.isoformat(), job, stage],
                            env=environment, stdout=subprocess.PIPE, text=True)


def _kill_at(stage, *, database, now, job):
    with _driver(database, now, job, stage) as process:
        try:
            assert process.stdout.readline() == "now\n", f"never came to {stage}"
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(30)


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "told"), [("claiming", 0), ("before sending", 0), ("after sending", 1),
                                             ("recording", 1), ("recorded", 1)])
def test_a_dispatcher_killed_anywhere_leaves_one_effect(committed_desk, committed_db, sites, stage, told):
    with _connect(committed_desk, moods=["done"]) as receiver:
        [measure] = sites(1)
        _kill_at(stage, database=committed_db, now=committed_desk.now, job="dispatch")
        assert len(receiver.requests) == told
        assert committed_desk.order(measure).state == ("done" if stage == "recorded" else "pending")

        committed_desk.wait(dt.timedelta(minutes=5))
        committed_desk.dispatch()

        order = committed_desk.order(measure)
    assert (order.state, order.measure.state) == ("done", "done")
    assert receiver.effects == [("cut", ("site0.example",))]
    assert set(receiver.requests) == {order.message_id}


@pytest.mark.slow
def test_a_dispatcher_killed_while_restoring_still_restores_once(committed_desk, committed_db, sites):
    with _connect(committed_desk, moods=["done"]) as receiver:
        [measure] = sites(1)
        _kill_at("after sending", database=committed_db, now=committed_desk.now, job="dispatch")
        committed_desk.go(measure, "lifted", by="olm")  # nobody recorded that the cut went out, and yet it did
        committed_desk.wait(dt.timedelta(minutes=5))
        _kill_at("after sending", database=committed_db, now=committed_desk.now, job="dispatch")
        committed_desk.wait(dt.timedelta(minutes=5))
        committed_desk.dispatch()
        order = committed_desk.order(measure)
    assert receiver.effects == [("cut", ("site0.example",)), ("restore", ("site0.example",))]
    assert (order.kind, order.state, order.measure.state) == ("restore", "done", "restored")


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["looking", "concluding"])
def test_a_verifier_killed_anywhere_looks_again(committed_desk, committed_db, sites, stage):
    from licet.orders import services

    [measure] = sites(1)
    committed_desk.dispatch()
    committed_desk.report(committed_desk.order(measure), "done")
    committed_desk.wait(HOUR)
    services.register_probe("cut_access", Agreeing(settled=False))
    assert services.verify_due(committed_desk.now) == 1  # one look alone says nothing
    committed_desk.wait(HOUR)
    _kill_at(stage, database=committed_db, now=committed_desk.now, job="verify")
    order = committed_desk.order(measure)
    assert (order.state, order.measure.state) == ("done", "done")

    services.register_probe("cut_access", Agreeing())
    committed_desk.wait(HOUR)
    assert services.verify_due(committed_desk.now) == 1
    services.unregister_probe("cut_access")
    order = committed_desk.order(measure)
    assert (order.state, order.measure.state) == ("verified", "verified")


@pytest.mark.slow
def test_a_web_server_killed_in_a_report_forgets_half_a_report(committed_desk, committed_db, sites):
    from licet.parties.tokens import add_token

    committed_desk.now = clock.now()  # a web server reads the clock itself
    [measure] = sites(1)
    committed_desk.dispatch()
    order = committed_desk.order(measure)
    with acting_as(WORKER):
        _, key = add_token("core", party_id="nightlamp", scopes=["orders.carry_out"], by=WORKER)
    said = {"json": {"status": "done"}, "headers": {"Authorization": f"Bearer {key}"}, "trust_env": False, "timeout": 30}
    path = f"/api/orders/{order.public_id}/reports"
    with _driver(committed_db, committed_desk.now, "web", "reporting") as server:
        port = int(server.stdout.readline())
        thread = threading.Thread(target=_post_in_vain, args=(f"http://127.0.0.1:{port}{path}", said))
        thread.start()
        assert server.stdout.readline() == "now\n"
        server.send_signal(signal.SIGKILL)
        server.wait(30)
        thread.join(30)
    assert committed_desk.order(measure).state == "dispatched"

    with _driver(committed_db, committed_desk.now, "web", "nowhere") as server:
        port = int(server.stdout.readline())
        answers = [httpx.post(f"http://127.0.0.1:{port}{path}", **said) for _ in range(2)]
        server.terminate()
        server.wait(30)
    assert [answer.status_code for answer in answers] == [200, 200]
    order = committed_desk.order(measure)
    assert (order.state, order.measure.state, order.events) == ("done", "done", ["dispatched", "done"])


def _post_in_vain(url, said):
    with pytest.raises(httpx.HTTPError):
        httpx.post(url, **said)


def _steps(measure):
    with acting_as(WORKER):
        return list(measure.transitions.order_by("id").values_list("event", flat=True))


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["claiming", "before sending", "recording", "recorded"])
def test_a_restoration_killed_anywhere_is_one_restoration(committed_desk, committed_db, sites, stage):
    with _connect(committed_desk, moods=["done"]) as receiver:
        [measure] = sites(1)
        committed_desk.dispatch()
        committed_desk.go(measure, "lifted", by="olm")
        _kill_at(stage, database=committed_db, now=committed_desk.now, job="dispatch")
        committed_desk.wait(dt.timedelta(minutes=5))
        committed_desk.dispatch()
        order = committed_desk.order(measure)
    assert receiver.effects == [("cut", ("site0.example",)), ("restore", ("site0.example",))]
    assert (order.kind, order.state, order.measure.state) == ("restore", "done", "restored")


@pytest.mark.slow
def test_a_term_that_runs_out_under_a_killed_job_ends_once(committed_desk, committed_db, sites):
    from licet.casework.services import expire_due

    [measure] = sites(1)
    committed_desk.dispatch()
    committed_desk.wait(dt.timedelta(days=31))
    _kill_at("ending", database=committed_db, now=committed_desk.now, job="expire")
    assert _steps(measure)[-1] == "ordered" and committed_desk.order(measure).kind == "cut"

    assert expire_due(committed_desk.now) == 1
    assert _steps(measure).count("expired") == 1 and committed_desk.order(measure).kind == "restore"


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["publishing", "telling"])
def test_a_letter_whose_sender_is_killed_is_told_once(committed_desk, committed_db, stage):
    from licet.notices.models import Delivery, Notice
    from licet.notices.services import deliver_due

    measure = committed_desk.suspension()
    _kill_at(stage, database=committed_db, now=committed_desk.now, job="deliver")
    assert _steps(measure) == ["approved"]
    committed_desk.wait(HOUR)
    deliver_due(committed_desk.now)
    assert _steps(measure) == ["approved", "notified"]
    with acting_as(WORKER):
        assert Notice.objects.filter(measure=measure).count() == 1
        assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.slow
def test_a_notice_that_is_the_measure_is_completed_once(committed_desk, committed_db):
    from licet.orders.services import complete_due

    measure = committed_desk.go(committed_desk.approve(committed_desk.draft(committed_desk.case(tier=3), "warn")), "notified")
    _kill_at("completing", database=committed_db, now=committed_desk.now, job="complete")
    assert _steps(measure)[-1] == "notified"
    assert (complete_due(committed_desk.now), _steps(measure)[-1]) == (1, "completed")


@pytest.mark.slow
def test_a_late_order_is_escalated_once(committed_desk, committed_db, sites):
    from licet.orders.models import Escalation
    from licet.orders.services import escalate_overdue

    [measure] = sites(1)
    committed_desk.dispatch()
    committed_desk.wait(dt.timedelta(hours=6))
    _kill_at("escalating", database=committed_db, now=committed_desk.now, job="escalate")
    with acting_as(WORKER):
        assert not Escalation.objects.exists()
    assert escalate_overdue(committed_desk.now) == 1 and escalate_overdue(committed_desk.now) == 0
    assert committed_desk.order(measure).state == "dispatched"
