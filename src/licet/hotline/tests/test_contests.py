"""A contested mute or batch has a place, another person's answer with reasons, and an end that every receipt shows."""

from urllib.parse import urlencode

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from licet.casework.models import Signal
from licet.core.actors import WORKER
from licet.core.errors import Conflict, NotAllowed
from licet.core.rls import acting_as
from licet.hotline import intake, selectors, services
from licet.hotline.models import Alarm, Contest, Report, Reporter
from licet.hotline.rules import Shown

from .test_services import flood, tags

pytestmark = pytest.mark.django_db
WATCH = {"channel": "api", "account": "harbour"}


@pytest.fixture
def muted(hotline, cast, actor_of):
    """(reporter, numbers of three reports that came while they were muted)."""
    first = hotline.report(**WATCH)
    hotline.drain()
    reporter = services.mute(first, reason="forty reports of one shop", actor=actor_of("olm"), at=hotline.wait(hours=1).now)
    numbers = [hotline.wait(hours=1).report(**WATCH, target=f"https://shop{n}.example/") for n in range(3)]
    hotline.drain()
    hotline.wait(hours=1)
    return reporter, numbers


@pytest.fixture
def batch(hotline, cast, actor_of):
    """(alarm, numbers) of a flood that olm called bad faith."""
    hotline.wait(hours=1)
    flood(hotline, count=12)
    with acting_as(WORKER):
        alarm, numbers = Alarm.objects.get(), list(Report.objects.values_list("number", flat=True).order_by("id"))
    services.invalidate(alarm.pk, reason="written by one program", actor=actor_of("olm"), at=hotline.now)
    return alarm, numbers


def contest(number, hotline, text="They were forty pages"):
    return services.contest(number, text, at=hotline.now)


def waiting(actor):
    with acting_as(actor):
        return [one.pk for one in selectors.open_contests()]


def test_a_contested_mute_waits_for_another_person(hotline, muted, actor_of, sign_in):
    reporter, numbers = muted
    one = contest(numbers[0], hotline)

    assert waiting(actor_of("reed")) == [one.pk]
    shown = sign_in("reed").get("/hotline/").content.decode()
    assert "They were forty pages" in shown and "forty reports of one shop" in shown
    own = sign_in("olm").get("/hotline/").content.decode()
    assert 'value="uphold"' in shown and 'value="uphold"' not in own and "They were forty pages" in own
    for act in (lambda: services.uphold(one.pk, reason="x", actor=actor_of("olm"), at=hotline.now),
                lambda: services.reverse(one.pk, reason="x", actor=actor_of("olm"), at=hotline.now),
                lambda: services.unmute(reporter.pk, reason="x", actor=actor_of("olm"), at=hotline.now),
                lambda: services.reinstate(numbers[0], reason="x", actor=actor_of("olm"), at=hotline.now)):
        with pytest.raises(Conflict, match="somebody else"):
            act()
    with pytest.raises(NotAllowed):
        services.uphold(one.pk, reason="x", actor=WORKER, at=hotline.now)


def test_who_muted_takes_back_no_single_report_of_it_either(hotline, muted, actor_of):
    with pytest.raises(Conflict, match="somebody else"):
        services.reinstate(muted[1][0], reason="x", actor=actor_of("olm"), at=hotline.now)
    services.reinstate(muted[1][0], reason="a page of its own", actor=actor_of("reed"), at=hotline.now)
    assert hotline.shown(muted[1][0]) == Shown("in_review")


def test_upholding_a_mute_ends_the_contest_with_a_reason(hotline, muted, actor_of):
    one = contest(muted[1][0], hotline)
    assert selectors.receipt(muted[1][0]).contested and selectors.receipt(muted[1][1]).may_contest

    services.uphold(one.pk, reason="thirty-nine had been seen", actor=actor_of("reed"), at=hotline.now)

    assert waiting(actor_of("reed")) == [] and tags()[-1] == "hotline:reporter:upheld"
    for number in muted[1]:
        view = selectors.receipt(number)
        assert view.shown == Shown("not_counted") and view.answer[:2] == ("upheld", "thirty-nine had been seen")
        assert not view.contested and not view.may_contest
    with pytest.raises(Conflict, match="judged by another person"):
        contest(muted[1][1], hotline)


@pytest.mark.parametrize("way", ["reverse", "unmute"])
def test_taking_a_mute_back_gives_back_what_came_meanwhile(hotline, muted, actor_of, way):
    reporter, numbers = muted
    one = contest(numbers[0], hotline)

    {"reverse": lambda: services.reverse(one.pk, reason="forty pages indeed", actor=actor_of("reed"), at=hotline.now),
     "unmute": lambda: services.unmute(reporter.pk, reason="forty pages indeed", actor=actor_of("reed"), at=hotline.now),
     }[way]()

    with acting_as(WORKER):
        assert Reporter.objects.get().muted_at is None
        assert Signal.objects.filter(source__in=[f"report:{number}" for number in numbers]).count() == 3
    for number in numbers:
        view = selectors.receipt(number)
        assert view.shown == Shown("in_review") and view.answer[:2] == ("reversed", "forty pages indeed")
    later = hotline.wait(hours=1).report(**WATCH)
    hotline.drain()
    assert selectors.receipt(later).answer is None, "it came after the answer"


