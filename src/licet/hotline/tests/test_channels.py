"""The other ways in: partner API, XARF v4, e-mail. Each accepted item is a report, each refusal names field and repair."""

import datetime as dt
import email
import json
import os
import subprocess
import sys
import uuid

import pytest
import xarf as xarf_package
from hypothesis import given, settings
from hypothesis import strategies as st

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline import intake, sealing, xarf_fields
from licet.hotline.intake import Refusal
from licet.hotline.mail import read_message
from licet.hotline.xarf import from_xarf

from .conftest import START

BODY = {"target_kind": "url", "target": "https://lantern.example/p", "ground": "pornography", "text": "all of it"}


@pytest.fixture
def partner(spool, cast):
    """A call to the API with a key of Harbour Host's."""
    from django.test import Client

    from licet.parties.tokens import add_token

    with acting_as(WORKER):
        keys = {name: add_token(name, party_id="harbour", scopes=(scope,), by=WORKER)[1]
                for name, scope in (("partner", "hotline.report"), ("gate", "gate.ask"))}

    def call(path="reports", body=None, *, idempotency="k-1", key="partner", method="post"):
        headers = {"HTTP_AUTHORIZATION": f"Bearer {keys[key]}"}
        if idempotency:
            headers["HTTP_IDEMPOTENCY_KEY"] = idempotency
        client = Client()
        if method == "get":
            return client.get(f"/api/hotline/{path}", **headers)
        text = body if isinstance(body, bytes) else json.dumps(BODY if body is None else body)
        return client.post(f"/api/hotline/{path}", text,
                           content_type="application/json", **headers)

    return call


@pytest.mark.django_db
def test_a_partner_hands_in_once_and_asks_what_became(partner):
    from licet.hotline import services

    first, again = partner(), partner()

    assert first.status_code == again.status_code == 200
    receipt = first.json()
    assert {receipt[name] for name in ("number", "code")} == {again.json()[name] for name in ("number", "code")}
    assert sealing.opens(receipt["number"], receipt["code"])
    assert partner(f"reports/{receipt['number']}", method="get").json()["state"] == "received"
    services.drain_due(clock.now())
    assert partner(f"reports/{receipt['number']}", method="get").json() == {
        "number": receipt["number"], "state": "in_review", "outcome": ""}
    assert partner().status_code == 200, "the same content again"
    assert partner(body=BODY | {"text": "other"}).status_code == 409


@pytest.mark.django_db
def test_a_partner_does_not_see_others_reports(partner, hotline):
    number = hotline.report()
    hotline.drain()
    assert partner(f"reports/{number}", method="get").status_code == 404
    assert partner("reports/nothing", method="get").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "status", "field"), [
    ({"ground": "rumour"}, 422, "ground"), ({"target": "nonsense"}, 422, "target"),
    ({"ground": "minors"}, 422, "text"), ({"seen_at": "2026-03-02T01:00:00"}, 422, "seen_at"),
    ({"target": None}, 422, None)])
def test_the_api_names_field_and_repair(partner, change, status, field):
    answer = partner(body=BODY | change)

    assert answer.status_code == status and answer["Content-Type"] == "application/problem+json"
    assert field is None or (answer.json()["field"] == field and answer.json()["hint"])


@pytest.mark.django_db
def test_a_key_needs_the_scope_and_a_report_needs_a_key(partner):
    assert partner(key="gate").status_code == 403
    assert partner(idempotency="").status_code == 422


# --- XARF ------------------------------------------------------------------------------------------------------------


def xarf(**changes):
    party = {"org": "Lantern Watch", "contact": "reports@watch.example", "domain": "watch.example"}
    return {"xarf_version": "4.2.0", "report_id": str(uuid.UUID(int=7, version=4)), "reporter": party, "sender": party,
            "timestamp": "2026-03-01T09:00:00Z", "source_identifier": "192.0.2.7", "category": "content",
            "type": "fraud", "fraud_type": "other", "url": "https://lantern.example/win",
            "description": "promises a prize"} | changes


CSAM = {"type": "csam", "classification": "baseline", "detection_method": "hash_match", "description": "words"}


