"""What the pages of orders show here: a cut that was refused, one on its way, one being restored, two connectors."""

from __future__ import annotations

import datetime as dt

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as


def prepare() -> None:
    """Write it, once."""
    from django.contrib.auth import get_user_model

    from licet.casework.tests.story import Story
    from licet.orders import services
    from licet.orders.models import Connector, Order
    from licet.orders.probes import Look
    from licet.orders.tables import Verdict
    from licet.parties.selectors import actor_for

    with acting_as(WORKER):
        if Connector.objects.exists():
            return
        people = {user.username: user for user in get_user_model().objects.all()}
    now = clock.now()
    story = Story(lambda name: actor_for(people[name]), now=now - dt.timedelta(hours=30))
    olm, wick = story.who("olm"), story.who("wick")
    services.add_connector(services.ConnectorIn(party_id="harbour", kind="dns_feed", name="Core resolvers"), actor=olm,
                           at=story.now)
    services.add_connector(services.ConnectorIn(party_id="mudflat", kind="email", name="Duty desk",
                                                mail="duty@mudflat.example"), actor=olm, at=story.now)

    class Seen:
        """A probe of this story."""

        def look(self, question: object) -> Look:
            facts = {"vantage": "resolver-1", "target": "kiln.example", "dns": "nxdomain", "http": None,
                     "block_page": False, "control": True}
            return Look(probe="dns_http", verdict=Verdict.AGREES, facts=[facts], settled=True)

    measures = []
    for name in ("kiln.example", "quarry.example", "ferry.example"):
        case = story.case(tier=2, subject=name)
        measures.append(story.go(story.approve(story.draft(case, scope={"hosts": [name, f"www.{name}"]})), "notified"))
    services.dispatch_due(story.now)
    with acting_as(WORKER):
        kiln, quarry, _ferry = (Order.objects.get(measure=measure) for measure in measures)
    services.report(kiln.pk, "acknowledged", actor=wick, at=story.now + dt.timedelta(hours=1))
    services.report(kiln.pk, "done", actor=wick, at=story.now + dt.timedelta(hours=2), reported_at=story.now)
    services.register_probe("cut_access", Seen())
    services.verify_due(story.now + dt.timedelta(hours=3))
    services.unregister_probe("cut_access")
    services.report(quarry.pk, "refused", actor=wick, at=story.now + dt.timedelta(hours=1),
                    reason="The customer left us; the name points elsewhere.")
    services.escalate_overdue(now)
    story.wait(dt.timedelta(hours=28)).go(measures[0], "lifted", by="olm")
    services.dispatch_due(story.now)


def _order(host: str):
    from licet.orders.models import Order

    return Order.objects.filter(targets__hosts__contains=[host]).order_by("pk")[0]


def order(host: str = "kiln.example") -> str:
    """Address of the first order about a host."""
    with acting_as(WORKER):
        return f"/orders/{_order(host).pk}/"


def connector() -> str:
    """Address of the list."""
    from licet.orders.models import Connector

    with acting_as(WORKER):
        return f"/orders/connectors/{Connector.objects.order_by('pk')[0].pk}/"


def measure() -> str:
    """Address of the measure that is being restored."""
    with acting_as(WORKER):
        return f"/measures/{_order('kiln.example').measure_id}/"


def answer() -> str:
    """Address behind a mail's link."""
    from licet.orders.wording import answer_token

    with acting_as(WORKER):
        return f"/orders/answer/{answer_token(_order('ferry.example'))}/"