def test_an_uncontested_mute_taken_back_gives_them_back_too(hotline, muted, actor_of):
    services.unmute(muted[0].pk, reason="a mistake of mine", actor=actor_of("olm"), at=hotline.now)
    assert [hotline.get(number).state for number in muted[1]] == ["in_case"] * 3


def test_a_batch_given_back_raises_the_alarm_it_would_have_raised(hotline, cast, actor_of):
    first = hotline.report(contact="nina@reporter.example", address="198.51.100.7")
    hotline.drain()
    reporter = services.mute(first, reason="a flood", actor=actor_of("olm"), at=hotline.now)
    for _ in range(12):
        hotline.wait(seconds=5).report(contact="nina@reporter.example", address="198.51.100.7")
    hotline.drain()

    services.unmute(reporter.pk, reason="a mistake", actor=actor_of("olm"), at=hotline.now)

    with acting_as(WORKER):
        alarm = Alarm.objects.get()
        assert alarm.state == "open" and alarm.reports == 13


def test_a_batch_is_reversed_in_one_step(hotline, batch, actor_of):
    _alarm, numbers = batch
    contest(numbers[0], hotline, "I wrote it myself")
    one = contest(numbers[1], hotline, "so did I")
    with pytest.raises(Conflict, match="already"):
        contest(numbers[1], hotline, "again")

    services.reverse(one.pk, reason="a text message went to a whole town", actor=actor_of("reed"), at=hotline.now)

    with acting_as(WORKER):
        assert set(Report.objects.values_list("state", flat=True)) == {"in_case"}
        assert Alarm.objects.get().state == "genuine"
        assert not Signal.objects.filter(observer__startswith="void").exists()
    assert waiting(actor_of("reed")) == [] and "hotline:alarm:reversed" in tags()
    assert {selectors.receipt(number).answer[0] for number in numbers} == {"reversed"}
    with acting_as(actor_of("reed")):
        assert selectors.queue().count() == 12, "they are looked at again"


def test_upholding_a_batch_ends_it_for_every_receipt(hotline, batch, actor_of):
    one = contest(batch[1][0], hotline)
    services.uphold(one.pk, reason="the words come from one generator", actor=actor_of("reed"), at=hotline.now)

    assert waiting(actor_of("olm")) == []
    for number in batch[1]:
        view = selectors.receipt(number)
        assert view.answer[:2] == ("upheld", "the words come from one generator") and not view.may_contest
        with pytest.raises(Conflict):
            contest(number, hotline)


def test_taking_every_report_back_one_by_one_ends_it_too(hotline, batch, actor_of):
    contest(batch[1][0], hotline)
    for number in batch[1]:
        assert waiting(actor_of("reed")), "as long as one is left"
        services.reinstate(number, reason="was honest", actor=actor_of("reed"), at=hotline.now)
    assert waiting(actor_of("reed")) == []
    with acting_as(WORKER):
        assert Contest.objects.get().state == "reversed" and Alarm.objects.get().state == "genuine"


def test_postgresql_refuses_an_answer_by_the_same_person_or_without_reason(hotline, batch, actor_of):
    one = contest(batch[1][0], hotline)
    for change, name in (({"decided_by": one.against_id, "reason": "x"}, "another_person"),
                         ({"decided_by": actor_of("reed").user_id, "reason": ""}, "decided_with_reason")):
        with acting_as(WORKER), pytest.raises(IntegrityError, match=name), transaction.atomic():
            Contest.objects.update(state="upheld", decided_at=hotline.now, **change)


def test_the_answer_from_the_page(hotline, batch, sign_in, client):
    one = contest(batch[1][0], hotline)
    url = reverse("hotline_contest", args=[one.pk])
    assert sign_in("olm").post(url, {"decision": "uphold", "reason": "x"}).status_code == 409
    desk = sign_in("reed")
    assert desk.post(url, {"decision": "burn", "reason": "x"}).status_code == 422
    assert desk.post(url, {"decision": "reverse", "reason": " "}).status_code == 422
    assert sign_in("wick").post(url, {"decision": "reverse", "reason": "x"}).status_code in {403, 404}

    assert desk.post(url, {"decision": "reverse", "reason": "they are people"}).status_code == 302

    receipt = intake.receipt_of(batch[1][3])
    page = client.post("/report/status/", urlencode({"number": receipt.number, "code": receipt.code}),
                       content_type="application/x-www-form-urlencoded", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "took it back: the report counts" in page and "they are people" in page
