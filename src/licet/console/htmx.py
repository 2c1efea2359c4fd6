"""One helper for pages that also come as fragments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def wants_fragment(request: HttpRequest) -> bool:
    """True when htmx asked for a part of the page (not for a whole one: boosted link or history)."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_page(request: HttpRequest, template: str, fragment: str, context: Mapping[str, Any], *,
                status: int = 200) -> HttpResponse:
    """The page ``template``, or only ``fragment`` (a template the page includes) when htmx asked at this address."""
    name = fragment if fragment and wants_fragment(request) else template
    response = render(request, name, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
