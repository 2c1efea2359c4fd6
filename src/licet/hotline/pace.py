"""How often a network came lately, counted in this process's memory: no row, no cookie, nothing to erase."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

NETWORKS_KEPT = 50_000
FORMS_KEPT = 50_000


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


class Once:
    """Lets one thing through per key within a window, and that same thing again. Threads may share it."""

    def __init__(self, window_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._window_s, self._clock = window_s, clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def first(self, key: str, thing: str) -> bool:
        """Whether nothing else was let through for this key within the window; it counts from now if so."""
        with self._lock:
            known, at = self._known.get(key, ("", 0.0))
            now = self._clock()
            if known and known != thing and now - at < self._window_s:
                return False
            self._known[key] = (thing, now)
            self._known.move_to_end(key)
            while len(self._known) > NETWORKS_KEPT:
                self._known.popitem(last=False)
            return True

    def clear(self) -> None:
        """Forget everything (tests)."""
        with self._lock:
            self._known.clear()


class Spent:
    """Which forms were sent already, and a digest of what with. A form is one report for ever by its number; this only
    tells somebody who sends it again with other words, instead of showing them a receipt of the first."""

    def __init__(self, most: int = FORMS_KEPT) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._said: OrderedDict[str, bytes] = OrderedDict()

    def stands_for_other(self, form: str, said: str) -> bool:
        """Whether the form was sent with something else."""
        with self._lock:
            before = self._said.get(form)
        return before is not None and before != _digest(said)

    def note(self, form: str, said: str) -> None:
        """The form was sent with this."""
        with self._lock:
            self._said[form] = _digest(said)
            while len(self._said) > self._most:
                self._said.popitem(last=False)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
