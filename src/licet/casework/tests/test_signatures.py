"""Both sign what was looked at lately; nobody rests on a document of tomorrow."""

import datetime as dt

import pytest
from django.test import Client

from licet.casework import rules, services
from licet.casework.models import Measure
from licet.casework.tests.story import DAY, HOUR, START
from licet.casework.tests.test_database_posts import SECOND, SIGN, STEP, answer, do
from licet.casework.thresholds import thresholds
from licet.core.actors import WORKER
from licet.core.errors import BadInput, Conflict
from licet.core.rls import acting_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def half_signed(story):
    """A stop of access that olm signed first, at the beginning."""
    case_id = story.case(tier=1)
    return story.approve(story.draft(case_id, "stop_access", attachments={"evidence": story.evidence(case_id)}))


def row(measure):
    with acting_as(WORKER):
        return Measure.objects.get(pk=measure.pk)


def test_a_first_signature_counts_to_its_last_moment(story, half_signed):
    until = rules.counts_until(START, thresholds())
    assert until == START + 14 * DAY

    story.now = until
    assert story.second(half_signed).state == "approved"


def test_a_lapsed_first_signature_is_given_anew(story, half_signed):
    story.wait(200 * DAY)
    with pytest.raises(Conflict) as refused:
        story.second(half_signed)
    assert refused.value.code == "signature_lapsed"

    assert story.approve(half_signed, by="reed").state == "drafted"
    assert (row(half_signed).decided_by_id, row(half_signed).decided_at) == (story.who("reed").user_id, story.now)
    assert story.second(half_signed, by="olm").state == "approved"


def test_while_it_counts_nobody_replaces_it(story, half_signed):
    story.wait(14 * DAY)
    for name in ("olm", "reed"):
        with pytest.raises(Conflict):
            story.approve(half_signed, by=name)
    assert row(half_signed).decided_at == START


def test_what_a_lapsed_signature_rested_on_is_looked_at_again(story):
    draft = story.draft(story.case(tier=2), "publish_exposure", expires_at=START + 20 * DAY)
    olm = story.who("olm")
    do(olm, SIGN, olm.user_id, START, draft.pk)

    story.wait(30 * DAY)
    with pytest.raises(Conflict) as refused:
        story.approve(draft)
    assert refused.value.code == "term_over"


def test_the_database_says_the_same(story, half_signed):
    olm, reed, late = story.who("olm"), story.who("reed"), START + 14 * DAY + HOUR

    assert "decided once" in answer(reed, SIGN, reed.user_id, START + 14 * DAY, half_signed.pk)
    assert answer(reed, SIGN, reed.user_id, late, half_signed.pk) == 1
    do(reed, SECOND, reed.user_id, late, half_signed.pk)
    assert answer(reed, STEP, "approved", "approved", "x", late, half_signed.pk) == "the first signature has lapsed"
    assert "decided once" in answer(olm, SIGN, olm.user_id, late, half_signed.pk)


@pytest.mark.parametrize(("after", "says", "button"), [
    (dt.timedelta(0), "counts until", "Sign as the second person"), (15 * DAY, "no longer counts", ">Sign<")])
def test_the_page_shows_how_long_it_counts(story, half_signed, cast, settings, monkeypatch, after, says, button):
    from licet.core import clock

    settings.REQUIRE_MFA = False
    monkeypatch.setattr(clock, "now", lambda: START + after)
    client = Client()
    client.force_login(cast["reed"], backend="django.contrib.auth.backends.ModelBackend")
    text = client.get(f"/measures/{half_signed.pk}/", HTTP_ACCEPT_LANGUAGE="en").content.decode()

    assert says in text and button in text


@pytest.mark.parametrize(("days", "fits"), [(-400, True), (0, True), (1, False), (26_000, False)])
def test_a_determination_is_not_dated_in_the_future(story, days, fits):
    def record():
        return services.record_determination(
            story.case(tier=2), document_no="D 1", authority_id="authority", result="insufficient",
            determined_on=START.date() + dt.timedelta(days=days), actor=story.who("olm"), at=START)

    if fits:
        assert record().pk
        return
    with pytest.raises(BadInput, match="future"):
        record()


def test_today_is_the_local_day(story):
    """Half past midnight in Shanghai is still yesterday in UTC."""
    found = services.record_determination(
        story.case(tier=2), document_no="D 1", authority_id="authority", result="insufficient",
        determined_on=dt.date(2026, 3, 3), actor=story.who("olm"), at=dt.datetime(2026, 3, 2, 16, 30, tzinfo=dt.UTC))
    assert found.determined_on == dt.date(2026, 3, 3)