@pytest.mark.parametrize(("document", "expected"), [
    pytest.param(xarf(), ("deceptive_promotion", "url", "https://lantern.example/win"), id="fraud"),
    pytest.param(xarf(tags=["licet:unfiled_site"]), ("unfiled_site", "url", "https://lantern.example/win"), id="licensing"),
    pytest.param(xarf(tags=["licet:deceptive_billing"]), ("deceptive_billing", "url", "https://lantern.example/win"),
                 id="billing"),
    pytest.param(xarf(category="messaging", type="spam", protocol="sms", source_identifier="1065 0000",
                      tags=["licet:sexual_service_line"]), ("sexual_service_line", "sms", "1065 0000"), id="text message"),
    pytest.param(xarf(**CSAM), ("minors", "url", "https://lantern.example/win"), id="children"),
])
def test_what_is_accepted_is_valid_xarf(document, expected, hotline):
    parsed = xarf_package.parse(document)
    assert parsed.errors == [] and parsed.report is not None

    submission = from_xarf(document, account="harbour")
    intake.submit(submission, at=START)

    assert (submission.ground, submission.target_kind, submission.target) == expected
    assert submission.text == ("" if submission.ground == "minors" else "promises a prize")


@pytest.mark.parametrize(("change", "field"), [
    ({"xarf_version": "3.0.0"}, "xarf_version"), ({"report_id": "7"}, "report_id"), ({"timestamp": "yesterday"}, "timestamp"),
    ({"category": "vulnerability", "type": "cve"}, "type"),
    ({"reporter": {"org": "x"}}, "reporter.contact"), ({"tags": ["licet:rumour"]}, "tags"),
    ({"source_identifier": ""}, "source_identifier"),
    (CSAM | {"evidence": [{"content_type": "image/png", "payload": "aGFsbG8="}]}, "evidence")])
def test_what_is_no_report_of_ours_names_the_field(change, field):
    with pytest.raises(Refusal) as refused:
        from_xarf(xarf(**change), account="harbour")
    assert refused.value.field == field and refused.value.hint


@pytest.mark.parametrize(("change", "field"), [
    ({"description": None}, "description"), ({"description": "\ud800"}, "description"), ({"description": {"a": 1}}, "description"),
    ({"description": "x" * 1001}, "description"), ({"url": ["https://a.example"]}, "url"), ({"url": "no address"}, "url"),
    ({"source_identifier": ["a"]}, "source_identifier"), ({"tags": "licet:pornography"}, "tags"),
    ({"tags": ["licet:pornography", "licet:unfiled_site"]}, "tags"), ({"report_id": "urn:uuid:" + "0" * 32}, "report_id"),
    ({"reporter": {"org": "o", "contact": "not mail", "domain": "o.example"}}, "reporter.contact"),
    ({"sender": {"org": "o", "contact": "c@o.example", "domain": "not a domain"}}, "sender.domain"),
    ({"sender": "o"}, "sender"), ({"fraud_type": "bad"}, "fraud_type"), ({"timestamp": "2026-13-01T00:00:00Z"}, "timestamp"),
    ({"evidence": "x"}, "evidence"), ({"hash_values": {"sha256": "abc"}}, "hash_values")])
def test_what_the_published_schemas_refuse_is_refused(change, field):
    with pytest.raises(Refusal) as refused:
        from_xarf(xarf(**change), account="harbour")
    assert refused.value.field == field and refused.value.hint


def test_one_report_id_is_one_report_however_it_is_written(hotline):
    ids = ("6b8f3a3e-1111-4222-8333-44445555666a", "6B8F3A3E-1111-4222-8333-44445555666A")
    receipts = {intake.submit(from_xarf(xarf(report_id=name), account="harbour"), at=START).number for name in ids}
    assert len(receipts) == 1


_ODD = st.sampled_from([None, "", "x", 7, -1, True, [], ["x"], {}, {"a": 1}, "\ud800", "a\x00", "2026-03-01T09:00:00Z",
                        "https://lantern.example/p", "nina@reporter.example", "lantern.example", "x" * 1200])
_FIELDS = st.sampled_from([*xarf_fields.CORE, "description", "url", "tags", "evidence", "threat_type", "protocol", "fraud_type",
                           "classification", "detection_method", "smtp_from", "source_port", "recipient_count",
                           "evidence_source", "confidence"])
_KINDS = st.sampled_from([*xarf_fields.ASKED, ("connection", "ddos")])


@settings(max_examples=400, deadline=None)
@given(kind=_KINDS, changes=st.dictionaries(_FIELDS, _ODD, max_size=3), tags=st.lists(st.sampled_from(
    ["licet:pornography", "licet:deceptive_billing", "licet-target:url", "licet-target:sms", "x:y", "X", "a:b:c"]), max_size=3))
