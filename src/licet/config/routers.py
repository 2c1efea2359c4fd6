"""The API with every concept's part of it under its address.

Apart from ``config.api``, which those parts import: either may be loaded first.
"""

from __future__ import annotations

from licet.config.api import api

__all__ = ["api"]

api.add_router("/gate", "licet.gate.api.router", tags=["gate"])
api.add_router("/registers", "licet.registers.api.router", tags=["registers"])
api.add_router("/orders", "licet.orders.api.router", tags=["orders"])
api.add_router("/evidence", "licet.evidence.api.router", tags=["evidence"])
api.add_router("/standing", "licet.standing.api.router", tags=["standing"])
api.add_router("/cases", "licet.casework.api_people.cases", tags=["cases"])  # before /cases/{number}
api.add_router("/cases", "licet.casework.api.cases", tags=["cases"])
api.add_router("/measures", "licet.casework.api_people.measures", tags=["measures"])
api.add_router("/measures", "licet.casework.api.measures", tags=["measures"])
api.add_router("/appeals", "licet.casework.api.appeals", tags=["appeals"])
api.add_router("/signals", "licet.casework.api.signals", tags=["signals"])
api.add_router("/notices", "licet.notices.api.router", tags=["notices"])
api.add_router("/hotline", "licet.hotline.api_batch.router", tags=["hotline"])  # before /reports/{number}
api.add_router("/hotline", "licet.hotline.api.router", tags=["hotline"])
api.add_router("/referrals", "licet.referrals.api.router", tags=["referrals"])
