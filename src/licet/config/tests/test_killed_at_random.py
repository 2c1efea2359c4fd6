"""The real family of ``licet run``, killed (signal 9) at random moments while whoever receives its orders fails half the
time: in the end everything happened, and nothing twice."""

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest

from licet.config.tests.test_run import Running, eventually, workers_on
from licet.orders.tests.receiver import Receiver

SITES = 4
PATIENCE_S = 120  # a busy machine; alone it takes seconds
START = """
import json, sys
from licet.config.bootstrap import connect_database
connect_database()
from licet.casework import services
from licet.casework.services import MeasureDraft, SignalIn
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.orders.services import ConnectorIn, add_connector
from licet.parties.models import Party
from licet.parties.selectors import actor_for
from licet.parties.services import add_person, next_change_seq
from licet.parties.tokens import add_token
now = clock.now()
with acting_as(WORKER):
    Party.objects.create(party_id="nightlamp", kind="access_provider", name="Night Lamp", region="CN-GD", since="2020-01-01",
                         content_hash=b"0", change_seq=next_change_seq(), source="test", recorded_at=now)
    olm = actor_for(add_person("olm", password=PASSWORD, party_id="authority", roles=("officer",), by=WORKER, must_change=False))
    wick = actor_for(add_person("wick", password=PASSWORD, party_id="nightlamp", roles=("compliance_officer", "administrator"),
                                by=WORKER, must_change=False))
    key = add_token("core", party_id="nightlamp", scopes=["orders.carry_out"], by=WORKER)[1]
_, secret = add_connector(ConnectorIn(party_id="nightlamp", kind="webhook", name="core", url=URL), actor=wick, at=now)
drafts = []
for n in range(SITES):
    case = services.receive_signal(SignalIn(
        kind="finding", desk_id="authority", ground="unfiled_site", subject_kind="site", subject=f"site{n}.example",
        provider_id="nightlamp", source=f"finding:{n}", observer="sweep", observed_at=now), actor=WORKER, at=now)
    services.set_tier(case, 2, reason="suspected", actor=olm, at=now)
    drafts.append(services.draft_measure(case, MeasureDraft(
        kind="suspend_access", reasons=[{"rule": "site_unfiled"}], rule_cited="Notice §4.1.1",
        scope={"hosts": [f"site{n}.example"]}), actor=olm, at=now).pk)
print(json.dumps({"key": key, "secret": secret, "drafts": drafts}))
"""
# The worker's own jobs, called for more often than every minute; and what there is, a line each time.
NUDGE = """
import json, time
from licet.config.bootstrap import connect_database
connect_database()
from procrastinate.contrib.django import app
from licet.casework.models import Measure
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.orders.models import Order
while True:
    try:
        app.configure_task("orders:dispatch").defer(timestamp=0)
        with acting_as(WORKER):
            rows = {"measures": dict(Measure.objects.values_list("pk", "state")), "orders": [
                [str(row.public_id), row.kind, row.state] for row in Order.objects.order_by("pk")]}
        print(json.dumps(rows), flush=True)
    except Exception as error:
        print(json.dumps({"problem": repr(error)}), flush=True)
    time.sleep(0.7)
"""
COUNT = """
import json
from licet.config.bootstrap import connect_database
connect_database()
from licet.casework.models import MeasureTransition
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.notices.models import Notice
from licet.orders.models import Order, OrderTransition
with acting_as(WORKER):
    print(json.dumps({
        "steps": list(MeasureTransition.objects.order_by("id").values_list("measure_id", "event")),
        "letters": list(Notice.objects.order_by("id").values_list("measure_id", "kind")),
        "reports": list(OrderTransition.objects.filter(event="done").values_list("order_id", flat=True)),
        "messages": [row.message_id for row in Order.objects.all()]}))
"""
PASSWORD = "lantern-harbour-42"


def quick_profile(home):
    """The shipped profile with an executor that is asked again at once."""
    from licet.config.profile import SHIPPED

    made = home / "profile"
    shutil.copytree(SHIPPED / "cn-2007", made)
    text = (made / "orders.toml").read_text(encoding="utf-8")
    for name, value in (("timeout_s", "1"), ("base_s", "1"), ("cap_s", "2"), ("tries", "40")):
        text = "\n".join(f"{name} = {value}" if line.startswith(f"{name} ") else line for line in text.splitlines())
    (made / "orders.toml").write_text(text + "\n", encoding="utf-8")
    return made


