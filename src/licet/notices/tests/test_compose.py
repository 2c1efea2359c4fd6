"""The statement of reasons: complete or not at all, in both languages, frozen, and silent about reporters."""

import datetime as dt
import hashlib

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from licet.casework import services as casework
from licet.casework.models import Measure
from licet.casework.services import MeasureDraft
from licet.casework.tests.story import DAY, SITE, signal
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.notices.fields import PlaceholderEmpty
from licet.notices.models import Clock, Notice, Page
from licet.notices.services import compose_due, deliver_due, lapse_due, preview, remind_due
from licet.notices.services.facts import ReporterNamed


def _letters(measure):
    with acting_as(WORKER):
        return list(Notice.objects.filter(measure_id=measure.pk).order_by("id"))


def _sections(notice, language):
    return {section["heading"]: "\n".join(section["lines"]) for section in notice.body[language]["sections"]}


def test_statement_says_everything_in_english(story):
    measure = story.suspension()
    (letter,) = _letters(measure)
    page = _sections(letter, "en")

    assert letter.body["en"]["addressee"] == f"the owner of {SITE}"
    assert "Suspend access" in page["What this is about"] and f"the site {SITE}" in page["What this is about"]
    assert "site_unfiled, Notice §4.1.1" in page["Facts"] and "(source: " in page["Facts"]
    assert "2 March 2026" in page["Facts"]
    assert page["Rule"].startswith("Notice §4.1.1: The licence of every access provider")
    assert page["Scope"].startswith(f"Host names: {SITE}") and "everywhere" in page["Scope"]
    assert "until 1 April 2026 09:00 (CST)" in page["Duration"]
    assert "no other site is affected" in page["Effect on others"]
    assert page["Who decided"] == "Authority of the tests; decided by olm (Officer)."
    assert "Deciding: no" in page["Part played by software"] and "proposed tier 1" in page["Part played by software"]
    assert "Within 60 days" in page["Appeal"] and "stayed" in page["Appeal"]
    assert "Authority of the tests" in page["Contact"]


def test_statement_says_the_same_in_chinese(story):
    (letter,) = _letters(story.suspension())
    page = _sections(letter, "zh")

    assert letter.body["zh"]["title"] == "决定理由告知书"
    assert letter.body["zh"]["number"] == "告〔2026〕1号"
    assert list(page) == ["事项", "事实", "线索来源", "依据", "措施范围", "期限", "对他人的影响", "决定人", "软件的作用", "申诉",
                          "联系方式"]
    assert "暂停接入" in page["事项"] and "2026年4月1日" in page["期限"] and "60 日内" in page["申诉"]
    assert all(text.strip() for text in page.values())


def test_text_is_kept_and_hashed_as_it_is(story):
    (letter,) = _letters(story.suspension())
    assert letter.sha256 == hashlib.sha256(letter.text.encode()).hexdigest()
    assert "决定理由告知书" in letter.text and "Statement of reasons" in letter.text
    assert letter.number == "N-2026-00001"


@pytest.mark.parametrize(("draft", "field"), [
    pytest.param({"reasons": [{"rule": "nobody_knows_this"}]}, "facts", id="a reason nobody can read"),
    pytest.param({"rule_cited": "Pledge, clause 3"}, "rule", id="a clause without its text"),
])
def test_approval_is_undone_while_a_placeholder_is_empty(story, draft, field):
    fields = {"kind": "suspend_access", "reasons": [{"rule": "site_unfiled"}], "rule_cited": "Notice §4.1.1",
              "scope": {"hosts": [SITE]}} | draft
    measure = casework.draft_measure(story.case(tier=2), MeasureDraft(**fields), actor=story.who("olm"), at=story.now)

    with pytest.raises(PlaceholderEmpty) as refused:
        story.approve(measure)

    assert refused.value.field == field and refused.value.hint
    with acting_as(WORKER):
        assert Measure.objects.get(pk=measure.pk).state == "drafted"
        assert preview(measure, story.now)["en"]["missing"] == [field]
    assert _letters(measure) == []


