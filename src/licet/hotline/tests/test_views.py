"""The reviewer's pages: who may open them, the queue, one report, one action for a batch, telephone and files."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from licet.console.tests.access import AccessTests
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline import intake
from licet.hotline.models import Alarm, Report
from licet.hotline.tables import DISMISSAL_BY_ID

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(hotline, cast):
    """Four reports taken over today: two of one site, a provider's name, a number; one reporter left a contact."""
    hotline.now = clock.now() - dt.timedelta(minutes=5)
    numbers = [hotline.report(text="full of adult videos on every page", contact="nina@reporter.example",
                              verified=True),
               hotline.wait(seconds=9).report(text="other words altogether, my son found it", address="198.51.100.7"),
               hotline.wait(seconds=9).report(target_kind="provider", target="Lamp of the Night Ltd", ground="unlicensed_provider"),
               hotline.wait(seconds=9).report(target_kind="voice_number", target="16880000", ground="sexual_service_line")]
    hotline.drain()
    return numbers


class TestQueueAccess(AccessTests):
    url = "/hotline/"
    insiders = ("olm", "gale", "wick")


class TestOperatorAccess(AccessTests):
    url = "/hotline/operator/"
    insiders = ("olm",)


class TestBulkAccess(AccessTests):
    url = "/hotline/bulk/"
    insiders = ("olm",)


def text(response):
    return response.content.decode()


def state(number):
    with acting_as(WORKER):
        return Report.objects.get(number=number).state


def do(client, number, action, **data):
    return client.post(reverse("hotline_act", args=[number, action]), data)


def test_the_queue_shows_reports_and_no_reporter(told, sign_in):
    shown = text(sign_in("olm").get("/hotline/"))

    assert "lantern.example" in shown and "Lamp of the Night Ltd" in shown
    assert "nina" not in shown and "198.51" not in shown


@pytest.mark.parametrize("name", ["wick", "pilot", "moss"])
def test_another_desk_sees_nothing(told, sign_in, name):
    client = sign_in(name)
    assert "lantern.example" not in text(client.get("/hotline/?show=all"))
    for path in ("hotline_show", "hotline_join"):
        assert client.get(reverse(path, args=[told[0]])).status_code in {404, 405}
    assert client.post(reverse("hotline_join", args=[told[0]])).status_code == 404
    assert do(client, told[0], "dismiss", dismissal="gone", reason="x").status_code == 404
    assert do(client, told[0], "contact", reason="x").status_code == 404


def test_a_report_shows_similar_ones_and_its_keys(told, sign_in):
    shown = text(sign_in("olm").get(reverse("hotline_show", args=[told[0]])))

    assert intake.receipt_of(told[1]).number in shown
    assert intake.receipt_of(told[0]).code not in shown, "the code belongs to whoever reported"
    assert set(re.findall(r'data-key="(\w)"', shown)) == {"i", "q", "d", "t", "m", "c"}
    assert "nina" not in shown


def test_joining_with_one_key_leads_to_the_next(told, sign_in):
    client = sign_in("olm")

    answer = client.post(reverse("hotline_join", args=[told[1]]))

    assert answer.status_code == 302 and answer["Location"] == reverse("hotline_show", args=[told[2]]), "the oldest first"
    assert intake.receipt_of(told[1]).number not in text(client.get("/hotline/"))


def test_dismissing_with_a_reason(told, sign_in):
    client = sign_in("olm")
    assert do(client, told[0], "dismiss", reason="because").status_code == 422
    assert do(client, told[0], "dismiss", dismissal="gone", reason="the page is empty").status_code == 302
    assert state(told[0]) == "dismissed"
    assert "empty" in text(client.get(reverse("hotline_show", args=[told[0]])))


def test_a_listed_reason_brings_its_sentence_in_the_reviewers_language(told, sign_in):
    client = sign_in("olm")
    assert do(client, told[1], "dismiss", dismissal="unclear", reason=" ").status_code == 302
    with acting_as(WORKER):
        assert Report.objects.get(number=told[1]).reason == DISMISSAL_BY_ID["unclear"].reason_zh


def test_placing_asking_and_setting_a_tier(told, sign_in):
    client = sign_in("olm")
    assert do(client, told[2], "subject", kind="site", subject="nonsense").status_code == 422
    assert state(told[2]) == "unplaced"
    assert do(client, told[2], "subject", kind="provider", subject="nightlamp").status_code == 302
    assert state(told[2]) == "in_case"
    assert do(client, told[3], "ask", text="When did they call?").status_code == 302
    assert "When did they call?" in text(client.get(reverse("hotline_show", args=[told[3]])))
    assert do(client, told[0], "tier", tier="2", reason="two people, clear page").status_code == 302
    with acting_as(WORKER):
        assert Report.objects.get(number=told[0]).case.tier == 2


