"""Appending and signing: real PostgreSQL, the application role and the owner."""

import hashlib
import threading

import pytest
from django.db import DatabaseError, connection, connections, transaction

from licet.core import clock
from licet.core.actors import NOBODY, WORKER, Actor, Scope
from licet.core.errors import BadInput
from licet.core.rls import acting_as
from licet.journal import selectors, services, tree
from licet.journal.checkpoint import open_checkpoint, signer
from licet.journal.checks import TRIGGERS, check_triggers, health
from licet.journal.models import Entry, Head, SignedCheckpoint
from licet.journal.tests.forging import CLERK, append_entries, sign
from licet.journal.tiles import TileConflict


def owner(statement):
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
        return cursor.rowcount


def test_append_records_who_what_why(system):
    first = services.append("test:record:changed", actor=CLERK, subject="record:1", purpose="为什么",
                            organisation="harbour", before={"name": "old"}, after={"name": "new"},
                            data={"field": "name"})

    stored = Entry.objects.get(seq=first.seq)
    assert (stored.actor, stored.purpose, stored.organisation) == ("user:7", "为什么", "harbour")
    assert stored.after_hash == hashlib.sha256(b'{"name":"new"}').hexdigest() != stored.before_hash
    assert stored.data == first.data == {"field": "name"}
    assert bytes(stored.leaf_hash) == tree.leaf_hash(stored.canonical.encode()) == first.leaf_hash
    assert f'"seq":{first.seq},' in stored.canonical


def test_chain_and_frontier_follow_the_entries(system):
    append_entries(21)
    rows, head = list(Entry.objects.order_by("seq")), Head.objects.get()
    chain = b"\0" * 32
    for number, row in enumerate(rows):
        chain = hashlib.sha256(chain + bytes(row.leaf_hash)).digest()
        assert (row.seq, bytes(row.chain_hash)) == (number, chain)
    assert (head.size, bytes(head.chain_hash)) == (len(rows), chain)
    root = tree.Frontier.from_bytes(head.size, bytes(head.frontier)).root()
    assert root == tree.root_of(bytes(row.leaf_hash) for row in rows)


def test_append_outside_a_transaction_is_a_mistake(committed_db):
    with pytest.raises(RuntimeError):
        services.append("test:record:changed", actor=WORKER, subject="")


@pytest.mark.parametrize("more", [{"data": {"rate": 0.5}}, {"subject": "a\0b"}, {"data": {"x": "y" * 70_000}}], ids=str)
def test_what_cannot_be_recorded_is_refused(system, more):
    with pytest.raises(BadInput):
        services.append("test:record:changed", actor=WORKER, **{"subject": "record:1"} | more)


@pytest.mark.django_db
def test_nobody_may_append_but_reads_nothing():
    with acting_as(NOBODY):
        services.append("account:sign_in:failed", actor=NOBODY, subject="")
        assert not Entry.objects.exists()


def test_rollback_leaves_no_gap(journal):
    journal(2)
    with pytest.raises(ZeroDivisionError), acting_as(CLERK):
        services.append("test:record:changed", actor=CLERK, subject="lost")
        raise ZeroDivisionError
    assert [entry.seq for entry in journal(2)] == [2, 3]
    assert selectors.verify().intact


def test_concurrent_appends_give_one_chain(journal):
    barrier = threading.Barrier(4)

    def work():
        barrier.wait()
        for _ in range(15):
            append_entries(2)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = selectors.verify()
    assert (report.entries, report.findings) == (120, ())


STATEMENTS = [
    "UPDATE journal_entry SET purpose = 'x'", "DELETE FROM journal_entry", "TRUNCATE journal_entry",
    "DELETE FROM journal_entry WHERE false", "UPDATE journal_checkpoint SET note = 'x'",
    "DELETE FROM journal_checkpoint", "TRUNCATE journal_checkpoint",
    "UPDATE journal_head SET size = size + 1", "DELETE FROM journal_head",
    "TRUNCATE journal_head", "INSERT INTO journal_head VALUES (2, 0, '', '')",
]


def test_application_role_changes_nothing(journal):
    journal(3)
    sign()
    for statement in STATEMENTS:
        with pytest.raises(DatabaseError, match="permission denied"), acting_as(WORKER), connection.cursor() as cursor:
            cursor.execute(statement)


def test_owner_changes_nothing_either(journal):
    journal(3)
    sign()
    for statement in STATEMENTS:
        with pytest.raises(DatabaseError, match=r"append-only|moves only with an entry"):
            owner(statement)
        refusal = r"append-only|moves only|replication_role"
        with pytest.raises(DatabaseError, match=refusal), transaction.atomic("owner"):
            owner("SET LOCAL session_replication_role = replica")
            owner(statement)
    assert selectors.verify().intact


