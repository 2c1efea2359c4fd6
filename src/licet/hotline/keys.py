"""Keys of partners while PostgreSQL is away: a key that it recognised in the last ten minutes is still one.

PostgreSQL is asked first, each time; what it says counts, so a revoked key ends at once while it runs. Only when it does
not answer counts what this process remembers: the SHA-256 of the key and who it was. A key nobody used lately is told to
come back (503, ``Retry-After``).
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from django.db import InterfaceError, OperationalError

from licet.core.actors import Actor
from licet.core.errors import LicetError
from licet.hotline.limits import limits
from licet.hotline.pace import Pace
from licet.parties.tokens import TokenRefused, actor_of_token

AWAY = (OperationalError, InterfaceError)
REMEMBERED_S = 600.0
MOST = 10_000
WINDOW_S = 60.0
used = Pace(WINDOW_S)


class TooMany(LicetError):
    """Too many requests with one key."""

    code = "too_many"
    status = 429
    retry_after_s = int(WINDOW_S)


def count(key: str) -> None:
    """Count one more request with a key that was recognised. Raises :class:`TooMany` beyond the profile's number."""
    if used.note(hashlib.sha256(key.encode()).hexdigest()) > limits().partner_requests:
        raise TooMany("this key was used very often within a minute",
                      hint="send many reports with one request: /api/hotline/reports/batch")


class Remembered:
    """Who keys were, for a while. Threads may share it."""

    def __init__(self, seconds: float = REMEMBERED_S, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, tuple[Actor, float]] = OrderedDict()

    def actor_of(self, key: str) -> Actor:
        """Who a program with this key is. Raises :class:`TokenRefused`, or the database's own error when it is away and
        the key was not recognised lately."""
        digest = hashlib.sha256(key.encode()).digest()
        try:
            actor = actor_of_token(key)
        except TokenRefused:
            self._forget(digest)
            raise
        except AWAY:
            known = self._recall(digest)
            if known is None:
                raise
            return known
        self._remember(digest, actor)
        return actor

    def clear(self) -> None:
        """Forget everything (tests)."""
        with self._lock:
            self._known.clear()

    def _remember(self, digest: bytes, actor: Actor) -> None:
        with self._lock:
            self._known[digest] = actor, self._clock()
            self._known.move_to_end(digest)
            while len(self._known) > MOST:
                self._known.popitem(last=False)

    def _recall(self, digest: bytes) -> Actor | None:
        with self._lock:
            actor, at = self._known.get(digest, (None, 0.0))
            return actor if self._clock() - at < self._seconds else None

    def _forget(self, digest: bytes) -> None:
        with self._lock:
            self._known.pop(digest, None)


remembered = Remembered()
