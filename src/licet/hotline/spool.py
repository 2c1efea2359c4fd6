"""Accepted means durable: a report is on the disk before anybody gets its receipt, whether or not PostgreSQL runs.

SQLite in WAL mode with ``synchronous=FULL`` is the queue (decision 0014). Threads that accept at the same moment share
one commit, and with it one flush of the disk. A row carries a digest of its body; a row that does not match is set
aside and told about, never dropped. Rows leave after PostgreSQL has committed them, so a crash anywhere means at most
that one is handed over twice, which the receipt number makes harmless.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from licet.core.errors import Unavailable

LARGEST_GROUP = 500  # rows of one commit
BUSY_MS = 10_000
TAKEN_BACK = "0"  # comes before every moment
WAIT_S = 15.0  # a commit takes milliseconds; this is a disk that hangs

_SCHEMA = """
CREATE TABLE IF NOT EXISTS waiting (number TEXT PRIMARY KEY, body BLOB NOT NULL, digest BLOB NOT NULL,
  taken_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aside (number TEXT PRIMARY KEY, body BLOB NOT NULL, problem TEXT NOT NULL,
  taken_at TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting_in_order ON waiting (taken_at, number);
"""

_SINCE_WHEN = "ALTER TABLE aside ADD COLUMN taken_at TEXT NOT NULL DEFAULT ''"  # files of earlier versions


@dataclasses.dataclass(frozen=True)
class Item:
    """One accepted report. ``taken_at``: ISO 8601 in UTC, the order in which they are handed over."""

    number: str
    body: bytes
    taken_at: str


@dataclasses.dataclass
class _Waiting:
    items: Sequence[Item]
    done: threading.Event
    problem: Exception | None = None
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    begun: bool = False  # the writer has it in its hands
    given_up: bool = False

    def begin(self) -> bool:
        """The writer takes it. Whether somebody still waits for it."""
        with self.lock:
            self.begun = not self.given_up
            return self.begun

    def give_up(self) -> bool:
        """Nobody waits any longer. Whether it is sure that it is not written."""
        with self.lock:
            self.given_up = not self.begun
            return self.given_up


def _digest(item: Item) -> bytes:
    text = item.number.encode() + b"\0" + item.taken_at.encode() + b"\0" + item.body
    return hashlib.blake2b(text, digest_size=16).digest()


class Spool:
    """The queue in one file. Any number of threads and processes may use it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._pid = 0

    # --- taking in ---------------------------------------------------------------------------------------------------

    def accept(self, items: Sequence[Item]) -> None:
        """Return when the items are on the disk. One that is there already stays as it is.

        Raises :class:`Unavailable` when they could not be written: nothing was accepted then, unless it says that this is
        not known.
        """
        if not items:
            return
        waiting = _Waiting(items, threading.Event())
        self._start_writer()
        self._queue.put(waiting)
        if not waiting.done.wait(WAIT_S):
            if waiting.give_up():
                raise Unavailable("the disk does not answer; nothing was accepted", hint="try again in a minute")
            raise Unavailable("the disk does not answer; whether it was kept is not known yet",
                              hint="send the very same again in a minute: it is one report, with one receipt")
        if waiting.problem is not None:
            raise Unavailable(f"the report could not be kept: {waiting.problem}",
                              hint="nothing was accepted; try again in a minute") from waiting.problem

    def _start_writer(self) -> None:
        with self._lock:
            if self._writer is None or not self._writer.is_alive() or self._pid != os.getpid():
                if self._pid != os.getpid():  # a fork has the parent's queue, and nobody who reads it
                    self._queue = queue.SimpleQueue()
                self._pid = os.getpid()
                self._writer = threading.Thread(target=self._write, name="hotline-spool", daemon=True)
                self._writer.start()

    def _write(self) -> None:
        """The one thread of this process that writes: everything that waits goes into one commit."""
        with contextlib.ExitStack() as stack:
            connection: sqlite3.Connection | None = None
            while True:
                group, ended = self._group()
                try:
                    if connection is None:
                        connection = stack.enter_context(contextlib.closing(self._connect()))
                    _insert(connection, [item for waiting in group if waiting.begin() for item in waiting.items])
                except (sqlite3.Error, OSError) as error:
                    for waiting in group:
                        waiting.problem = error
                for waiting in group:
                    waiting.done.set()
                if ended:
                    return

    def _group(self) -> tuple[list[_Waiting], bool]:
        group: list[_Waiting] = []
        size = 0
        first = self._queue.get()
        while first is not None:
            group.append(first)
            size += len(first.items)
            if size >= LARGEST_GROUP:
                return group, False
            try:
                first = self._queue.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def close(self) -> None:
        """Let the writer end after what waits. The spool may be used again afterwards."""
        with self._lock:
            if self._writer is not None and self._writer.is_alive() and self._pid == os.getpid():
                self._queue.put(None)
                self._writer.join(WAIT_S)
            self._writer = None

    # --- handing over ------------------------------------------------------------------------------------------------

    def oldest(self, most: int) -> list[Item]:
        """The items that wait longest. Damaged ones are set aside first."""
        with self._open() as connection:
            rows = connection.execute("SELECT number, body, taken_at, digest FROM waiting ORDER BY taken_at, number"
                                      " LIMIT ?", [most]).fetchall()
            items = []
            for number, body, taken_at, digest in rows:
                item = Item(number, bytes(body), taken_at)
                if _digest(item) == bytes(digest):
                    items.append(item)
                else:
                    _put_aside(connection, number, "the row does not match its digest")
            return items

    def handed_over(self, numbers: Sequence[str]) -> None:
        """These are in PostgreSQL and committed there: forget them here."""
        with self._open() as connection:
            connection.executemany("DELETE FROM waiting WHERE number = ?", [[number] for number in numbers])

    def put_aside(self, number: str, problem: str) -> None:
        """An item that PostgreSQL will never take: kept, with the reason, for a person."""
        with self._open() as connection:
            _put_aside(connection, number, problem)

    def take_back(self, number: str) -> bool:
        """Put an item that was set aside back into the queue (after a repair)."""
        with self._open() as connection:
            row = connection.execute("SELECT body FROM aside WHERE number = ?", [number]).fetchone()
            if row is None:
                return False
            item = Item(number, bytes(row[0]), TAKEN_BACK)
            connection.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?)",
                               [number, item.body, _digest(item), item.taken_at])
            connection.execute("DELETE FROM aside WHERE number = ?", [number])
            return True

    def holds(self, number: str) -> bool:
        """Whether the item waits here (or was set aside here)."""
        return self.body_of(number) is not None

    def body_of(self, number: str) -> bytes | None:
        """The body of an item that waits here or was set aside."""
        with self._open(reads=True) as connection:
            row = connection.execute("SELECT body FROM waiting WHERE number = ? UNION SELECT body FROM aside"
                                     " WHERE number = ?", [number, number]).fetchone()
            return None if row is None else bytes(row[0])

    def item_of(self, number: str) -> Item | None:
        """An item that waits here or was set aside, as it was accepted."""
        with self._open(reads=True) as connection:
            row = connection.execute("SELECT number, body, taken_at FROM waiting WHERE number = ? UNION ALL SELECT number,"
                                     " body, taken_at FROM aside WHERE number = ?", [number, number]).fetchone()
            return None if row is None else Item(row[0], bytes(row[1]), row[2])

    def items_of(self, numbers: Sequence[str]) -> list[Item]:
        """:meth:`item_of` for many numbers at once; those that are not here are left out."""
        asked = json.dumps(list(numbers))
        with self._open(reads=True) as connection:
            rows = connection.execute(
                "SELECT number, body, taken_at FROM waiting WHERE number IN (SELECT value FROM json_each(?)) UNION ALL"
                " SELECT number, body, taken_at FROM aside WHERE number IN (SELECT value FROM json_each(?))", [asked, asked])
            return [Item(row[0], bytes(row[1]), row[2]) for row in rows]

    def rewrite(self, until: str, *, after: str, change: Callable[[bytes], bytes], most: int) -> tuple[int, str]:
        """Change the bodies of items accepted up to ``until``, at most ``most`` of those with numbers above ``after``:
        what waits and what was set aside, in one transaction. Returns how many changed, and the last number looked at
        ('' when none is left). Items set aside by earlier versions, which say no moment, count as old."""
        with self._open() as connection:
            rows = [(table, *row) for table in ("waiting", "aside") for row in connection.execute(
                f"SELECT number, body, taken_at FROM {table} WHERE taken_at <= ? AND taken_at <> ? AND number > ?"
                " ORDER BY number LIMIT ?", [until, TAKEN_BACK, after, most])]
            rows = sorted(rows, key=lambda row: row[1])[:most]
            changed = 0
            for table, number, body, taken_at in rows:
                new = change(bytes(body))
                if new == bytes(body):
                    continue
                changed += 1
                connection.execute(f"UPDATE {table} SET body = ? WHERE number = ?", [new, number])
                if table == "waiting":
                    connection.execute("UPDATE waiting SET digest = ? WHERE number = ?",
                                       [_digest(Item(number, new, taken_at)), number])
            return changed, rows[-1][1] if rows else ""

    def oldest_at(self) -> str:
        """When the item that waits longest was accepted; '' when none waits."""
        with self._open(reads=True) as connection:
            row = connection.execute("SELECT min(taken_at) FROM waiting WHERE taken_at <> ?", [TAKEN_BACK]).fetchone()
            return str(row[0] or "")

    def counts(self) -> tuple[int, int]:
        """How many wait, and how many were set aside."""
        with self._open(reads=True) as connection:
            row = connection.execute("SELECT (SELECT count(*) FROM waiting), (SELECT count(*) FROM aside)").fetchone()
            return int(row[0]), int(row[1])

    def set_aside(self) -> list[tuple[str, str]]:
        """(number, problem) of what was set aside."""
        with self._open(reads=True) as connection:
            return [(row[0], row[1]) for row in connection.execute("SELECT number, problem FROM aside ORDER BY number")]

    # --- the file ----------------------------------------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlite3.connect(self.path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # WAL alone may lose the last commits when the power goes
        connection.execute("PRAGMA secure_delete=ON")  # what was handed over is overwritten, not only unlinked
        connection.executescript(_SCHEMA)
        if "taken_at" not in {row[1] for row in connection.execute("PRAGMA table_info(aside)")}:
            with contextlib.suppress(sqlite3.OperationalError):  # another process was quicker
                connection.execute(_SINCE_WHEN)
        return connection

    @contextlib.contextmanager
    def _open(self, *, reads: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction; one that only ``reads`` waits for nobody who writes."""
        try:
            with contextlib.closing(self._connect()) as connection:
                connection.execute("BEGIN" if reads else "BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"the hotline's spool cannot be used: {error}", hint=f"look at {self.path}") from error


def _insert(connection: sqlite3.Connection, items: Sequence[Item]) -> None:
    if not items:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany("INSERT OR IGNORE INTO waiting VALUES (?, ?, ?, ?)",
                               [(item.number, item.body, _digest(item), item.taken_at) for item in items])
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _put_aside(connection: sqlite3.Connection, number: str, problem: str) -> None:
    connection.execute("INSERT OR REPLACE INTO aside (number, body, problem, taken_at)"
                       " SELECT number, body, ?, taken_at FROM waiting WHERE number = ?",
                       [problem, number])
    connection.execute("DELETE FROM waiting WHERE number = ?", [number])
