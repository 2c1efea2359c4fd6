"""The public pages: three steps without scripts, waiting instead of a puzzle, receipts, and no database until asked."""

import datetime as dt
import html
import re
from urllib.parse import urlencode

import pytest
from django.test import Client

from licet.core import clock
from licet.hotline import intake, sealing, services, views_public
from licet.hotline.rules import Shown

from .conftest import START

FORM = {"target_kind": "url", "target": "https://lantern.example/p", "ground": "pornography", "seen_on": "2026-03-02",
        "how": "visited", "text": "full of it", "contact": ""}


@pytest.fixture
def at(monkeypatch):
    """The present moment, moved by tests."""
    class Clock:
        now = START

        def wait(self, **span):
            self.now += dt.timedelta(**span)

    moving = Clock()
    monkeypatch.setattr(clock, "now", lambda: moving.now)
    views_public.asked_status.clear()
    views_public.sent().clear()
    return moving


@pytest.fixture
def visitor(spool, at):
    return Visitor(at)


class Visitor:
    """A browser without scripts that fills in the form."""

    def __init__(self, at, address="198.51.100.7", language="en"):
        self.at = at
        self.client = Client(REMOTE_ADDR=address, HTTP_ACCEPT_LANGUAGE=language, enforce_csrf_checks=True)

    def hidden(self, response):
        text = response.content.decode()
        return {name: html.unescape(value) for name, value in
                re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text)}

    def step(self, response, **fields):
        return self.post("/report/", self.hidden(response) | fields)

    def post(self, path, fields):
        """As a form of ours is sent; multipart bodies are not taken."""
        return self.client.post(path, urlencode(fields), content_type="application/x-www-form-urlencoded")

    def through(self, wait_s=10, **changes):
        """All three steps; returns the last answer."""
        data = FORM | changes
        page = self.client.get("/report/")
        page = self.step(page, target_kind=data["target_kind"], target=data["target"])
        page = self.step(page, ground=data["ground"])
        self.at.wait(seconds=wait_s)
        return self.step(page, **{name: data[name] for name in ("seen_on", "how", "text", "contact") if data[name]})

    def receipt(self, response):
        found = re.findall(r'class="mono big">([0-9A-Z-]{14})<', response.content.decode())
        assert len(found) == 2, response.content.decode()
        return dict(zip(("number", "code"), found, strict=True))

    def status(self, receipt, **fields):
        return self.post("/report/status/", receipt | fields)


def test_three_steps_to_a_receipt_without_any_database(visitor):
    """No database fixture: pytest-django refuses every query."""
    receipt = visitor.receipt(visitor.through())

    assert sealing.opens(**receipt)
    assert intake.spool().counts() == (1, 0)
    assert visitor.client.cookies == {}


def test_without_postgresql_a_report_is_accepted_and_looking_says_later(visitor, monkeypatch):
    from django.db import OperationalError

    def gone(*_args, **_kwargs):
        raise OperationalError("the database is away")

    monkeypatch.setattr("licet.hotline.selectors.acting_as", gone)
    receipt = visitor.receipt(visitor.through())

    answer = visitor.status(receipt)

    assert answer.status_code == 503
    assert "Your report is kept" in answer.content.decode()


def test_sending_the_last_step_twice_is_one_report(visitor):
    page = visitor.client.get("/report/")
    page = visitor.step(page, target_kind="url", target="lantern.example")
    page = visitor.step(page, ground="pornography")
    visitor.at.wait(seconds=9)
    fields = {"seen_on": "2026-03-02", "how": "visited"}

    assert visitor.receipt(visitor.step(page, **fields)) == visitor.receipt(visitor.step(page, **fields))
    assert intake.spool().counts() == (1, 0)


def test_faster_than_a_person_waits_and_loses_nothing(visitor):
    answer = visitor.through(wait_s=1)

    assert answer.status_code == 429 and answer["Retry-After"] == "3"
    assert "full of it" in answer.content.decode()
    visitor.at.wait(seconds=3)
    again = visitor.step(answer, seen_on="2026-03-02", how="visited", text="full of it")
    assert visitor.receipt(again)


