"""Evidence taken in, kept, looked at, held and destroyed; rows, files and journal entries."""

import datetime as dt
import stat

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from licet.casework.tests.story import Story
from licet.core.actors import NOBODY, WORKER
from licet.core.errors import BadInput, Conflict, LicetError, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.evidence import selectors, services, store
from licet.evidence.models import Custody, Disposal, Item, Locker
from licet.evidence.services import NewItem
from licet.evidence.services.items import path_of
from licet.evidence.tests.locker import WHY, TestLocker, picture
from licet.journal.models import Entry


def content_of(locker, item, by="olm"):
    _item, chunks = services.download(item.ref, purpose=WHY, actor=locker.story.who(by), at=locker.now)
    return b"".join(chunks)


def test_content_is_kept_encrypted_and_comes_back(locker):
    item = locker.add(b"what the page said", kind="capture", url="https://lantern.example/")

    assert item.ref == f"E-{locker.number}-1"
    assert (item.media_type, item.bytes, item.content) == ("text/plain", 18, "kept")
    assert b"page said" not in path_of(item).read_bytes()
    assert content_of(locker, item) == b"what the page said"
    assert locker.actions(item) == ["added", "downloaded"]


def test_files_are_for_nobody_else(locker):
    item = locker.add()

    path = path_of(item)
    modes = [stat.S_IMODE(found.stat().st_mode) for found in (path, path.parent, store.directory())]
    assert modes == [0o600, 0o700, 0o700]
    assert list(store.directory().glob(".new*")) == []


def test_every_line_of_custody_is_a_journal_entry(locker):
    item = locker.add(b"once")
    services.verify_item(item.ref, purpose="before the hearing", actor=locker.story.who("reed"), at=locker.now)

    with acting_as(WORKER):
        lines = list(Custody.objects.filter(item=item).order_by("pk"))
        entries = [Entry.objects.get(seq=line.journal_seq) for line in lines]
    assert [entry.tag for entry in entries] == ["evidence:item:added", "evidence:item:verified"]
    assert [entry.purpose for entry in entries] == [line.purpose for line in lines] == [WHY, "before the hearing"]
    assert {entry.data["sha256"] for entry in entries} == {item.sha256}
    assert {entry.organisation for entry in entries} == {"authority"}


def test_same_content_is_stored_once(locker):
    first, second = locker.add(b"same"), locker.add(b"same", title="Again", by="reed")

    assert first.pk == second.pk
    assert locker.actions(first) == ["added", "added_again"]
    assert len(list(path_of(first).parent.iterdir())) == 1


def test_another_case_keeps_its_own_copy_under_its_own_key(locker):
    other = TestLocker(locker.story, subject="other.example")

    mine, theirs = locker.add(b"same"), other.add(b"same")

    assert path_of(mine) != path_of(theirs)
    assert path_of(mine).read_bytes() != path_of(theirs).read_bytes()


@pytest.mark.parametrize(("fields", "words"), [
    ({"kind": "rumour"}, "no kind"), ({"title": " "}, "title"), ({"content": b""}, "empty"), ({"why": " "}, "purpose"),
    ({"why": "x" * 501}, "purpose"),
], ids=str)
def test_bad_input_is_refused(locker, fields, words):
    with pytest.raises(BadInput, match=words):
        locker.add(**fields)


def test_size_is_limited(locker, settings):
    settings.ENV = settings.ENV | {"LICET_EVIDENCE_MAX_BYTES": 10}

    with pytest.raises(store.TooLarge):
        locker.add(b"x" * 11)
    assert locker.add(b"x" * 10).bytes == 10


def test_failed_adding_leaves_no_file(locker):
    locker.add(b"first")
    folder = store.directory()
    before = sorted(str(path) for path in folder.rglob("*"))

    def broken():
        yield b"half"
        raise OSError("the line broke")

    with pytest.raises(OSError, match="broke"):
        services.add_item(locker.number, NewItem(kind="file", title="x"), broken(), purpose=WHY,
                          actor=locker.story.who("olm"), at=locker.now)
    assert sorted(str(path) for path in folder.rglob("*")) == before


