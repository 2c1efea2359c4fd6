"""Rules of evidence, without a database."""

import datetime as dt

import pytest

from licet.evidence.rules import DisposalFacts, Limits, exposure, may_dispose, may_keep_content, media_type, retry_delay
from licet.evidence.tables import ITEM_KINDS, MEDIA

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
LIMITS = Limits(retention_days=30, view_minutes=5, pause_after_minutes=20, pause_window_minutes=120, fresh_minutes=5)
MINUTE = dt.timedelta(minutes=1)


@pytest.mark.parametrize(("head", "expected"), [
    (b"\x89PNG\r\n\x1a\n....", "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"), (b"RIFF....WEBPVP8", "image/webp"),
    (b"RIFF....WAVEfmt", "audio/wav"), (b"%PDF-1.7", "application/pdf"), (b"WARC/1.1\r\n", "application/warc"),
    (b"<html><script>x</script>", "text/plain"), (b"<svg onload=x>", "text/plain"), ("证据".encode(), "text/plain"),
    ("证据".encode()[:-1], "text/plain"), (b"\x00\x01\x02", "application/octet-stream"),
    (b"text with \x1b[31m", "application/octet-stream"), (b"", "application/octet-stream"),
    (b"\xff\xfe\xfd", "application/octet-stream"), (b"\xff\xfe\xfd\xfc\xfb", "application/octet-stream"),
])
def test_content_tells_its_type(head, expected):
    assert media_type(head) == expected


def test_tables_have_unique_ids():
    assert len({kind.id for kind in ITEM_KINDS}) == 4
    assert len({media.type for media in MEDIA}) == len(MEDIA)


def test_no_content_of_minors():
    assert may_keep_content("minors").code == "hash_only"
    assert may_keep_content("pornography") is None


def _facts(**fields):
    usual = {"kept": True, "held": False, "added_at": NOW - 90 * dt.timedelta(days=1),
             "closed_at": NOW - 40 * dt.timedelta(days=1), "user_id": 1, "proposed_by": 2, "authenticated_at": NOW,
             "now": NOW}
    return DisposalFacts(**(usual | fields))


def test_two_fresh_people_after_the_term_may_destroy():
    assert may_dispose(_facts(), LIMITS) is None
    assert may_dispose(_facts(proposed_by=None), LIMITS) is None


@pytest.mark.parametrize(("fields", "code"), [
    ({"user_id": None}, "not_a_person"), ({"kept": False}, "nothing_kept"), ({"held": True}, "on_hold"),
    ({"held": True, "closed_at": None}, "on_hold"), ({"closed_at": None}, "case_open"),
    ({"closed_at": NOW - 30 * dt.timedelta(days=1) + MINUTE}, "retained"),
    ({"added_at": NOW - dt.timedelta(days=1)}, "retained"), ({"proposed_by": 1}, "same_person"),
    ({"authenticated_at": None}, "authentication_stale"), ({"authenticated_at": NOW - 6 * MINUTE}, "authentication_stale"),
    ({"authenticated_at": NOW + 6 * MINUTE}, "authentication_stale"),
], ids=str)
def test_content_is_not_destroyed(fields, code):
    assert may_dispose(_facts(**fields), LIMITS).code == code


def test_exposure_counts_overlapping_minutes_once():
    looked = [(NOW - 10 * MINUTE, NOW - 5 * MINUTE), (NOW - 8 * MINUTE, NOW - 3 * MINUTE), (NOW - MINUTE, NOW + MINUTE),
              (NOW - 300 * MINUTE, NOW - 200 * MINUTE)]

    assert exposure(looked, NOW, LIMITS).minutes == 8
    assert not exposure(looked, NOW, LIMITS).pause_due
    assert exposure([(NOW - 20 * MINUTE, NOW)], NOW, LIMITS).pause_due


def test_authorities_are_asked_less_and_less():
    delays = [retry_delay(tries) for tries in range(30_000, 30_001)] + [retry_delay(tries) for tries in range(1, 20)]
    assert delays[1:] == sorted(delays[1:])
    assert max(delays) == dt.timedelta(hours=6)
