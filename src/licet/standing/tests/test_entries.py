"""Entries: written by a measure of two, seen by the gate, ended by time, by a reversal, and restored."""

import datetime as dt

import pytest

from licet.casework import services as casework
from licet.core.actors import WORKER
from licet.core.errors import LicetError
from licet.core.rls import acting_as
from licet.gate.services import would_answer
from licet.registers.decided import Decided, write_decided
from licet.registers.models import BlacklistEntry, Licence
from licet.standing import services
from licet.standing.models import Entry
from licet.standing.tests.story import ORGANISER, SITE, file_site, licence, versioned

pytestmark = pytest.mark.django_db


def listed(value=SITE):
    with acting_as(WORKER):
        return BlacklistEntry.objects.filter(value=value, until__isnull=True).first()


def gate(story, **row):
    with acting_as(WORKER):
        return would_answer([row], as_of=story.now.date())[0]


def test_a_blacklist_measure_lists_site_and_organiser_and_the_gate_refuses(known):
    file_site()
    case_id, _ = known.closed()
    measure = known.blacklist(case_id)

    known.carry_out()

    assert known.fresh(measure).state == "verified"
    with acting_as(WORKER):
        assert {(row.kind, row.value, row.confidence) for row in Entry.objects.all()} == {
            ("domain", SITE, "subject"), ("sponsor", ORGANISER, "filing")}
    answer = gate(known, domain=SITE)
    assert answer["answer"] == "deny"
    [reason] = [reason for reason in answer["reasons"] if reason["finding"] == "blacklisted_domain"]
    assert reason["decision"] | {"ground": ""} == {
        "ref": reason["decision"]["ref"], "ground": "", "since": "2026-03-02", "until": "2027-03-02",
        "authority": "Authority of the tests", "contest_until": "2026-05-01", "appeal_pending": False}
    assert reason["decision"]["ref"].endswith(f"-M{measure.pk}") and reason["decision"]["ref"] in reason["evidence"]
    assert "2026-05-01" in reason["contest"]
    assert gate(known, customer_uscc=ORGANISER)["answer"] == "deny"


def test_a_name_alone_never_enters(known):
    file_site(number="", name="Somebody")
    case_id, _ = known.closed()
    measure = known.blacklist(case_id)

    known.carry_out()

    with acting_as(WORKER):
        assert [row.kind for row in Entry.objects.all()] == ["domain"]
        reasons = known.fresh(measure).reasons
    told = [row for row in reasons if "organiser" in row]
    assert [(row["confidence"], row["enters"]) for row in told] == [("name_only", False)]
    assert "Somebody" in told[0]["text_en"]


def test_a_signature_under_an_organiser_nobody_identified_is_refused(known):
    case_id, _ = known.closed()
    known.stands(case_id)
    with pytest.raises(LicetError, match="not what this case is about"):
        known.draft(case_id, "blacklist", scope={"hosts": [SITE], "parties": [ORGANISER]})
    file_site("NO-SUCH-NUMBER")  # the records name somebody, under a number that cannot be
    draft = known.draft(case_id, "blacklist", scope={"hosts": [SITE], "parties": ["NO-SUCH-NUMBER"]})
    known.approve(draft)
    with pytest.raises(LicetError, match="surely enough"):
        known.second(draft)
    assert known.fresh(draft).state == "drafted"


def test_a_register_nobody_loaded_is_no_agreement(story):
    case_id, _ = story.closed()
    measure = story.blacklist(case_id)

    services.carry_out_due(story.now)

    assert story.fresh(measure).state == "done"
    with acting_as(WORKER):
        assert "load the register" in Entry.objects.get().check_note


def test_the_job_run_twice_writes_once(known):
    case_id, _ = known.closed()
    known.blacklist(case_id)
    known.carry_out()
    with acting_as(WORKER):
        before = list(BlacklistEntry.objects.values_list("pk", "change_seq"))

    assert services.carry_out_due(known.now) == 0

    with acting_as(WORKER):
        assert list(BlacklistEntry.objects.values_list("pk", "change_seq")) == before


def test_an_entry_lapses_by_time_alone(known):
    case_id, _ = known.closed()
    known.blacklist(case_id)
    known.carry_out()
    with acting_as(WORKER):
        last = Entry.objects.get().valid_to

    def answers(day):
        with acting_as(WORKER):
            return [reason["finding"] for reason in would_answer([{"domain": SITE}], as_of=day)[0]["reasons"]
                    if reason["severity"] == "violation"]

    assert last == known.now.date() + dt.timedelta(days=365)
    assert "blacklisted_domain" not in answers(last + dt.timedelta(days=1))