def test_file_names_lose_paths_and_control_characters(locker):
    item = locker.add(b"x", file_name="..\\..\\etc/pass\u202ewd\n.png", title="a\nb")

    assert (item.file_name, item.title) == ("passwd.png", "a b")


# --- minors ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def minors(actor_of):
    return TestLocker(Story(actor_of), ground="minors", tier=1)


def test_no_content_of_minors_is_read(minors):
    def content():
        raise AssertionError("it was read")
        yield b""

    with pytest.raises(LicetError) as caught:
        services.add_item(minors.number, NewItem(kind="file", title="x"), content(), purpose=WHY,
                          actor=minors.story.who("olm"), at=minors.now)
    assert caught.value.code == "hash_only"
    assert "SHA-256" in caught.value.hint


def test_hash_and_address_of_minors_are_kept(minors):
    new = NewItem(kind="capture", title="Reported page", url="https://bad.example/", sha256="ab" * 32)
    item = services.add_item(minors.number, new, None, purpose=WHY, actor=minors.story.who("olm"), at=minors.now)

    assert (item.content, item.sha256, item.blur) == ("hash_only", "ab" * 32, None)
    for step in (services.download, services.begin_viewing):
        with pytest.raises(Conflict):
            step(item.ref, purpose=WHY, actor=minors.story.who("olm"), at=minors.now)


def test_database_refuses_content_of_minors(minors, locker):
    services.add_item(minors.number, NewItem(kind="file", title="x", url="u", sha256="ab" * 32), None, purpose=WHY,
                      actor=minors.story.who("olm"), at=minors.now)
    with acting_as(WORKER):
        locker_id = Locker.objects.get(case_number=minors.number).pk
    with pytest.raises(DatabaseError, match="never kept"), acting_as(WORKER):
        Item.objects.create(locker_id=locker_id, desk_id="authority", ref="E-x", kind="file", title="x", bytes=1,
                            sha256="cd" * 32, content="kept", wrapped_key=b"x", added_at=minors.now, added_by="worker")


def test_other_grounds_need_content(locker):
    with pytest.raises(BadInput, match="content is missing"):
        services.add_item(locker.number, NewItem(kind="file", title="x", url="u", sha256="ab" * 32), None, purpose=WHY,
                          actor=locker.story.who("olm"), at=locker.now)


# --- verification ----------------------------------------------------------------------------------------------------


def test_damaged_content_is_noticed_and_counts_no_more(locker):
    item = locker.add(b"x" * 100)
    assert selectors_say(locker, item)
    path = path_of(item)
    box = bytearray(path.read_bytes())
    box[40] ^= 1
    path.write_bytes(box)

    good, _words = services.verify_item(item.ref, purpose=WHY, actor=locker.story.who("olm"), at=locker.now)

    assert not good
    assert locker.actions(item)[-1] == "verified"
    assert not selectors_say(locker, item)


def selectors_say(locker, item):
    with acting_as(WORKER):
        return selectors.has_preserved([locker.number], item.ref)


def test_missing_content_is_noticed(locker):
    item = locker.add()
    path_of(item).unlink()

    good, words = services.verify_item(item.ref, purpose=WHY, actor=locker.story.who("olm"), at=locker.now)

    assert (good, words) == (False, "the encrypted content is gone")


# --- looking ---------------------------------------------------------------------------------------------------------


