"""Mails, targets, secrets."""

import datetime as dt
import email
import email.policy
import socket
import time
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller

from licet.core.errors import LicetError
from licet.orders import services
from licet.orders.sealing import new_secret, seal, unseal
from licet.orders.targets import is_public

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Box:
    """A mail box of the tests."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"


@pytest.fixture
def box(settings):
    made = Box()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(made, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield made
    controller.stop()


@pytest.mark.django_db
def test_an_order_by_mail_is_answered_behind_its_link(desk, box, client):
    desk.connect("email", mail="duty@nightlamp.example")
    measure = desk.notified()
    desk.dispatch()
    order = desk.order(measure)
    [mail] = box.mails
    text = mail.get_content()
    assert order.state == "dispatched" and mail["Message-ID"].startswith(f"<{order.message_id}@")
    assert "lantern.example" in text and "请切断" in text and "Cut:" in text
    assert f"{order.done_by.astimezone(SHANGHAI):%Y-%m-%d %H:%M} (UTC+08:00)" in text and "+00:00" not in text
    link = next(line for line in text.splitlines() if "/orders/answer/" in line)
    path = link[link.index("/orders/answer/"):].strip()
    assert client.post(path, {"said": "acknowledged"}).status_code == 302
    assert desk.order(measure).state == "acknowledged"


@pytest.mark.django_db
def test_a_mail_server_that_is_down_is_tried_again_with_the_same_id(desk, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    desk.connect("email", mail="duty@nightlamp.example")
    measure = desk.notified()
    desk.dispatch()
    order = desk.order(measure)
    assert (order.state, order.tries, order.measure.state) == ("pending", 1, "ordered")


@pytest.mark.parametrize(("address", "public"), [
    ("93.184.216.34", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.1.2.3", False), ("172.16.0.1", False),
    ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
    ("255.255.255.255", False), ("::1", False), ("fe80::1%eth0", False), ("fc00::1", False), ("::ffff:10.0.0.1", False),
    ("64:ff9b::a00:1", False), ("2002:a00:1::", False)])
def test_what_is_public(address, public):
    assert is_public(address) is public


def test_a_target_that_became_private_is_not_connected_to(settings, monkeypatch):
    from licet.orders.sending import Message, send

    monkeypatch.setitem(settings.ENV, "LICET_ALLOW_PRIVATE_TARGETS", False)
    sent = send(Message(id="x", channel="webhook", body="{}", url="https://127.0.0.1:9/", secret=new_secret()))
    assert sent.outcome == "blocked"


@pytest.mark.django_db
def test_one_connector_per_effect(desk):
    desk.connect("dns_feed")
    with pytest.raises(LicetError, match="same effect"):
        desk.connect("email", mail="duty@nightlamp.example")
    desk.connect("billing_feed")


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [
    {"kind": "manual"}, {"kind": "fax"}, {"kind": "webhook", "url": "ftp://192.0.2.1/"}, {"kind": "webhook"},
    {"kind": "email", "mail": "nobody"}, {"kind": "dns_feed", "effects": ["cut_billing"]}])
def test_what_no_connector_is(desk, fields):
    with pytest.raises(LicetError) as refused:
        desk.connect(fields.pop("kind"), **fields)
    assert refused.value.hint


@pytest.mark.django_db
def test_a_route_switched_off_is_left_at_the_next_try(desk):
    row, _ = desk.connect("webhook", url="http://127.0.0.1:1/")
    measure = desk.notified()
    desk.dispatch()
    assert desk.order(measure).state == "pending"
    services.switch_off(row.pk, actor=desk.who("wick"))
    desk.wait(dt.timedelta(hours=1))
    desk.dispatch()
    assert (desk.order(measure).state, desk.order(measure).channel) == ("dispatched", "manual")


def test_secrets_are_sealed():
    secret = new_secret()
    sealed = seal(secret)
    assert secret.encode() not in sealed and unseal(sealed) == secret
    with pytest.raises(LicetError) as refused:
        unseal(sealed[:-8] + b"AAAAAAA=")
    assert "secrets.json" in refused.value.hint


def test_a_slow_answer_ends_in_time():
    from licet.orders.sending import Message, send
    from licet.orders.tests.receiver import Receiver

    secret = new_secret()
    with Receiver(secret, moods=["hang"], hang_s=2) as receiver:
        started = time.monotonic()
        sent = send(Message(id="x_1", channel="webhook", body='{"type": "order.test"}', url=receiver.url, secret=secret,
                            timeout_s=0.3))
    assert sent.outcome == "timeout" and time.monotonic() - started < 6
