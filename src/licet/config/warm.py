"""What the web server loads after it has answered once: the heavy parts behind the gate, sweeps and files.

Loading them takes longer than everything else, so no start waits for it; a question that comes earlier than the thread
is ready waits for the import that is under way (Python's import locks) and then goes on.
"""

from __future__ import annotations

import gc
import importlib
import logging
import threading
from typing import Any

# Services whose first use would otherwise keep somebody waiting for numba, pyarrow and duckdb.
HEAVY = ("licet.gate.services", "licet.sweeps.services", "licet.registers.exchange.services")


def warm() -> None:
    """Import the heavy parts; one that cannot be loaded is reported by whoever needs it.

    What is loaded stays, so the collector need not walk through it again while somebody waits for a page.
    """
    for name in HEAVY:
        try:
            importlib.import_module(name)
        except Exception:
            logging.getLogger(__name__).exception("%s cannot be loaded", name)
    gc.collect()
    gc.freeze()


def warm_after_first_request() -> None:
    """Start :func:`warm` in a thread of its own when the first request is finished."""
    from django.core.signals import request_finished

    def start(**_: Any) -> None:
        request_finished.disconnect(start)
        threading.Thread(target=warm, name="warm", daemon=True).start()

    request_finished.connect(start, weak=False)
