"""A partner's key: one report, one content, one answer; what a program gets wrong is named in one language."""

import dataclasses
import json

import pytest
from django.test import Client

from licet.core import clock
from licet.hotline import intake, keys, services

from .test_api_away import BODY, Partner, now, partner, stop  # noqa: F401 - fixtures
from .test_api_batch import hand_in, one

pytestmark = pytest.mark.usefixtures("spool")


@pytest.fixture(autouse=True)
def fresh():
    keys.used.clear()


@pytest.mark.parametrize("taken_over", [False, True], ids=["waiting", "taken over"])
def test_any_other_content_under_a_key_is_refused_and_the_answer_stays(partner, taken_over):  # noqa: F811
    first = partner.report().json()
    if taken_over:
        services.drain_due(clock.now())

    assert partner.report().json() == first, "accepted_at too"
    assert hand_in(partner, one("k-1")).json()["lines"][0]["receipt"] == first
    for change in ({"how": "bill"}, {"reference": "4711"}, {"seen_at": "2026-11-01T00:00:00Z"}, {"text": "other"}):
        answer = partner.report(**change)
        assert answer.status_code == 409 and answer.json()["field"] == "key", change
        assert hand_in(partner, one("k-1", **change)).json()["lines"][0]["field"] == "key"
    assert sum(intake.spool().counts()) + taken_over == 1


def test_what_is_not_known_is_refused(partner):  # noqa: F811
    answer = partner.report(contact="nina@reporter.example", evidence="aGk=")
    assert answer.status_code == 422 and "contact" in answer.json()["detail"] and "evidence" in answer.json()["detail"]
    assert hand_in(partner, one("a", evidence="x")).status_code == 422
    assert intake.spool().counts() == (0, 0)


@pytest.mark.parametrize(("body", "words"), [
    ('{"target_kind":"url",}', "line 1, column 22"), ("[" * 60_000, "too deep"), (b"\xff{", "no text in UTF-8")])
def test_a_body_that_is_no_json_is_told_where(partner, body, words):  # noqa: F811
    answer = Client(raise_request_exception=False).post("/api/hotline/reports", body, content_type="application/json",
                                                        HTTP_IDEMPOTENCY_KEY="k", **partner.headers())
    document = answer.json()
    assert document["type"] == "urn:licet:error:bad_json" and document["hint"] and words in document["detail"], document


@pytest.mark.parametrize(("language", "title", "detail"), [
    ("", "A field cannot be used.", "Choose what is wrong with it."), ("en", "A field cannot be used.", "Choose what is"),
    ("zh-CN", "请选择问题所在", "请选择问题所在")])
def test_an_answer_speaks_one_language(partner, language, title, detail):  # noqa: F811
    headers = {"HTTP_ACCEPT_LANGUAGE": language} if language else {}
    document = Client().post("/api/hotline/reports", json.dumps(BODY | {"ground": "rumour"}), HTTP_IDEMPOTENCY_KEY="k",
                             content_type="application/json", **headers, **partner.headers()).json()
    assert document["title"].startswith(title) and document["detail"].startswith(detail), document


def test_a_key_used_very_often_is_told_to_wait_and_others_are_not(partner, monkeypatch):  # noqa: F811
    other = Partner()
    real = keys.limits()
    monkeypatch.setattr(keys, "limits", lambda: dataclasses.replace(real, partner_requests=3))
    answers = [partner.report(f"k-{n}") for n in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1]["Retry-After"] == "60" and answers[-1].json()["hint"]
    assert other.report("mine").status_code == 200
