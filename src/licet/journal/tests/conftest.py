"""A journal in a database of its own, with its own home."""

import pytest


@pytest.fixture
def own_home(tmp_path, settings):
    """Keys, tiles and checkpoint of this test alone."""
    settings.LICET_HOME = tmp_path / "home"
    return settings.LICET_HOME


@pytest.fixture
def journal(committed_db, own_home):
    """``journal(n)`` appends n entries in a transaction of their own."""
    from licet.journal.tests.forging import append_entries

    return append_entries


@pytest.fixture
def forger(journal):
    """Owner of the database with the triggers switched off: can rewrite rows, hashes, head and checkpoints."""
    from licet.journal.tests.forging import Forger

    with Forger() as forger:
        yield forger
