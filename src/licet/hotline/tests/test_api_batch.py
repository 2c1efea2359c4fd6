"""Many reports in one request: good ones are durable together, each bad one is told apart, twice is once."""

import json

import pytest
from django.test import Client

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline import intake, sealing, services
from licet.hotline.models import Report

from .test_api_away import BODY, Partner, now, partner, stop  # noqa: F401 - fixtures

pytestmark = pytest.mark.usefixtures("spool")


def hand_in(who, *reports):
    client = Client(raise_request_exception=False)
    return client.post("/api/hotline/reports/batch", json.dumps({"reports": list(reports)}),
                       content_type="application/json", **who.headers())


def one(key, **changes):
    return BODY | {"key": key} | changes


def test_each_has_its_receipt_and_a_bad_one_keeps_nobody_out(partner):  # noqa: F811
    answer = hand_in(partner, one("a"), one("b", ground="rumour"), one("c", target="https://lamp.example/"),
                     one("d", target="com.cn"))

    document = answer.json()
    assert answer.status_code == 200 and (document["accepted"], document["refused"]) == (2, 2)
    assert [line["key"] for line in document["lines"]] == ["a", "b", "c", "d"]
    assert [line["field"] for line in document["lines"]] == ["", "ground", "", "target"]
    assert document["lines"][1]["hint"] and document["lines"][1]["receipt"] is None
    assert all(sealing.opens(line["receipt"]["number"], line["receipt"]["code"])
               for line in document["lines"] if line["receipt"])
    assert intake.spool().counts() == (2, 0)


def test_sent_again_it_is_the_same_and_other_content_is_refused(partner):  # noqa: F811
    first = hand_in(partner, one("a"), one("b")).json()["lines"]

    again = hand_in(partner, one("a"), one("b", text="something else"), one("c"), one("c", text="other"), one("c")).json()

    assert again["lines"][0]["receipt"]["number"] == first[0]["receipt"]["number"]
    assert [line["field"] for line in again["lines"]] == ["", "key", "", "key", ""]
    assert again["lines"][2]["receipt"]["number"] == again["lines"][4]["receipt"]["number"]
    services.drain_due(clock.now())
    assert hand_in(partner, one("b", text="something else")).json()["lines"][0]["field"] == "key", "also when taken over"
    with acting_as(WORKER):
        assert Report.objects.count() == 3


def test_a_single_report_and_a_batch_share_their_keys(partner):  # noqa: F811
    number = partner.report("k-1").json()["number"]
    assert hand_in(partner, one("k-1")).json()["lines"][0]["receipt"]["number"] == number


def test_it_is_durable_while_postgresql_is_away(partner, stop):  # noqa: F811
    hand_in(partner, one("before"))
    stop()

    lines = hand_in(partner, one("a"), one("before", text="changed"), one("b")).json()["lines"]

    assert [line["field"] for line in lines] == ["", "key", ""]
    assert intake.spool().counts() == (3, 0)


@pytest.mark.parametrize("reports", [[], [BODY], [one("x" * 121)], [one("a", target_kind="u" * 21)]])
def test_what_is_no_batch_is_refused_whole(partner, reports):  # noqa: F811
    assert hand_in(partner, *reports).status_code == 422
    assert intake.spool().counts() == (0, 0)


def test_its_size_has_a_bound_and_it_asks_for_the_scope(partner):  # noqa: F811
    assert hand_in(partner, *(one(f"k{n}") for n in range(501))).status_code == 422
    assert hand_in(Partner("gate.ask"), one("a")).status_code == 403
    assert Client().post("/api/hotline/reports/batch", "{}", content_type="application/json").status_code == 401
    assert intake.spool().counts() == (0, 0)
