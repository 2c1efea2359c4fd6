"""Accepted means durable: killed at any moment, full, damaged, used by many at once."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from licet.core.errors import Unavailable
from licet.hotline.spool import Item, Spool


@pytest.fixture
def queue(tmp_path):
    spool = Spool(tmp_path / "spool.sqlite")
    yield spool
    spool.close()


def item(n, body=b"{}"):
    return Item(f"N{n:011d}", body, f"2026-03-02T01:00:00.{n:06d}+00:00")


def test_what_was_accepted_is_there_in_order_and_once(queue):
    queue.accept([item(2), item(1)])
    queue.accept([item(1, b"other")])

    assert [one.number for one in queue.oldest(10)] == [item(1).number, item(2).number]
    assert queue.oldest(1)[0].body == b"{}"

    queue.handed_over([item(1).number])

    assert [one.number for one in queue.oldest(10)] == [item(2).number]
    assert not queue.holds(item(1).number) and queue.holds(item(2).number)


def test_many_threads_share_commits_and_lose_nothing(queue):
    def work(start):
        for n in range(start, start + 40):
            queue.accept([item(n)])

    threads = [threading.Thread(target=work, args=(1000 * k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert queue.counts() == (320, 0)


def test_a_damaged_row_is_set_aside_and_told(queue):
    queue.accept([item(1), item(2)])
    with sqlite3.connect(queue.path) as connection:
        connection.execute("UPDATE waiting SET body = x'00' WHERE number = ?", [item(1).number])
    connection.close()

    assert [one.number for one in queue.oldest(10)] == [item(2).number]
    assert queue.set_aside() == [(item(1).number, "the row does not match its digest")]
    assert queue.holds(item(1).number), "its receipt still opens"


def test_what_was_set_aside_can_be_taken_back(queue):
    queue.accept([item(1)])
    queue.put_aside(item(1).number, "no such ground")
    assert queue.counts() == (0, 1)

    assert queue.take_back(item(1).number)

    assert queue.counts() == (1, 0) and queue.oldest(1)[0].body == b"{}"
    assert not queue.take_back("nothing")


def test_a_disk_that_refuses_accepts_nothing(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    queue = Spool(blocked / "spool.sqlite")

    with pytest.raises(Unavailable, match="could not be kept"):
        queue.accept([item(1)])

    blocked.unlink()
    queue.accept([item(1)])
    assert queue.counts() == (1, 0)
    queue.close()


KILLED = """
import sys, threading
from pathlib import Path
from licet.hotline.spool import Item, Spool
queue = Spool(Path(sys.argv[1]))
lock = threading.Lock()
def work(k):
    n = 0
    while True:
        number = f"T{k}{n:08d}"
        queue.accept([Item(number, b"x" * 900, f"2026-03-02T{n:012d}")])
        with lock:
            sys.stdout.write(number + "\\n"); sys.stdout.flush()
        n += 1
for k in range(4):
    threading.Thread(target=work, args=(k,), daemon=True).start()
threading.Event().wait()
"""


@pytest.mark.parametrize("after_s", [0.15, 0.4])
def test_killed_in_the_middle_nothing_accepted_is_lost(tmp_path, after_s):
    path = tmp_path / "spool.sqlite"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True,
                               env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    first = process.stdout.readline()
    time.sleep(after_s)
    os.kill(process.pid, signal.SIGKILL)
    told = {first.strip(), *(line.strip() for line in process.stdout.read().splitlines() if len(line) == 10)}
    process.stdout.close()
    process.wait()

    queue = Spool(path)
    kept = {one.number for one in queue.oldest(1_000_000)}
    queue.close()

    assert len(told) > 4
    assert told <= kept
    assert queue.set_aside() == []


def test_bodies_are_gone_from_the_files_after_hand_over(queue):
    secret = json.dumps({"contact": "SEALED-BUT-STILL"}).encode()
    queue.accept([item(1, secret)])
    queue.handed_over([item(1).number])
    queue.close()
    with sqlite3.connect(queue.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()

    assert b"SEALED-BUT-STILL" not in queue.path.read_bytes()


def test_whoever_waited_in_vain_is_told_what_is_known(tmp_path, monkeypatch):
    """Given up before the writer had it: nothing is accepted, also later. In its hands: not known, and said so."""
    from licet.hotline import spool as module

    queue = module.Spool(tmp_path / "slow.sqlite")
    monkeypatch.setattr(module, "WAIT_S", 0.2)
    held, real = threading.Event(), module._insert

    def slow(connection, items):
        held.wait(10)
        real(connection, items)

    monkeypatch.setattr(module, "_insert", slow)
    with pytest.raises(Unavailable) as first:
        queue.accept([item(1)])
    with pytest.raises(Unavailable) as second:
        queue.accept([item(2)])
    held.set()
    monkeypatch.setattr(module, "WAIT_S", 10)
    queue.accept([item(3)])

    assert "not known" in first.value.message and "one report" in first.value.hint
    assert "nothing was accepted" in second.value.message
    assert [queue.holds(item(n).number) for n in (1, 2, 3)] == [True, False, True]
    queue.close()
