"""Waiting instead of a puzzle: what it costs an honest reporter, what it cannot be got around with, and floods."""

import html
import json
import re

import pytest
from django.test import Client

from licet.hotline import intake, pressure, sealing, views_public
from licet.hotline.limits import limits
from licet.hotline.pressure import CALM, SHARE, WINDOW_S, Shares
from licet.hotline.rules import Take, form_delay, may_send

from .conftest import START
from .test_public import Visitor, at, visitor  # noqa: F401 - fixtures

FIELDS = {"seen_on": "2026-03-02", "how": "visited", "text": "full of it"}


@pytest.fixture(autouse=True)
def calm():
    pressure.shares.clear()
    yield
    pressure.shares.clear()


def last_page(visitor, target="lantern.example"):  # noqa: F811
    page = visitor.client.get("/report/")
    page = visitor.step(page, target_kind="url", target=target)
    return visitor.step(page, ground="pornography")


def words(answer):
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))


# --- one form is one report ------------------------------------------------------------------------------------------


def test_one_form_sent_fifty_times_with_other_words_is_one_report(visitor):  # noqa: F811
    page = last_page(visitor)
    visitor.at.wait(seconds=9)
    first = visitor.receipt(visitor.step(page, **FIELDS))

    answers = [visitor.step(page, **FIELDS | {"text": f"another {n}"}) for n in range(30)]
    answers += [visitor.step(page, **FIELDS, target=f"https://other{n}.example/") for n in range(20)]

    assert {answer.status_code for answer in answers} == {409}
    assert "was sent already" in words(answers[0]) and "another 0" in answers[0].content.decode()
    assert intake.spool().counts() == (1, 0)
    assert visitor.receipt(visitor.step(page, **FIELDS)) == first, "the same again shows the same receipt"


def test_whoever_went_back_and_changed_something_sends_it_as_another_report(visitor):  # noqa: F811
    page = last_page(visitor)
    visitor.at.wait(seconds=9)
    first = visitor.receipt(visitor.step(page, **FIELDS))
    changed = visitor.step(page, **FIELDS | {"text": "it is the second page"})
    assert visitor.step(changed, **FIELDS | {"text": "it is the second page"}).status_code == 429, "a new form waits too"
    visitor.at.wait(seconds=9)

    again = visitor.receipt(visitor.step(changed, **FIELDS | {"text": "it is the second page"}))

    assert again != first and intake.spool().counts() == (2, 0)


def test_after_a_restart_a_used_form_still_adds_no_report(visitor, monkeypatch):  # noqa: F811
    page = last_page(visitor)
    visitor.at.wait(seconds=9)
    visitor.step(page, **FIELDS)
    monkeypatch.setattr(views_public, "spent", type(views_public.spent)())

    visitor.step(page, **FIELDS | {"text": "other"})

    assert intake.spool().counts() == (1, 0)
    [item] = intake.spool().oldest(5)
    assert json.loads(item.body)["text"] == "full of it"


def test_a_form_cannot_be_carried_to_another_network(visitor):  # noqa: F811
    page = last_page(visitor)
    visitor.at.wait(seconds=9)
    other = Visitor(visitor.at, address="203.0.113.5")

    assert other.step(page, **FIELDS).status_code == 422
    assert intake.spool().counts() == (0, 0)


def test_forms_fetched_in_advance_do_not_get_around_the_bound_of_a_network(visitor):  # noqa: F811
    pages = [last_page(visitor, f"shop{n}.example") for n in range(limits().most_reports + 5)]
    visitor.at.wait(seconds=limits().longest_delay_s + 1)

    answers = [visitor.step(page, **FIELDS).status_code for page in pages]

    assert answers == [200] * (limits().most_reports + 1) + [429] * 4, "beyond, each has to be open longer than the last"
    visitor.at.wait(minutes=45)
    assert {visitor.step(page, **FIELDS).status_code for page in pages[-4:]} == {200}, "nobody is shut out"


# --- what it costs whoever is honest ---------------------------------------------------------------------------------


