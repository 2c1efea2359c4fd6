"""What is erased by itself: all of it however much is due, on the disk too, each batch with its entry in the journal."""

import datetime as dt
import json

import pytest

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline import intake
from licet.hotline.models import Contact, Report, Reporter
from licet.hotline.services.retention import Erased, erase_due
from licet.journal.models import Entry

from .conftest import START

LATE = START + dt.timedelta(days=91)


def _told():
    with acting_as(WORKER):
        return [entry.data for entry in Entry.objects.filter(tag="hotline:reporters:erased").order_by("seq")]


@pytest.mark.django_db
def test_more_than_one_batch_is_erased_in_one_night(hotline, cast):
    for n in range(7):
        hotline.report(contact=f"nina{n}@reporter.example", address=f"198.51.{n}.7", text=f"words enough for a mark {n * n}",
                       target=f"https://site-{n}.example/")
    hotline.drain()

    assert erase_due(LATE, batch=2) == Erased(contacts=7, traces=7)

    with acting_as(WORKER):
        assert not Contact.objects.filter(sealed__isnull=False).exists()
        assert not Report.objects.exclude(network="", fingerprint=None).exists()
        assert Reporter.objects.count() == 7, "the mark stays as long as the form says"
    assert len(_told()) == 8 and sum(data["contacts"] for data in _told()) == 7
    assert erase_due(LATE, batch=2) == Erased() and len(_told()) == 8
    assert erase_due(START + dt.timedelta(days=731), batch=2) == Erased(reporters=7)


@pytest.mark.django_db
def test_what_never_reached_postgresql_is_erased_too(hotline, cast):
    spool = intake.spool()
    numbers = [hotline.report(contact="nina@reporter.example", address="198.51.100.7", text="her own words about it")
               for _ in range(5)]
    spool.put_aside(numbers[0], "a problem")
    young = hotline.wait(days=60).report(contact="nina@reporter.example")

    assert erase_due(LATE - dt.timedelta(days=2), batch=2) == Erased()
    assert erase_due(LATE, batch=2) == Erased(waiting=5)

    for number in numbers:
        body = json.loads(spool.body_of(number))
        assert body["target"] and not any(body[name] for name in ("contact", "network", "text", "reporter", "person",
                                                                   "fingerprint"))
    assert json.loads(spool.body_of(young))["contact"]
    assert sum(data["waiting"] for data in _told()) == 5
    hotline.now = LATE
    assert hotline.drain() == 5, "what waits is still a report"


@pytest.mark.django_db
def test_nothing_stays_of_what_is_damaged(hotline, cast):
    number = hotline.report(text="her own words about it")
    with intake.spool()._open() as connection:
        connection.execute("UPDATE waiting SET body = ? WHERE number = ?", [b"{her own words", number])
    hotline.drain()

    erase_due(LATE)

    assert intake.spool().body_of(number) == b"" and intake.spool().counts() == (0, 1)


def test_a_spool_of_an_earlier_version_is_read_on(tmp_path):
    import sqlite3

    from licet.hotline.spool import Spool

    with sqlite3.connect(tmp_path / "old.sqlite") as connection:
        connection.execute("CREATE TABLE aside (number TEXT PRIMARY KEY, body BLOB NOT NULL, problem TEXT NOT NULL)"
                           " WITHOUT ROWID")
        connection.execute("INSERT INTO aside VALUES ('A', X'7b7d', 'old')")
    connection.close()

    assert Spool(tmp_path / "old.sqlite").rewrite("2026", after="", change=lambda _: b"", most=9) == (1, "A")
