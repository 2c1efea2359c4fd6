"""A police desk, its liaison, and a referral on its way."""

from __future__ import annotations

import pytest

from licet.core.actors import WORKER
from licet.core.rls import acting_as


@pytest.fixture(autouse=True)
def own_home(tmp_path, settings):
    """Content, and the signed journal, of this test alone."""
    settings.LICET_HOME = tmp_path / "home"


@pytest.fixture
def police(cast):
    """The police desk of Guangdong with its liaison ``finch``, and one of Shanghai with ``heron``."""
    return make_police(cast)


def make_police(cast):
    from licet.core import clock
    from licet.parties.models import Party
    from licet.parties.services import add_person, next_change_seq

    with acting_as(WORKER):
        for party, region, person in (("police-gd", "CN-GD", "finch"), ("police-sh", "CN-SH", "heron")):
            Party.objects.create(party_id=party, kind="police", name=f"Police desk of the tests {region}", region=region,
                                 since="2020-01-01", content_hash=b"\0" * 16, change_seq=next_change_seq(), source="test",
                                 recorded_at=clock.now())
            cast[person] = add_person(person, password=f"{person}-harbour-lantern-42", party_id=party,
                                      roles=("liaison",), by=WORKER, must_change=False)
    return cast


@pytest.fixture
def told(police, actor_of):
    """A referral of the Guangdong authority that was decided and notified; the job has not run."""
    from licet.casework.tests.story import Story
    from licet.referrals.tests.telling import Told

    return Told(Story(actor_of))
