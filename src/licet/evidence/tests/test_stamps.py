"""Time stamps of a real authority (openssl) over HTTP: got, tried again, refused when they do not fit."""

import datetime as dt

import pytest
from django.db.utils import DatabaseError

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.evidence import timestamps
from licet.evidence.models import Custody, Stamp
from licet.evidence.services import stamp_due
from licet.evidence.timestamps import StampRefused, read_certificates
from licet.journal.models import Entry

from .conftest import Authority, openssl


def stamp_of(item):
    with acting_as(WORKER):
        return Stamp.objects.get(item=item)


def test_item_is_stamped_by_the_job(stamping, locker):
    item = locker.add(b"what the page said")
    assert stamp_of(item).token is None

    assert stamp_due(locker.now) == 1

    stamp = stamp_of(item)
    assert abs(dt.datetime.now(dt.UTC) - stamp.stamped_at) < dt.timedelta(minutes=1)
    assert (stamp.trusted, stamp.problem, stamp.tries) == (True, "", 1)
    assert locker.actions(item) == ["added", "stamped"]
    with acting_as(WORKER):
        line = Custody.objects.get(item=item, action="stamped")
        assert Entry.objects.get(seq=line.journal_seq).tag == "evidence:item:stamped"
    assert stamp_due(locker.now) == 0 and stamping.asked == 1


def test_openssl_agrees_that_the_content_was_stamped(stamping, locker, tmp_path):
    item = locker.add(b"what the page said")
    stamp_due(locker.now)

    (tmp_path / "x.tsr").write_bytes(bytes(stamp_of(item).token))
    (tmp_path / "content").write_bytes(b"what the page said")
    said = openssl("ts", "-verify", "-data", "content", "-in", "x.tsr", "-CAfile", stamping.ca, cwd=tmp_path)
    assert b"Verification: OK" in said


def test_authority_that_does_not_answer_is_asked_again(stamping, locker):
    item = locker.add()
    stamping.fail = True

    assert stamp_due(locker.now) == 0
    assert "does not answer" in stamp_of(item).problem
    assert stamp_due(locker.now) == 0 and stamping.asked == 1, "not before its time"

    stamping.fail = False
    assert stamp_due(locker.later(minutes=3).now) == 1
    assert stamp_of(item).problem == ""


def test_stamp_of_something_else_is_refused(stamping, locker):
    item = locker.add()
    stamping.forge = True

    assert stamp_due(locker.now) == 0
    assert (stamp_of(item).token, "hold" in stamp_of(item).problem) == (None, True)


def test_stamp_of_an_unknown_authority_is_refused(stamping, locker, settings, tmp_path):
    item = locker.add()
    stranger = Authority(tmp_path / "stranger")
    stranger.stop()
    settings.ENV = settings.ENV | {"LICET_TSA_CA": [stranger.ca]}

    assert stamp_due(locker.now) == 0
    assert "does not hold" in stamp_of(item).problem


def test_without_a_certificate_of_its_own_only_public_authorities_count(stamping, locker, settings):
    settings.ENV = settings.ENV | {"LICET_TSA_CA": []}
    item = locker.add()

    assert stamp_due(locker.now) == 0
    assert "does not hold" in stamp_of(item).problem
    assert len(timestamps.public_roots()) > 50


def test_several_authorities_stamp_each_item(stamping, locker, settings, tmp_path):
    second = Authority(tmp_path / "second")
    settings.ENV = settings.ENV | {"LICET_TSA_URLS": [stamping.url, second.url], "LICET_TSA_CA": [stamping.ca, second.ca]}
    item = locker.add()

    assert stamp_due(locker.now) == 2
    second.stop()
    with acting_as(WORKER):
        assert set(Stamp.objects.filter(item=item).values_list("authority", flat=True)) == {stamping.url, second.url}


def test_items_older_than_the_setting_are_stamped_later(authority, locker, settings):
    item = locker.add()
    assert stamp_due(locker.now) == 0

    settings.ENV = settings.ENV | {"LICET_TSA_URLS": [authority.url], "LICET_TSA_CA": [authority.ca]}
    assert stamp_due(locker.now) == 1
    assert stamp_of(item).token


def test_stamp_never_changes(stamping, locker):
    item = locker.add()
    stamp_due(locker.now)
    with pytest.raises(DatabaseError, match="never changes"), acting_as(WORKER):
        Stamp.objects.filter(item=item).update(problem="x")


def test_token_fits_its_hash_only(stamping):
    attested = timestamps.ask(stamping.url, "ab" * 32, read_certificates([stamping.ca]))

    timestamps.check(attested.token, "ab" * 32, read_certificates([stamping.ca]))
    for token, digest in ((attested.token, "cd" * 32), (b"", "ab" * 32), (attested.token[:-20], "ab" * 32)):
        with pytest.raises(StampRefused):
            timestamps.check(token, digest, read_certificates([stamping.ca]))
