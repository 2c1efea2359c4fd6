"""Letters leave: a real mail server on 127.0.0.1, tries that fail, the same message twice, and what the desk sees."""

import datetime as dt
import email
import email.policy
import io
import socket

import pypdf
import pytest
from django.core import mail

from licet.casework.models import CaseEvent, Measure
from licet.casework.tests.story import SITE
from licet.core.actors import WORKER
from licet.core.errors import BadInput, Conflict, NotFound
from licet.core.rls import acting_as
from licet.notices import pdf, services
from licet.notices.models import Delivery, Notice, Page
from licet.notices.services import deliver_due
from licet.notices.services.pages import address_of

pytestmark = pytest.mark.usefixtures("posts")
MINUTE = dt.timedelta(minutes=1)


class Inbox:
    """A mail server that keeps what it takes; ``refuses`` maps an address to its answer."""

    def __init__(self):
        self.messages, self.refuses, self.down = [], {}, ""

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.down:
            return self.down
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"


@pytest.fixture
def inbox(settings, socket_enabled=None):
    from aiosmtpd.controller import Controller

    kept = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 10
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.DEFAULT_FROM_EMAIL = "desk@authority.example"
    yield kept
    controller.stop()


def _deliveries(measure, **filters):
    with acting_as(WORKER):
        return list(Delivery.objects.filter(notice__measure_id=measure.pk, **filters).order_by("id"))


def _state(measure):
    with acting_as(WORKER):
        return Measure.objects.get(pk=measure.pk).state


def test_letter_arrives_by_smtp_with_text_page_and_pdf(story, inbox):
    measure = story.suspension()
    deliver_due(story.now)

    (message,) = inbox.messages
    with acting_as(WORKER):
        notice = Notice.objects.get(measure=measure)
        page = address_of(Page.objects.get(measure=measure))
    text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert message["To"] == "compliance@nightlamp.example" and message["Message-ID"].startswith(f"<notice-{notice.pk}-")
    assert notice.text in text and page in text and notice.sha256 in text and "pass the address below on" in text
    html = message.get_body(("html",)).get_content()
    assert "决定理由告知书" in html and page in html
    attached = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    words = "".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(attached[f"{notice.number}.pdf"])).pages)
    assert "Statement of reasons" in words and "决定理由告知书" in words
    assert _state(measure) == "notified"
    assert [row.state for row in _deliveries(measure)] == ["sent", "sent"]


def test_nothing_is_sent_twice(story, inbox):
    story.suspension()
    for _ in range(3):
        deliver_due(story.now)
    assert len(inbox.messages) == 1


