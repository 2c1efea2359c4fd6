"""PostgreSQL keeps the promises of orders itself: tried with plain SQL, as the application and past the policies."""

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from licet.core.actors import WORKER, Actor, Scope
from licet.core.rls import acting_as
from licet.orders.models import Attempt, Escalation, ListEntry, Observation, Order, OrderTransition
from licet.orders.tables import STEPS

pytestmark = pytest.mark.django_db


def _query(statement, parameters=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def _refused(statement, parameters=(), actor=WORKER):
    """Whether PostgreSQL refuses it, or it touches nothing."""
    try:
        with transaction.atomic(), acting_as(actor):
            return _query(statement, parameters) == 0
    except DatabaseError as error:
        code = error.__cause__.sqlstate
        assert code == "42501" or not code.startswith("42"), f"the statement itself is wrong: {error}"
        return True


@pytest.fixture
def sent(desk):
    """An order with a row in every table."""
    from licet.orders import services
    from licet.orders.tests.world import World

    desk.connect("dns_feed")
    with World() as world:
        services.register_probe("cut_access", world.probe())
        measure = desk.notified()
        desk.dispatch()
        desk.report(desk.order(measure), "done")
        import datetime as dt

        services.verify_due(desk.now + dt.timedelta(hours=1))
        services.escalate_overdue(desk.now + dt.timedelta(days=9))
        services.unregister_probe("cut_access")
    return desk.order(measure)


def test_the_steps_in_the_database_are_the_steps_in_python():
    rows = {tuple(row) for row in _query('SELECT frm, event, "to" FROM orders_transition_rule')}
    assert rows == {(step.frm.value, step.event, step.to.value) for step in STEPS}


@pytest.mark.parametrize("statement", [
    "UPDATE orders_order SET state = 'verified' WHERE id = %s",
    "UPDATE orders_order SET targets = '{}' WHERE id = %s",
    "UPDATE orders_order SET executor_id = 'harbour' WHERE id = %s",
    "UPDATE orders_order SET kind = 'restore' WHERE id = %s",
    "UPDATE orders_order SET public_id = gen_random_uuid() WHERE id = %s",
    "UPDATE orders_order SET round = round + 2 WHERE id = %s",
    "DELETE FROM orders_order WHERE id = %s",
    "UPDATE orders_ordertransition SET reason = 'x' WHERE order_id = %s",
    "DELETE FROM orders_ordertransition WHERE order_id = %s",
    "UPDATE orders_attempt SET outcome = 'lost' WHERE order_id = %s",
    "DELETE FROM orders_attempt WHERE order_id = %s",
    "UPDATE orders_observation SET verdict = 'agrees' WHERE order_id = %s",
    "DELETE FROM orders_observation WHERE order_id = %s",
    "DELETE FROM orders_escalation WHERE order_id = %s",
    "UPDATE orders_listentry SET action = 'restore' WHERE order_id = %s",
    "DELETE FROM orders_listentry WHERE order_id = %s",
    "DELETE FROM orders_connector WHERE id = (SELECT connector_id FROM orders_order WHERE id = %s)",
    "UPDATE orders_transition_rule SET \"to\" = 'verified' WHERE 1 = %s * 0 + 1",
], ids=lambda text: text[:60])
def test_what_happened_stays(sent, statement):
    assert _refused(statement, [sent.pk])


def _step(order, frm, event, to, desk="authority"):
    return ("INSERT INTO orders_ordertransition (order_id, desk_id, executor_id, frm, event, \"to\", actor, reason, at)"
            " VALUES (%s, %s, 'nightlamp', %s, %s, %s, 'x', '', now())", [order.pk, desk, frm, event, to])


@pytest.mark.parametrize("step", [
    ("done", "done", "verified"), ("done", "verified", "pending"), ("pending", "verified", "verified"),
    ("dispatched", "acknowledged", "acknowledged"), ("done", "reissued", "pending")], ids="-".join)
def test_an_unlisted_step_or_one_from_another_state_is_refused(sent, step):
    assert _refused(*_step(sent, *step))


def test_a_listed_step_is_taken_and_only_with_the_orders_desk(sent):
    assert _refused(*_step(sent, "done", "verified", "verified", desk="harbour"))
    assert not _refused(*_step(sent, "done", "verified", "verified"))
    with acting_as(WORKER):
        assert Order.objects.get(pk=sent.pk).state == "verified"


def test_a_list_has_no_gaps(sent):
    insert = ("INSERT INTO orders_listentry (connector_id, party_id, serial, order_id, round, action, field, value, at)"
              " VALUES (%s, 'nightlamp', %s, %s, 9, 'cut', 'hosts', 'x.example', now())")
    assert _refused(insert, [sent.connector_id, 5, sent.pk])
    assert not _refused(insert, [sent.connector_id, 2, sent.pk])


_TABLES = (Order, OrderTransition, Attempt, Escalation, Observation, ListEntry)


@pytest.mark.parametrize(("name", "sees"), [("olm", True), ("wick", True), ("gale", True), ("pilot", False), ("moss", False),
                                            ("otto", False)])
def test_who_sees_the_rows_of_an_order(sent, desk, name, sees):
    with acting_as(desk.who(name)):
        assert {bool(table.objects.exists()) for table in _TABLES} == {sees}


@pytest.mark.parametrize("party", ["nightlamp", "authority", "harbour"])
def test_nobody_but_the_system_writes(sent, party):
    person = Actor(name="user:1", user_id=1, scope=Scope.ORGANISATION, organisations=(party,))
    assert _refused(*_step(sent, "done", "verified", "verified"), actor=person)
    assert _refused("UPDATE orders_order SET tries = 3 WHERE id = %s", [sent.pk], actor=person)
    for table in ("orders_attempt", "orders_escalation", "orders_observation", "orders_listentry"):
        assert _refused(f"DELETE FROM {table}", actor=person)


def test_a_measure_has_one_live_order(sent):
    statement = ("INSERT INTO orders_order (public_id, measure_id, desk_id, executor_id, sequence, kind, effect, targets,"
                 " state, round, channel, written_at, acknowledge_by, done_by, tries) VALUES (gen_random_uuid(), %s,"
                 " 'authority', 'nightlamp', 2, 'cut', 'cut_access', '{}', 'pending', 1, '', now(), now(), now(), 0)")
    assert _refused(statement, [sent.measure_id])
