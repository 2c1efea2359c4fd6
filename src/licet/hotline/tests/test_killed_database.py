"""PostgreSQL is killed (SIGKILL) and started again while reports come in and are taken over: none is lost, none is twice."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import pytest

STORY = """
import json, os, signal, threading, time
from licet.config.bootstrap import connect_database, held_server
connect_database()
from django.db import InterfaceError, OperationalError, connection, connections
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline import sealing
from licet.hotline.intake import Submission, spool, submit
from licet.hotline.models import Report
from licet.hotline.services import drain_due
from licet.journal.models import Entry

server, accepted, ended, lock = held_server(), [], threading.Event(), threading.Lock()

def people(k):
    n = 0
    while not ended.is_set():
        receipt = submit(Submission(channel="portal", key=f"{k}-{n}", target_kind="url", ground="pornography",
                                    target=f"https://shop{n % 40}.example/", text=f"seen on page {n} of {k}",
                                    contact=f"p{n}@r.example" if n % 3 else "",
                                    network=sealing.network_of(f"10.{n % 250}.{k}.1")), at=clock.now())
        with lock:
            accepted.append(receipt.number.replace("-", ""))
        n += 1
        time.sleep(0.03)

threads = [threading.Thread(target=people, args=(k,)) for k in range(3)]
for thread in threads:
    thread.start()

def kill_after(seconds):
    time.sleep(seconds)
    os.kill(server.process_id(), signal.SIGKILL)

broken, while_away = 0, 0
for round in range(3):
    while not spool().counts()[0]:
        time.sleep(0.01)
    killer = threading.Thread(target=kill_after, args=(0.2 + 0.07 * round,))
    killer.start()
    try:
        while True:
            drain_due(clock.now(), batch=3)
    except (OperationalError, InterfaceError):
        broken += 1
    killer.join()
    before = len(accepted)
    time.sleep(0.5)
    while_away += len(accepted) - before
    connections.close_all()
    server.recover()
ended.set()
for thread in threads:
    thread.join()
while spool().counts()[0]:
    drain_due(clock.now())
with acting_as(WORKER), connection.cursor() as cursor:
    there = list(Report.objects.values_list("number", flat=True))
    cursor.execute("SELECT count(*), count(DISTINCT source) FROM casework_signal")
    signals, sources = cursor.fetchone()
    cursor.execute("SELECT sum(signal_count) FROM casework_case")
    counted = int(cursor.fetchone()[0])
    journalled = sum(entry.data["new"] for entry in Entry.objects.filter(tag="hotline:reports:received"))
spool().close()
print(json.dumps({"accepted": len(accepted), "different": len(set(accepted)), "lost": len(set(accepted) - set(there)),
                  "there": len(there), "signals": signals, "sources": sources, "counted": counted,
                  "journalled": journalled, "broken": broken, "while_away": while_away, "aside": spool().counts()[1]}))
"""


@pytest.fixture
def home():
    path = tempfile.mkdtemp(prefix="licet-k-")  # a socket's path may hold 107 characters
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="somebody else's PostgreSQL is not killed")
def test_killed_three_times_nothing_is_lost_and_nothing_is_twice(home):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
        "LICET_HOME": home, "DJANGO_SETTINGS_MODULE": "licet.config.settings"}
    done = subprocess.run([sys.executable, "-c", STORY], env=environment, capture_output=True, text=True, timeout=120,
                          check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])

    assert told["broken"] == 3 and told["while_away"] > 0, "reports were accepted while PostgreSQL was away"
    assert (told["lost"], told["aside"]) == (0, 0)
    every = told["accepted"]
    assert {told[name] for name in ("different", "there", "signals", "sources", "counted", "journalled")} == {every}