def test_two_people_renew_an_entry_and_register_and_entry_agree(known):
    case_id, _ = known.closed()
    known.blacklist(case_id)
    known.carry_out().wait(dt.timedelta(days=300))
    with acting_as(WORKER):
        entry = Entry.objects.get()
    review = services.propose_review(entry.pk, reason="new sites keep appearing", actor=known.who("olm"), at=known.now)
    with pytest.raises(services.SamePerson):
        services.second_review(review.pk, actor=known.who("olm"), at=known.now)

    services.second_review(review.pk, actor=known.who("reed"), at=known.now)

    with acting_as(WORKER):
        entry.refresh_from_db()
        assert entry.valid_to == listed().valid_to == known.now.date() + dt.timedelta(days=365)


def test_an_overturned_blacklist_ends_at_once_even_on_its_first_day(known, another_officer):
    case_id, _ = known.closed()
    measure = known.blacklist(case_id)
    known.carry_out()

    known.judge(known.appeal(measure), "overturned", by="kelp")

    assert listed() is None
    assert not [reason for reason in gate(known, domain=SITE)["reasons"] if reason["finding"] == "blacklisted_domain"]
    known.carry_out()
    assert known.fresh(measure).state == "restoration_verified"


def test_what_stood_there_before_stands_again(known):
    with acting_as(WORKER):
        BlacklistEntry.objects.create(kind="domain", value=SITE, ground_id="unfiled_site", decision_ref="old-1",
                                      decided_on=dt.date(2026, 1, 1), **versioned())
    case_id, _ = known.closed()
    measure = known.blacklist(case_id)
    known.carry_out()
    assert listed().decision_ref.endswith(f"-M{measure.pk}")

    known.wait(dt.timedelta(days=2)).go(measure, "lifted", by="reed")

    assert listed().decision_ref == "old-1"


def test_nothing_is_listed_while_the_decision_can_still_be_appealed(known, another_officer):
    case_id, close = known.closed()
    draft = known.draft(case_id, "blacklist")
    with pytest.raises(LicetError, match="a final decision"):
        known.approve(draft)
    appeal = known.appeal(close)
    known.wait(dt.timedelta(days=20))
    with pytest.raises(LicetError, match="a final decision"):  # an appeal is pending
        known.approve(draft)
    known.judge(appeal, "upheld", by="kelp")
    known.sign(draft)
    known.carry_out()
    assert listed().decision_ref.endswith(f"-M{draft.pk}")


def test_the_listing_ends_in_the_step_that_lifts_the_decision_it_rests_on(known):
    case_id, close = known.closed()
    measure = known.blacklist(case_id)
    known.carry_out()
    assert known.fresh(measure).state == "verified"

    known.go(close, "lifted", by="olm")

    assert (known.fresh(measure).state, listed()) == ("lifted", None)
    with acting_as(WORKER):
        assert Entry.objects.get().ended_why == "the decision it rested on fell"
    known.carry_out()
    assert known.fresh(measure).state == "restoration_verified"


def test_the_listing_stays_when_only_the_term_of_the_decision_ran_out(known):
    case_id = known.case(tier=1)
    stop = known.sign(known.draft(case_id, "stop_access", attachments={"evidence": known.evidence(case_id)},
                                  expires_at=known.now + dt.timedelta(days=90)))
    known.stands(case_id)
    measure = known.sign(known.draft(case_id, "blacklist"))
    known.carry_out().wait(dt.timedelta(days=91))
    casework.expire_due(known.now)
    assert known.fresh(stop).state in {"expired", "restoration_verified"}
    assert (known.fresh(measure).state, listed() is None) == ("verified", False)


def test_another_decision_of_the_case_carries_the_listing_on(known):
    case_id, close = known.closed()
    measure = known.blacklist(case_id)
    stop = known.sign(known.draft(case_id, "stop_access", attachments={"evidence": known.evidence(case_id)}))
    known.carry_out()
    known.go(close, "lifted", by="olm")
    assert (known.fresh(measure).state, listed() is None) == ("verified", False)
    known.go(stop, "lifted", by="olm")
    assert (known.fresh(measure).state, listed()) == ("lifted", None)


def test_a_revoked_licence_has_its_earlier_status_again_after_a_stay(known):
    row = licence()
    _, measure = known.revoked()
    known.carry_out()

    def status():
        with acting_as(WORKER):
            return Licence.objects.get(licence_no=row.licence_no, until__isnull=True).status

    assert (known.fresh(measure).state, status()) == ("verified", "revoked")
    revoked = [reason for reason in gate(known, provider_id="nightlamp")["reasons"]
               if reason["finding"] == "licence_suspended_or_revoked"]
    assert revoked[0]["decision"]["ref"].endswith(f"-M{measure.pk}")
    known.wait(dt.timedelta(days=1)).appeal(measure)
    assert (known.fresh(measure).state, status()) == ("stayed", "active")


def test_one_signature_writes_nothing(known, system):
    source = Decided(source="measure:1", ref="x", signers=(1, 1), purpose="")
    with pytest.raises(LicetError, match="two signatures"):
        write_decided("blacklist", {}, source, actor=WORKER, today=known.now.date(), now=known.now)
