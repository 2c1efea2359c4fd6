"""The desk of the tests, with the duty posts letters go to."""

import pytest


@pytest.fixture(autouse=True)
def _mail_in_memory(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PUBLIC_URL = "https://desk.example"


@pytest.fixture
def story(actor_of):
    """Casework's story; its measures are told by letters."""
    from licet.casework.tests.story import Story

    return Story(actor_of)


@pytest.fixture
def posts(cast):
    """Night Lamp's compliance post and its reception, and the authority's desk."""
    from licet.core import clock
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.parties.models import Post
    from licet.parties.services import next_change_seq

    rows = (("nightlamp", "compliance", "compliance@nightlamp.example"), ("nightlamp", "reception", "hello@nightlamp.example"),
            ("authority", "compliance", "desk@authority.example"))
    with acting_as(WORKER):
        for party, role, email in rows:
            Post.objects.create(provider_id=party, branch="Head office", role=role, person="A. Person", email=email,
                                since="2020-01-01", content_hash=b"\0" * 16, source="test", recorded_at=clock.now(),
                                change_seq=next_change_seq())
