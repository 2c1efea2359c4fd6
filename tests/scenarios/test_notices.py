"""A warning under a pledge clause is answered and put right; a suspension is stayed by its owner, who has no account.

The cast: Olm is an officer of the authority, Night Lamp connects the site, its owner is nobody's customer here.
"""

import datetime as dt

import pytest
from django.test import Client

from licet.casework import services as casework
from licet.casework.models import Appeal, Case, CaseEvent, Measure
from licet.casework.services import MeasureDraft, SignalIn
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.notices import services as notices
from licet.notices.models import Answer, Notice, Page
from licet.notices.services.pages import token_of
from licet.orders import services as orders

pytestmark = pytest.mark.django_db
SITE = "lantern.example"
CLAUSE = "Pledge 2026, clause 3: no promotion that lures with suggestive pictures"


def _on(day, hour=1):
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour), tzinfo=dt.UTC)


@pytest.fixture
def today(monkeypatch):
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


def _case(ground, tier, *, kind, actor, on):
    case_id = casework.receive_signal(SignalIn(
        kind=kind, desk_id="authority", ground=ground, subject_kind="site", subject=SITE, provider_id="nightlamp",
        source=f"test:{kind}:{ground}", observer="reader-of-lantern", observed_at=on), actor=WORKER, at=on)
    casework.set_tier(case_id, tier, reason="looked at it", actor=actor, at=on)
    return case_id


def _signed(case_id, kind, *, actor, on, **fields):
    draft = casework.draft_measure(case_id, MeasureDraft(kind=kind, scope={"hosts": [SITE]}, **fields), actor=actor, at=on)
    return casework.approve_measure(draft.pk, actor=actor, authenticated_at=on, at=on)


def _work(at):
    for _ in range(5):
        if not notices.compose_due(at) + notices.deliver_due(at) + orders.complete_due(at) + orders.dispatch_due(at):
            return


def _owner(measure):
    """The owner's browser and the address of the page that was passed on to them."""
    with acting_as(WORKER):
        path = f"/portal/notices/{token_of(Page.objects.get(measure_id=measure.pk))}/"
    return Client(enforce_csrf_checks=True, headers={"accept-language": "en"}), path


def _now(measure):
    with acting_as(WORKER):
        return Measure.objects.get(pk=measure.pk)


def test_warning_under_a_pledge_clause_is_put_right_and_closed(actor_of, today):
    olm, on = actor_of("olm"), _on("2026-03-02")
    case_id = _case("deceptive_promotion", 3, kind="report", actor=olm, on=on)
    measure = _signed(case_id, "warn", actor=olm, on=on, rule_cited=CLAUSE,
                      reasons=[{"text": "The start page lures with suggestive pictures.", "on": "2026-03-01"}])
    _work(on)
    assert _now(measure).state == "done"  # the letter itself is the measure

    today(_on("2026-03-03"))
    owner, path = _owner(measure)
    page = owner.get(path).content.decode()
    assert CLAUSE in page and "lures with suggestive pictures" in page and "1 March 2026" in page
    assert "reader-of-lantern" not in page and "kept confidential" in page
    answered = owner.post(f"{path}answer/", {"text": "The pictures are gone since this morning."}, follow=True)
    assert "Your answer has arrived" in answered.content.decode()

    with acting_as(WORKER):
        assert CaseEvent.objects.filter(case_id=case_id, tag="notices:answer:received").count() == 1
        answer = Answer.objects.get()
    notices.mark_read(answer.pk, actor=olm, at=_on("2026-03-04"))
    casework.advance(measure, "lifted", actor=olm, reason="it was put right", at=_on("2026-03-04"))
    casework.close_case(case_id, outcome="rectified", reason="the pictures are gone", actor=olm, at=_on("2026-03-04"))
    _work(_on("2026-03-04"))

    with acting_as(WORKER):
        assert Case.objects.get(pk=case_id).outcome == "rectified"
        assert [row.kind for row in Notice.objects.order_by("id")] == ["statement", "lifted"]
    today(_on("2026-03-05"))
    page = owner.get(path).content.decode()
    assert "it was put right" in page and "It has ended; nothing of it remains." in page


def test_owner_without_an_account_stays_a_suspension_by_appeal(actor_of, today):
    olm, on = actor_of("olm"), _on("2026-03-02")
    case_id = _case("unfiled_site", 2, kind="finding", actor=olm, on=on)
    measure = _signed(case_id, "suspend_access", actor=olm, on=on, rule_cited="Notice §4.1.1",
                      reasons=[{"rule": "site_unfiled"}])
    _work(on)
    assert _now(measure).state == "ordered"

    today(_on("2026-03-10"))
    owner, path = _owner(measure)
    filed = owner.post(f"{path}appeal/", {"text": "It was filed in February."}, follow=True).content.decode()
    _work(_on("2026-03-10", 2))

    assert "Your appeal has arrived" in filed and _now(measure).state == "stayed"
    with acting_as(WORKER):
        appeal = Appeal.objects.get()
        assert "stayed until the appeal is judged" in Notice.objects.get(kind="appeal_receipt").text
    casework.judge_appeal(appeal.pk, result="overturned", judgement="The filing was there.", actor=actor_of("reed"),
                          authenticated_at=_on("2026-03-12"), at=_on("2026-03-12"))
    _work(_on("2026-03-12"))
    today(_on("2026-03-12", 2))
    page = owner.get(path).content.decode()
    assert "Judgement of an appeal" in page and "The filing was there." in page
    assert "What was cut is being restored" in page