def test_picture_is_squares_until_somebody_says_why(locker):
    item = locker.add(picture(), kind="capture")
    olm = locker.story.who("olm")
    with pytest.raises(BadInput, match="purpose"):
        services.begin_viewing(item.ref, purpose=" ", actor=olm, at=locker.now)

    viewing = services.begin_viewing(item.ref, purpose="to judge it", actor=olm, at=locker.now)

    assert len(item.blur) < 400
    assert viewing.ends_at - viewing.started_at == dt.timedelta(minutes=5)
    _item, chunks = services.seen_content(viewing.pk, actor=olm, at=locker.now)
    assert b"".join(chunks) == picture()
    assert locker.actions(item) == ["added", "viewed"]


def test_look_ends_by_itself_and_is_nobody_elses(locker):
    item = locker.add(picture(), kind="capture")
    viewing = services.begin_viewing(item.ref, purpose=WHY, actor=locker.story.who("olm"), at=locker.now)

    with pytest.raises(NotFound):
        services.seen_content(viewing.pk, actor=locker.story.who("reed"), at=locker.now)
    locker.later(minutes=6)
    with pytest.raises(Conflict, match="over"):
        services.seen_content(viewing.pk, actor=locker.story.who("olm"), at=locker.now)


def test_exposure_is_counted_and_a_pause_is_due(locker):
    item = locker.add(picture(), kind="capture")
    olm = locker.story.who("olm")
    for _ in range(4):
        services.begin_viewing(item.ref, purpose=WHY, actor=olm, at=locker.now)
        locker.later(minutes=5)
    with acting_as(olm):
        found = selectors.exposure_of(olm.user_id, locker.now)
    assert (found.minutes, found.pause_due) == (20, True)


def test_blurring_again_ends_the_exposure(locker):
    item = locker.add(picture(), kind="capture")
    olm = locker.story.who("olm")
    viewing = services.begin_viewing(item.ref, purpose=WHY, actor=olm, at=locker.now)
    locker.later(seconds=90)
    services.end_viewing(viewing.pk, actor=olm, at=locker.now)

    locker.later(minutes=3)
    with acting_as(olm):
        assert selectors.exposure_of(olm.user_id, locker.now).minutes == 2
    assert locker.actions(item)[-1] == "blurred"


# --- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["moss", "wick", "pilot", "otto"])
def test_wrong_organisation_finds_nothing(locker, person):
    item, who = locker.add(), locker.story.who(person)

    for step in (services.download, services.verify_item, services.begin_viewing):
        with pytest.raises(NotFound):
            step(item.ref, purpose=WHY, actor=who, at=locker.now)
    with pytest.raises(NotFound):
        locker.add(by=person)
    with pytest.raises(NotFound):
        services.request_bag(locker.number, purpose=WHY, actor=who, at=locker.now)
    with acting_as(who):
        assert not Item.objects.exists() and not Custody.objects.exists() and not Locker.objects.exists()


def test_nobody_sees_anything(locker):
    locker.add()
    with acting_as(NOBODY):
        assert not Item.objects.exists() and not Custody.objects.exists()


def test_authority_above_reads_a_providers_evidence(actor_of):
    desk = TestLocker(Story(actor_of), desk="harbour", by="pilot")
    item = desk.add(by="pilot")

    assert content_of(desk, item, by="gale")
    assert desk.actions(item) == ["added", "downloaded"]


def test_who_has_an_interest_of_their_own_is_refused(actor_of):
    against = TestLocker(Story(actor_of), desk="harbour", subject="harbour", subject_kind="provider", provider="")

    with pytest.raises(LicetError) as caught:
        against.add(by="pilot")
    assert caught.value.code == "conflict_of_interest"


# --- holds and disposal ----------------------------------------------------------------------------------------------


@pytest.fixture
def old(locker):
    """An item of a case that was closed longer ago than evidence is kept."""
    locker.item = locker.add(b"old content")
    locker.close()
    locker.later(days=731)
    return locker


