"""What tests of orders tell: measures, and the orders they lead to."""

from __future__ import annotations

from licet.casework.tests.story import Story
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.orders import services
from licet.orders.models import Order


class Desk(Story):
    """Measures, and the orders they lead to."""

    def notified(self, *, kind="suspend_access", **fields):
        """A measure whose notice went out; its order is written."""
        measure = self.suspension(**fields) if kind == "suspend_access" else self.stop(**fields)
        return self.go(measure, "notified")

    def order(self, measure):
        with acting_as(WORKER):
            order = Order.objects.filter(measure=measure).order_by("-sequence").select_related("measure").first()
            order.events = list(order.transitions.order_by("id").values_list("event", flat=True))
            return order

    def connect(self, kind, *, party="nightlamp", by="olm", **fields):
        wanted = services.ConnectorIn(party_id=party, kind=kind, name=f"{kind} of the tests", **fields)
        return services.add_connector(wanted, actor=self.who(by), at=self.now)

    def dispatch(self):
        return services.dispatch_due(self.now)

    def report(self, order, said, *, by="wick", **fields):
        return services.report(order.pk, said, actor=self.who(by), at=self.now, **fields)
