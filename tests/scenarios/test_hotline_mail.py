"""A letter to the hotline: over SMTP into a mailbox, from there by IMAP into a case; the answer comes back over SMTP, and
its receipt shows the result when the case ends."""

import datetime as dt
import email.policy
import re
import smtplib
from email.message import EmailMessage
from urllib.parse import urlencode

import pytest
from django.test import Client

from licet.casework import services as casework
from licet.casework.models import Case
from licet.config.mail import mailbox
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline import intake
from licet.hotline.models import Report
from licet.hotline.tasks import drain, fetch
from licet.hotline.tests.mail_servers import dovecot, pymap, smtp
from licet.hotline.tests.test_channels import MARF

FORM = "application/x-www-form-urlencoded"

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[pymap, dovecot], ids=["pymap", "dovecot"])
def post(request, tmp_path, settings):
    """Both servers; what reaches the hotline's address over SMTP lies in its mailbox."""
    settings.LICET_HOME = tmp_path
    with request.param() as imap, smtp(settings, deliver=imap.deliver) as outgoing:
        (tmp_path / "imap-password").write_text(imap.password, encoding="utf-8")
        settings.HOTLINE_MAILBOX = mailbox(f"imap://{imap.user}@127.0.0.1:{imap.port}", home=tmp_path, password_file="",
                                           ca="")
        yield outgoing
    intake.spool().close()
    intake._spool_at.cache_clear()


def send(settings, text, *, sender, subject="举报"):
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, "hotline@authority.example", subject
    message["Message-ID"] = f"<{abs(hash(text))}@reporter.example>"
    message.set_content(text)
    with smtplib.SMTP("127.0.0.1", settings.EMAIL_PORT, timeout=10) as server:
        server.send_message(message, "reporter@reporter.example", ["hotline@authority.example"])


def test_a_letter_becomes_a_case_and_its_receipt_shows_the_end(post, settings, cast, actor_of):
    send(settings, "事由：淫秽色情内容\n对象：https://www.lamp-nights.example/front\n首页全是", sender="南 <nan@reporter.example>")
    send(settings, "It is at https://lamp-nights.example/other", sender="nina@reporter.example", subject="Pornography")
    with smtplib.SMTP("127.0.0.1", settings.EMAIL_PORT, timeout=10) as server:
        server.sendmail("abuse@watch.example", ["hotline@authority.example"], MARF.encode())

    fetch(0)
    drain(0)

    with acting_as(WORKER):
        case = Case.objects.get(ground="pornography")
        assert case.subject_key == "lamp-nights.example" and case.signal_count == 2
        assert Case.objects.get(ground="deceptive_promotion").subject_key == "lantern.example"
        assert set(Report.objects.values_list("channel", flat=True)) == {"mail"}
    answers = {answer["To"]: answer.get_content() for answer in post.messages}
    assert set(answers) == {"nan@reporter.example", "nina@reporter.example", "abuse@watch.example"}
    number, code = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2}", answers["nan@reporter.example"])
    status = Client(HTTP_ACCEPT_LANGUAGE="en")
    receipt = {"number": number, "code": code}
    assert "Being checked" in status.post("/report/status/", urlencode(receipt), content_type=FORM).content.decode()

    at = case.opened_at + dt.timedelta(hours=1)
    casework.set_tier(case.pk, 2, reason="two people, a clear page", actor=actor_of("olm"), at=at)
    casework.close_case(case.pk, outcome="actioned", reason="suspended until it is corrected", actor=actor_of("olm"), at=at)

    page = status.post("/report/status/", urlencode(receipt), content_type=FORM).content.decode()
    assert "Acted on" in page and "nan@" not in page
