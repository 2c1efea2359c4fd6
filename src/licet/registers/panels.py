"""Panels that higher concepts add to a provider's page: the last sweep, scores."""

from __future__ import annotations

from licet.console.panels import Panels

PROVIDER_PANELS: Panels[str] = Panels()  # of a party_id