def test_accepted_means_valid_by_the_published_schemas(kind, changes, tags):
    more = {("content", "csam"): CSAM, ("messaging", "spam"): {"protocol": "sms"},
            ("messaging", "bulk_messaging"): {"protocol": "sms", "recipient_count": 100},
            ("reputation", "threat_intelligence"): {"threat_type": "licet:unfiled_site"},
            ("content", "csem"): {"exploitation_type": "distribution", "detection_method": "user_report"},
            ("content", "suspicious_registration"): {"registration_date": "2026-03-01T09:00:00Z",
                                                     "suspicious_indicators": ["other"]}}
    document = xarf(category=kind[0], tags=tags) | more.get(kind, {}) | {"type": kind[1]} | changes
    try:
        from_xarf(document, account="harbour")
    except Refusal as refused:
        assert refused.field and refused.hint
        return
    assert xarf_package.parse(document).errors == []


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"a":' * 50_000, b"{", b"null", b'{"a":NaN}', b"\xff\xfe"],
                         ids=["deep list", "deep object", "cut off", "null", "no number", "no text"])
def test_no_body_breaks_the_interface(partner, body):
    answer = partner("xarf", body)
    assert answer.status_code == 422 and answer.json()["hint"] and answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("document", [None, [], "text", 7])
def test_xarf_is_an_object(document):
    with pytest.raises(Refusal):
        from_xarf(document, account="harbour")


@pytest.mark.django_db
def test_xarf_over_http(partner):
    document = xarf(timestamp=(clock.now() - dt.timedelta(hours=1)).isoformat())
    first, again = partner("xarf", document), partner("xarf", document)
    assert first.status_code == 200 and first.json()["number"] == again.json()["number"]
    assert partner("xarf", xarf(report_id="x")).json()["field"] == "report_id"
    assert intake.spool().counts() == (1, 0)


# --- e-mail ----------------------------------------------------------------------------------------------------------

PLAIN = """From: Nina <nina@reporter.example>
To: hotline@authority.example
Subject: {subject}
Message-ID: <1@reporter.example>
Content-Type: text/plain; charset=utf-8

{text}
"""
MARF = """From: abuse@watch.example
To: hotline@authority.example
Subject: FW: prize
Message-ID: <2@watch.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

This message lures people.

--b
Content-Type: message/feedback-report

Feedback-Type: fraud
User-Agent: Watch/1
Version: 1
Reported-URI: https://lantern.example/win
Arrival-Date: Sun, 1 Mar 2026 09:00:00 +0800

--b
Content-Type: message/rfc822

From: lure@lantern.example
Subject: You won
Content-Type: text/plain

Ground: pornography
Target: https://innocent.example/
--b--
"""


def mail(text, at=START):
    return read_message(text.encode(), sender="hotline@authority.example", at=at)


def taken():
    return json.loads(intake.spool().oldest(1)[0].body)


@pytest.mark.parametrize(("subject", "text", "expected"), [
    ("Pornography", "See https://lantern.example/p?x=1 please.", ("pornography", "url", "https://lantern.example/p?x=1")),
    ("举报", "事由：未经同意扣费\n对象：1065 0000\n昨天扣了我的钱", ("deceptive_billing", "sms", "1065 0000")),
    ("Hello", "Ground: unfiled_site\nlantern.example has no number; write to nina@reporter.example",
     ("unfiled_site", "url", "lantern.example")),
    ("x", "Ground: unlicensed_provider\nTarget: Night Lamp Ltd", ("unlicensed_provider", "provider", "Night Lamp Ltd")),
    ("x", "Ground: minors\nSHA256: " + "12345678" * 8, ("minors", "hash", "SHA256: " + "12345678" * 8)),
    ("Pornography", "the file 0123456789abcdef0123456789abcdef", ("pornography", "hash", "0123456789abcdef" * 2)),
])
def test_plain_mail(hotline, subject, text, expected):
    answer = mail(PLAIN.format(subject=subject, text=text))

    assert answer.refusal is None
    fields = taken()
    assert (fields["ground"], fields["target_kind"], fields["target"]) == expected
    assert "nina" not in json.dumps({**fields, "text": ""})
    assert answer.reply["To"] == "nina@reporter.example" and answer.reply["Auto-Submitted"] == "auto-replied"
    assert answer.receipt.number in answer.reply.get_content() and answer.receipt.code in answer.reply.get_content()


def test_marf_reads_the_feedback_and_not_the_reported_message(hotline):
    assert mail(MARF).refusal is None

    fields = taken()
    assert (fields["ground"], fields["target"]) == ("deceptive_promotion", "https://lantern.example/win")
    assert fields["seen_at"] == "2026-03-01T01:00:00+00:00" and "innocent" not in fields["text"]


@pytest.mark.parametrize("subject", ["I do not report pornography", "About your pornography policy", "不是淫秽色情内容"])
def test_a_word_in_the_subject_is_no_ground(hotline, subject):
    assert mail(PLAIN.format(subject=subject, text="lantern.example")).refusal.field == "ground"


