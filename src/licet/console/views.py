"""The desk's first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from licet.config.profile import load_profile
from licet.console.access import actor_of
from licet.console.dashboard import sections_for
from licet.console.htmx import render_page


def home(request: HttpRequest) -> HttpResponse:
    """What waits for me; for people without an account what anybody can do here."""
    return _desk(request) if request.user.is_authenticated else redirect("entrance")


def _desk(request: HttpRequest) -> HttpResponse:
    context = {"sections": sections_for(actor_of(request), profile=load_profile())}
    return render_page(request, "console/home.html", "", context)
