"""``licet run`` as an operator meets it: first start, stop, crash, second start, refusals."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from licet.config import run as running
from licet.core.errors import Conflict, Unavailable

WRITE = """
from licet.config.bootstrap import connect_database
connect_database()
from licet.core.operator import operator
from licet.core.rls import acting_as
from licet.journal.services import append
from licet.parties.services import add_person
with acting_as(operator()) as actor:
    add_person("survivor", password="lantern-harbour-42", party_id="authority", roles=("observer",), by=actor)
    append("parties:person:added", actor=actor, subject="user:survivor")
print("written")
"""
READ = """
from licet.config.bootstrap import connect_database
connect_database()
from licet.core.operator import operator
from licet.core.rls import acting_as
from licet.journal.models import Entry
from licet.parties.models import Membership
with acting_as(operator()):
    print(Membership.objects.filter(user__username="survivor").count(),
          Entry.objects.filter(tag="parties:person:added", subject="user:survivor").count())
"""


class Running:
    """One ``licet run`` in a process group of its own."""

    def __init__(self, home, *arguments):
        self.home = home
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.environment = environment | {"LICET_HOME": str(home)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "licet.cli", "run", "--no-open", *(arguments or ("--port", "0"))],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.said = []

    def until_ready(self):
        for line in self.process.stdout:
            self.said.append(line)
            if "ready at" in line:
                self.port = int(re.search(r":(\d+)/", line).group(1))
                return self
        raise AssertionError(self.process.stderr.read())

    def script(self, code):
        return subprocess.run([sys.executable, "-c", code], env=self.environment, capture_output=True, text=True,
                              check=True).stdout.strip()

    def family(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=60)
        return self.process.returncode, rest


def workers_on(home):
    """Live processes that work in or for ``home``: the database and our children."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        with contextlib.suppress(psutil.Error):
            if process.info["status"] != psutil.STATUS_ZOMBIE and (
                    str(home) in " ".join(process.info["cmdline"] or [])
                    or process.environ().get("LICET_HOME") == str(home)):
                found.append(process)
    return found


def eventually(condition, seconds=30):
    """Wait until ``condition()`` is true. What it said last is part of the failure."""
    deadline = time.monotonic() + seconds
    while (said := condition()) is not True:
        assert time.monotonic() < deadline, f"did not happen in time: {said}"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def home():
    with tempfile.TemporaryDirectory(prefix="licet-run-", ignore_cleanup_errors=True) as directory:
        yield Path(directory)
        for process in workers_on(directory):
            process.kill()


@pytest.fixture
def licet(home):
    started = []

    def start(*arguments):
        started.append(Running(home, *arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.stdout.close()
        one.process.stderr.close()


def sign_in_page(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/accounts/login/", headers={"Host": "localhost"})
    status = connection.getresponse().status
    connection.close()
    return status


def test_first_start_prints_password_and_one_address_and_stops_clean(licet, home):
    desk = licet().until_ready()
    assert [line.split(":")[0] for line in desk.said] == ["First administrator", "Licet is ready at http"]
    assert sign_in_page(desk.port) == 200
    # What is handed to people names the port that was really taken, in our children and in other windows alike.
    said = desk.script("from licet.config.settings import PUBLIC_URL; print(PUBLIC_URL)")
    assert said == f"http://127.0.0.1:{desk.port}"

    code, rest = desk.end(signal.SIGINT)

    assert (code, rest) == (0, "")
    eventually(lambda: not workers_on(home))


def test_second_run_on_the_same_home_is_refused(licet):
    desk = licet().until_ready()
    assert len(desk.said) == 1, "the password is printed once only"

    second = licet()
    _, complaint = second.process.communicate(timeout=60)

    assert second.process.returncode == 1
    assert f"already runs on {second.home} (process {desk.process.pid})" in complaint
    assert desk.end()[0] == 0


def test_killed_without_warning_loses_nothing(licet, home):
    desk = licet().until_ready()
    assert desk.script(WRITE) == "written"

    os.killpg(desk.process.pid, signal.SIGKILL)
    desk.process.wait()
    for process in workers_on(home):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()

    again = licet().until_ready()
    assert again.script(READ) == "1 1"
    assert again.end()[0] == 0
    eventually(lambda: not workers_on(home))


def test_killed_alone_takes_its_children_along(licet, home):
    desk = licet().until_ready()
    family = desk.family()
    assert family

    desk.process.kill()

    psutil.wait_procs(family, timeout=20)
    eventually(lambda: not [process for process in family if process.is_running()
                            and process.status() != psutil.STATUS_ZOMBIE])


def test_dead_database_and_dead_web_server_come_back(licet, home):
    desk = licet().until_ready()
    server = psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().split()[0]))
    web = next(process for process in desk.family() if "licet.config.web" in process.cmdline())

    server.kill()
    web.kill()

    def served():
        try:
            seen = (sign_in_page(desk.port), desk.script(READ))
        except (OSError, http.client.HTTPException) as problem:
            return repr(problem)
        return seen == (200, "1 1") or seen

    eventually(served, 60)
    assert desk.end()[0] == 0


def test_port_in_use_says_what_to_do(licet):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        refused = licet("--port", str(other.getsockname()[1]))
        _, complaint = refused.process.communicate(timeout=60)

    assert refused.process.returncode == 1
    assert "cannot be used" in complaint and "--port 8081" in complaint


def test_bad_setting_stops_with_a_hint(licet, home, monkeypatch):
    monkeypatch.setenv("LICET_PORT", "http")
    refused = licet()
    _, complaint = refused.process.communicate(timeout=60)
    assert refused.process.returncode == 1
    assert "LICET_PORT='http' cannot be used" in complaint and "hint:" in complaint


def test_child_that_keeps_ending_brings_everything_down(monkeypatch, capsys):
    monkeypatch.setattr(running, "PAUSES_S", (0.01, 0.01))
    child = running.Child(name="worker", command=[sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(Unavailable, match=r"worker ended 3 times .*exit code 3"), capsys.disabled():
        running._watch([child], running.Stop(), lambda: False)


def test_only_one_holder_of_a_home(tmp_path):
    with running._only_one(tmp_path), pytest.raises(Conflict), running._only_one(tmp_path):
        pass