def test_two_people_destroy_content_and_its_trace_stays(old, django_capture_on_commit_callbacks):
    bag_path = store.place(old.item.locker_id, old.seal().ref)
    assert bag_path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        old.propose(old.item)
        old.dispose(old.item)

    with acting_as(WORKER):
        item = Item.objects.select_related("locker").get(pk=old.item.pk)
    assert (item.content, item.wrapped_key, item.sha256) == ("destroyed", None, old.item.sha256)
    assert item.locker.wrapped_key is None
    assert not path_of(item).exists() and not bag_path.exists()
    assert old.actions(item) == ["added", "exported", "disposal_proposed", "disposed"]
    with pytest.raises(Conflict, match="destroyed"):
        content_of(old, item)
    with pytest.raises(Conflict, match="destroyed"):
        old.add(b"old content")


def test_locker_key_stays_while_something_is_kept(old):
    with acting_as(WORKER):
        assert Locker.objects.get(case_number=old.number).wrapped_key is not None
    old.propose(old.item)
    second = TestLocker(old.story, subject="still.example").add()
    old.dispose(old.item)

    assert content_of(old, second)


@pytest.mark.parametrize(("by", "fresh", "code"), [
    ("olm", True, "same_person"), ("reed", False, "authentication_stale"), ("worker", True, "not_a_person")], ids=str)
def test_second_person_is_somebody_else_and_present(old, by, fresh, code):
    old.propose(old.item)

    with pytest.raises(LicetError) as caught:
        old.dispose(old.item, by=by, fresh=fresh)
    assert caught.value.code == code


def test_nothing_is_destroyed_without_a_proposal(old):
    with pytest.raises(Conflict, match="nobody proposed"):
        old.dispose(old.item)


def test_hold_goes_before_retention(old):
    olm, reed = old.story.who("olm"), old.story.who("reed")
    old.propose(old.item)
    services.set_hold(old.number, reason="a court asked for it", actor=olm, at=old.now)
    with pytest.raises(LicetError) as caught:
        old.dispose(old.item)
    assert caught.value.code == "on_hold"
    with pytest.raises(Conflict):
        services.set_hold(old.number, reason="again", actor=olm, at=old.now)

    services.propose_release(old.number, reason="the court is done", actor=reed, authenticated_at=old.now, at=old.now)
    with pytest.raises(LicetError) as caught:
        old.dispose(old.item)
    assert caught.value.code == "on_hold"
    services.release_hold(old.number, reason="it is", actor=olm, authenticated_at=old.now, at=old.now)

    assert old.dispose(old.item).content == "destroyed"
    assert old.actions()[-4:] == ["held", "release_proposed", "released", "disposed"]


def test_a_hold_is_released_by_two_who_proved_who_they_are(old):
    olm, reed = old.story.who("olm"), old.story.who("reed")
    services.set_hold(old.number, reason="a court asked for it", actor=olm, at=old.now)
    with pytest.raises(Conflict, match="nobody proposed"):
        services.release_hold(old.number, reason="alone", actor=olm, authenticated_at=old.now, at=old.now)
    for authenticated_at in (None, old.now - dt.timedelta(minutes=6)):
        with pytest.raises(LicetError) as caught:
            services.propose_release(old.number, reason="x", actor=olm, authenticated_at=authenticated_at, at=old.now)
        assert caught.value.code == "authentication_stale"

    services.propose_release(old.number, reason="over", actor=olm, authenticated_at=old.now, at=old.now)
    with pytest.raises(LicetError) as caught:
        services.release_hold(old.number, reason="over", actor=olm, authenticated_at=old.now, at=old.now)
    assert caught.value.code == "same_person"
    services.withdraw_release(old.number, reason="the court asked again", actor=reed, at=old.now)
    with pytest.raises(Conflict, match="nobody proposed"):
        services.release_hold(old.number, reason="x", actor=reed, authenticated_at=old.now, at=old.now)
    assert old.actions()[-2:] == ["release_proposed", "release_withdrawn"]


