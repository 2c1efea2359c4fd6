"""What is accepted, what is refused and how to repair it, receipts, and what the spool's rows hold. No database."""

import datetime as dt
import json

import pytest

from licet.hotline import intake, sealing
from licet.hotline.intake import Refusal

from .conftest import START


def test_an_accepted_report_has_a_receipt_that_opens(hotline):
    receipt = intake.submit(hotline.submission(), at=START)

    assert sealing.opens(receipt.number, receipt.code)
    assert sealing.opens(receipt.number.lower().replace("-", " "), receipt.code.lower())
    assert intake.spool().counts() == (1, 0)


def test_sending_it_twice_is_one_report(hotline):
    one = intake.submit(hotline.submission(key="same"), at=START)
    two = intake.submit(hotline.submission(key="same"), at=START + dt.timedelta(hours=1))

    assert one == two
    assert intake.spool().counts() == (1, 0)


def test_another_partner_with_the_same_key_is_another_report(hotline):
    one = intake.submit(hotline.submission(key="same", channel="api", account="harbour"), at=START)
    two = intake.submit(hotline.submission(key="same", channel="api", account="mudflat"), at=START)

    assert one.number != two.number


@pytest.mark.parametrize(("code", "number"), [("", ""), ("0000-0000-0000", ""), ("Ж" * 12, ""), ("0" * 500, ""),
                                              ("0000-0000-0000", "nothing"), ("", "Ж" * 12)])
def test_nothing_else_opens(hotline, code, number):
    receipt = intake.submit(hotline.submission(), at=START)

    assert not sealing.opens(number or receipt.number, code)


def test_codes_cannot_be_told_from_numbers():
    numbers = {sealing.number_of(f"k{n}") for n in range(2000)}
    codes = {sealing.code_of(number) for number in numbers}
    assert len(numbers) == len(codes) == 2000 and not numbers & codes
    for place in range(sealing.CHARACTERS):
        assert len({code[place] for code in codes}) == 32


def test_a_receipt_of_another_report_does_not_open(hotline):
    one, two = (intake.submit(hotline.submission(), at=START) for _ in range(2))
    assert not sealing.opens(one.number, two.code)


@pytest.mark.parametrize(("fields", "field"), [
    pytest.param({"target": ""}, "target", id="nothing"),
    pytest.param({"target": "http://"}, "target", id="no host"),
    pytest.param({"target": "com.cn"}, "target", id="a public suffix"),
    pytest.param({"target_kind": "voice_number", "ground": "sexual_service_line", "target": "call me"}, "target",
                 id="no number"),
    pytest.param({"target_kind": "hash", "ground": "minors", "target": "xyz"}, "target", id="no hash"),
    pytest.param({"target_kind": "hash", "ground": "minors", "target": "md5:" + "a" * 40}, "target", id="not that long"),
    pytest.param({"target_kind": "sms", "ground": "pornography", "target": "a sentence about it"}, "target", id="no sender"),
    pytest.param({"target_kind": "photo"}, "target_kind", id="no such kind"),
    pytest.param({"ground": "rumour"}, "ground", id="no such ground"),
    pytest.param({"ground": "blacklisted"}, "ground", id="not asked of the public"),
    pytest.param({"ground": "duty_neglected"}, "ground", id="does not fit a site"),
    pytest.param({"ground": "minors", "text": "it shows"}, "text", id="no words about children"),
    pytest.param({"text": "x" * 2001}, "text", id="too long"),
    pytest.param({"text": "a\x00b"}, "text", id="control characters"),
    pytest.param({"how": "dream"}, "how", id="no such way"),
    pytest.param({"contact": "not an address"}, "contact", id="contact"),
    pytest.param({"contact": "a@b.example, c@d.example"}, "contact", id="two contacts"),
    pytest.param({"seen_at": START + dt.timedelta(days=2)}, "seen_at", id="in the future"),
    pytest.param({"seen_at": dt.datetime(2001, 1, 1, tzinfo=dt.UTC)}, "seen_at", id="long ago"),
    pytest.param({"seen_at": dt.datetime(2026, 3, 1)}, "seen_at", id="no zone"),  # noqa: DTZ001
    pytest.param({"channel": "pigeon"}, "channel", id="no such way in"),
    pytest.param({"key": ""}, "key", id="no key"),
])
def test_refused_with_the_field_and_a_repair(hotline, fields, field):
    with pytest.raises(Refusal) as refused:
        intake.submit(hotline.submission(**fields), at=START)

    assert refused.value.field == field
    assert refused.value.hint
    assert intake.spool().counts() == (0, 0)


@pytest.mark.parametrize(("kind", "target", "subject"), [
    ("url", "https://WWW.Lantern.Example:8443/a?b#c", ("site", "lantern.example")),
    ("url", "lantern.example", ("site", "lantern.example")),
    ("url", "http://192.0.2.7/x", ("address", "192.0.2.7")),
    ("url", "http://[2001:db8::1]/", ("address", "2001:db8::1")),
    ("short_code", "1062 1234", ("code", "10621234")),
    ("voice_number", "+86 (10) 1688-0000", ("code", "1016880000")),
    ("voice_number", "１６８８ ００００", ("code", "16880000")),
    ("sms", "Lantern", ("code", "LANTERN")), ("sms", "Ｌａｎｔｅｒｎ", ("code", "LANTERN")),
    ("sms", "1065-0000", ("code", "10650000")),
    ("provider", "Lantern Access", ("", "")),
    ("hash", "D41D8CD98F00B204E9800998ECF8427E", ("hash", "md5:d41d8cd98f00b204e9800998ecf8427e")),
    ("hash", "sha-256: " + "AB" * 32, ("hash", "sha256:" + "ab" * 32)), ("hash", "AB " * 20, ("hash", "sha1:" + "ab" * 20)),
    ("hash", "PDQ:" + "ab" * 32, ("hash", "pdq:" + "ab" * 32)),
])
def test_subjects(kind, target, subject):
    assert intake.subject_of(kind, target) == subject


def test_the_spool_holds_no_contact_and_no_address_in_clear(hotline):
    intake.submit(hotline.submission(contact="nina@reporter.example", address="198.51.100.77"), at=START)

    body = intake.spool().oldest(1)[0].body.decode()

    assert "nina" not in body and "198.51" not in body
    fields = json.loads(body)
    assert sealing.unseal(intake.spool().oldest(1)[0].number, bytes.fromhex(fields["contact"])) == "nina@reporter.example"


@pytest.mark.parametrize(("one", "other", "same"), [
    ("198.51.100.7", "198.51.100.200", True), ("198.51.100.7", "198.51.101.7", False),
    ("2001:db8:1::1", "2001:db8:1:ffff::9", True), ("2001:db8:1::1", "2001:db8:2::1", False),
    ("::ffff:198.51.100.7", "198.51.100.9", True), ("unix", "", True)])
def test_networks(one, other, same):
    assert (sealing.network_of(one) == sealing.network_of(other)) is same


@pytest.mark.parametrize(("kind", "target", "shown"), [
    ("url", "https://nina:pw@lantern.example/p?session=nina#x", "https://lantern.example/p"),
    ("url", "lantern.example/p?x", "http://lantern.example/p"),
    ("sms", " 1065 ", "1065")])
def test_what_a_signal_shows_of_a_target(kind, target, shown):
    assert intake.shown_target(kind, target) == shown


def test_all_or_none_of_a_batch(hotline):
    with pytest.raises(Refusal):
        intake.submit_many([hotline.submission(), hotline.submission(target="")], at=START)
    assert intake.spool().counts() == (0, 0)
