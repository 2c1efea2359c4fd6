"""Pages of orders, as people of the cast meet them."""

import datetime as dt

import pytest

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.orders import services
from licet.orders.models import Connector
from licet.orders.tests.receiver import Receiver
from licet.orders.wording import answer_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def ordered(desk):
    """A suspension that was just ordered from Night Lamp."""
    desk.now = clock.now()
    measure = desk.notified()
    desk.dispatch()
    return desk.order(measure)


def _page(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def test_the_board_shows_counts_and_leads_to_the_order(ordered, sign_in):
    page = _page(sign_in("olm"), "/orders/")
    assert ordered.number in page and f"/orders/{ordered.pk}/" in page
    assert ordered.number in _page(sign_in("olm"), "/orders/?view=ordered")
    assert ordered.number not in _page(sign_in("olm"), "/orders/?view=unverified")


def test_whoever_carries_it_out_begins_with_their_own(ordered, sign_in):
    assert ordered.number in _page(sign_in("wick"), "/orders/")
    assert ordered.number not in _page(sign_in("moss"), "/orders/")
    assert _page(sign_in("moss"), f"/orders/{ordered.pk}/", 404)


def test_the_overview_of_whoever_carries_it_out_begins_with_it(ordered, sign_in):
    page = sign_in("wick").get("/", headers={"Accept-Language": "en"})
    assert [(stat.label, stat.value) for stat in page.context["sections"][0].stats] == [
        ("Orders for us to carry out", 1), ("Overdue, of these", 0)]
    assert page.context["sections"][0].stats[0].url == "/orders/?view=mine"
    assert "Orders for us" not in _page(sign_in("olm"), "/")


def test_people_answer_on_the_orders_page(ordered, sign_in, desk):
    client = sign_in("wick")
    assert "/report/" in _page(client, f"/orders/{ordered.pk}/")
    assert client.post(f"/orders/{ordered.pk}/report/", {"said": "refused"}).status_code == 422
    assert client.post(f"/orders/{ordered.pk}/report/", {"said": "acknowledged"}).status_code == 302
    assert client.post(f"/orders/{ordered.pk}/report/", {"said": "done", "reason": "at once"}).status_code == 302
    assert desk.order(ordered.measure).state == "done"


def test_the_desk_orders_again_and_checks_by_hand(ordered, sign_in, desk):
    desk.report(ordered, "refused", reason="not ours")
    client = sign_in("olm")
    assert "/again/" in _page(client, f"/orders/{ordered.pk}/")
    assert "/again/" not in _page(sign_in("wick"), f"/orders/{ordered.pk}/")
    assert client.post(f"/orders/{ordered.pk}/again/", {"reason": "it is"}).status_code == 302
    services.dispatch_due(clock.now() + dt.timedelta(seconds=1))
    desk.now = clock.now()
    desk.report(ordered, "done")
    looked = {"verdict": "agrees", "reason": "tried"}
    assert "/check/" not in _page(client, f"/orders/{ordered.pk}/")  # olm signed it
    assert client.post(f"/orders/{ordered.pk}/check/", looked).status_code == 403
    colleague = sign_in("reed")
    assert "/check/" in _page(colleague, f"/orders/{ordered.pk}/")
    assert colleague.post(f"/orders/{ordered.pk}/check/", looked).status_code == 302
    assert desk.order(ordered.measure).state == "verified"


def test_the_measures_page_shows_its_orders(ordered, sign_in):
    page = _page(sign_in("olm"), f"/measures/{ordered.measure_id}/")
    assert f"/orders/{ordered.pk}/" in page


def test_the_measures_page_orders_again_too(ordered, sign_in, desk):
    desk.report(ordered, "failed", reason="broken")
    desk.go(ordered.measure, "ordered", by="olm")
    fresh = desk.order(ordered.measure)
    assert (fresh.state, fresh.round) == ("pending", 2)


def test_a_connector_is_added_tried_renewed_and_switched_off(sign_in, desk):
    client = sign_in("wick")
    with Receiver() as receiver:
        form = {"party_id": "nightlamp", "kind": "webhook", "name": "core", "url": receiver.url, "effects": ["cut_access"]}
        response = client.post("/orders/connectors/add/", form)
        page = response.content.decode()
        assert response.status_code == 200 and "whsec_" in page
        receiver.secret = page[page.index("whsec_"):].split("<")[0].replace("&#x2B;", "+")
        with acting_as(WORKER):
            row = Connector.objects.get()
        assert receiver.secret.encode() not in bytes(row.secret)
        assert "whsec_" not in _page(client, f"/orders/connectors/{row.pk}/")
        client.post(f"/orders/connectors/{row.pk}/test/")
        assert "taken 200" in _page(client, f"/orders/connectors/{row.pk}/")
        assert receiver.effects == []
        renewed = client.post(f"/orders/connectors/{row.pk}/secret/").content.decode()
        assert "whsec_" in renewed and receiver.secret not in renewed
    client.post(f"/orders/connectors/{row.pk}/off/")
    row.refresh_from_db()
    with acting_as(WORKER):
        assert not Connector.objects.get().active
    assert _page(sign_in("pilot"), f"/orders/connectors/{row.pk}/", 404)


def test_nobody_configures_for_somebody_else(sign_in):
    form = {"party_id": "harbour", "kind": "email", "name": "box", "mail": "abuse@nightlamp.example"}
    assert sign_in("wick").post("/orders/connectors/add/", form).status_code == 422
    with acting_as(WORKER):
        assert not Connector.objects.exists()


def test_a_private_target_is_refused_when_configured(sign_in, settings, monkeypatch):
    monkeypatch.setitem(settings.ENV, "LICET_ALLOW_PRIVATE_TARGETS", False)
    form = {"party_id": "nightlamp", "kind": "webhook", "name": "inside", "effects": ["cut_access"]}
    for url in ("https://127.0.0.1/", "https://[::1]/", "https://10.0.0.7/x", "https://169.254.169.254/", "http://192.0.2.1/",
                "https://[::ffff:10.0.0.1]/", "https://user:secret@192.0.2.1/"):
        response = sign_in("wick").post("/orders/connectors/add/", {**form, "url": url})
        assert response.status_code == 422, url


def test_a_mails_link_answers_for_its_order_alone(ordered, client, desk):
    address = f"/orders/answer/{answer_token(ordered)}/"
    page = _page(client, address)
    assert ordered.number in page and "/measures/" not in page
    assert client.post(address, {"said": "done"}).status_code == 302
    assert desk.order(ordered.measure).state == "done"
    assert _page(client, address)  # still readable, nothing left to answer
    assert _page(client, "/orders/answer/nonsense/", 404)
    assert _page(client, address[:-3] + "x/", 404)


def test_a_link_of_an_earlier_round_ends(ordered, client, desk):
    address = f"/orders/answer/{answer_token(ordered)}/"
    desk.report(ordered, "refused", reason="no")
    services.reissue(ordered.pk, actor=desk.who("olm"), at=desk.now, reason="yes")
    assert _page(client, address, 404)
