"""Forgeries by somebody with all rights on the database: each is found, and the entry is named."""

import pytest

from licet.journal import selectors
from licet.journal.rules import (
    BadCheckpoint,
    BrokenLink,
    Changed,
    HeadMismatch,
    Inserted,
    Removed,
    Reordered,
    RootMismatch,
    TilesUnusable,
)
from licet.journal.tests.forging import append_entries, sign


def found(kind=object):
    return [finding for finding in selectors.verify().findings if isinstance(finding, kind)]


def named(kind):
    return [(finding.seq, finding.last) for finding in found(kind)]


@pytest.fixture
def signed(forger):
    """600 entries that are signed and 5 that are not, all sound before the forgery."""
    append_entries(600)
    sign()
    append_entries(5)
    assert found() == []
    return forger


ASSIGNMENTS = [
    *(f"{column} = 'other:record:changed'" for column in ("tag", "actor", "purpose", "subject", "organisation")),
    "before_hash = repeat('a', 64)", "after_hash = repeat('a', 64)", "at = at + interval '1 microsecond'",
    "data = '{\"n\": -1}'", "canonical = canonical || ' '", "leaf_hash = sha256('x')",
]


@pytest.mark.parametrize("seq", [300, 602])
def test_changed_column(signed, seq):
    signed.sql.execute("CREATE TABLE kept AS SELECT * FROM journal_entry WHERE seq = %s", [seq])
    for assignment in ASSIGNMENTS:
        signed.sql.execute(f"UPDATE journal_entry SET {assignment} WHERE seq = %s", [seq])
        assert (assignment, named(Changed)) == (assignment, [(seq, seq)])
        assert all(isinstance(finding, Changed | RootMismatch | HeadMismatch) for finding in found())
        signed.sql.execute("DELETE FROM journal_entry WHERE seq = %s", [seq])
        signed.taking("DISABLE")
        signed.sql.execute("INSERT INTO journal_entry SELECT * FROM kept")
        signed.taking("ENABLE ALWAYS")
    assert found() == []


@pytest.mark.parametrize("seq", [0, 255, 256, 599])
def test_changed_with_all_hashes_recomputed(signed, seq):
    signed.sql.execute("UPDATE journal_entry SET purpose = 'forged' WHERE seq = %s", [seq])
    signed.rewrite()
    assert named(Changed) == [(seq, seq)]
    assert found(RootMismatch) == [RootMismatch(600, 1)]
    assert len(found()) == 2


def test_changed_with_its_leaf_hash_recomputed(signed):
    import json

    from licet.journal import tree
    from licet.journal.canonical import canonical_entry

    signed.sql.execute("UPDATE journal_entry SET purpose = 'forged' WHERE seq = 603")
    row = signed.rows()[603]
    text = canonical_entry(*row[:9], json.loads(row[9]))
    signed.sql.execute("UPDATE journal_entry SET canonical = %s, leaf_hash = %s WHERE seq = 603",
                       [text, tree.leaf_hash(text.encode())])
    assert found(BrokenLink) == [BrokenLink(603)]
    assert found(HeadMismatch) == [HeadMismatch(605, 605)]


@pytest.mark.parametrize("seq", [300, 602])
def test_changed_chain_hash(signed, seq):
    signed.sql.execute("UPDATE journal_entry SET chain_hash = leaf_hash WHERE seq = %s", [seq])
    assert [finding.seq for finding in found()] == [seq]


def test_removed_from_the_middle(signed):
    signed.sql.execute("DELETE FROM journal_entry WHERE seq IN (7, 8, 300)")
    assert named(Removed) == [(7, 8), (300, 300)]
    assert not found(Changed) + found(Inserted) + found(Reordered)


def test_removed_from_the_middle_and_everything_rewritten(signed):
    signed.sql.execute("DELETE FROM journal_entry WHERE seq IN (300, 301)")
    signed.shift(302, -2)
    signed.rewrite()
    assert named(Removed) == [(300, 301)]
    assert found(Reordered) == [Reordered(300, 602, -2)]
    assert not found(Changed) + found(Inserted)