def test_the_database_lets_nobody_release_a_hold_alone(old):
    olm, reed = old.story.who("olm"), old.story.who("reed")
    hold = services.set_hold(old.number, reason="a court asked for it", actor=olm, at=old.now)
    propose = ("UPDATE evidence_hold SET release_proposed_by_id = %s, release_proposed_at = now(), release_reason = 'x'"
               " WHERE id = %s")
    release = "UPDATE evidence_hold SET released_by_id = %s, released_at = now(), release_reason = 'x' WHERE id = %s"
    both = ("UPDATE evidence_hold SET release_proposed_by_id = %s, release_proposed_at = now(), released_by_id = %s,"
            " released_at = now(), release_reason = 'x' WHERE id = %s")
    refused(olm, release, olm.user_id, hold.pk)
    refused(olm, both, reed.user_id, olm.user_id, hold.pk)
    refused(olm, propose, reed.user_id, hold.pk)
    services.propose_release(old.number, reason="over", actor=olm, authenticated_at=old.now, at=old.now)
    refused(olm, release, olm.user_id, hold.pk)
    refused(olm, release, reed.user_id, hold.pk)
    refused(reed, both, reed.user_id, reed.user_id, hold.pk)
    refused(WORKER, release, reed.user_id, hold.pk)
    services.release_hold(old.number, reason="it is", actor=reed, authenticated_at=old.now, at=old.now)


def test_hold_is_set_by_a_person(old):
    with pytest.raises(NotAllowed):
        services.set_hold(old.number, reason="why not", actor=WORKER, at=old.now)


@pytest.mark.parametrize(("closed", "days", "code"), [(False, 900, "case_open"), (True, 729, "retained")], ids=str)
def test_content_is_kept_for_its_time(locker, closed, days, code):
    item = locker.add()
    if closed:
        locker.close()
    locker.later(days=days)

    with pytest.raises(LicetError) as caught:
        locker.propose(item)
    assert caught.value.code == code


def test_proposal_can_be_withdrawn(old):
    old.propose(old.item)
    services.withdraw_disposal(old.item.ref, reason="still needed", actor=old.story.who("reed"), at=old.now)

    with pytest.raises(Conflict):
        old.dispose(old.item)
    old.propose(old.item, by="reed")


# --- the database keeps it -------------------------------------------------------------------------------------------


def refused(actor, statement, *values):
    with pytest.raises(DatabaseError), acting_as(actor), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize("statement", [
    "UPDATE evidence_custody SET purpose = 'another'", "DELETE FROM evidence_custody", "TRUNCATE evidence_custody",
    "DELETE FROM evidence_item", "UPDATE evidence_item SET sha256 = repeat('a', 64)", "UPDATE evidence_item SET title = 'x'",
    "UPDATE evidence_item SET content = 'destroyed', wrapped_key = NULL, blur = NULL, destroyed_at = now()",
    "UPDATE evidence_locker SET case_id = 0", "DELETE FROM evidence_locker", "DELETE FROM evidence_hold",
    "UPDATE evidence_item SET desk_id = 'mudflat'", "DELETE FROM evidence_viewing",
])
def test_what_happened_stays(locker, statement):
    item = locker.add()
    services.verify_item(item.ref, purpose=WHY, actor=locker.story.who("olm"), at=locker.now)

    refused(locker.story.who("olm"), statement)
    refused(WORKER, statement)


def test_nobody_destroys_content_in_anothers_name(old):
    proposal = old.propose(old.item)
    reed = old.story.who("reed")
    refused(old.story.who("olm"), "UPDATE evidence_disposal SET seconded_by_id = %s, seconded_at = now() WHERE id = %s",
            reed.user_id, proposal.pk)
    refused(old.story.who("olm"), "UPDATE evidence_disposal SET seconded_by_id = proposed_by_id, seconded_at = now()")
    with acting_as(WORKER):
        assert Disposal.objects.get(pk=proposal.pk).seconded_by_id is None