class Family:
    """``licet run`` with people and programs who try again until they are answered."""

    def __init__(self, home):
        self.home, self.lot = home, random.Random(20261128)
        os.environ |= {"LICET_PROFILE": str(quick_profile(home)), "LICET_ALLOW_PRIVATE_TARGETS": "1", "LICET_REQUIRE_MFA": "0"}
        self.desk = Running(home / "home").until_ready()
        self.seen, self.killed, self.nudge, self.open = {}, [], None, contextlib.ExitStack()

    def watch(self):
        self.nudge = subprocess.Popen([sys.executable, "-c", NUDGE], env=self.desk.environment, stdout=subprocess.PIPE, text=True)
        reading = threading.Thread(target=self._read, daemon=True)
        reading.start()
        self.open.callback(self.nudge.stdout.close)
        self.open.callback(reading.join, 10)
        self.open.callback(self.nudge.wait)
        self.open.callback(self.nudge.kill)

    def _read(self):
        for line in self.nudge.stdout:
            self.seen = json.loads(line) if "measures" in line else self.seen

    def kill(self, module):
        """Signal 9 for one of the family, whatever it is doing."""
        with contextlib.suppress(psutil.NoSuchProcess, StopIteration):
            process = next(one for one in self.desk.family() if module in one.cmdline())
            process.kill()
            self.killed.append(module)

    def kill_later(self, module, times, pause):
        def work():
            for _ in range(times):
                time.sleep(self.lot.uniform(0.2, pause))
                self.kill(module)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def until(self, true, seconds):
        eventually(lambda: true(self.seen) or self.seen, seconds)

    def insist(self, send, seconds=60):
        """Ask the web server until it answers."""
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(httpx.HTTPError, KeyError):
                answer = send(f"http://127.0.0.1:{self.desk.port}")
                if answer.status_code < 500:
                    return answer
            assert time.monotonic() < deadline, "no answer"
            time.sleep(0.2)


def signed_in(family):
    """A session of olm's, as a script of theirs uses it."""
    client = family.open.enter_context(httpx.Client(trust_env=False, timeout=10, headers={"Host": "localhost"}))

    def sign_in(base):
        client.get(f"{base}/accounts/login/")
        return client.post(f"{base}/accounts/login/", data={
            "login": "olm", "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]})

    family.insist(sign_in)
    return lambda path, body: family.insist(lambda base: client.post(
        f"{base}/api{path}", json=body, headers={"X-CSRFToken": client.cookies["csrftoken"]}))


@pytest.fixture
def family(monkeypatch):
    for name in ("LICET_PROFILE", "LICET_ALLOW_PRIVATE_TARGETS", "LICET_REQUIRE_MFA"):
        monkeypatch.setenv(name, "")  # put back afterwards
        monkeypatch.delenv(name)
    with tempfile.TemporaryDirectory(prefix="licet-killed-", ignore_cleanup_errors=True) as directory:
        made = Family(Path(directory))
        yield made
        made.open.close()
        made.desk.end()
        made.desk.process.stderr.close()
        made.desk.process.stdout.close()
        for process in workers_on(directory):
            process.kill()


@pytest.mark.slow
def test_killed_at_random_everything_happens_once(family):
    moods = ["500", "ok", "drop", "hang", "ok", "500", "done", "drop", "ok"]
    with Receiver(moods=moods, hang_s=1.5) as receiver:
        made = json.loads(family.desk.script(
            START.replace("PASSWORD", repr(PASSWORD)).replace("URL", repr(receiver.url)).replace("SITES", str(SITES))))
        receiver.secret = made["secret"]
        family.watch()
        post = signed_in(family)

        killing = [family.kill_later("licet.config.web", 2, 3.0)]
        for draft in made["drafts"]:
            post(f"/measures/{draft}/approve", {})
        # A job that was killed with its lock comes back after a minute or two; so the worker dies once the letters are out.
        family.until(lambda seen: len(seen.get("orders", [])) == SITES, PATIENCE_S)
        killing.append(family.kill_later("licet.config.worker", 3, 4.0))
        reporting = {"json": {"status": "done"}, "headers": {"Authorization": f"Bearer {made['key']}", "Host": "localhost"},
                     "trust_env": False, "timeout": 10}
        family.until(lambda seen: {row[2] for row in seen["orders"]} <= {"dispatched", "acknowledged", "done"}, PATIENCE_S)
        for order, _kind, _state in family.seen["orders"]:
            family.insist(lambda base, order=order: httpx.post(f"{base}/api/orders/{order}/reports", **reporting))
        for thread in killing:
            thread.join(30)
        killing = [family.kill_later("licet.config.web", 1, 1.0), family.kill_later("licet.config.worker", 1, 3.0)]
        for draft in made["drafts"]:
            post(f"/measures/{draft}/lift", {"reason": "It was filed."})
        family.until(lambda seen: len(seen.get("orders", [])) == 2 * SITES and {
            row[2] for row in seen["orders"] if row[1] == "restore"} <= {"dispatched", "acknowledged", "done"}, PATIENCE_S)
        for order, kind, _state in family.seen["orders"]:
            if kind == "restore":
                family.insist(lambda base, order=order: httpx.post(f"{base}/api/orders/{order}/reports", **reporting))
        family.until(lambda seen: set(seen["measures"].values()) == {"restored"}, PATIENCE_S)
        for thread in killing:
            thread.join(30)
        counted = json.loads(family.desk.script(COUNT))

    sites = [(f"site{n}.example",) for n in range(SITES)]
    assert sorted(receiver.effects) == [*(("cut", site) for site in sites), *(("restore", site) for site in sites)]
    assert set(receiver.requests) == set(counted["messages"]) and len(receiver.requests) > 2 * SITES
    once = {event: sum(1 for _, name in counted["steps"] if name == event) for event in (
        "approved", "notified", "ordered", "done", "lifted", "restored")}
    assert once == dict.fromkeys(once, SITES)
    assert sorted(kind for _, kind in counted["letters"]) == ["lifted"] * SITES + ["statement"] * SITES
    assert len(counted["reports"]) == len(set(counted["reports"])) == 2 * SITES
    assert len(family.killed) >= 6, family.killed
