"""Homes of killed test runs are removed with their PostgreSQL; those of living runs are not touched."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from tests import leftovers

# In Python, for a shell that was started in the background cannot take notice of SIGINT.
SERVER = f"""#!{sys.executable}
import pathlib, signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
pathlib.Path(sys.argv[1], "ready").touch()
signal.pause()
"""


@pytest.fixture
def home(tmp_path):
    made = tmp_path / "licet-test-abc"
    (made / "postgres").mkdir(parents=True)
    return made


def dead_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    started = psutil.Process(process.pid).create_time()
    process.wait()
    return process.pid, started


def test_a_killed_runs_home_is_removed(home, tmp_path):
    (home / "owner").write_text("{} {}".format(*dead_process()))
    assert leftovers.clear_leftovers(tmp_path) == [home]
    assert not home.exists()


def test_a_living_runs_home_stays(home, tmp_path):
    leftovers.claim(home)
    assert leftovers.clear_leftovers(tmp_path) == []


def test_a_number_used_again_is_another_process(home, tmp_path):
    (home / "owner").write_text(f"{os.getpid()} {psutil.Process().create_time() - 3600}")
    assert leftovers.clear_leftovers(tmp_path) == [home]


@pytest.mark.parametrize(("age_s", "removed"), [(60, False), (90_000, True)], ids=["today", "two days ago"])
def test_a_home_without_an_owner_is_left_alone_for_a_day(home, tmp_path, age_s, removed):
    then = home.stat().st_mtime - age_s
    os.utime(home, (then, then))
    assert (leftovers.clear_leftovers(tmp_path) == [home]) is removed


def test_what_is_not_ours_stays(tmp_path, home):
    other = tmp_path / "somebody-elses"
    other.mkdir()
    (other / "owner").write_text("{} {}".format(*dead_process()))
    (tmp_path / "licet-test-link").symlink_to(other)
    leftovers.claim(home)
    assert leftovers.clear_leftovers(tmp_path) == [] and other.exists()


@pytest.mark.parametrize("worker", ["", "gw1"])
def test_the_server_of_a_killed_run_is_stopped(worker, home, tmp_path):
    program = tmp_path / "postgres"
    program.write_text(SERVER)
    program.chmod(0o755)
    data = home / worker / "postgres"
    data.mkdir(parents=True, exist_ok=True)
    server = subprocess.Popen([program, data])
    (data / "postmaster.pid").write_text(f"{server.pid}\n")
    while not (data / "ready").exists():
        assert server.poll() is None
        time.sleep(0.01)
    (home / "owner").write_text("{} {}".format(*dead_process()))

    assert leftovers.clear_leftovers(tmp_path) == [home]

    assert server.wait(timeout=20) == 0