def test_reading_a_contact_needs_a_purpose_and_the_permission(told, sign_in):
    client = sign_in("olm")
    assert do(client, told[0], "contact").status_code == 422
    answer = do(client, told[0], "contact", reason="a question only they can answer")
    assert "nina@reporter.example" in text(answer) and answer["Cache-Control"] == "no-store"
    assert "nina@reporter.example" not in text(client.get(reverse("hotline_show", args=[told[0]])))


def test_muting_from_the_page(told, sign_in):
    client = sign_in("olm")
    assert do(client, told[1], "mute", reason="nobody to mute").status_code == 409
    assert do(client, told[0], "mute", reason="forty of them").status_code == 302
    assert 'data-key="u"' in text(client.get(reverse("hotline_show", args=[told[0]])))
    assert do(client, told[0], "unmute", reason="they were right").status_code == 302


def test_unknown_actions_are_refused(told, sign_in):
    assert do(sign_in("olm"), told[0], "delete", reason="x").status_code == 422


def test_a_batch_costs_one_action(hotline, cast, sign_in):
    hotline.now = clock.now()
    for n in range(15):
        hotline.report(address=f"203.0.{n}.7", text=f"close it now {n * n}", target="bakery.example")
    hotline.drain()
    client = sign_in("olm")
    shown = text(client.get("/hotline/"))
    assert "bakery.example" in shown and shown.count('class="mono"') == 0, "the alarm stands for its reports"
    with acting_as(WORKER):
        alarm = Alarm.objects.get()
    url = reverse("hotline_alarm", args=[alarm.pk])
    assert client.post(url, {"judgement": "invalidate"}).status_code == 422
    assert client.post(url, {"judgement": "burn", "reason": "x"}).status_code == 422

    assert client.post(url, {"judgement": "invalidate", "reason": "one program"}).status_code == 302

    with acting_as(WORKER):
        assert set(Report.objects.values_list("state", flat=True)) == {"invalidated"}
    assert client.post(url, {"judgement": "genuine", "reason": "x"}).status_code == 409


def test_the_operator_reads_the_receipt_out(hotline, cast, sign_in):
    client = sign_in("olm")
    page = text(client.get("/hotline/operator/"))
    key = re.search(r'name="key" value="([^"]+)"', page).group(1)
    data = {"target_kind": "voice_number", "target": "1688 0000", "ground": "sexual_service_line", "how": "bill",
            "text": "", "contact": "", "key": key}

    one, two = (text(client.post("/hotline/operator/", data)) for _ in range(2))

    numbers = [re.search(r'class="mono">([0-9A-Z-]{14})<', page).group(1) for page in (one, two)]
    assert numbers[0] == numbers[1] and intake.spool().counts() == (1, 0)
    wrong = client.post("/hotline/operator/", data | {"ground": "minors"})
    assert wrong.status_code == 422
    for change, field in (({"target": "call me"}, "target"), ({"seen_on": "2099-01-01"}, "seen_on"),
                          ({"contact": "nobody"}, "contact")):
        page = client.post("/hotline/operator/", data | {"key": "another"} | change)
        assert page.status_code == 422 and f'id="id_{field}_error"' in text(page), change
    seen = client.post("/hotline/operator/", data | {"key": "third", "seen_on": "2026-03-01"})
    assert seen.status_code == 200 and b"2026-03-01T04:00:00+00:00" in b"".join(
        row.body for row in intake.spool().oldest(9))


def test_a_reviewer_is_shown_near_names_and_cases_of_similar_reports(hotline, cast, sign_in, actor_of):
    from licet.hotline import selectors

    words = "They promise prizes for every call and never pay anybody anything"
    hotline.report(ground="deceptive_promotion", text=words, target="https://lamp.example/")
    number = hotline.report(target_kind="provider", ground="deceptive_billing", target="harbour host ltd.", text=words)
    hotline.drain()
    assert hotline.get(number).case_id is None
    page = text(sign_in("olm").get(f"/hotline/{number}/"))
    assert "harbour" in page and "lamp.example" in page
    with acting_as(WORKER):
        assert ("harbour" in {party for _name, party in selectors.near_providers("Harbour Host")})
        assert selectors.near_providers("完全不同的名字") == []


def test_a_contact_that_was_not_left_is_not_offered_to_read(hotline, cast, sign_in):
    hotline.now = clock.now()
    without, left = hotline.report(), hotline.report(contact="nina@reporter.example")
    hotline.drain()
    pages = [text(sign_in("olm").get(f"/hotline/{number}/")) for number in (without, left)]
    assert "/do/contact/" not in pages[0] and "/do/contact/" in pages[1]