def test_preview_before_anybody_signed_misses_nothing(story):
    draft = story.draft(story.case(tier=2))
    with acting_as(WORKER):
        shown = preview(draft, story.now)
    assert shown["zh"]["missing"] == shown["en"]["missing"] == []
    assert shown["en"]["document"]["sections"][0]["lines"][0].startswith("Authority of the tests has taken")


def test_reporters_are_not_in_the_letter(story):
    case = story.case("finding", tier=2)
    for n, observer in enumerate(("reporter:cluster-rosewater", "mail:lily@reader.example")):
        casework.receive_signal(signal("report", observer=observer, at=story.now, source=f"hotline:RCPT-7781{n}"),
                                actor=WORKER, at=story.now)
    (letter,) = _letters(story.approve(story.draft(case)))
    for secret in ("rosewater", "lily", "RCPT", "hotline"):
        assert secret not in letter.text
    assert "Who reported is kept confidential" in letter.text and "举报人身份依法保密" in letter.text


def test_letter_that_names_a_reporter_is_refused(story):
    case = story.case("finding", tier=2)
    casework.receive_signal(signal("report", observer="lily@reader.example", at=story.now), actor=WORKER, at=story.now)
    draft = MeasureDraft(kind="suspend_access", rule_cited="Notice §4.1.1", scope={"hosts": [SITE]},
                         reasons=[{"text": "As lily@reader.example told us, there is no filing."}])
    measure = casework.draft_measure(case, draft, actor=story.who("olm"), at=story.now)
    with pytest.raises(ReporterNamed):
        story.approve(measure)


def test_numbers_run_without_gaps_per_desk_and_year(story):
    case = story.case(tier=2)
    first = story.approve(story.draft(case))
    other = story.case(tier=2, ground="pornography")
    refused = story.draft(other, attachments={"owner_email": "x"})
    with acting_as(WORKER), pytest.raises(PlaceholderEmpty), transaction.atomic():
        Measure.objects.filter(pk=refused.pk).update(reasons=[{"rule": "nobody_knows_this"}])
        story.approve(refused)
    second = story.approve(story.draft(other))  # before any worker ran
    story.wait(350 * DAY)
    third = story.suspension(ground="false_filing")
    assert [_letters(one)[0].number for one in (first, second, third)] == [
        "N-2026-00001", "N-2026-00002", "N-2027-00001"]


@pytest.mark.parametrize("statement", [
    "UPDATE notices_notice SET text = 'other' WHERE id = %s", "DELETE FROM notices_notice WHERE id = %s"])
def test_letter_cannot_be_changed_by_anybody(story, statement):
    (letter,) = _letters(story.suspension())
    with acting_as(WORKER), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [letter.pk])


def test_page_is_published_and_measure_notified(story):
    measure = story.suspension()
    assert deliver_due(story.now) == 2  # the page, and the step
    with acting_as(WORKER):
        measure.refresh_from_db()
        assert measure.state == "notified"
        assert Page.objects.get(measure=measure).opened_at == story.now
        kinds = {clock.kind: clock.due_at for clock in Clock.objects.filter(measure=measure)}
    assert kinds["appeal_window"] == story.now + 60 * DAY
    assert kinds["answer"] == dt.datetime(2026, 3, 9, 15, 59, 59, tzinfo=dt.UTC)  # five business days
    assert kinds["term"] == measure.expires_at
    assert deliver_due(story.now) == 0


def test_draft_that_ends_before_delivery_is_told_to_nobody(story):
    measure = story.suspension()
    story.go(measure, "lifted", by="olm")
    deliver_due(story.now)
    with acting_as(WORKER):
        assert {row.state for row in _letters(measure)[0].deliveries.all()} == {"cancelled"}
    assert [row.kind for row in _letters(measure)] == ["statement"]


def test_referral_is_not_told_to_the_suspect(story, sign_in):
    from licet.evidence.tests.locker import TestLocker

    locker = TestLocker(story, tier=1)
    locker.add()
    draft = story.draft(locker.case_id, "refer_to_police",
                        attachments={"bag": locker.seal().ref, "owner_email": "o@lantern.example"})
    measure = story.approve(draft)
    assert deliver_due(story.now) == 1
    with acting_as(WORKER):
        measure.refresh_from_db()
        letter = Notice.objects.get(measure=measure)
        assert measure.state == "notified" and not letter.deliveries.exists()
        assert Page.objects.get(measure=measure).opened_at is None
    assert sign_in("wick").get(f"/notices/{letter.pk}/").status_code == 404
    assert sign_in("olm").get(f"/notices/{letter.pk}/").status_code == 200


