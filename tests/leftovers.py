"""What killed test runs left in the temporary directory: homes with a PostgreSQL that nobody needs any more."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

import psutil

PREFIXES = ("licet-test-", "licet-commands-", "licet-run-", "licet-home-")
OWNER = "owner"  # process id and start time of the run that made a home
FORGOTTEN_S = 86_400  # a home that names no owner is left alone for a day


def claim(home: Path) -> None:
    """Write down that this process owns ``home``."""
    (home / OWNER).write_text(f"{os.getpid()} {psutil.Process().create_time()}")


def clear_leftovers(temporary: Path) -> list[Path]:
    """Remove the homes of runs that are over, and stop a PostgreSQL that still works there. Returns what was removed."""
    removed = []
    for home in sorted(temporary.iterdir()):
        if home.name.startswith(PREFIXES) and home.is_dir() and not home.is_symlink() and _is_over(home):
            for place in (home, *(one for one in home.iterdir() if one.is_dir())):  # workers have homes of their own
                _stop_server(place)
            shutil.rmtree(home, ignore_errors=True)
            removed.append(home)
    return removed


def _is_over(home: Path) -> bool:
    try:
        if home.stat().st_uid != os.geteuid():
            return False
        pid, started = (home / OWNER).read_text().split()
        # A process number is used again; the moment it started is not.
        return abs(psutil.Process(int(pid)).create_time() - float(started)) > 1
    except psutil.NoSuchProcess:
        return True
    except (OSError, ValueError, psutil.Error):
        with contextlib.suppress(OSError):
            return time.time() - home.stat().st_mtime > FORGOTTEN_S
        return False


def _stop_server(home: Path) -> None:
    from licet.config.embedded import EmbeddedServer

    pid = EmbeddedServer(home, "").process_id()
    if pid is None:
        return
    with contextlib.suppress(psutil.Error):
        server = psutil.Process(pid)
        server.send_signal(signal.SIGINT)  # fast shutdown
        _gone, alive = psutil.wait_procs([server], timeout=10)
        for process in alive:
            process.kill()
