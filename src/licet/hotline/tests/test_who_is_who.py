"""What is written about oneself tells nobody apart: forged senders, one caller three times, one number written three ways."""

import email

import pytest

from licet.core.actors import WORKER
from licet.core.errors import Conflict
from licet.core.rls import acting_as
from licet.hotline import intake, sealing, services
from licet.hotline.mail import read_message
from licet.hotline.mail_origin import Origin, origin_of
from licet.hotline.models import Report, Reporter
from licet.hotline.selectors import track_record

from .conftest import START
from .test_services import close

pytestmark = pytest.mark.django_db
HANDED = "Received: from {helo} ({name} [{ip}]) by mx.authority.example (Postfix) with ESMTPS id 7; Mon, 2 Mar 2026 01:00:00 +0000"
MAIL = "{head}From: {sender}\nMessage-ID: <{n}@m.example>\nSubject: Pornography\n\nhttps://lantern.example/ {words}\n"
WORDS = ("my son found this page by chance", "a message by SMS led me there", "spotted while searching for shoes")


@pytest.fixture
def border(settings):
    """The authority's own mail server, named in the settings."""
    settings.ENV = settings.ENV | {"LICET_HOTLINE_MAIL_RELAYS": ["mx.authority.example"],
                                   "LICET_HOTLINE_MAIL_AUTHSERV": ["mx.authority.example"]}


def mail(n, sender, *heads, at=START):
    head = "".join(f"{line}\n" for line in heads)
    answer = read_message(MAIL.format(head=head, sender=sender, n=n, words=WORDS[n % 3]).encode(),
                          sender="hotline@authority.example", at=at)
    assert answer.refusal is None
    return answer.receipt.number.replace("-", "")


def clusters(hotline):
    hotline.drain()
    with acting_as(WORKER):
        return set(Report.objects.values_list("cluster", flat=True))


def record(hotline, number):
    with acting_as(WORKER):
        return track_record(hotline.get(number))


def handed(ip, helo="mail.sender.example", name="mail.sender.example"):
    return HANDED.format(helo=helo, name=name, ip=ip)


def test_three_forged_senders_are_one(hotline, cast):
    hop = "Received: from evil (evil [198.51.100.9]) by mx"
    number, *_ = [mail(n, f"{who}@free.example", hop) for n, who in enumerate(("anna", "bob", "cui"))]

    assert len(clusters(hotline)) == 1
    assert hotline.get(number).case.proposed_tier is None


def test_the_address_that_handed_a_message_over_tells_senders_apart(hotline, cast, border):
    forged = "Received: from x (x [203.0.113.77]) by mx.authority.example; Mon, 2 Mar 2026 00:59:00 +0000"
    for n, ip in enumerate(("198.51.100.9", "198.51.100.10", "192.0.2.4")):
        mail(n, f"who{n}@free.example", handed(ip), forged)

    assert len(clusters(hotline)) == 2, "two neighbours and another network; the line below ours is not ours"
    with acting_as(WORKER):
        assert set(Report.objects.values_list("network", flat=True)) == {
            sealing.network_of("198.51.100.9"), sealing.network_of("192.0.2.4")}


PASS = "Authentication-Results: mx.authority.example; dmarc=pass header.from=watch.example"


def test_only_a_verified_sender_has_a_track_record(hotline, cast, actor_of, border):
    for n in range(3):
        number = mail(n, "nina@watch.example", handed("192.0.2.4"), PASS, at=hotline.wait(days=31).now)
        hotline.drain()
        close(hotline.get(number).case, "actioned", actor_of("olm"), hotline.now)
    assert record(hotline, number).proven

    at = hotline.wait(days=31).now
    forged = mail(4, "Nina@watch.example", handed("203.0.113.9"), at=at)
    typed = hotline.report(contact="nina@watch.example", address="203.0.113.9")
    hotline.drain()

    for other in (forged, typed):
        assert not record(hotline, other).proven
        assert hotline.get(other).reporter_id != hotline.get(number).reporter_id
    services.mute(typed, reason="forty reports of one shop", actor=actor_of("olm"), at=at)
    again = [mail(5, "nina@watch.example", handed("192.0.2.4"), PASS, at=at), hotline.report(
        contact="nina@watch.example", address="203.0.113.12"), hotline.report(contact="nina@watch.example", address="192.0.2.9")]
    hotline.drain()
    assert [hotline.get(one).state for one in again] == ["in_case", "muted", "in_case"], "whoever wrote her name, not she"


def test_a_claim_from_nowhere_cannot_be_muted(hotline, cast, actor_of):
    number = mail(1, "nina@watch.example")
    hotline.drain()
    with pytest.raises(Conflict, match="anybody can write this contact"):
        services.mute(number, reason="x", actor=actor_of("olm"), at=hotline.now)


def test_one_caller_three_times_and_one_operator_three_times_are_one(hotline, cast, sign_in, actor_of):
    client = sign_in("olm")
    data = {"target_kind": "url", "target": "https://lantern.example/", "ground": "pornography", "how": "told", "text": ""}
    for n, contact in enumerate(("", "139 5550 7731", "nina@reporter.example")):
        assert client.post("/hotline/operator/", data | {"key": f"call-{n}", "contact": contact}).status_code == 200

    assert len(clusters(hotline)) == 1
    with acting_as(WORKER):
        reports = list(Report.objects.select_related("case"))
    assert {report.operator_id for report in reports} == {cast["olm"].pk}
    assert reports[0].case.proposed_tier is None
    assert cast["olm"].get_username() in client.get(f"/hotline/{reports[0].number}/").content.decode()