def test_a_network_that_sends_much_waits_longer_and_then_comes_later(visitor, settings):
    answers = [visitor.through(wait_s=4).status_code for _ in range(7)]
    assert answers == [200] * 6 + [429], "the seventh within the hour waits longer than four seconds"
    visitor.at.wait(seconds=5)
    views_public.sent().clear()
    for _ in range(200):
        views_public.sent().note(sealing.network_of("198.51.100.7"))
    settings.ENV = settings.ENV | {"LICET_HOTLINE_ADDRESS": "report@authority.example", "LICET_HOTLINE_PHONE": "12300"}
    later = visitor.through(wait_s=130)
    assert later.status_code == 429 and later["Retry-After"] == "3600"
    assert all(way in later.content.decode() for way in ("report@authority.example", "12300"))
    assert visitor.receipt(Visitor(visitor.at, address="203.0.113.5").through()), "others are not held up"


@pytest.mark.parametrize("change", [{"signature": "0" * 12}, {"nonce": "mine"}, {"opened": "2020-01-01T00:00:00+00:00"},
                                    {"opened": "nonsense"}])
def test_a_form_that_is_not_ours_is_handed_out_anew(visitor, change):
    page = visitor.client.get("/report/")
    page = visitor.step(page, target_kind="url", target="lantern.example")
    page = visitor.step(page, ground="pornography")
    visitor.at.wait(seconds=9)

    answer = visitor.step(page, seen_on="2026-03-02", how="visited", **change)

    assert answer.status_code == 422 and intake.spool().counts() == (0, 0)
    visitor.at.wait(seconds=9)
    assert visitor.receipt(visitor.step(answer, seen_on="2026-03-02", how="visited"))


def test_a_form_of_another_network_is_not_ours(visitor):
    page = visitor.client.get("/report/")
    page = visitor.step(page, target_kind="url", target="lantern.example")
    page = visitor.step(page, ground="pornography")
    visitor.at.wait(seconds=9)
    other = Visitor(visitor.at, address="203.0.113.5")

    assert other.step(page, seen_on="2026-03-02", how="visited").status_code == 422


def test_an_old_form_is_asked_for_again(visitor):
    answer = visitor.through(wait_s=5 * 3600)
    assert answer.status_code == 422 and "open for a long time" in answer.content.decode()
    visitor.at.wait(seconds=9)
    assert visitor.receipt(visitor.step(answer, seen_on="2026-03-02", how="visited"))


def test_of_children_only_the_address_is_asked_for(visitor):
    page = visitor.client.get("/report/")
    page = visitor.step(page, target_kind="url", target="lantern.example")
    page = visitor.step(page, ground="minors")

    text = page.content.decode()
    assert "We take the address or the hash alone" in text and 'name="text"' not in text
    visitor.at.wait(seconds=9)
    answer = visitor.step(page, seen_on="2026-03-02", how="visited", text="what it shows")
    visitor.receipt(answer)
    assert b"what it shows" not in intake.spool().oldest(1)[0].body


def test_nothing_takes_a_file(visitor):
    for step in ({}, {"step": "what", "target_kind": "url", "target": "lantern.example"}):
        answer = visitor.post("/report/", step) if step else visitor.client.get("/report/")
        assert 'type="file"' not in answer.content.decode() and "multipart" not in answer.content.decode()


@pytest.mark.parametrize(("fields", "words"), [
    ({"target": ""}, "Say what you want to report"), ({"target": "nonsense"}, "no address of a website"),
    ({"target_kind": "photo", "target": "x"}, "photo")])
def test_a_mistake_stands_at_its_field(visitor, fields, words):
    answer = visitor.step(visitor.client.get("/report/"), **({"target_kind": "url"} | fields))

    assert answer.status_code == 422
    assert words in answer.content.decode() and 'role="alert"' in answer.content.decode()


def test_back_keeps_what_was_entered(visitor):
    page = visitor.client.get("/report/")
    page = visitor.step(page, target_kind="short_code", target="1062 1234")
    page = visitor.step(page, back="1")

    text = page.content.decode()
    assert 'value="1062 1234"' in text and re.search(r'value="short_code"[^>]*checked', text)


