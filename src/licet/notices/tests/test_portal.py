"""The page of whoever is hit: a token, no account; letters, terms, answers, documents, appeals; never a reporter."""

import datetime as dt
import io
import zipfile

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from licet.casework import services as casework
from licet.casework.models import Appeal, CaseEvent
from licet.casework.tests.story import DAY, signal
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.evidence.selectors import custody_of, item_by_ref
from licet.evidence.services import download
from licet.notices import profile_texts, services
from licet.notices.models import Answer, AnswerDocument, Clock, Page
from licet.notices.services import Handed, PageGone, compose_due, deliver_due
from licet.notices.services.pages import address_of, token_of
from licet.notices.tests.test_rules import docx

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF"


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


@pytest.fixture
def now_is(monkeypatch):
    """``now_is(moment)``: what the clock says to the pages."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def told(story, now_is):
    """A suspension whose owner was told; (measure, address below the portal)."""
    measure = story.suspension()
    deliver_due(story.now)
    now_is(story.now)
    return measure, _path(measure)


def _page_row(measure):
    with acting_as(WORKER):
        return Page.objects.get(measure_id=measure.pk)


def _path(measure):
    return f"/portal/notices/{token_of(_page_row(measure))}/"


def _client():
    return Client(enforce_csrf_checks=True, headers={"accept-language": "en"})


def test_page_shows_letter_state_terms_and_forms(told):
    response = _client().get(told[1])
    page = response.content.decode()
    assert response.status_code == 200
    for words in ("Suspend access", "lantern.example", "Time to appeal", "Statement of reasons", "who decided".capitalize(),
                  "nothing has been carried out yet", "Send the answer", "File the appeal", "1 May 2026"):
        assert words in page
    assert (response["Referrer-Policy"], response["X-Robots-Tag"], response["Cache-Control"]) == (
        "no-referrer", "noindex, nofollow, noarchive", "no-store")
    assert "<script" not in page and not response.cookies


def test_page_in_chinese_by_its_link(told):
    page = _client().get(f"{told[1]}?lang=zh-hans").content.decode()
    assert "决定理由告知书" in page and "提出申诉" in page and "How it stands" not in page


@pytest.mark.parametrize("token", ["nothing", "A" * 43, "../../x"])
def test_wrong_token_shows_nothing(told, token):
    response = _client().get(f"/portal/notices/{token}/")
    assert response.status_code == 404 and b"lantern" not in response.content


def test_token_is_kept_nowhere_and_is_not_guessed_from_the_row(told):
    row = _page_row(told[0])
    token = token_of(row)
    assert len(token) == 43 and token not in (row.nonce, row.token_sha256)
    assert address_of(row) == f"https://desk.example/portal/notices/{token}/"


def test_page_is_not_there_before_it_is_published(story, now_is):
    measure = story.suspension()
    now_is(story.now)
    assert _client().get(_path(measure)).status_code == 404


def test_page_closes_some_time_after_the_end(told, story, now_is):
    measure, path = told
    story.go(measure, "lifted", by="olm")
    now_is(story.now + 179 * DAY)
    assert _client().get(path).status_code == 200
    now_is(story.now + 181 * DAY)
    assert _client().get(path).status_code == 404


def test_looks_are_limited_per_page(told):
    client = _client()
    for _ in range(profile_texts.limits().looks_a_minute):
        client.get(told[1])
    assert client.get(told[1]).status_code == 429


def test_answer_with_document_reaches_the_desk(told, sign_in):
    measure, path = told
    files = [SimpleUploadedFile("../filing proof.exe", PDF), SimpleUploadedFile("letter.docx", docx())]
    response = _client().post(f"{path}answer/", {"text": "We have filed it.", "documents": files}, follow=True)

    page = response.content.decode()
    assert response.status_code == 200 and "Your answer has arrived" in page and "filing proof.exe.pdf" in page
    with acting_as(WORKER):
        answer = Answer.objects.get(measure=measure)
        assert [row.format for row in answer.documents.order_by("id")] == ["pdf", "docx"]
        assert answer.sha256 in page
        assert Clock.objects.get(measure=measure, kind="answer").outcome == "met"
        event = CaseEvent.objects.get(case_id=measure.case_id, tag="notices:answer:received")
    assert event.actor.startswith("holder:") and token_of(_page_row(measure)) not in str(event.__dict__)
    desk = sign_in("olm")
    assert b"We have filed it." in desk.get(f"/notices/answers/{answer.pk}/").content
    with acting_as(WORKER):
        timeline = desk.get(f"/cases/{measure.case.number}/").content.decode()
    assert "收到来件" in timeline and "当事方（主办者页面）" in timeline
    assert sign_in("wick").get(f"/notices/answers/{answer.pk}/").status_code == 404


def test_document_is_evidence_of_the_case_with_custody(told):
    services.answer(token_of(_page_row(told[0])), text="", files=[Handed(name="<b>.pdf", content=PDF)], at=clock.now())
    with acting_as(WORKER):
        row = AnswerDocument.objects.get()
        item = item_by_ref(row.evidence_ref)
        assert (row.name, item.sha256, item.bytes) == ("b.pdf", row.sha256, len(PDF))
        assert [line.actor.startswith("holder:") for line in custody_of(item)] == [True]
        assert b"".join(download(item.ref, purpose="to read it", actor=WORKER, at=clock.now())[1]) == PDF


def test_no_file_is_taken_in_a_case_whose_content_is_never_kept(story, now_is):
    case = story.case("dialtest", tier=1, ground="minors")
    measure = story.approve(story.draft(case, "order_rectification", deadline_on=dt.date(2026, 3, 12)))
    deliver_due(story.now)
    now_is(story.now)
    assert 'type="file"' not in _client().get(_path(measure)).content.decode()
    refused = _client().post(f"{_path(measure)}answer/", {"documents": SimpleUploadedFile("a.pdf", PDF)})
    assert refused.status_code == 422 and "no files are taken" in refused.content.decode()
    assert _client().post(f"{_path(measure)}answer/", {"text": "In words."}).status_code == 302


@pytest.mark.parametrize(("content", "said"), [
    pytest.param(b"\x89PNG\r\n\x1a\n" + b"0" * 40, "this is a picture", id="picture"),
    pytest.param(b"\0\0\0\x18ftypmp42" + b"0" * 40, "this is a film", id="film"),
    pytest.param(b"ID3\x04" + b"0" * 40, "this is a sound", id="sound"),
    pytest.param(b"MZ\x90\0" + b"0" * 40, "no document of a kind", id="program"),
    pytest.param(b"", "the file is empty", id="nothing"),
])
def test_media_and_programs_are_refused_with_the_reason(told, content, said):
    response = _client().post(f"{told[1]}answer/", {
        "text": "See here.", "documents": SimpleUploadedFile("proof.pdf", content)})
    page = response.content.decode()
    assert response.status_code == 422 and said in page and "See here." in page
    with acting_as(WORKER):
        assert not Answer.objects.exists()


def test_empty_answer_and_too_many_are_refused(told):
    client, path = _client(), f"{told[1]}answer/"
    assert client.post(path, {"text": "  "}).status_code == 422
    for n in range(profile_texts.limits().answers_a_day):
        assert client.post(path, {"text": f"answer {n}"}).status_code == 302
    assert client.post(path, {"text": "one more"}).status_code == 429


def test_appeal_on_the_page_stays_the_suspension(told, story):
    measure, path = told
    response = _client().post(f"{path}appeal/", {"text": "The site is filed."}, follow=True)
    assert response.status_code == 200 and "Your appeal has arrived" in response.content.decode()
    with acting_as(WORKER):
        measure.refresh_from_db()
        appeal = Appeal.objects.get(measure=measure)
    assert measure.state == "stayed" and appeal.filed_by.startswith("holder:")
    assert compose_due(story.now) == 1
    deliver_due(story.now)
    page = _client().get(path).content.decode()
    assert "Receipt of an appeal" in page and "An appeal is pending" in page and "It is stayed" in page


def test_one_number_per_thing_on_receipt_page_and_desk(told, story, sign_in):
    measure, path = told
    client, desk = _client(), sign_in("olm")
    appeal = client.post(f"{path}appeal/", {"text": "The site is filed."}, follow=True).content.decode()
    answer = client.post(f"{path}answer/", {"text": "Here is the number."}, follow=True).content.decode()
    with acting_as(WORKER):
        filed, written = Appeal.objects.get(measure=measure), Answer.objects.get(measure=measure)
    assert filed.number in appeal and written.number in answer and filed.number[0] != written.number[0]
    page = client.get(path).content.decode()
    assert filed.number in page and written.number in page
    assert filed.number in desk.get(f"/appeals/{filed.pk}/").content.decode()
    assert filed.number in desk.get("/appeals/").content.decode()
    assert written.number in desk.get(f"/notices/answers/{written.pk}/").content.decode()


def test_second_or_late_appeal_is_refused_with_the_reason(told, story, now_is):
    _, path = told
    now_is(story.now + 61 * DAY)
    late = _client().post(f"{path}appeal/", {"text": "Too late?"})
    assert late.status_code == 409 and "The time to appeal is over" in late.content.decode()
    now_is(story.now)
    assert _client().post(f"{path}appeal/", {"text": "First."}).status_code == 302
    second = _client().post(f"{path}appeal/", {"text": "Second."})
    assert second.status_code == 409 and "An appeal is pending" in second.content.decode()


def test_receipt_of_somebody_else_is_not_shown(told, story):
    measure, path = told
    story.appeal(measure)  # filed by an organisation, in the console
    with acting_as(WORKER):
        appeal = Appeal.objects.get(measure=measure)
    assert _client().get(f"{path}receipts/appeal/{appeal.pk}/").status_code == 404


def test_letter_prints_and_saves(told):
    with acting_as(WORKER):
        notice = told[0].notices.get()
    printed = _client().get(f"{told[1]}letters/{notice.pk}/").content.decode()
    assert "决定理由告知书" in printed and "Statement of reasons" in printed and notice.sha256 in printed and "印章" in printed
    saved = _client().get(f"{told[1]}letters/{notice.pk}/pdf/")
    assert saved["Content-Type"] == "application/pdf" and saved.content.startswith(b"%PDF")


def test_letter_of_another_measure_is_not_on_this_page(told, story):
    other = story.approve(story.draft(story.case(tier=2), "warn"))
    deliver_due(story.now)
    with acting_as(WORKER):
        notice = other.notices.get()
    assert _client().get(f"{told[1]}letters/{notice.pk}/").status_code == 404


def test_reporters_are_nowhere_on_the_page(story, now_is):
    case = story.case("finding", tier=2)
    casework.receive_signal(signal("report", observer="lily@reader.example", at=story.now, source="hotline:RCPT-77812"),
                            actor=WORKER, at=story.now)
    measure = story.approve(story.draft(case))
    deliver_due(story.now)
    now_is(story.now)
    pages = [_client().get(_path(measure) + extra).content.decode() for extra in ("", "?lang=en", "?lang=zh-hans")]
    for page in pages:
        assert "lily" not in page and "RCPT" not in page and "hotline" not in page
        assert "reader.example" not in page


def test_service_refuses_a_closed_page(told, story):
    with pytest.raises(PageGone):
        services.answer("nothing", text="x", files=[], at=story.now)


def test_archive_that_is_no_document_is_refused(told):
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("film.mp4", b"0" * 100)
    response = _client().post(f"{told[1]}answer/", {"documents": SimpleUploadedFile("proof.docx", box.getvalue())})
    assert response.status_code == 422
