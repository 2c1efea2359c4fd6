"""From what was seen to what the police determined: evidence preserved before anything changes, a sealed bag that
proves itself, a receipt, an answer, and drafts that people sign.
"""

import datetime as dt
import hashlib

import pytest

from licet.casework import services as casework
from licet.casework.models import Case, Measure
from licet.casework.services import MeasureDraft, SignalIn
from licet.casework.services.measures import NeedsMissing
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.evidence import services as evidence
from licet.evidence.bagcheck import check_bag
from licet.evidence.models import Custody
from licet.evidence.services import NewItem
from licet.journal.models import Entry
from licet.referrals import services as referrals
from licet.referrals.models import Referral
from licet.referrals.services import Receipt, Reply
from licet.referrals.tests.conftest import make_police

pytestmark = pytest.mark.django_db
SITE = "lantern.example"


def _on(day, hour=9):
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour), tzinfo=dt.UTC)


@pytest.fixture
def people(cast, actor_of, tmp_path, settings):
    """The cast and a police desk of Guangdong with its liaison Finch; a home of their own."""
    settings.LICET_HOME = tmp_path / "home"
    make_police(cast)
    return actor_of


def _case(people, on):
    signal = SignalIn(kind="dialtest", desk_id="authority-gd", provider_id="nightlamp", ground="pornography",
                      subject_kind="site", subject=SITE, source="dialtest:1", observer="laboratory", observed_at=on)
    case_id = casework.receive_signal(signal, actor=WORKER, at=on)
    casework.set_tier(case_id, 1, reason="seen from outside", actor=people("gale"), at=on)
    with acting_as(WORKER):
        return Case.objects.get(pk=case_id)


def _refer(people, case, bag_ref, on):
    draft = casework.draft_measure(case.pk, MeasureDraft(
        kind="refer_to_police", reasons=[{"text": "A test from outside saw it."}], rule_cited="Notice §4.2.5",
        scope={"hosts": [SITE]}, attachments={"bag": bag_ref, "message": "please determine"}),
        actor=people("gale"), at=on)
    return casework.approve_measure(draft.pk, actor=people("gale"), authenticated_at=on, at=on)


def test_from_evidence_to_a_determination(people, tmp_path):
    case = _case(people, _on("2026-03-02"))
    gale, finch = people("gale"), people("finch")
    item = evidence.add_item(case.number, NewItem(kind="capture", title="Front page", url=f"https://{SITE}/"),
                             [b"what the page showed"], purpose="before anything changes", actor=gale,
                             at=_on("2026-03-02", 10))
    with pytest.raises(NeedsMissing):
        _refer(people, case, item.ref, _on("2026-03-02", 10))
    with acting_as(WORKER):
        without_bag = Measure.objects.get(case=case)
    casework.withdraw_measure(without_bag.pk, reason="no bag yet", actor=gale, at=_on("2026-03-02", 10))
    bag = evidence.seal_now(case.number, purpose="for the police", actor=gale, at=_on("2026-03-02", 11))

    measure = _refer(people, case, bag.ref, _on("2026-03-02", 12))
    casework.advance(measure, "notified", actor=WORKER, at=_on("2026-03-02", 13))
    assert referrals.send_due(_on("2026-03-02", 14)) == 1
    with acting_as(finch):
        number = Referral.objects.get().number
        assert not Case.objects.exists()
    _name, package = referrals.fetch_package(number, purpose="to examine it", actor=finch, at=_on("2026-03-03"))
    path = tmp_path / "package.zip"
    path.write_bytes(b"".join(package))
    assert check_bag(path).intact, "the police desk checks it with nothing but the bag"
    referrals.acknowledge(number, Receipt(name="Finch", document_no="GD-IN-17",
                                          sha256=hashlib.sha256(path.read_bytes()).hexdigest()),
                          actor=finch, at=_on("2026-03-03", 10))
    referrals.answer(number, Reply(result="illegal", document_no="GD-2026-88", determined_on=dt.date(2026, 3, 12)),
                     actor=finch, at=_on("2026-03-12"))
    referrals.record_answer(number, actor=gale, at=_on("2026-03-13"))

    with acting_as(WORKER):
        measure.refresh_from_db()
        assert measure.state == "verified"
        drafts = {draft.kind: draft for draft in Measure.objects.filter(case=case, state="drafted")}
        assert set(drafts) == {"close_site", "blacklist"}
        assert drafts["close_site"].attachments["evidence"] == item.ref
        assert drafts["close_site"].determination.document_no == "GD-2026-88"
        assert [line.action for line in Custody.objects.filter(locker__case_id=case.pk).order_by("pk")] == [
            "added", "exported", "sealed", "downloaded"]
        assert "referrals:referral:recorded" in Entry.objects.values_list("tag", flat=True)


def test_answer_that_nothing_is_illegal_ends_everything(people):
    case = _case(people, _on("2026-03-02"))
    gale, finch = people("gale"), people("finch")
    evidence.add_item(case.number, NewItem(kind="statement", title="What was seen"), [b"seen"], purpose="to preserve it",
                      actor=gale, at=_on("2026-03-02", 10))
    bag = evidence.seal_now(case.number, purpose="for the police", actor=gale, at=_on("2026-03-02", 11))
    measure = _refer(people, case, bag.ref, _on("2026-03-02", 12))
    casework.advance(measure, "notified", actor=WORKER, at=_on("2026-03-02", 13))
    referrals.send_due(_on("2026-03-02", 14))
    with acting_as(finch):
        number = Referral.objects.get().number
    referrals.acknowledge(number, Receipt(name="Finch", document_no="17", sha256=bag.sha256), actor=finch,
                          at=_on("2026-03-03"))

    referrals.answer(number, Reply(result="not_illegal", document_no="GD-2", determined_on=dt.date(2026, 3, 5)),
                     actor=finch, at=_on("2026-03-05"))
    referrals.record_answer(number, actor=gale, at=_on("2026-03-06"))
    referrals.close_due(_on("2026-03-06"))

    with acting_as(WORKER):
        measure.refresh_from_db()
        assert measure.state == "restoration_verified"
        assert not Measure.objects.filter(case=case, state="drafted").exists()
