"""Panels that higher concepts add to a provider's page (the last sweep, scores); they register when they start.

Registers know nothing of sweeps; a panel brings its own template and its own permission check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest

Panel = tuple[str, Mapping[str, Any]]  # template, context
_BUILDERS: list[Callable[[HttpRequest, str], Panel | None]] = []


def add_provider_panel(build: Callable[[HttpRequest, str], Panel | None]) -> None:
    """Let ``build(request, party_id)`` add a panel to the provider's page; ``None`` adds nothing."""
    if build not in _BUILDERS:
        _BUILDERS.append(build)


def provider_panels(request: HttpRequest, party_id: str) -> list[dict[str, Any]]:
    """The panels of one provider."""
    built = (build(request, party_id) for build in _BUILDERS)
    return [{"template": panel[0], "context": panel[1]} for panel in built if panel]
