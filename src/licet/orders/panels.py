"""The panel of orders on a measure's page."""

from __future__ import annotations

from django.http import HttpRequest

from licet.casework.models import Measure
from licet.casework.panels import Panel
from licet.casework.tables import MEASURE_BY_ID
from licet.console.access import may
from licet.core import clock
from licet.orders import presenting, selectors
from licet.orders.tables import EFFECTS


def measure_panel(request: HttpRequest, measure: Measure) -> Panel | None:
    """Its orders, newest first, each with how it went and what was last seen from outside."""
    if MEASURE_BY_ID[measure.kind].effect not in EFFECTS or not may(request, "orders.read"):
        return None
    now, rows = clock.now(), []
    for order in selectors.orders_of(measure):
        look = selectors.observations_of(order).first()
        late = selectors.late_word(order, now)
        rows.append({
            "order": order, "kind": f"order-{order.kind}", "state": f"order-{order.state}",
            "late": f"late-{late}" if late else "", "channel": presenting.channel_word(order.channel),
            "names": presenting.targets_of(order), "due": presenting.due_of(order),
            "tries": selectors.attempts_of(order).count(),
            "look": {"state": f"look-{look.verdict}", "at": look.at, "said": presenting.said_of(look)} if look else None})
    return ("orders/panel.html", {"rows": rows}) if rows else None
