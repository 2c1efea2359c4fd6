"""From somebody's report to what they read at the end, through every way in; and ten thousand reports that change nothing."""

import datetime as dt
import re
import time
from urllib.parse import urlencode

import pytest

from licet.casework import services as casework
from licet.casework.models import Case, Signal
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline import intake, sealing, selectors, services
from licet.hotline.intake import Submission, submit, submit_many
from licet.hotline.mail import read_message
from licet.hotline.models import Alarm, Report
from licet.hotline.rules import Shown

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
FORM = "application/x-www-form-urlencoded"
NIGHT_LAMP = "https://www.lamp-nights.example/front"
MAIL = """From: Nina <nina@reporter.example>
Subject: Pornography
Message-ID: <1@reporter.example>

It is at https://lamp-nights.example/other, spread by text message.
"""


@pytest.fixture(autouse=True)
def home(tmp_path, settings):
    settings.LICET_HOME = tmp_path
    yield
    intake.spool().close()
    intake._spool_at.cache_clear()


@pytest.fixture
def visitor(monkeypatch):
    """Fills in the public form without scripts."""
    from django.test import Client

    from licet.core import clock
    from licet.hotline import views_public

    moment = {"now": START}
    monkeypatch.setattr(clock, "now", lambda: moment["now"])
    views_public.sent().clear()
    client = Client(REMOTE_ADDR="198.51.100.7", HTTP_ACCEPT_LANGUAGE="en")

    def report(**steps):
        page = client.get("/report/")
        for fields in ({"target_kind": "url", "target": NIGHT_LAMP}, {"ground": "pornography"},
                       {"seen_on": "2026-03-02", "how": "visited", "text": "All over the front page"}):
            moment["now"] += dt.timedelta(seconds=9)
            hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
            page = client.post("/report/", urlencode(hidden | fields), content_type=FORM)
        found = re.findall(r'class="mono big">([0-9A-Z-]{14})<', page.content.decode())
        return dict(zip(("number", "code"), found, strict=True))

    report.status = lambda receipt: client.post("/report/status/", urlencode(receipt), content_type=FORM).content.decode()
    return report


def canonical(receipt):
    return (receipt["number"] if isinstance(receipt, dict) else receipt.number).replace("-", "")


def test_every_way_in_leads_to_one_case_and_every_receipt_to_its_end(cast, actor_of, visitor):
    by_form = visitor()
    by_mail = read_message(MAIL.encode(), sender="desk@authority.example", at=START).receipt
    partner = submit(Submission(channel="api", account="harbour", key="k", target_kind="url", ground="pornography",
                                target="http://lamp-nights.example"), at=START)
    by_phone = submit(Submission(channel="operator", key="t", target_kind="url", ground="pornography", how="told",
                                 target="lamp-nights.example"), at=START)
    assert services.drain_due(START) == 4
    with acting_as(WORKER):
        case = Case.objects.get()
        observers = Signal.objects.filter(case=case).values("observer").distinct().count()
    # Nothing we saw ourselves tells the letter's writer from the caller, so both are one; with the network and the partner
    # there are three.
    assert case.signal_count == 4 and observers == 3 and case.proposed_tier == 2

    assert "Being checked" in visitor.status(by_form)
    casework.set_tier(case.pk, 2, reason="four people, a clear page", actor=actor_of("olm"), at=START)
    casework.close_case(case.pk, outcome="actioned", reason="suspended until it is corrected", actor=actor_of("olm"),
                        at=START)

    assert "Acted on" in visitor.status(by_form)
    for receipt in (by_mail, partner, by_phone):
        assert sealing.opens(receipt.number, receipt.code)
        assert selectors.receipt(canonical(receipt)).shown == Shown("ended", "actioned")


def test_the_accused_reads_nothing_of_who_reported(cast, actor_of, visitor, sign_in):
    read_message(MAIL.encode(), sender="desk@authority.example", at=START)
    services.drain_due(START)

    client = sign_in("wick")
    for address in ("/hotline/", "/hotline/?show=all", "/cases/", "/journal/", "/"):
        body = client.get(address).content.decode().lower()
        assert "nina" not in body and "lamp-nights" not in body

    with acting_as(actor_of("wick")):
        assert Report.objects.count() == Signal.objects.count() == 0


@pytest.mark.slow
def test_ten_thousand_reports_from_fifty_networks_raise_no_tier_and_cost_one_action(cast, actor_of):
    honest = [submit(Submission(channel="portal", key=f"h{n}", target_kind="url", ground="deceptive_promotion",
                                target="https://other-shop.example", network=sealing.network_of(f"192.0.{n}.9")),
                     at=START + dt.timedelta(minutes=40 * n)) for n in range(3)]
    words = "close {} immediately, it is {} and {}"
    for start in range(0, 10_000, 1000):
        submit_many([Submission(
            channel="portal", key=f"a{n}", target_kind="url", target=f"https://www.bakery.example/{n}",
            ground=("pornography", "deceptive_promotion", "unfiled_site")[n % 3], how="visited",
            text=words.format(n * 7919 % 10_007, n * 104_729 % 10_009, chr(0x4E00 + n)),
            network=sealing.network_of(f"203.0.{n % 50}.{n % 250}"),
            contact=f"robot{n}@flood.example" if n % 2 else "") for n in range(start, start + 1000)],
            at=START + dt.timedelta(seconds=start))

    began = time.monotonic()
    assert services.drain_due(START + dt.timedelta(hours=3)) == 10_003
    took = time.monotonic() - began

    with acting_as(WORKER):
        alarm = Alarm.objects.get()
        attacked = list(Case.objects.filter(subject_key="bakery.example"))
        assert alarm.reports == 10_000 and alarm.networks == 50
        assert {case.proposed_tier for case in attacked} <= {None, 3}, "third tier asks for one report alone"
        assert {case.proposed_tier for case in attacked if case.ground_id != "deceptive_promotion"} == {None}
        assert Case.objects.get(subject_key="other-shop.example").signal_count == 3

    with acting_as(actor_of("olm")):
        assert {report.subject_key for report in selectors.queue()} == {"other-shop.example"}, "nobody reads them one by one"
        assert [one.pk for one in selectors.open_alarms()] == [alarm.pk]
    services.invalidate(alarm.pk, reason="ten thousand by programs", actor=actor_of("olm"), at=START)
    with acting_as(actor_of("olm")):
        assert not selectors.open_alarms().exists(), "one action, and it is done"

    with acting_as(WORKER):
        assert Report.objects.filter(state="invalidated").count() == 10_000
        assert {case.proposed_tier for case in Case.objects.filter(subject_key="bakery.example")} == {None}
    assert selectors.receipt(canonical(honest[0])).shown == Shown("in_review")
    assert took < 120
