"""Entries for tests, and somebody with all rights on the database who forges them."""

import hashlib
import json

from django.db import connections

from licet.core import clock
from licet.core.actors import Actor, Scope
from licet.core.rls import acting_as
from licet.journal import services, tree
from licet.journal.canonical import canonical_entry

CLERK = Actor(name="user:7", user_id=7, scope=Scope.NATIONAL)
TABLES = ("journal_entry", "journal_checkpoint", "journal_head")


def append_entries(count, **more):
    with acting_as(CLERK):
        return [services.append("test:record:changed", actor=CLERK, subject=f"record:{number}", purpose="测试",
                                after={"n": number}, data={"n": number}, **more) for number in range(count)]


def sign():
    return services.checkpoint(clock.now())


class Forger:
    """The owner with the triggers switched off: rewrites rows, hashes, head and checkpoints."""

    def __enter__(self):
        self.sql = connections["owner"].cursor()
        for table in TABLES:
            self.sql.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        self.taking("ENABLE ALWAYS")
        self.sql.execute("ALTER TABLE journal_entry NO FORCE ROW LEVEL SECURITY")
        return self

    def __exit__(self, *_error):
        self.sql.close()

    def taking(self, mode):
        self.sql.execute(f"ALTER TABLE journal_entry {mode} TRIGGER journal_entry_take")

    def rows(self):
        self.sql.execute("SELECT seq, at, tag, actor, purpose, subject, organisation, before_hash, after_hash,"
                         " data::text FROM journal_entry ORDER BY seq")
        return self.sql.fetchall()

    def rewrite(self):
        """Compute texts, leaf hashes, the chain and the head anew from the columns, as the journal itself would."""
        chain, frontier = b"\0" * 32, tree.Frontier()
        for row in self.rows():
            text = canonical_entry(*row[:9], json.loads(row[9]))
            leaf = tree.leaf_hash(text.encode())
            chain = hashlib.sha256(chain + leaf).digest()
            frontier.append(leaf)
            self.sql.execute("UPDATE journal_entry SET canonical = %s, leaf_hash = %s, chain_hash = %s WHERE seq = %s",
                             [text, leaf, chain, row[0]])
        self.sql.execute("UPDATE journal_head SET size = %s, chain_hash = %s, frontier = %s",
                         [frontier.size, chain, frontier.to_bytes()])

    def shift(self, start, by):
        """Give the entries from ``start`` on other numbers."""
        self.sql.execute("UPDATE journal_entry SET seq = seq + 1000000 WHERE seq >= %s", [start])
        self.sql.execute("UPDATE journal_entry SET seq = seq - 1000000 + %s WHERE seq >= 1000000", [by])

    def copy(self, source, target):
        self.taking("DISABLE")
        self.sql.execute(
            "INSERT INTO journal_entry SELECT %s, at, tag, actor, 'forged', subject, organisation, before_hash,"
            " after_hash, data, canonical, leaf_hash, chain_hash FROM journal_entry WHERE seq = %s", [target, source])
        self.taking("ENABLE ALWAYS")
