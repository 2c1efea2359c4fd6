"""Checks from outside against a real DNS server and a real HTTP server on 127.0.0.1."""

import datetime as dt

import pytest

from licet.casework.models import Measure
from licet.core.actors import WORKER
from licet.core.errors import LicetError
from licet.core.rls import acting_as
from licet.orders import services
from licet.orders.models import Observation
from licet.orders.probes import Question
from licet.orders.tests.world import World

HOUR = dt.timedelta(hours=1)
SITE = "lantern.example"


@pytest.fixture
def world():
    with World() as made:
        services.register_probe("cut_access", made.probe())
        yield made
        services.unregister_probe("cut_access")


def _question(kind, technical="", **more):
    return Question(order="O-1", kind=kind, hosts=(SITE,), addresses=(), codes=(), technical=technical, **more)


@pytest.mark.parametrize(("dns", "status", "cut", "restored"), [
    ("nxdomain", None, "agrees", "disagrees"),
    ("refused", None, "agrees", "disagrees"),
    ("nodata", None, "agrees", "disagrees"),
    ("up", 200, "disagrees", "agrees"),
    ("up", 301, "disagrees", "agrees"),
    ("up", 404, "disagrees", "agrees"),
    ("up", 403, "agrees", "inconclusive"),
    ("up", 451, "agrees", "disagrees"),
    ("up", 502, "inconclusive", "inconclusive"),
    ("up", None, "agrees", "disagrees"),
    ("servfail", None, "inconclusive", "inconclusive"),
], ids=str)
def test_what_the_probe_says(world, dns, status, cut, restored):
    world.names[SITE] = dns
    if status:
        world.sites[SITE] = status
    assert world.probe().look(_question("cut")).verdict == cut
    assert world.probe().look(_question("restore")).verdict == restored


def test_our_own_network_down_is_never_a_disagreement(world):
    world.names |= {SITE: "nxdomain", "control.example": "servfail"}
    look = world.probe().look(_question("restore"))
    assert (look.verdict, look.facts[0]["control"]) == ("inconclusive", False)


def test_a_cut_in_the_dns_is_not_proven_by_a_silent_server(world):
    world.names[SITE] = "up"
    assert world.probe().look(_question("cut", "dns")).verdict == "inconclusive"


def test_a_block_page_counts_as_cut(world, monkeypatch):
    import dataclasses

    from licet.orders import probes

    known = probes.numbers()
    monkeypatch.setattr(probes, "numbers", lambda: dataclasses.replace(
        known, block_addresses=frozenset({"192.0.2.66"}), block_hosts=frozenset({"blocked.example"})))
    world.names[SITE] = "192.0.2.66"
    assert world.probe().look(_question("cut", "dns")).verdict == "agrees"
    world.names[SITE], world.sites[SITE] = "up", 302
    assert world.probe().look(_question("cut")).verdict == "agrees"


def test_the_probe_keeps_out_of_private_networks(world, settings, monkeypatch):
    monkeypatch.setitem(settings.ENV, "LICET_ALLOW_PRIVATE_TARGETS", False)
    world.names[SITE], world.sites[SITE] = "up", 200
    look = world.probe().look(_question("cut"))
    assert (look.verdict, look.facts[0]["http"]) == ("inconclusive", None)


def _state(order):
    with acting_as(WORKER):
        return Measure.objects.get(pk=order.measure_id).state


def _verdicts(order):
    with acting_as(WORKER):
        return list(Observation.objects.filter(order=order).order_by("id").values_list("verdict", flat=True))


@pytest.mark.django_db
def test_two_looks_at_a_distance_verify_a_cut(desk, world):
    world.names[SITE] = "nxdomain"
    order = desk.order(desk.notified())
    desk.dispatch()
    desk.report(order, "done")
    assert services.verify_due(desk.now) == 0  # caches need their time

    assert services.verify_due(desk.now + 0.25 * HOUR) == 1
    assert _state(order) == "done"
    assert services.verify_due(desk.now + 0.4 * HOUR) == 0
    assert services.verify_due(desk.now + HOUR) == 1

    assert (desk.order(order.measure).state, _state(order)) == ("verified", "verified")
    assert _verdicts(order) == ["agrees", "agrees"]


@pytest.mark.django_db
def test_a_disagreement_orders_again_with_a_new_id(desk, world):
    world.names[SITE], world.sites[SITE] = "up", 200
    order = desk.order(desk.notified())
    desk.dispatch()
    desk.report(order, "done")
    for _ in range(2):
        desk.wait(HOUR)
        services.verify_due(desk.now)

    again = desk.order(order.measure)
    assert (again.pk, again.state, again.round, _state(order)) == (order.pk, "pending", 2, "ordered")
    assert again.message_id != order.message_id
    world.names[SITE] = "nxdomain"
    desk.dispatch()
    desk.report(again, "done")
    for _ in range(2):
        desk.wait(HOUR)
        services.verify_due(desk.now)
    assert _state(order) == "verified"


@pytest.mark.django_db
def test_a_verified_cut_is_watched_while_it_binds(desk, world):
    world.names[SITE] = "nxdomain"
    order = desk.order(desk.notified())
    desk.dispatch()
    desk.report(order, "done")
    for _ in range(2):
        desk.wait(HOUR)
        services.verify_due(desk.now)
    world.names[SITE], world.sites[SITE] = "up", 200

    for _ in range(2):
        desk.wait(25 * HOUR)
        services.verify_due(desk.now)

    assert (desk.order(order.measure).state, _state(order)) == ("pending", "ordered")


