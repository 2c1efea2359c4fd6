"""The desk of the tests."""

import pytest


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """Hashing the cast's passwords slowly would take longer than the tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def story(actor_of):
    """``story.suspension()`` and the like; see ``story.py``."""
    from licet.casework.tests.story import Story

    return Story(actor_of)


@pytest.fixture
def another_officer(cast):
    """``kelp``: one more officer of the authority, who signed nothing."""
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.parties.services import add_person

    with acting_as(WORKER):
        cast["kelp"] = add_person("kelp", password="kelp-harbour-lantern-42", party_id="authority", roles=("officer",),
                                  by=WORKER, must_change=False)
    return cast["kelp"]


@pytest.fixture(autouse=True)
def own_home(tmp_path, settings):
    """Evidence, and the signed journal, of this test alone: what a rolled back test sealed is in no other's journal."""
    settings.LICET_HOME = tmp_path / "home"
