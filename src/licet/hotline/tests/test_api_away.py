"""The partners' API while PostgreSQL is away: a report is kept, a key is known for ten minutes, the rest comes back later."""

import json

import pytest
from conftest import make_cast
from django.db import connections
from django.test import Client

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.errors import Unavailable
from licet.core.rls import acting_as
from licet.hotline import intake, keys, sealing, services
from licet.hotline.models import Report
from licet.parties.tokens import add_token, revoke_token

BODY = {"target_kind": "url", "target": "https://lantern.example/p", "ground": "pornography", "text": "all of it"}


class Partner:
    def __init__(self, scope="hotline.report"):
        with acting_as(WORKER):
            self.token, self.key = add_token(scope, party_id="harbour", scopes=(scope,), by=WORKER)

    def ask(self, number):
        return Client(raise_request_exception=False).get(f"/api/hotline/reports/{number}", **self.headers())

    def report(self, idempotency="k-1", **changes):
        return Client(raise_request_exception=False).post(
            "/api/hotline/reports", json.dumps(BODY | changes), content_type="application/json",
            HTTP_IDEMPOTENCY_KEY=idempotency, **self.headers())

    def headers(self):
        return {"HTTP_AUTHORIZATION": f"Bearer {self.key}"}


@pytest.fixture
def now(monkeypatch):
    """The moment the memory of keys sees."""
    moment = {"s": 0.0}
    monkeypatch.setattr(keys, "remembered", keys.Remembered(clock=lambda: moment["s"]))
    return moment


@pytest.fixture
def partner(committed_db, spool, now):
    make_cast()
    return Partner()


@pytest.fixture
def stop(committed_db, tmp_path):
    """``stop()``: nobody listens where PostgreSQL was; ``stop.start()``: it is back."""
    connection = connections["default"]
    host = connection.settings_dict["HOST"]

    def stopped():
        connection.close()
        connection.settings_dict["HOST"] = str(tmp_path)

    def start():
        connection.close()
        connection.settings_dict["HOST"] = host

    stopped.start = start
    yield stopped
    start()


def test_a_report_is_kept_with_its_receipt_and_taken_over_later(partner, stop):
    assert partner.report("before").status_code == 200
    stop()

    answer, again = partner.report(), partner.report()

    assert answer.status_code == again.status_code == 200, answer.content
    receipt = answer.json()
    assert receipt["number"] == again.json()["number"] and sealing.opens(receipt["number"], receipt["code"])
    assert partner.ask(receipt["number"]).json() == {"number": receipt["number"], "state": "received", "outcome": ""}
    stop.start()
    services.drain_due(clock.now())
    with acting_as(WORKER):
        assert Report.objects.filter(number=sealing.typed(receipt["number"]), reporter__account="harbour").count() == 1
    assert partner.ask(receipt["number"]).json()["state"] == "in_review"


def test_a_connection_that_dies_in_between_is_the_same(partner, stop):
    from licet.console.tests.test_database_away import end

    assert partner.report("before").status_code == 200
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    end(backend)
    connections["default"].settings_dict["HOST"] = "/nonexistent"
    assert partner.report().status_code == 200
    stop.start()
    assert partner.report("after").status_code == 200 and intake.spool().counts() == (3, 0)


@pytest.mark.parametrize("case", ["never used", "used too long ago"])
def test_a_key_that_was_not_used_lately_comes_back_later(partner, stop, now, case):
    if case == "used too long ago":
        partner.report("before")
        now["s"] = keys.REMEMBERED_S
    kept = intake.spool().counts()
    stop()

    answer = partner.report()

    assert answer.status_code == 503 and answer["Content-Type"] == "application/problem+json"
    assert int(answer["Retry-After"]) > 0 and answer.json()["type"] == "urn:licet:error:unavailable"
    assert intake.spool().counts() == kept, "nothing was accepted"
    assert Client().post("/api/hotline/reports", "{}", content_type="application/json").status_code == 401


def test_a_revoked_key_ends_at_once_and_is_forgotten(partner, stop):
    partner.report("before")
    with acting_as(WORKER):
        revoke_token(partner.token.pk, by=WORKER)
    assert partner.report().status_code == 401
    stop()
    assert partner.report().status_code == 503, "it is not remembered either"


def test_the_scope_counts_and_other_content_is_refused_while_it_waits(partner, stop):
    other = Partner("gate.ask")
    assert other.report().status_code == 403 and partner.report().status_code == 200
    stop()
    assert other.report().status_code == 403
    assert partner.report(text="something else").status_code == 409


def test_what_is_not_on_the_disk_is_not_known_now(partner, stop):
    number = partner.report().json()["number"]
    services.drain_due(clock.now())
    stop()
    assert partner.ask(number).status_code == 503
    assert partner.ask("0000-0000-0000").status_code == 503


def test_a_full_disk_is_no_receipt(partner, monkeypatch):
    def full(items):
        raise Unavailable("the disk is full")

    monkeypatch.setattr(intake.spool(), "accept", full)
    assert partner.report().status_code == 503


def test_only_hashes_are_remembered_and_not_without_bound(partner, monkeypatch):
    monkeypatch.setattr(keys, "MOST", 2)
    others = [Partner() for _ in range(3)]
    for each in (partner, *others):
        each.report(f"k-{each.token.pk}")
    assert len(keys.remembered._known) == 2
    assert all(isinstance(digest, bytes) and len(digest) == 32 for digest in keys.remembered._known)
    assert others[0].key not in repr(keys.remembered._known)