@pytest.mark.parametrize("subject", ["Pornography", "RE: pornography", "Report: Pornography!",
                                     "举报：淫秽色情内容", "unfiled_site"])
def test_a_subject_that_is_the_ground_is_one(hotline, subject):
    assert mail(PLAIN.format(subject=subject, text="lantern.example")).refusal is None


def test_a_message_that_is_html_alone_is_read(hotline):
    page = ("<html><head><title>Ground: minors</title><style>p{}</style></head><body><p>Ground: pornography</p><script>Target:"
            "</script><div>Target: https://lantern.example/p?a=1&amp;b=2</div>It is <b>all</b> of it<img src=x></body></html>")
    text = PLAIN.format(subject="x", text=page).replace("text/plain", "text/html")

    assert mail(text).refusal is None
    fields = taken()
    assert (fields["ground"], fields["target"]) == ("pornography", "https://lantern.example/p?a=1&b=2")
    assert fields["text"] == "It is all of it"


@pytest.mark.parametrize(("old", "new", "field"), [
    ("User-Agent: Watch/1\n", "", "user-agent"), ("Version: 1\n", "", "version"),
    ("Feedback-Type: fraud\n", "", "feedback-type"),
    ("Arrival-Date", "Reported-URI: https://lamp.example/\nArrival-Date", "reported-uri")])
def test_a_feedback_report_says_what_it_must_and_one_thing(hotline, old, new, field):
    answer = mail(MARF.replace(old, new))
    assert answer.refusal.field == field and answer.refusal.hint in answer.reply.get_content()
    assert intake.spool().counts() == (0, 0)


def test_an_address_named_twice_is_one(hotline):
    assert mail(MARF.replace("Arrival-Date", "Reported-URI: https://lantern.example/win\nArrival-Date")).refusal is None


def test_the_same_message_twice_is_one_report(hotline):
    text = PLAIN.format(subject="Pornography", text="lantern.example")
    assert mail(text).receipt == mail(text).receipt
    assert intake.spool().counts() == (1, 0)


@pytest.mark.parametrize(("subject", "text", "field"), [
    ("Hello", "lantern.example is bad", "ground"), ("Pornography", "it is terrible", "target"),
    ("x", "Ground: rumour\nlantern.example", "ground")])
def test_mail_that_lacks_something_is_told_what(hotline, subject, text, field):
    answer = mail(PLAIN.format(subject=subject, text=text))

    assert answer.refusal.field == field and answer.refusal.hint in answer.reply.get_content()
    assert intake.spool().counts() == (0, 0)


def test_of_children_no_word_and_no_attachment_is_kept(hotline):
    text = PLAIN.format(subject="x", text="Ground: minors\nhttps://lantern.example/p\nit shows terrible things")
    assert mail(text).refusal is None
    assert taken()["text"] == ""


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-generated", "List-Id: <l.example>", "Precedence: bulk",
                                    "Return-Path: <>"])
def test_robots_get_no_answer(hotline, header):
    assert mail(f"{header}\n" + PLAIN.format(subject="Pornography", text="lantern.example")).reply is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"Content-Type: multipart/mixed; boundary=x\n\n--x\n",
                                     b"From: x\nContent-Type: text/plain; charset=nonsense\n\nhi",
                                     b"Subject: =?utf-8?b?////?=\n\n", b"A" * 3_000_000])
def test_no_message_makes_it_fail(hotline, content):
    answer = read_message(content, sender="hotline@authority.example", at=START)
    assert answer.receipt is None and answer.refusal is not None


def test_the_command_reads_a_pipe_and_needs_no_database(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in {"LICET_TEST_HOME", "DATABASE_URL"}}
    environment |= {"LICET_HOME": str(tmp_path), "DATABASE_URL": "postgresql://x:y@127.0.0.1:9/none"}
    command = [sys.executable, "-c", "from licet.cli import main; main()", "hotline"]
    text = PLAIN.format(subject="Pornography", text="lantern.example").encode()

    done = subprocess.run([*command, "mail"], input=text, capture_output=True, env=environment, timeout=100, check=False)
    status = subprocess.run([*command, "status", "--json"], capture_output=True, env=environment, timeout=100,
                            check=False)

    assert done.returncode == 0, done.stderr.decode()
    reply = email.message_from_bytes(done.stdout)
    assert reply["To"] == "nina@reporter.example" and reply["In-Reply-To"] == "<1@reporter.example>"
    assert json.loads(status.stdout) == {"waiting": 1, "aside": []}
