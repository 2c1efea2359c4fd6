"""The desk of the tests."""

import pytest


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def story(actor_of):
    from licet.standing.tests.story import StandingStory

    return StandingStory(actor_of)


@pytest.fixture
def known(story):
    """Every register is known on the story's days."""
    from licet.standing.tests.story import load

    for kind in ("blacklist", "filings", "licences", "annual_reviews", "addresses", "access", "parties"):
        load(kind, story.now.date())
    return story


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