def test_killed_after_sending_the_same_message_goes_again(story, inbox, monkeypatch):
    measure = story.suspension()
    from licet.notices.services import delivery

    def killed(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(delivery, "_note_sent", killed)
        deliver = _deliveries(measure, channel="mail")[0]
        with acting_as(WORKER):
            Delivery.objects.filter(channel="page").update(next_at=story.now + MINUTE)
        with pytest.raises(KeyboardInterrupt):
            deliver_due(story.now)
    assert _deliveries(measure, pk=deliver.pk)[0].state == "sending" and len(inbox.messages) == 1
    deliver_due(story.now + MINUTE)
    assert len(inbox.messages) == 1  # its lease is not over
    deliver_due(story.now + 6 * MINUTE)
    assert len({message["Message-ID"] for message in inbox.messages}) == 1 and len(inbox.messages) == 2
    assert _deliveries(measure, pk=deliver.pk)[0].state == "sent" and _state(measure) == "notified"


def test_server_that_is_down_holds_the_step_for_a_while_only(story, inbox):
    inbox.down = "451 try again later"
    measure = story.suspension()
    now = story.now
    for minutes in (0, 1, 2):
        now += minutes * MINUTE
        deliver_due(now)
        assert _state(measure) == ("notified" if minutes == 2 else "approved")
    waiting = _deliveries(measure, channel="mail")[0]
    assert (waiting.state, waiting.tries, waiting.next_at) == ("waiting", 3, now + 4 * MINUTE)
    assert "451" in waiting.problem
    inbox.down = ""
    deliver_due(now + 4 * MINUTE)
    assert _deliveries(measure, channel="mail")[0].state == "sent"


def test_address_refused_for_good_is_seen_by_the_desk_and_blocks_nothing(story, inbox, sign_in):
    inbox.refuses["compliance@nightlamp.example"] = "550 no such mailbox"
    measure = story.suspension()
    deliver_due(story.now)
    failed = _deliveries(measure, state="failed")[0]
    assert "550 no such mailbox" in failed.problem and _state(measure) == "notified"
    with acting_as(WORKER):
        event = CaseEvent.objects.get(case_id=measure.case_id, tag="notices:mail:failed")
    assert "550" in event.note
    page = sign_in("olm").get("/notices/?failed=1").content.decode()
    assert f"/notices/{failed.notice_id}/" in page
    inbox.refuses.clear()
    services.try_again(failed.pk, actor=story.who("olm"), at=story.now)
    deliver_due(story.now)
    assert _deliveries(measure, state="failed") == [] and len(inbox.messages) == 1


def test_mail_goes_to_the_compliance_post_and_not_to_the_reception(story):
    measure = story.suspension()
    assert [row.address for row in _deliveries(measure, channel="mail")] == ["compliance@nightlamp.example"]


def test_owner_known_to_the_desk_gets_a_letter_too(story):
    draft = story.draft(story.case(tier=2), attachments={"owner_email": "owner@lantern.example"})
    measure = story.approve(draft)
    deliver_due(story.now)
    assert {row.address: row.recipient for row in _deliveries(measure, channel="mail")} == {
        "compliance@nightlamp.example": "provider", "owner@lantern.example": "owner"}
    owner = next(message for message in mail.outbox if message.to == ["owner@lantern.example"])
    assert "You need no account" in owner.body and "pass the address" not in owner.body


def test_desk_sends_to_one_more_address_once(story):
    measure = story.suspension()
    deliver_due(story.now)
    with acting_as(WORKER):
        notice = Notice.objects.get(measure=measure)
    services.send_to(notice.pk, "found@lantern.example", actor=story.who("olm"), at=story.now)
    deliver_due(story.now)
    assert [message.to for message in mail.outbox][-1] == ["found@lantern.example"]
    with pytest.raises(Conflict):
        services.send_to(notice.pk, "found@lantern.example", actor=story.who("olm"), at=story.now)
    with pytest.raises(BadInput):
        services.send_to(notice.pk, "nobody", actor=story.who("olm"), at=story.now)
    for stranger in ("moss", "wick"):
        with pytest.raises(NotFound):
            services.send_to(notice.pk, "x@moss.example", actor=story.who(stranger), at=story.now)


def test_message_that_came_back_is_seen(story):
    measure = story.suspension()
    deliver_due(story.now)
    sent = _deliveries(measure, channel="mail")[0]
    services.came_back(sent.pk, reason="mailbox full", actor=story.who("olm"), at=story.now)
    assert _deliveries(measure, state="failed")[0].problem == "mailbox full" and _state(measure) == "notified"


def test_address_of_the_page_is_shown_to_the_desk_and_written_down(story, sign_in):
    measure = story.suspension()
    deliver_due(story.now)
    with acting_as(WORKER):
        address = address_of(Page.objects.get(measure=measure))
    shown = sign_in("olm").post(f"/notices/address/{measure.pk}/").content.decode()
    assert address in shown
    assert address not in sign_in("wick").post(f"/notices/address/{measure.pk}/").content.decode()
    with acting_as(WORKER):
        assert CaseEvent.objects.filter(case_id=measure.case_id, tag="notices:page:address_shown").count() == 1


@pytest.mark.parametrize(("language", "words"), [("zh", ("决定理由告知书", "暂停接入", "申诉")),
                                                 ("en", ("Statement of reasons", "Suspend access", "Seal"))])
def test_pdf_has_numbers_pages_and_both_languages(story, language, words):
    story.suspension()
    with acting_as(WORKER):
        notice = Notice.objects.get()
    sheets = pypdf.PdfReader(io.BytesIO(pdf.pdf_of(notice))).pages
    text = "".join("".join(sheet.extract_text().split()) for sheet in sheets)
    assert all("".join(word.split()) in text for word in words)
    for n, sheet in enumerate(sheets, 1):
        foot = sheet.extract_text()
        assert notice.number in foot and f"{n} / {len(sheets)}" in foot
    assert round(float(sheets[0].mediabox.width)) == 595 and round(float(sheets[0].mediabox.height)) == 842


def test_without_a_font_the_pdf_is_refused_and_the_rest_works(story, monkeypatch, sign_in):
    monkeypatch.setattr(pdf, "cjk_family", lambda: "")
    measure = story.suspension()
    deliver_due(story.now)
    assert _state(measure) == "notified"
    assert [name for name, *_ in mail.outbox[0].attachments] == ["N-2026-00001.txt"]
    with acting_as(WORKER):
        notice = Notice.objects.get(measure=measure)
    refused = sign_in("olm").get(f"/notices/{notice.pk}/pdf/")
    assert refused.status_code == 503 and "fonts-noto-cjk" in refused.content.decode()
    assert sign_in("olm").get(f"/notices/{notice.pk}/print/").status_code == 200


def test_whoever_is_hit_sees_its_letters_in_the_console_and_others_do_not(story, sign_in):
    measure = story.suspension()
    with acting_as(WORKER):
        notice = Notice.objects.get(measure=measure)
    assert sign_in("wick").get(f"/notices/{notice.pk}/").status_code == 404  # not told yet
    deliver_due(story.now)
    page = sign_in("wick").get(f"/notices/{notice.pk}/").content.decode()
    assert SITE in page and "compliance@nightlamp.example" not in page
    assert str(notice.number) in sign_in("wick").get("/notices/").content.decode()
    for stranger in ("moss", "pilot"):
        assert sign_in(stranger).get(f"/notices/{notice.pk}/").status_code == 404
        assert notice.number not in sign_in(stranger).get("/notices/").content.decode()


def test_no_letter_leaves_with_an_address_nobody_outside_reaches(story, inbox, settings, monkeypatch):
    monkeypatch.setitem(settings.ENV, "LICET_EMAIL_URL", "smtp://mail.example")
    settings.PUBLIC_URL = "http://127.0.0.1:8093"
    measure = story.suspension()
    for minutes in (0, 1, 3):
        deliver_due(story.now + minutes * MINUTE)
    mail = _deliveries(measure, channel="mail")[0]
    assert (mail.state, "LICET_PUBLIC_URL" in mail.problem, inbox.messages) == ("waiting", True, [])
    assert _state(measure) == "notified"  # the page still counts, and the desk sees what did not leave

    settings.PUBLIC_URL = "https://desk.example"
    deliver_due(story.now + 60 * MINUTE)
    assert len(inbox.messages) == 1 and _deliveries(measure, channel="mail")[0].state == "sent"


def test_the_desk_is_told_when_the_address_works_here_only(story, sign_in, settings):
    measure = story.suspension()
    deliver_due(story.now)
    client = sign_in("olm")
    assert "LICET_PUBLIC_URL" not in client.post(f"/notices/address/{measure.pk}/").content.decode()
    settings.PUBLIC_URL = "http://127.0.0.1:8093"
    assert "LICET_PUBLIC_URL" in client.post(f"/notices/address/{measure.pk}/").content.decode()
