"""How often a network came lately, counted in this process's memory: no row, no cookie, nothing to erase."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

NETWORKS_KEPT = 50_000


class Pace:
    """Counts per key within a window that moves along. Threads may share it."""

    def __init__(self, window_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.window_s = window_s
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def count(self, key: str) -> int:
        """How many were noted within the window."""
        with self._lock:
            moments = self._seen.get(key)
            if moments is None:
                return 0
            self._forget(moments)
            return len(moments)

    def note(self, key: str) -> int:
        """Note one more; returns how many there are now."""
        with self._lock:
            moments = self._seen.setdefault(key, deque())
            self._seen.move_to_end(key)
            self._forget(moments)
            moments.append(self._clock())
            while len(self._seen) > NETWORKS_KEPT:
                self._seen.popitem(last=False)
            return len(moments)

    def clear(self) -> None:
        """Forget everything (tests)."""
        with self._lock:
            self._seen.clear()

    def _forget(self, moments: deque[float]) -> None:
        oldest = self._clock() - self.window_s
        while moments and moments[0] < oldest:
            moments.popleft()
