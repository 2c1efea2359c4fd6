"""What every page's shell needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from licet.config.profile import load_profile


def shell(request: HttpRequest) -> dict[str, Any]:
    """``actor`` and ``profile`` for the base templates."""
    return {"actor": getattr(request, "actor", None), "profile": load_profile()}
