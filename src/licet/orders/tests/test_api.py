"""Orders over HTTP: my orders, reports, lists for resolvers and for billing."""

import datetime as dt
import json

import dns.rdatatype
import dns.zone
import pytest

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.orders import services
from licet.orders.models import Connector

pytestmark = pytest.mark.django_db
CHAIN = [{"operator": "nightlamp", "partner": "Lantern Partner", "code": "106688", "service": "fortune by SMS"}]


class Program:
    """A program with a key of an organisation."""

    def __init__(self, client, party, scopes):
        from licet.parties.tokens import add_token

        with acting_as(WORKER):
            _, key = add_token("program", party_id=party, scopes=scopes, by=WORKER)
        self.client, self.headers = client, {"authorization": f"Bearer {key}"}

    def get(self, path, **headers):
        return self.client.get(f"/api/orders{path}", headers={**self.headers, **headers})

    def post(self, path, document):
        return self.client.post(f"/api/orders{path}", json.dumps(document), content_type="application/json",
                                headers=self.headers)


@pytest.fixture
def program(client, cast):
    return lambda party="nightlamp", scopes=("orders.carry_out",): Program(client, party, list(scopes))


@pytest.fixture
def desk(desk):
    desk.now = clock.now()
    return desk


def test_a_program_finds_its_orders_and_reports(desk, program):
    order = desk.order(desk.notified())
    desk.dispatch()
    mine = program()
    [found] = mine.get("").json()["orders"]
    assert (found["id"], found["targets"]["hosts"]) == (str(order.public_id), ["lantern.example"])
    assert mine.get(f"/{order.public_id}").json()["state"] == "dispatched"

    answers = [mine.post(f"/{order.public_id}/reports", {"status": "done", "at": "2026-03-02T09:00:00+08:00"})
               for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert desk.order(order.measure).events == ["dispatched", "done"]
    assert mine.get("").json()["orders"][0]["state"] == "done"
    assert mine.get("", ).json()["next"] is None


@pytest.mark.parametrize(("document", "status"), [
    ({"status": "refused"}, 422), ({"status": "cut"}, 422), ({"status": "done", "at": "2026-03-02T09:00:00"}, 422),
    ({"status": "done", "at": "2999-01-01T00:00:00Z"}, 422), ({"status": "refused", "reason": "no"}, 200)])
def test_what_a_report_must_say(desk, program, document, status):
    order = desk.order(desk.notified())
    desk.dispatch()
    assert program().post(f"/{order.public_id}/reports", document).status_code == status


def test_others_and_other_keys_get_nothing(desk, program, client):
    order = desk.order(desk.notified())
    desk.dispatch()
    assert program("harbour").get("").json()["orders"] == []
    assert program("harbour").get(f"/{order.public_id}").status_code == 404
    assert program("harbour").post(f"/{order.public_id}/reports", {"status": "done"}).status_code == 404
    assert program(scopes=["gate.ask"]).get("").status_code == 403
    assert client.get("/api/orders").status_code == 401
    assert program().get("/00000000-0000-4000-8000-000000000000").status_code == 404


def test_an_authoritys_key_does_not_report_for_an_executor(desk, program):
    case = desk.case(tier=2, by="wick", desk="nightlamp", subject="other.example")
    measure = desk.go(desk.approve(desk.draft(case, by="wick", scope={"hosts": ["other.example"]}), by="wick"), "notified")
    order = desk.order(measure)
    desk.dispatch()
    assert program("authority").get(f"/{order.public_id}").status_code == 200
    assert program("authority").post(f"/{order.public_id}/reports", {"status": "done"}).status_code == 403


def test_resolvers_fetch_a_zone_and_confirm_it(desk, program):
    row, _ = desk.connect("dns_feed")
    order = desk.order(desk.notified())
    desk.dispatch()
    assert (desk.order(order.measure).state, desk.order(order.measure).channel) == ("dispatched", "dns_feed")

    mine = program()
    answer = mine.get(f"/lists/{row.pk}/zone")
    zone = dns.zone.from_text(answer.content.decode(), origin="rpz.example.", relativize=True)
    assert {name.to_text() for name in zone.nodes} == {"@", "lantern.example", "*.lantern.example"}
    assert zone.get_rdataset("lantern.example", dns.rdatatype.CNAME)[0].target.to_text() == "."
    assert zone.get_rdataset("@", dns.rdatatype.SOA)[0].serial == 1
    assert mine.get(f"/lists/{row.pk}/zone", **{"if-none-match": answer["ETag"]}).status_code == 304
    assert desk.order(order.measure).state == "acknowledged"

    assert mine.post(f"/lists/{row.pk}/confirm", {"serial": 2}).status_code == 422
    for _ in range(2):
        assert mine.post(f"/lists/{row.pk}/confirm", {"serial": 1}).json() == {"serial": 1, "fetched": 1, "confirmed": 1}
    assert desk.order(order.measure).state == "done"


def test_a_restoration_takes_names_off_the_list(desk, program):
    row, _ = desk.connect("dns_feed")
    measure = desk.notified()
    desk.dispatch()
    mine = program()
    first = mine.get(f"/lists/{row.pk}/dns").json()
    assert [(line["serial"], line["action"], line["value"]) for line in first["lines"]] == [(1, "cut", "lantern.example")]
    desk.go(measure, "lifted", by="olm")
    desk.dispatch()

    [line] = mine.get(f"/lists/{row.pk}/dns?cursor={first['cursor']}").json()["lines"]
    assert (line["serial"], line["action"], line["kind"]) == (2, "restore", "host")
    assert b"lantern" not in mine.get(f"/lists/{row.pk}/zone").content
    mine.post(f"/lists/{row.pk}/confirm", {"serial": 2})
    assert desk.order(measure).measure.state == "restored"


@pytest.fixture
def later(monkeypatch):
    """A month passes, and no job runs."""
    real = clock.now

    def pass_by(days=31):
        monkeypatch.setattr(clock, "now", lambda: real() + dt.timedelta(days=days))

    return pass_by


def _serial(answer):
    zone = dns.zone.from_text(answer.content.decode(), origin="rpz.example.", relativize=True)
    return zone.get_rdataset("@", dns.rdatatype.SOA)[0].serial


def test_a_term_that_ran_out_leaves_the_dns_list_although_no_job_ran(desk, program, later):
    row, _ = desk.connect("dns_feed")
    measure = desk.notified()
    desk.dispatch()
    mine = program()
    before = mine.get(f"/lists/{row.pk}/zone")
    assert b"lantern" in before.content
    later()

    after = mine.get(f"/lists/{row.pk}/zone", **{"if-none-match": before["ETag"]})

    assert (after.status_code, b"lantern" in after.content) == (200, False)
    assert _serial(after) > _serial(before) and after["ETag"] != before["ETag"]
    [line] = mine.get(f"/lists/{row.pk}/dns?cursor={_serial(before)}").json()["lines"]
    assert (line["action"], line["value"], line["serial"]) == ("restore", "lantern.example", _serial(after))
    assert desk.order(measure).measure.state == "expired"
    mine.post(f"/lists/{row.pk}/confirm", {"serial": _serial(after)})
    assert desk.order(measure).measure.state == "restored"


def test_what_another_measure_keeps_cut_stays_on_the_list_when_a_term_runs_out(desk, program, later):
    row, _ = desk.connect("dns_feed")
    stop = desk.go(desk.stop(), "notified")
    desk.notified()
    desk.dispatch()
    later()
    answer = program().get(f"/lists/{row.pk}/zone")
    assert b"lantern" in answer.content
    desk.go(stop, "lifted", by="olm")
    after = program().get(f"/lists/{row.pk}/zone")
    assert b"lantern" not in after.content and _serial(after) > _serial(answer)


def test_a_term_that_ran_out_is_a_line_of_the_billing_list_although_no_job_ran(desk, program, later):
    row, _ = desk.connect("billing_feed")
    case = desk.case(tier=2, subject="1066 88", subject_kind="code", ground="deceptive_billing")
    desk.go(desk.approve(desk.draft(case, "suspend_billing", scope={"codes": ["106688"]},
                                    attachments={"billing_chain": CHAIN})), "notified")
    desk.dispatch()
    mine = program()
    [cut] = mine.get(f"/lists/{row.pk}/billing").json()["lines"]
    later()

    answer = mine.get(f"/lists/{row.pk}/billing.csv?cursor={cut['serial']}")

    assert answer.content.decode().splitlines()[1].startswith("2,restore,code,106688,")
    assert answer["ETag"] == f'"{row.pk}-2"'


def test_another_organisation_reads_no_list(desk, program):
    row, _ = desk.connect("dns_feed")
    desk.notified()
    desk.dispatch()
    other = program("harbour")
    for path in ("zone", "dns"):
        assert other.get(f"/lists/{row.pk}/{path}").status_code == 404
    assert other.post(f"/lists/{row.pk}/confirm", {"serial": 1}).status_code == 404
    assert program("authority").get(f"/lists/{row.pk}/dns").status_code == 200  # looks, and acknowledges nothing
    with acting_as(WORKER):
        assert Connector.objects.get(pk=row.pk).fetched_serial == 0


def test_billing_cut_by_its_list_stays_done_until_somebody_else_looks(desk, program):
    row, _ = desk.connect("billing_feed")
    case = desk.case(tier=2, subject="1066 88", subject_kind="code", ground="deceptive_billing")
    draft = desk.draft(case, "suspend_billing", scope={"codes": ["106688"]}, attachments={"billing_chain": [
        {"operator": "nightlamp", "partner": "Lantern Partner", "code": "106688", "service": "fortune by SMS"}]})
    measure = desk.go(desk.approve(draft), "notified")
    desk.dispatch()

    mine = program()
    text = mine.get(f"/lists/{row.pk}/billing.csv").content.decode().splitlines()
    assert text[0] == "serial,action,kind,value,order,at" and text[1].startswith("1,cut,code,106688,")
    assert desk.order(measure).state == "acknowledged"
    mine.post(f"/lists/{row.pk}/confirm", {"serial": 1})
    assert desk.order(measure).state == "done"
    assert services.verify_due(desk.now + dt.timedelta(hours=1)) == 0  # the executor's own word is no look from outside
    assert desk.order(measure).measure.state == "done"


def test_lines_with_addresses_stand_in_the_zone_as_triggers():
    from licet.orders.lists import _rpz_address

    assert _rpz_address("192.0.2.1") == "32.1.2.0.192.rpz-ip"
    assert _rpz_address("2001:db8::1") == "128.1.zz.db8.2001.rpz-ip"
    assert _rpz_address("::1") == "128.1.zz.rpz-ip"


def test_the_api_is_described(client):
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"/api/orders", "/api/orders/{order_id}", "/api/orders/{order_id}/reports",
            "/api/orders/lists/{connector_id}/zone"} <= set(paths)
