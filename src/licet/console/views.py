"""The desk's first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from licet.config.profile import load_profile
from licet.console.access import actor_of, signed_in
from licet.console.dashboard import sections_for
from licet.console.htmx import render_page


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me."""
    context = {"sections": sections_for(actor_of(request), profile=load_profile())}
    return render_page(request, "console/home.html", "", context)