@pytest.mark.parametrize(("ordered", "said"), [
    (True, "What was cut is being restored"), (False, "Nothing was cut, so there is nothing to restore")],
    ids=["it was ordered", "it was not ordered"])
def test_end_is_told_with_its_restoration(story, ordered, said):
    measure = story.suspension()
    deliver_due(story.now)
    if ordered:
        story.go(measure, "ordered")
    story.go(measure, "lifted", by="olm")
    end = _letters(measure)[-1]
    assert end.kind == "lifted" and "as ordered" in end.text and said in end.text
    with acting_as(WORKER):
        assert Page.objects.get(measure=measure).closes_at == story.now + 180 * DAY


def test_expiry_is_told(story):
    measure = story.suspension()
    deliver_due(story.now)
    story.wait(31 * DAY)
    casework.expire_due(story.now)
    assert _letters(measure)[-1].kind == "expired"
    assert "without a determination" in _letters(measure)[-1].text


def test_appeal_gets_receipt_and_judgement(story):
    measure = story.suspension()
    deliver_due(story.now)
    appeal = story.appeal(measure)
    assert compose_due(story.now) == 1
    story.wait(DAY)
    story.judge(appeal, "overturned", by="reed")
    assert compose_due(story.now) == 1 and compose_due(story.now) == 0

    letters = {row.kind: row for row in _letters(measure)}
    assert set(letters) == {"statement", "appeal_receipt", "overturned", "appeal_judgement"}
    assert "stayed until the appeal is judged" in letters["appeal_receipt"].text
    assert "the filing was there" in letters["appeal_judgement"].text
    assert "judged by reed (Officer), who had no part" in letters["appeal_judgement"].text
    with acting_as(WORKER):
        clocks = {row.kind: row.outcome for row in Clock.objects.filter(measure=measure)}
    assert clocks["appeal_window"] == clocks["judgement"] == "met" and clocks["term"] == "ended"


def test_appeal_nobody_judged_is_told_as_won(story):
    measure = story.suspension()
    deliver_due(story.now)
    story.appeal(measure)
    compose_due(story.now)
    story.wait(29 * DAY + DAY + dt.timedelta(minutes=1))
    casework.default_overdue_appeals(story.now)
    compose_due(story.now)
    last = _letters(measure)[-1]
    assert last.kind == "appeal_judgement" and "Won by default" in last.text
    with acting_as(WORKER):
        assert Clock.objects.get(measure=measure, kind="judgement").outcome == "lapsed"


def test_reminder_goes_out_once_before_the_day(story):
    case = story.case(tier=2)
    measure = story.approve(story.draft(case, "order_rectification", deadline_on=dt.date(2026, 3, 12)))
    deliver_due(story.now)
    assert remind_due(story.now) == 0
    story.wait(7 * DAY)  # Monday the 9th: three business days before Thursday
    assert remind_due(story.now) == 1 and remind_due(story.now) == 0
    kinds = [row.kind for row in _letters(measure)]
    assert kinds == ["statement", "rectification", "reminder"]
    assert "nothing happens by itself" in _letters(measure)[-1].text


def test_clock_that_runs_out_is_in_the_timeline_with_its_consequence(story):
    case = story.case(tier=2)
    measure = story.approve(story.draft(case, "order_rectification", deadline_on=dt.date(2026, 3, 12)))
    deliver_due(story.now)
    story.wait(11 * DAY)
    assert lapse_due(story.now) == 2  # the answer's and the rectification's
    with acting_as(WORKER):
        assert Clock.objects.get(measure=measure, kind="rectification").outcome == "lapsed"
        notes = [event.note for event in measure.case.events.filter(tag="notices:clock:lapsed")]
    assert any("decide on a further measure" in note for note in notes)
    assert lapse_due(story.now) == 0