@pytest.mark.parametrize("change", [
    pytest.param({"seq": "seq + 2"}, id="gap"), pytest.param({"seq": "seq"}, id="again"),
    pytest.param({"seq": "seq + 1", "chain_hash": "leaf_hash"}, id="chain"),
    pytest.param({"seq": "seq + 1", "leaf_hash": "chain_hash"}, id="leaf")])
def test_an_entry_that_does_not_continue_is_refused(journal, change):
    journal(1)
    columns = [field.column for field in Entry._meta.fields]
    values = ", ".join(change.get(column, column) for column in columns)
    with (pytest.raises(DatabaseError, match="does not continue"), acting_as(WORKER), connection.cursor() as cursor):
        cursor.execute(f"INSERT INTO journal_entry SELECT {values} FROM journal_entry")


@pytest.mark.django_db
@pytest.mark.parametrize(("reader", "seen"), [
    (NOBODY, set()),
    (Actor(name="user:1", user_id=1, scope=Scope.ORGANISATION, organisations=("harbour",)), {"harbour", "own"}),
    (Actor(name="user:2", user_id=2, scope=Scope.ORGANISATION, organisations=("mudflat",)), {"mudflat"}),
    (Actor(name="user:3", user_id=3, scope=Scope.REGIONAL, regions=("CN-GD",)), {"harbour"}),
    (Actor(name="user:4", user_id=4, scope=Scope.NATIONAL), {"harbour", "mudflat", "own", "none"}),
    (WORKER, {"harbour", "mudflat", "own", "none"}),
], ids=lambda value: value.name if isinstance(value, Actor) else "")
def test_who_reads_what(cast, reader, seen):
    with acting_as(WORKER):
        for subject, organisation, actor in (("harbour", "harbour", WORKER), ("mudflat", "mudflat", WORKER), (
                "own", "", Actor(name="user:1")), ("none", "", WORKER)):
            services.append("test:record:changed", actor=actor, subject=subject, organisation=organisation)
    with acting_as(reader):
        filters = selectors.Filters(tag="test:")
        assert {entry.subject for entry in selectors.recent(9, filters=filters, reader=reader)} == seen
        assert {entry.subject for entry in selectors.recent(9, filters=filters)} == seen


def test_checkpoint_signs_what_is_new(journal, own_home):
    assert sign() is None
    journal(5)
    first = sign()
    assert sign() is None
    journal(300)
    second = sign()

    assert (first.size, second.size) == (5, 305)
    said = open_checkpoint((own_home / "journal" / "checkpoint").read_text(), signer(own_home).verifier)
    assert (said.size, said.root) == (305, second.root)
    report = selectors.verify()
    assert (report.intact, report.checkpoints, report.pinned) == (True, 2, 305)


def test_signed_trees_grow_consistently(journal):
    journal(5)
    first = sign()
    journal(295)
    second = sign()
    proof = tree.consistency_proof(5, 300, services.stored_tiles().perfect)
    assert tree.verify_consistency(5, 300, first.root, second.root, proof)


def test_checkpoint_inside_a_transaction_is_refused_and_deferred(journal):
    journal(2)
    with acting_as(CLERK):
        services.append("test:record:changed", actor=CLERK, subject="x")
        services.checkpoint_after_commit()
        with pytest.raises(RuntimeError):
            sign()
        assert not SignedCheckpoint.objects.exists()
    assert SignedCheckpoint.objects.get().size == 3


def test_lost_files_are_rebuilt_from_an_honest_database(journal, own_home):
    import shutil

    journal(300)
    sign()
    shutil.rmtree(own_home / "journal")
    assert not selectors.verify().intact
    assert sign() is None
    assert selectors.verify().intact


def test_nothing_is_signed_over_a_forged_journal(forger, journal):
    journal(10)
    sign()
    forger.sql.execute("UPDATE journal_entry SET purpose = 'forged' WHERE seq = 4")
    forger.rewrite()
    journal(1)
    with pytest.raises(TileConflict):
        sign()


def test_health_names_what_is_missing(forger):
    missing = {problem.split()[2] for problem in health() if problem.startswith("the trigger")}
    assert missing == {name for names in TRIGGERS.values() for name in names} - {"journal_entry_take"}
    assert "row-level security of journal_entry is switched off" in health()
    assert {error.id for error in check_triggers(None, databases=["default"])} == {"journal.E001"}


@pytest.mark.django_db
def test_health_of_a_fresh_database_is_good():
    assert health() == []
    assert check_triggers(None, databases=["default"]) == []


def test_appending_is_quick(journal):
    """A mean, so that one hiccup of the machine does not fail it; the bound is ten times what is usual."""
    journal(50)
    with acting_as(CLERK):
        started = clock.now()
        for number in range(200):
            services.append("test:record:changed", actor=CLERK, subject=f"record:{number}", data={"n": number})
        mean_s = (clock.now() - started).total_seconds() / 200
    print(f"append: {mean_s * 1e6:.0f} µs")
    assert mean_s < 0.005