def test_who_mails_and_phones_counts_once_and_a_partner_and_a_network_beside(hotline, cast):
    mail(0, "nina@watch.example")
    for n, fields in enumerate(({"channel": "operator"}, {"address": "198.51.100.7"}, {"channel": "api", "account": "harbour"})):
        hotline.report(text=WORDS[n], **fields)
    assert len(clusters(hotline)) == 3


@pytest.mark.parametrize("written", ["+86 139 5550 7731", "13955507731", "139-5550-7731"])
def test_one_phone_number_is_one_person_from_any_network(hotline, cast, written):
    hotline.report(contact="0086 13955507731", address="198.51.100.7")
    hotline.report(contact=written, address="203.0.113.7")
    assert len(clusters(hotline)) == 1
    with acting_as(WORKER):
        assert Reporter.objects.values("person").distinct().count() == 1


def test_what_the_spool_held_before_is_taken_over(hotline, cast):
    import json

    from licet.hotline.spool import Item

    hotline.report(channel="api", account="harbour")
    [item] = intake.spool().oldest(1)
    body = {key: value for key, value in json.loads(item.body).items() if key not in {"person", "verified", "operator"}}
    intake.spool().handed_over([item.number])
    intake.spool().accept([Item(item.number, json.dumps(body).encode(), item.taken_at)])

    assert hotline.drain() == 1
    with acting_as(WORKER):
        assert Reporter.objects.get().verified and Reporter.objects.get().person


def test_postgresql_knows_an_operator_only_of_telephone_reports(hotline, cast):
    from django.db import IntegrityError, transaction

    hotline.report()
    hotline.drain()
    with acting_as(WORKER), pytest.raises(IntegrityError, match="report_operator"), transaction.atomic():
        Report.objects.update(operator=cast["olm"])


# --- what our own servers say, without a database --------------------------------------------------------------------

OURS = ("mx.authority.example",)


def origin(*lines, sender="nina@watch.example"):
    message = email.message_from_string("\n".join(lines) + f"\nFrom: {sender}\n\nx")
    return origin_of(message, sender, relays=OURS, authserv=OURS)


@pytest.mark.parametrize(("line", "address"), [
    pytest.param(handed("198.51.100.9"), "198.51.100.9", id="Postfix"),
    pytest.param("Received: from [198.51.100.9] (helo=x) by mx.authority.example with esmtp (Exim)", "198.51.100.9", id="Exim"),
    pytest.param("Received: from x (HELO y) (198.51.100.9)\n  by MX.authority.example with SMTP", "198.51.100.9", id="folded"),
    pytest.param(handed("IPv6:2001:db8::7"), "2001:db8::7", id="IPv6"),
    pytest.param(handed("198.51.100.9", helo="[203.0.113.7]"), "", id="a greeting that names another address"),
    pytest.param("Received: from x (x [198.51.100.9]) by other.example", "", id="another server's line"),
    pytest.param("Received: from localhost (localhost [127.0.0.1]) by mx.authority.example", "", id="ourselves"),
    pytest.param("Received: nonsense", "", id="nonsense")])
def test_who_handed_it_over(line, address):
    assert origin(line).address == address


@pytest.mark.parametrize(("line", "verified"), [
    ("mx.authority.example; dmarc=pass header.from=watch.example", True),
    ("mx.authority.example 1; spf=fail smtp.mailfrom=x.example;\n\tdkim=pass (2048-bit) header.d=watch.example", True),
    ('"mx.authority.example"; dmarc=pass (p=none; dis=none) header.from="watch.example"', True),
    ("mx.authority.example; dkim=pass header.d=watch.example; dmarc=fail header.from=watch.example", False),
    ("mx.authority.example; dmarc=pass header.from=other.example", False),
    ("mx.authority.example; dkim=pass header.d=example", False),
    ("mx.authority.example; dkim=none (dkim=pass header.d=watch.example)", False),
    ("mx.authority.example; spf=pass smtp.mailfrom=watch.example", False),
    ("mx.authority.example.evil.example; dmarc=pass header.from=watch.example", False),
    ("evil.example; dmarc=pass header.from=watch.example", False),
    ("mx.authority.example (; dmarc=pass header.from=watch.example", False),
    ("mx.authority.example; dmarc=pass header.from=watch.example; garbage here", False),
    ("mx.authority.example; none", False), ("", False)])
def test_who_is_verified(line, verified):
    assert origin(handed("198.51.100.9"), f"Authentication-Results: {line}").domain == ("watch.example" if verified else "")


def test_what_came_in_with_the_message_verifies_nobody():
    foreign = "Received: from a (a [203.0.113.7]) by evil.example"
    assert origin(handed("198.51.100.9"), foreign, PASS) == Origin("198.51.100.9", "")
    assert origin(PASS, PASS.replace("=pass", "=fail"), handed("198.51.100.9")).domain == "", "two that disagree"


def test_two_authors_are_none(border, spool):
    mail(1, "nina@watch.example\nFrom: wick@watch.example", handed("198.51.100.9"), PASS)
    assert b'"verified":false' in intake.spool().oldest(1)[0].body