@pytest.mark.parametrize(("language", "help_text"), [("en", "Give the sender&#x27;s number here"), ("zh-hans", "先填发送号码")])
def test_each_thing_to_report_says_what_to_write(visitor, language, help_text):
    assert help_text in visitor.client.get(f"/report/?lang={language}").content.decode()


def test_the_entrance_leads_everywhere_and_is_light(visitor):
    page = visitor.client.get("/welcome/")
    text = page.content.decode()
    assert page.status_code == 200 and len(page.content) < 30_000 and "<script" not in text
    for link in ("/report/", "/report/status/", "/check/", "/transparency/", "/portal/exposure/", "/accounts/login/"):
        assert f'href="{link}"' in text
    assert "/accounts/login/" not in visitor.client.get("/report/").content.decode()
    for path in ("/report/", "/report/status/", "/check/"):
        assert 'href="/welcome/"' in visitor.client.get(path).content.decode(), "every page has the same way on"


@pytest.mark.django_db
def test_who_is_not_signed_in_comes_to_the_entrance(client):
    assert client.get("/")["Location"] == "/welcome/"


def test_grounds_fit_what_is_reported(visitor):
    page = visitor.step(visitor.client.get("/report/"), target_kind="provider", target="Night Lamp")
    offered = set(re.findall(r'name="ground" value="(\w+)"', page.content.decode()))
    assert offered == {"deceptive_billing", "unlicensed_provider", "serving_unfiled_site", "real_name_missing",
                       "duty_neglected"}


@pytest.mark.parametrize(("language", "words"), [("en", "Report something"), ("zh-hans", "举报")])
def test_both_languages(visitor, language, words):
    answer = visitor.client.get(f"/report/?lang={language}")
    assert words in answer.content.decode()
    assert words in visitor.client.get("/report/").content.decode(), "the choice is kept"


# --- the receipt -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_wrong_receipts_all_get_the_same_answer(visitor, cast):
    from .conftest import Hotline

    one = visitor.receipt(visitor.through())
    Hotline.drain(Hotline())
    wrong = [one | {"code": "0000-0000-0000"}, one | {"number": "0000-0000-0000"},
             {"number": "7K2M-9QXW-4TCD", "code": "7K2M-9QXW-4TCD"}, {"number": "'; --", "code": "x"},
             {"number": intake.receipt_of("Z" * 12).number, "code": intake.receipt_of("Z" * 12).code}]

    answers = [visitor.status(receipt) for receipt in wrong]

    assert {answer.status_code for answer in answers} == {404}
    bodies = {re.sub(r' value="[^"]*"', "", answer.content.decode()) for answer in answers}
    assert len(bodies) == 1


@pytest.mark.django_db
def test_fuzzing_receipts_finds_nothing_and_is_slowed_down(visitor, cast):
    import random

    visitor.receipt(visitor.through())
    chance = random.Random(7)  # a fixed seed, so that a failure can be repeated

    def letters():
        return "".join(chance.choice(sealing.ALPHABET) for _ in range(12))

    answers = [visitor.status({"number": letters(), "code": letters()}).status_code for _ in range(80)]

    assert set(answers) == {404, 429} and answers.count(404) == views_public.MOST_STATUS_ASKED


@pytest.mark.django_db
def test_questions_and_answers_through_the_receipt(visitor, cast, actor_of):
    receipt = visitor.receipt(visitor.through())
    number = receipt["number"].replace("-", "")
    services.drain_due(visitor.at.now)
    services.ask(number, "Which <page>?", actor=actor_of("olm"), at=visitor.at.now)
    assert "Which &lt;page&gt;?" in visitor.status(receipt).content.decode()

    assert visitor.status(receipt, action="answer", text=" ").status_code == 422
    answer = visitor.status(receipt, action="answer", text="the second")

    assert "Which" not in answer.content.decode()
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.hotline.models import Question

    with acting_as(WORKER):
        assert Question.objects.get().answer == "the second"


@pytest.mark.django_db
@pytest.mark.parametrize(("outcome", "words"), [("actioned", "took a measure"), ("not_confirmed", "could not confirm"),
                                                ("out_of_scope", "12315"), ("already_known", "was decided"),
                                                ("content_gone", "it was gone"), ("rectified", "took a measure")])
