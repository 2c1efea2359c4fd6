"""Referrals: handed over once, acknowledged with the bag's hash, answered, recorded; seen by two desks alone."""

import datetime as dt
import hashlib
import io

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from licet.casework.models import Case, CaseEvent, Measure
from licet.casework.services import record_determination
from licet.core.actors import NOBODY, WORKER
from licet.core.errors import BadInput, Conflict, LicetError, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.evidence import store
from licet.evidence.models import Custody
from licet.referrals import services
from licet.referrals.models import Referral
from licet.referrals.packages import open_package
from licet.referrals.rules import Chosen, Unclear, choose_police
from licet.referrals.tests.telling import Told

DESKS = {"police-gd": "CN-GD", "police-sh": "CN-SH", "police": "*"}


@pytest.mark.parametrize(("named", "region", "desks", "expected"), [
    ("police-sh", "CN-GD", DESKS, "police-sh"), ("", "CN-GD", DESKS, "police-gd"), ("", "CN-BJ", DESKS, "police"),
    ("harbour", "CN-GD", DESKS, None), ("", "CN-BJ", {"police-gd": "CN-GD"}, None), ("", "CN-GD", {}, None),
    ("", "CN-GD", {"a": "CN-GD", "b": "CN-GD"}, None),
], ids=str)
def test_police_desk_is_chosen_or_asked_for(named, region, desks, expected):
    found = choose_police(named, region, desks)
    assert found == Chosen(expected) if expected else isinstance(found, Unclear)


def test_referral_goes_all_the_way(told):
    assert told.state == ("waiting", "notified")
    assert told.send() == 1
    assert told.state == ("sent", "ordered")
    told.acknowledge()
    assert told.state == ("received", "verified")
    told.answer("insufficient")
    told.record()

    assert told.state == ("recorded", "verified")
    assert told.steps == ["approved", "notified", "ordered", "acknowledged", "done", "verified"]
    with acting_as(WORKER):
        events = CaseEvent.objects.filter(case_id=told.locker.case_id, tag__startswith="referrals:").order_by("pk")
        assert [event.tag.rpartition(":")[2] for event in events] == ["sent", "acknowledged", "answered", "recorded"]


def test_whom_it_is_about_reads_nothing_of_it(told):
    told.send()
    with acting_as(WORKER):
        measure = Measure.objects.get(kind="refer_to_police")
        assert measure.provider_id == "nightlamp"
    for name, seen in (("olm", True), ("wick", False), ("pilot", False)):
        with acting_as(told.story.who(name)):
            assert Measure.objects.filter(pk=measure.pk).exists() is seen, name


def test_job_hands_over_once(told):
    assert (told.send(), told.send()) == (1, 0)
    assert told.steps.count("ordered") == 1


def test_police_desk_fetches_the_bag_for_a_purpose(told):
    told.send()
    name, content = told.fetch()

    assert name == f"{told.bag.ref}.zip"
    assert hashlib.sha256(content).hexdigest() == told.bag.sha256
    with acting_as(WORKER):
        line = Custody.objects.filter(bag=told.bag, action="downloaded").get()
    assert (line.purpose, "police-gd" in line.result) == ("received by post", True)
    with pytest.raises(BadInput):
        services.fetch_package(told.referral.number, purpose=" ", actor=told.story.who("finch"), at=told.now)


def test_package_is_encrypted_to_the_desks_key(told):
    import base64

    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    private = X25519PrivateKey.generate()
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    services.set_key("police-gd", public, actor=WORKER, at=told.now)
    told.send()

    name, package = told.fetch()

    assert name.endswith(".zip.sealed") and b"PK\x03\x04" not in package[:64]
    opened = b"".join(open_package(private.private_bytes_raw(), io.BytesIO(package)))
    assert hashlib.sha256(opened).hexdigest() == told.bag.sha256
    with pytest.raises(LicetError):
        b"".join(open_package(X25519PrivateKey.generate().private_bytes_raw(), io.BytesIO(package)))
    with pytest.raises(BadInput):
        services.set_key("police-gd", "x", actor=WORKER, at=told.now)


def test_receipt_of_another_hash_orders_again(told):
    told.send()
    told.acknowledge(sha256="0" * 64)
    assert told.state == ("sent", "ordered")
    assert told.steps[-3:] == ["acknowledged", "done", "disagreed"]
    assert "another hash" in told.referral.problem

    told.acknowledge()
    assert told.state == ("received", "verified")


@pytest.mark.parametrize("fields", [{"name": " "}, {"document_no": ""}, {"sha256": "ab"}], ids=str)
def test_receipt_is_whole(told, fields):
    told.send()
    with pytest.raises(BadInput):
        told.acknowledge(**fields)


def test_steps_come_in_turn(told):
    with pytest.raises(NotFound):
        told.acknowledge()
    told.send()
    with pytest.raises(Conflict):
        told.answer()
    told.acknowledge()
    with pytest.raises(Conflict):
        told.acknowledge()
    with pytest.raises(Conflict):
        told.record()
    with pytest.raises(BadInput):
        told.answer("guilty")
    with pytest.raises(BadInput):
        told.answer(determined_on=told.now.date() + dt.timedelta(days=3))


