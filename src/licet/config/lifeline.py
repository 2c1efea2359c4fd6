"""A child process that does not outlive the process that started it, even when that one was killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

VARIABLE = "LICET_LIFELINE"  # process id of the `licet run` that started this process
POLL_S = 0.25


def tie_to_parent() -> None:
    """End this process soon after its parent ends: first politely (SIGTERM), five seconds later for good."""
    if VARIABLE in os.environ:
        # The id is handed down and not asked for: the parent may have ended before this line.
        between = multiprocessing.parent_process()  # granian's main process, for its workers
        parent = between.pid if between is not None else int(os.environ[VARIABLE])
        threading.Thread(target=_watch, args=(parent,), name="lifeline", daemon=True).start()


def _watch(parent: int | None) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    os._exit(1)