def test_removed_signed_tail_and_everything_rewritten(signed):
    signed.sql.execute("DELETE FROM journal_entry WHERE seq >= 590")
    signed.sql.execute("DELETE FROM journal_checkpoint")
    signed.rewrite()
    assert named(Removed) == [(590, 599)]
    assert found(RootMismatch) == [RootMismatch(600, 1)]


def test_removed_unsigned_tail(signed):
    signed.sql.execute("DELETE FROM journal_entry WHERE seq >= 603")
    assert named(Removed) == [(603, 604)]


def test_emptied(signed):
    signed.sql.execute("DELETE FROM journal_entry")
    signed.sql.execute("DELETE FROM journal_checkpoint")
    signed.sql.execute("DELETE FROM journal_head")
    assert named(Removed) == [(0, 599)]


def test_inserted_at_the_end(signed):
    signed.copy(604, 605)
    assert named(Inserted) == [(605, 605)]


def test_inserted_in_the_middle_and_everything_rewritten(signed):
    signed.shift(300, 1)
    signed.copy(5, 300)
    signed.rewrite()
    assert named(Inserted) == [(300, 300)]
    assert found(Reordered) == [Reordered(301, 605, 1)]
    assert not found(Changed) + found(Removed)


def test_inserted_in_the_middle_without_a_rewrite(signed):
    signed.shift(300, 1)
    signed.copy(5, 300)
    assert (300, 300) in named(Inserted)
    assert named(Removed) == []


def test_swapped(signed):
    signed.sql.execute("UPDATE journal_entry SET seq = CASE seq WHEN 20 THEN -1 ELSE -2 END WHERE seq IN (20, 30)")
    signed.sql.execute("UPDATE journal_entry SET seq = CASE seq WHEN -1 THEN 30 ELSE 20 END WHERE seq < 0")
    assert found(Reordered) == [Reordered(20, 20, -10), Reordered(30, 30, 10)]


def test_forged_checkpoint_row(signed):
    signed.sql.execute("UPDATE journal_checkpoint SET root = sha256('x')")
    assert [finding.size for finding in found(BadCheckpoint)] == [600]
    signed.sql.execute("UPDATE journal_checkpoint SET note = replace(note, '600', '599')")
    assert "signature" in found(BadCheckpoint)[0].reason


def test_forged_checkpoint_file(signed, own_home):
    path = own_home / "journal" / "checkpoint"
    path.write_text(path.read_text().replace("\n600\n", "\n601\n"))
    assert found(BadCheckpoint)
    path.write_text("nonsense")
    assert "not a signed checkpoint" in found(BadCheckpoint)[0].reason


def test_damaged_tile(signed, own_home):
    tile = own_home / "journal" / "tile" / "0" / "001"
    tile.write_bytes(b"\0" * 32 + tile.read_bytes()[32:])
    assert found() == [TilesUnusable("the hash tiles do not give the signed root")]
    tile.unlink()
    assert [type(finding) for finding in found()] == [TilesUnusable]


def test_without_tiles_the_signed_root_still_tells(signed, own_home):
    (own_home / "journal" / "tile" / "0" / "001").unlink()
    signed.sql.execute("UPDATE journal_entry SET purpose = 'forged' WHERE seq = 3")
    signed.rewrite()
    assert found(RootMismatch) == [RootMismatch(600, 1)]


def test_files_rolled_back_with_the_database_need_a_checkpoint_kept_elsewhere(signed, own_home):
    """The limit of what this machine alone can prove, and the way around it."""
    kept = (own_home / "journal" / "checkpoint").read_text()
    import shutil

    shutil.rmtree(own_home / "journal")
    signed.sql.execute("DELETE FROM journal_checkpoint")
    signed.sql.execute("UPDATE journal_entry SET purpose = 'forged' WHERE seq = 3")
    signed.rewrite()
    assert found() == []
    assert RootMismatch(600, 1) in selectors.verify(against=kept).findings


def test_other_key_is_refused(signed, tmp_path):
    from licet.journal.checkpoint import signer

    other = signer(tmp_path / "other").verifier.vkey()
    assert any(isinstance(finding, BadCheckpoint) for finding in selectors.verify(vkey=other).findings)