@pytest.mark.django_db
def test_a_restoration_is_verified_and_a_false_one_ordered_again(desk, world):
    world.names[SITE] = "nxdomain"
    measure = desk.notified()
    desk.dispatch()
    desk.report(desk.order(measure), "done")
    desk.go(measure, "lifted", by="olm")
    desk.dispatch()
    desk.report(desk.order(measure), "done")
    for _ in range(2):
        desk.wait(HOUR)
        services.verify_due(desk.now)
    order = desk.order(measure)
    assert (order.kind, order.state, order.round, _state(order)) == ("restore", "pending", 2, "lifted")

    desk.dispatch()
    desk.report(order, "done")
    world.names[SITE], world.sites[SITE] = "up", 200
    for _ in range(2):
        desk.wait(HOUR)
        services.verify_due(desk.now)
    assert (desk.order(measure).state, _state(order)) == ("verified", "restoration_verified")


@pytest.mark.django_db
def test_nothing_is_concluded_while_nobody_can_tell(desk, world):
    world.names |= {SITE: "servfail"}
    order = desk.order(desk.notified())
    desk.dispatch()
    desk.report(order, "done")
    for _ in range(5):
        desk.wait(HOUR)
        services.verify_due(desk.now)
    assert (_state(order), set(_verdicts(order))) == ("done", {"inconclusive"})

    desk.wait(48 * HOUR)
    assert services.escalate_overdue(desk.now) == 1
    with pytest.raises(LicetError) as refused:  # olm signed it
        services.check_by_hand(order.pk, "agrees", actor=desk.who("olm"), at=desk.now, reason="tried from three networks")
    assert (refused.value.code, _state(order)) == ("own_measure", "done")
    services.check_by_hand(order.pk, "agrees", actor=desk.who("reed"), at=desk.now, reason="tried from three networks")
    assert _state(order) == "verified"
    with acting_as(WORKER):
        step = order.measure.transitions.get(event="verified")
        seen = Observation.objects.get(order=order, verdict="agrees")
    assert step.reason == f"{order.number}: checked by hand"
    assert (seen.person_id, seen.probe) == (desk.who("reed").user_id, f"person:{desk.who('reed').user_id}")


@pytest.mark.django_db
def test_only_the_desk_checks_by_hand(desk, world):
    order = desk.order(desk.notified())
    desk.dispatch()
    desk.report(order, "done")
    with pytest.raises(LicetError):
        services.check_by_hand(order.pk, "agrees", actor=desk.who("wick"), at=desk.now, reason="it is gone, honestly")


def _billing(desk):
    """A suspension of billing whose executor says that it is done."""
    case = desk.case(tier=2, subject="1066 88", subject_kind="code", ground="deceptive_billing")
    draft = desk.draft(case, "suspend_billing", scope={"codes": ["106688"]}, attachments={"billing_chain": [
        {"operator": "nightlamp", "partner": "Lantern Partner", "code": "106688", "service": "fortune by SMS"}]})
    order = desk.order(desk.go(desk.approve(draft), "notified"))
    desk.dispatch()
    desk.report(order, "done")
    return case, order


@pytest.mark.django_db
def test_billing_is_verified_by_somebody_else_who_names_the_bill(desk):
    case, order = _billing(desk)
    assert services.verify_due(desk.now + HOUR) == 0
    assert (_state(order), _verdicts(order), desk.order(order.measure).next_check_at) == ("done", [], None)

    def check(**fields):
        return services.check_by_hand(order.pk, "agrees", actor=desk.who("reed"), at=desk.now, reason="rang it", **fields)

    for fields in ({}, {"evidence": "E-404"}):
        with pytest.raises(LicetError):
            check(**fields)
    check(evidence=desk.evidence(case, b"the bill of March: no charge"))
    assert _state(order) == "verified"


@pytest.mark.django_db
def test_a_check_of_charges_can_be_plugged_in(desk):
    from licet.orders.probes import Look
    from licet.orders.tables import Verdict

    class Charges:
        def look(self, question):
            return Look(probe="charges", verdict=Verdict.AGREES, settled=True, facts=[{"said": ", ".join(question.codes)}])

    services.register_probe("cut_billing", Charges())
    try:
        _case, order = _billing(desk)
        assert services.verify_due(desk.now + HOUR) == 1
    finally:
        services.unregister_probe("cut_billing")
    assert _state(order) == "verified"


@pytest.mark.django_db
def test_a_provider_that_carries_out_its_own_desks_order_has_it_checked_by_a_colleague(desk):
    case = desk.case(tier=2, by="wick", desk="nightlamp", subject="other.example")
    measure = desk.go(desk.approve(desk.draft(case, by="wick", scope={"hosts": ["other.example"]}), by="wick"), "notified")
    order = desk.order(measure)
    desk.dispatch()
    desk.report(order, "done", by="olm") if order.executor_id != "nightlamp" else desk.report(order, "done")
    with pytest.raises(LicetError):
        services.check_by_hand(order.pk, "agrees", actor=desk.who("wick"), at=desk.now, reason="looked")