def test_the_result_with_its_reasons(visitor, cast, actor_of, outcome, words):
    from licet.casework.services import close_case

    from .conftest import Hotline

    receipt = visitor.receipt(visitor.through())
    services.drain_due(visitor.at.now)
    report = Hotline.get(Hotline(), receipt["number"].replace("-", ""))
    close_case(report.case_id, outcome=outcome, reason="internal words", actor=actor_of("olm"), at=visitor.at.now)

    text = visitor.status(receipt).content.decode()

    assert words in text and "internal words" not in text


@pytest.mark.django_db
def test_a_batch_in_bad_faith_can_be_contested_with_the_receipt(visitor, cast, actor_of):
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.hotline.models import Alarm, Objection

    receipts = []
    for n in range(12):
        someone = Visitor(visitor.at, address=f"198.51.{n}.7")
        receipts.append(someone.receipt(someone.through()))
    services.drain_due(visitor.at.now)
    with acting_as(WORKER):
        alarm = Alarm.objects.get()
    services.invalidate(alarm.pk, reason="one program wrote all", actor=actor_of("olm"), at=visitor.at.now)

    text = visitor.status(receipts[3]).content.decode()
    assert "one program wrote all" in text and 'value="contest"' in text
    text = visitor.status(receipts[3], action="contest", text="I am a person").content.decode()

    assert "You contested this" in text
    with acting_as(WORKER):
        assert Objection.objects.get().text == "I am a person"


@pytest.mark.django_db
@pytest.mark.parametrize("away", [False, True], ids=["PostgreSQL runs", "PostgreSQL is away"])
def test_the_receipt_in_the_other_language(visitor, cast, monkeypatch, away):
    from django.db import OperationalError

    def gone(*_args, **_kwargs):
        raise OperationalError("the database is away")

    if away:
        monkeypatch.setattr("licet.hotline.selectors.acting_as", gone)
    page = visitor.through(contact="nina@reporter.example")
    receipt = visitor.receipt(page)

    other = visitor.post("/report/status/", visitor.hidden(page) | {"lang": "zh-hans"})

    text = other.content.decode()
    assert visitor.receipt(other) == receipt and "lantern.example/p" in text and 'name="left" value="1"' in text
    assert "谢谢" in text or "感谢" in text
    assert visitor.client.cookies["django_language"].value == "zh-hans"
    assert visitor.status(receipt | {"code": "0000-0000-0000"}, show="receipt").status_code == 404


@pytest.mark.django_db
def test_a_language_button_answers_no_question(visitor, cast, actor_of):
    receipt = visitor.receipt(visitor.through())
    services.drain_due(visitor.at.now)
    services.ask(receipt["number"].replace("-", ""), "Which page?", actor=actor_of("olm"), at=visitor.at.now)

    page = visitor.status(receipt, show="result", lang="zh-hans", text="the sec")

    assert "Which page?" in page.content.decode() and ">the sec</textarea>" in page.content.decode()


@pytest.mark.django_db
def test_a_receipt_opens_whatever_moment_it_is_taken_over(visitor, cast, monkeypatch):
    from licet.hotline import selectors

    receipt = visitor.receipt(visitor.through())

    def taken_over_now(number):
        monkeypatch.undo()
        services.drain_due(visitor.at.now)

    monkeypatch.setattr(selectors, "receipt_waiting", taken_over_now)

    assert selectors.receipt(receipt["number"].replace("-", "")).shown.state == "in_review"


def test_number_and_code_stand_in_no_address(visitor):
    answer = visitor.through()
    receipt = visitor.receipt(answer)
    assert not any(receipt[name] in link for name in receipt for link in
                   re.findall(r'(?:href|action)="([^"]*)"', answer.content.decode()))
    assert answer["Cache-Control"] == "no-store"


def test_shown_words_exist_for_every_state():
    from licet.hotline.tables import STATE_WORDS

    assert {"received", "in_review", "asked", "ended", "not_counted"} == set(STATE_WORDS)
    assert Shown("ended").outcome == ""
