"""The order in which reports are looked at: children first, then who has a track record, then the oldest; also among many."""

import time

import pytest
from django.db import connection
from django.urls import reverse

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline import selectors, services
from licet.hotline.models import Alarm, Report
from licet.hotline.selectors import Filters, cursor_of, queue

from .test_services import close, flood

pytestmark = pytest.mark.django_db
WATCH = {"channel": "api", "account": "harbour"}


@pytest.fixture
def watch(hotline, cast, actor_of):
    """A partner three of whose reports were confirmed."""
    for n in range(3):
        number = hotline.wait(hours=1).report(**WATCH, target=f"https://earlier{n}.example/")
        hotline.drain()
        services.join(number, actor=actor_of("olm"), at=hotline.now)
        close(hotline.get(number).case, "actioned", actor_of("olm"), hotline.now)


def listed(actor, filters=None, size=2):
    """The whole queue, page by page as the page walks it."""
    found, after = [], ""
    with acting_as(actor):
        while page := list(queue(filters, after=after)[:size]):
            found += [report.number for report in page]
            after = cursor_of(page[-1], filters)
    return found


def test_children_first_then_a_track_record_then_the_oldest(hotline, watch, actor_of):
    at = "198.51.{}.7"
    old = hotline.wait(hours=1).report(address=at.format(1))
    young = hotline.wait(hours=1).report(target="https://two.example/", address=at.format(2), contact="nina@reporter.example")
    known = hotline.wait(hours=1).report(**WATCH, target="https://three.example/")
    unplaced = hotline.wait(hours=1).report(**WATCH, target_kind="provider", target="Nobody Ltd", ground="unlicensed_provider")
    child = hotline.wait(hours=1).report(ground="minors", target="https://four.example/", address=at.format(4))
    known_child = hotline.wait(hours=1).report(**WATCH, ground="minors", target="https://five.example/")
    hotline.drain()

    order = [known_child, child, known, unplaced, old, young]
    assert listed(actor_of("olm")) == order
    assert listed(actor_of("olm"), Filters(ground="pornography")) == [known, old, young]
    assert listed(actor_of("olm"), Filters(show="all"))[:6] == [known_child, child, unplaced, known, young, old]
    assert hotline.get(known).case.proposed_tier is None, "it is looked at sooner and confirms nothing"


def test_the_next_report_is_the_next_in_that_order(hotline, watch, actor_of, sign_in):
    old = hotline.wait(hours=1).report(address="198.51.1.7")
    child = hotline.wait(hours=1).report(ground="minors", target="https://four.example/", address="198.51.4.7")
    known = hotline.wait(hours=1).report(**WATCH, target="https://three.example/")
    hotline.drain()
    client = sign_in("olm")

    for number, following in ((child, known), (known, old)):
        answer = client.post(reverse("hotline_join", args=[number]))
        assert answer["Location"] == reverse("hotline_show", args=[following])
    assert client.post(reverse("hotline_join", args=[old]))["Location"] == reverse("hotline_queue")


def test_an_alarm_stands_for_its_reports_until_it_is_judged(hotline, cast, actor_of):
    flood(hotline, count=12)
    assert listed(actor_of("olm")) == []
    with acting_as(WORKER):
        alarm = Alarm.objects.get()
    services.call_genuine(alarm.pk, reason="a whole town", actor=actor_of("olm"), at=hotline.now)
    assert len(listed(actor_of("olm"), size=5)) == 12


def test_pages_of_the_queue(hotline, cast, sign_in, monkeypatch):
    from licet.hotline import views

    monkeypatch.setattr(views, "PAGE", 2)
    numbers = [hotline.wait(hours=1).report(target=f"https://shop{n}.example/", address=f"198.51.{n}.7") for n in range(5)]
    hotline.drain()
    client, seen, address = sign_in("olm"), [], "/hotline/"
    while address:
        page = client.get(address).content.decode()
        seen += [n for n in range(5) if f"shop{n}.example" in page]
        found = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
        address = found
    assert seen == list(range(5)) and len(numbers) == 5
    for bad in ("x", "9" * 40, "1-", "²"):
        assert client.get("/hotline/", {"after": bad}).status_code == 200


MANY = """
INSERT INTO hotline_report (number, channel, desk_id, ground_id, target_kind, target, subject_kind, subject_key, text, how,
  seen_at, received_at, taken_over_at, language, reference, network, cluster, state, dismissal, reason, rank, case_id, digest)
SELECT lpad(n::text, 12, 'A'), 'portal', 'authority', 'pornography', 'url', 'x', '', '', '', 'other', now(), now(), now(), 'en',
  '', '', 'c', 'unplaced', '', '', CASE WHEN n % 50 = 0 THEN 1 WHEN n % 7 = 0 THEN 9 ELSE 3 END, NULL, ''
FROM generate_series(1, 60000) AS n
"""


def test_a_page_of_many_is_read_from_the_index_and_not_sorted(hotline, cast, actor_of):
    with acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute(MANY)
    with acting_as(actor_of("olm")):
        middle = queue()[1200]
        for rows in (queue(), queue(after=cursor_of(middle))):
            plan = rows[: selectors.PAGE + 1].explain()
            assert "hotline_report_waiting" in plan and "Sort" not in plan and "Seq Scan on hotline_report " not in plan, plan
        began = time.perf_counter()
        page = list(queue(after=cursor_of(Report.objects.order_by("-id")[100]))[: selectors.PAGE + 1])
        assert page and time.perf_counter() - began < 1