def test_somebody_who_reads_the_form_never_notices(visitor):  # noqa: F811
    """Three pages are open longer than three seconds; five reports an hour cost no second more."""
    bounds = limits()
    assert bounds.delay_s <= 3
    assert {form_delay(earlier, bounds) for earlier in range(bounds.free_reports + 1)} == {bounds.delay_s}
    assert isinstance(may_send(START, START.replace(second=4), 5, bounds), Take)


@pytest.mark.parametrize(("language", "told"), [("en", ("Please wait 3 seconds", "Everything you wrote is still here")),
                                                ("zh-hans", ("请等待 3 秒", "您填写的内容都还在"))])
def test_waiting_is_explained_in_plain_words(visitor, language, told):  # noqa: F811
    answer = Visitor(visitor.at, language=language).through(wait_s=1)

    assert answer.status_code == 429
    for sentence in told:
        assert sentence in words(answer), words(answer)


def test_no_page_of_a_report_needs_a_script(visitor):  # noqa: F811
    pages = [visitor.client.get("/report/"), last_page(visitor), visitor.through(), visitor.through(wait_s=0)]
    for page in pages:
        assert "<script" not in page.content.decode() and "captcha" not in page.content.decode().lower()
        assert "script-src 'self'" in page["Content-Security-Policy"]


# --- floods ----------------------------------------------------------------------------------------------------------


def test_shares_count_only_under_pressure_and_by_network():
    now = {"s": 0.0}
    shares = Shares(lambda: now["s"])
    assert all(shares.take("alone") for _ in range(CALM)), "as long as it is calm nobody is counted"

    assert not shares.take("alone")
    assert all(shares.take("other") for _ in range(SHARE)) and not shares.take("other")
    now["s"] = WINDOW_S / SHARE
    assert shares.take("other") and not shares.take("other"), "what comes after the first comes spread out"

    now["s"] = WINDOW_S
    assert all(shares.take("alone") for _ in range(SHARE)) and not shares.take("alone"), "the window before was busy"
    now["s"] = 4 * WINDOW_S
    assert all(shares.take("alone") for _ in range(SHARE + 1)), "calm again"


def test_a_flood_is_refused_before_anything_is_done_and_others_are_answered(visitor, monkeypatch):  # noqa: F811
    monkeypatch.setattr(pressure, "shares", Shares(lambda: 0.0))  # however slow the machine is, it is one window
    flood = [Client(REMOTE_ADDR=f"203.0.{n}.7") for n in range(50)]
    done = []
    real = views_public._stamp
    monkeypatch.setattr(views_public, "_stamp", lambda *args: (done.append(1), real(*args))[1])

    form = {"data": "step=when", "content_type": "application/x-www-form-urlencoded"}
    answers = [flood[n % 50].post("/report/", **form) for n in range(1000)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 1000 - 50 * SHARE and len(done) <= 50 * SHARE
    assert visitor.receipt(visitor.through()), "others report as ever"
    page = refused[0]
    assert "请稍候" in page.content.decode() and "what you wrote is still there" in page.content.decode()
    assert page["Retry-After"] == "10" and page.cookies == {} and "default-src 'none'" in page["Content-Security-Policy"]
    asked = flood[0].get("/check/?site=lantern.example&format=json")
    assert asked.status_code == 429 and asked.json()["type"].endswith("too_many")
    assert flood[0].get("/.well-known/security.txt").status_code != 429, "cheap pages are not counted"


def test_refusing_comes_first():
    from django.conf import settings

    assert settings.MIDDLEWARE[0] == "licet.hotline.pressure.KeepAnswering"
    assert set(pressure.PAGES) <= set(settings.WITHOUT_DATABASE)


def test_no_network_is_kept_in_clear():
    pressure.shares.clear()
    Client(REMOTE_ADDR="198.51.100.7").get("/report/")
    assert list(pressure.shares._left) == [sealing.network_of("198.51.100.7")]
    assert "198.51" not in repr(vars(pressure.shares))
