"""What the pages of standing show here: two providers with points, a listed site, a threshold, an exposure, an objection."""

from __future__ import annotations

import datetime as dt

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as

DAYS = dt.timedelta(days=1)


def _actor(name: str) -> object:
    from django.contrib.auth import get_user_model

    from licet.parties.selectors import actor_for

    with acting_as(WORKER):
        return actor_for(get_user_model().objects.get(username=name))


def prepare() -> None:
    """Close, list, let it become final, publish, object, propose, once."""
    from licet.standing import services
    from licet.standing.models import ConductPoint, Entry
    from licet.standing.tests.story import StandingStory, file_site, load

    with acting_as(WORKER):
        if Entry.objects.exists():
            return
    story = StandingStory(_actor, now=clock.now() - 340 * DAYS)
    load("blacklist", clock.now().date())
    file_site()
    case_id, _ = story.closed()
    story.blacklist(case_id)
    story.carry_out()
    story.now = clock.now() - 250 * DAYS
    story.carry_out()
    story.now = clock.now() - 90 * DAYS
    story.closed(subject="ebb-lantern.example", provider="mudflat")
    story.now = clock.now() - 3 * DAYS
    story.carry_out()
    story.exposure(case_id)
    story.now = clock.now()
    story.carry_out()
    with acting_as(WORKER):
        own = ConductPoint.objects.get(provider_id="mudflat")
    services.object_to(own.pk, text="The customer had left our network in the week before.", actor=_actor("moss"),
                       at=story.now)
    services.propose_threshold("look_closer", 12_000, reason="The worst quarter of last year.", actor=_actor("olm"),
                               at=story.now)


def case() -> str:
    """Address of the case that led to the blacklist."""
    from licet.standing.models import Entry

    with acting_as(WORKER):
        return f"/cases/{Entry.objects.select_related('measure__case').latest('pk').measure.case.number}/"


def entry() -> str:
    """Address of the site's entry."""
    from licet.standing.models import Entry

    with acting_as(WORKER):
        return f"/standing/blacklist/{Entry.objects.filter(kind='domain').latest('pk').pk}/"


def point(provider: str = "mudflat") -> str:
    """Address of a decision on a provider's record."""
    from licet.standing.models import ConductPoint

    with acting_as(WORKER):
        return f"/standing/points/{ConductPoint.objects.get(provider_id=provider).pk}/"


def threshold() -> str:
    """Address of the proposed threshold."""
    from licet.standing.models import Threshold

    with acting_as(WORKER):
        return f"/standing/thresholds/{Threshold.objects.latest('pk').pk}/"
