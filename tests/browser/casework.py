"""What the pages of cases show here: a desk in the middle of its day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from licet.core.actors import WORKER
from licet.core.rls import acting_as

_SITES = ("lantern.example", "cove-pictures.example", "quay-chat-room.example", "shoal.example", "mooring.example",
          "a-very-long-name-of-a-site-that-somebody-chose.example", "xn--fiq228c.example", "breakwater.example")
_GROUNDS = ("unfiled_site", "pornography", "sexual_service_line", "false_filing", "deceptive_promotion", "unfiled_site",
            "duty_neglected", "deceptive_billing")


def _story() -> Any:
    from django.contrib.auth import get_user_model

    from licet.casework.tests.story import Story
    from licet.core import clock
    from licet.parties.selectors import actor_for

    def actor_of(name: str) -> Any:
        return actor_for(get_user_model().objects.get(username=name))

    return Story(actor_of, clock.now() - dt.timedelta(hours=2))


def prepare() -> None:
    """Cases of every tier, one held by a colleague, measures in several states, an appeal; once."""
    from licet.casework import services
    from licet.casework.models import Case
    from licet.casework.tests.story import signal

    with acting_as(WORKER):
        if Case.objects.filter(subject_key=_SITES[1]).exists():  # others tell stories about the first site too
            return
    story = _story()
    cases = [story.case("finding", "report", "report", subject=site, ground=ground,
                        provider=("nightlamp", "mudflat", "harbour")[n % 3])
             for n, (site, ground) in enumerate(zip(_SITES, _GROUNDS, strict=True))]
    for n in range(6):
        services.receive_signal(signal("report", subject=_SITES[1], ground=_GROUNDS[1], observer=f"reporter-{n % 4}",
                                       at=story.now), actor=WORKER, at=story.now)
    for case_id, tier in zip(cases[:4], (1, 1, 2, 2), strict=True):
        services.set_tier(case_id, tier, reason="the page says so itself", actor=story.who("olm"), at=story.now)
    story.draft(cases[0], "stop_access", attachments={"evidence": story.evidence(cases[0])}, provider_id="nightlamp")
    signed = story.draft(cases[1], "stop_access", attachments={"evidence": story.evidence(cases[1])},
                         scope={"hosts": [_SITES[1]]})
    story.approve(signed)
    told = story.go(story.approve(story.draft(cases[2], scope={"hosts": [_SITES[2]]})), "notified")
    services.file_appeal(told.pk, filed_by=told.provider_id, actor=story.who("olm"), at=story.now,
                         text="We filed the site in January; the number stands on its page.")
    services.link_cases(cases[0], cases[1], why="same organiser", actor=story.who("olm"), at=story.now)
    services.take(cases[3], actor=story.who("reed"), at=story.now + dt.timedelta(hours=2, minutes=-4))
    services.save_queue("广东 · 未定级", "region=CN-GD&tier=none", shared=True, actor=story.who("olm"), at=story.now)


def case(page: str = "", subject: str = _SITES[0]) -> str:
    """Address of a case, or of a page below it."""
    from licet.casework.models import Case

    with acting_as(WORKER):
        found = Case.objects.filter(subject_key=subject, ground=_GROUNDS[_SITES.index(subject)], desk_id="authority")
        return f"/cases/{found.latest('pk').number}/{page}"


def measure(kind: str = "stop_access", *, signed: bool = False) -> str:
    """Address of a measure that waits for its first, or its second, signature."""
    from licet.casework.models import Measure

    with acting_as(WORKER):
        found = Measure.objects.filter(kind=kind, state="drafted", decided_by__isnull=not signed).first()
        assert found is not None
        return f"/measures/{found.pk}/"


def told() -> str:
    """Address of a measure whose statement of reasons went out."""
    from licet.casework.models import Appeal

    with acting_as(WORKER):
        return f"/measures/{Appeal.objects.latest('pk').measure_id}/"


def appeal() -> str:
    """Address of the appeal."""
    from licet.casework.models import Appeal

    with acting_as(WORKER):
        return f"/appeals/{Appeal.objects.latest('pk').pk}/"