def test_answer_is_recorded_by_a_person_of_the_desk(told):
    told.send()
    told.acknowledge()
    told.answer()
    for person in ("finch", "pilot", "worker"):
        with pytest.raises(LicetError):
            told.record(by=person)

    told.record()
    assert told.referral.determination_id is not None
    with acting_as(WORKER):
        drafts = Measure.objects.filter(case_id=told.locker.case_id, state="drafted")
        assert {draft.kind for draft in drafts} == {"close_site", "blacklist"}
        assert drafts.get(kind="close_site").attachments["evidence"] == told.item.ref


def test_not_illegal_ends_the_measures_of_the_case(told):
    told.send()
    told.acknowledge()
    told.answer("not_illegal")
    told.record()

    assert told.state == ("recorded", "lifted")
    services.close_due(told.now)
    assert told.state == ("recorded", "restoration_verified")


@pytest.mark.parametrize("person", ["heron", "moss", "pilot", "wick", "otto"])
def test_others_see_nothing(told, person):
    told.send()
    who = told.story.who(person)
    with acting_as(who):
        assert not Referral.objects.exists()
    with pytest.raises(NotFound):
        told.fetch(by=person)
    with pytest.raises(NotFound):
        told.acknowledge(by=person)


def test_police_see_nothing_before_it_is_handed_over_and_no_case(told):
    finch = told.story.who("finch")
    with acting_as(finch):
        assert not Referral.objects.exists()
    told.send()
    with acting_as(finch):
        assert Referral.objects.count() == 1
        assert not Case.objects.exists() and not Custody.objects.exists()
    with acting_as(NOBODY):
        assert not Referral.objects.exists()


def test_sending_desk_does_not_answer_for_the_police(told):
    told.send()
    with pytest.raises(NotAllowed):
        told.acknowledge(by="gale")


def test_without_a_police_desk_a_person_looks(police, actor_of):
    from licet.casework.tests.story import Story

    told = Told(Story(actor_of), desk="authority", by="olm")
    assert told.send() == 0
    assert told.state == ("failed", "failed")
    assert "no police desk" in told.referral.problem

    services.name_police(told.referral.number, "police-sh", reason="they are competent", actor=told.story.who("olm"),
                         at=told.now)
    assert told.send() == 1
    assert (told.state, told.referral.police_id) == (("sent", "ordered"), "police-sh")


def test_named_police_desk_gets_it(police, actor_of):
    from licet.casework.tests.story import Story

    told = Told(Story(actor_of), police="police-sh")
    told.send()
    assert told.referral.police_id == "police-sh"


def test_damaged_bag_is_not_handed_over(told):
    path = store.place(told.bag.locker_id, told.bag.ref)
    box = bytearray(path.read_bytes())
    box[-1] ^= 1
    path.write_bytes(box)

    assert told.send() == 0
    assert told.state == ("failed", "failed")


def test_bag_is_needed(police, actor_of):
    from licet.casework.services import measures
    from licet.casework.tests.story import Story

    story = Story(actor_of)
    for attachment in ({}, {"bag": "B-nothing-1"}, {"bag": "bag:1"}):
        draft = story.draft(story.case(tier=1, desk="authority-gd", by="gale"), "refer_to_police", by="gale",
                            attachments=attachment)
        with pytest.raises(measures.NeedsMissing):
            story.approve(draft, by="gale")


def test_bag_of_another_case_does_not_count(told):
    from licet.casework.services import measures

    draft = told.story.draft(told.story.case(tier=1, desk="authority-gd", by="gale", subject="other.example"),
                             "refer_to_police", by="gale", scope={"hosts": ["other.example"]},
                             attachments={"bag": told.bag.ref})
    with pytest.raises(measures.NeedsMissing):
        told.story.approve(draft, by="gale")


def test_overdue_receipt_and_answer_are_said_once(told):
    told.send()
    assert services.escalate_overdue(told.now) == 0
    told.story.wait(dt.timedelta(days=5))
    assert (services.escalate_overdue(told.now), services.escalate_overdue(told.now)) == (1, 0)
    told.acknowledge()
    assert services.escalate_overdue(told.now) == 0
    told.story.wait(dt.timedelta(days=40))
    assert services.escalate_overdue(told.now) == 1


def test_reply_clock_counts_business_days(told):
    told.send()
    told.acknowledge()

    assert told.referral.reply_due_at.astimezone(dt.timezone(dt.timedelta(hours=8))).date() == dt.date(2026, 3, 23)


def test_lifted_before_it_went_out_goes_nowhere(told):
    record_determination(told.locker.case_id, document_no="X-1", authority_id="authority-gd", result="not_illegal",
                         determined_on=told.now.date(), actor=told.story.who("gale"), at=told.now)

    assert told.send() == 0
    assert told.state == ("withdrawn", "restoration_verified")


@pytest.mark.parametrize("statement", [
    "DELETE FROM referrals_referral", "UPDATE referrals_referral SET bag_sha256 = repeat('0', 64)",
    "UPDATE referrals_referral SET police_id = 'police-sh'", "UPDATE referrals_referral SET desk_id = 'mudflat'",
    "UPDATE referrals_referral SET receipt_no = 'another'", "UPDATE referrals_referral SET state = 'recorded'",
])
def test_what_was_handed_over_stays(told, statement):
    told.send()
    told.acknowledge()
    with pytest.raises(DatabaseError), acting_as(WORKER), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_locker_of_no_case_is_refused(told):
    with pytest.raises(DatabaseError, match="of its case"), acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute("INSERT INTO evidence_locker (case_id, case_number, desk_id, ground_id, items_count, bags_count,"
                       " opened_at) VALUES (999999, 'x', 'authority', 'unfiled_site', 0, 0, now())")
