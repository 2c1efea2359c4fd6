"""The panel of orders on a measure's page."""

from __future__ import annotations

from django.http import HttpRequest

from licet.casework.models import Measure
from licet.casework.tables import MEASURE_BY_ID
from licet.console.access import may
from licet.console.panels import Panel
from licet.core import clock
from licet.orders import presenting, selectors
from licet.orders.tables import EFFECTS


def measure_panel(request: HttpRequest, measure: Measure) -> Panel | None:
    """Its orders, newest first, each with how it went and what was last seen from outside."""
    if MEASURE_BY_ID[measure.kind].effect not in EFFECTS or not may(request, "orders.read"):
        return None
    orders = list(selectors.orders_of(measure))
    if not orders:
        return None
    return "orders/panel.html", {"columns": presenting.panel_columns(), "rows": presenting.panel_rows(orders, clock.now())}
