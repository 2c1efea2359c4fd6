"""From somebody's report to what they read at the end, through every way in; and ten thousand reports that change nothing."""

import datetime as dt
import json
import re
import time
import uuid
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from licet.casework import services as casework
from licet.casework.models import Case, Signal
from licet.config.mail import mailbox
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline import intake, sealing, selectors, services
from licet.hotline.intake import Submission, submit, submit_many
from licet.hotline.mail import read_message
from licet.hotline.mailbox import fetch_due
from licet.hotline.models import Alarm, Report
from licet.hotline.rules import Shown
from licet.hotline.tables import CHANNELS
from licet.hotline.tests.mail_servers import pymap, smtp
from licet.parties.tokens import add_token

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


@pytest.fixture
def partner(cast):
    """A program of Harbour Host's with its key: hands in over HTTP and asks what became."""
    from django.test import Client

    with acting_as(WORKER):
        _, key = add_token("partner", party_id="harbour", scopes=("hotline.report",), by=WORKER)
    client = Client(HTTP_AUTHORIZATION=f"Bearer {key}")

    def call(path, body=None):
        answer = client.get(f"/api/hotline/{path}") if body is None else client.post(
            f"/api/hotline/{path}", json.dumps(body), content_type="application/json", HTTP_IDEMPOTENCY_KEY="k-1")
        assert answer.status_code == 200, answer.content
        return answer.json()

    return call


@pytest.fixture
def post(tmp_path, settings):
    """A mailbox on a real IMAP server, and a real SMTP server that takes the answers."""
    with pymap() as imap, smtp(settings) as outgoing:
        (tmp_path / "imap-password").write_text(imap.password, encoding="utf-8")
        settings.HOTLINE_MAILBOX = mailbox(f"imap://{imap.user}@127.0.0.1:{imap.port}", home=tmp_path, password_file="", ca="")
        yield imap, outgoing


PARTY = {"org": "Harbour Host", "contact": "abuse@harbour.example", "domain": "harbour.example"}
XARF = {"xarf_version": "4.2.0", "report_id": str(uuid.UUID(int=7, version=4)), "reporter": PARTY, "sender": PARTY,
        "timestamp": "2026-03-01T09:00:00Z", "source_identifier": "192.0.2.7", "category": "content", "type": "fraud",
        "fraud_type": "other", "url": "https://lamp-nights.example/third", "tags": ["licet:pornography"],
        "description": "seen by a crawler of theirs"}
FILE = "target_kind,target,ground,text\nurl,https://lamp-nights.example/fourth,pornography,from a list of the region\n"
PAIR = r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2}"


def _by_mail(post):
    imap, outgoing = post
    imap.deliver(MAIL)
    assert fetch_due(START).accepted == 1
    [answer] = outgoing.messages
    return dict(zip(("number", "code"), re.findall(PAIR, answer.get_content()), strict=True))


def _by_hand(desk):
    """On the telephone and as a file, both by an operator in the console; the receipts they read off the page."""
    form = {"target_kind": "url", "target": "lamp-nights.example", "ground": "pornography", "how": "told", "text": "",
            "contact": "", "key": "t"}
    phoned = re.findall(f">({PAIR})<", desk.post("/hotline/operator/", form).content.decode())
    filed = re.findall(f">({PAIR})<", desk.post("/hotline/bulk/", {
        "file": SimpleUploadedFile("r.csv", FILE.encode())}).content.decode())
    return [dict(zip(("number", "code"), found[:2], strict=True)) for found in (phoned, filed)]


def test_every_way_in_leads_to_one_case_and_every_receipt_to_its_end(cast, actor_of, visitor, partner, post, sign_in):
    """Each through its own door: the form, SMTP and IMAP, HTTP with a key, XARF, the operator's form, a file."""
    by_partner = partner("reports", {"target_kind": "url", "target": "http://lamp-nights.example", "ground": "pornography"})
    by_xarf = partner("xarf", XARF)
    by_phone, by_file = _by_hand(sign_in("olm"))
    receipts = [visitor(), _by_mail(post), by_partner, by_xarf, by_phone, by_file]
    assert services.drain_due(START) == 6
    with acting_as(WORKER):
        case = Case.objects.get()
        assert set(Report.objects.values_list("channel", flat=True)) == {channel.id for channel in CHANNELS}
        observers = Signal.objects.filter(case=case).values("observer").distinct().count()
    # Nothing we saw ourselves tells the letter's writer from the caller, so both are one; the partner is one by both of its
    # ways; with the network of the form and whoever answers for the file there are four.
    assert case.signal_count == 6 and observers == 4 and case.proposed_tier == 2

    assert all("Being checked" in visitor.status(receipt) for receipt in receipts)
    casework.set_tier(case.pk, 2, reason="four people, a clear page", actor=actor_of("olm"), at=START)
    casework.close_case(case.pk, outcome="actioned", reason="suspended until it is corrected", actor=actor_of("olm"),
                        at=START)

    assert all("Acted on" in visitor.status(receipt) for receipt in receipts)
    assert partner(f"reports/{by_partner['number']}")["outcome"] == "actioned"


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
