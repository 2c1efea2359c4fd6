"""What every public page shares: no account, no cookie but the language, no database of its own accord."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from licet.hotline.sealing import network_of

View = Callable[..., HttpResponse]
_NETWORK = "licet.network"


def address_of(request: HttpRequest) -> str:
    """The address the request came from; behind our TLS proxy the one the proxy saw (it appends, so the last)."""
    if settings.ENV["LICET_HTTPS"]:
        forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")[-1].strip()
        if forwarded:
            return forwarded
    return str(request.META.get("REMOTE_ADDR", ""))


def network_of_request(request: HttpRequest) -> str:
    """The keyed token of the network the request came from; computed once per request."""
    if _NETWORK not in request.META:
        request.META[_NETWORK] = network_of(address_of(request))
    return str(request.META[_NETWORK])


def wants_json(request: HttpRequest) -> bool:
    """A program asks: the API, ``format=json``, or by what it accepts. Reads no body."""
    accepted = request.headers.get("Accept", "")
    return (request.path_info.startswith("/api/") or request.GET.get("format") == "json"
            or ("json" in accepted and "html" not in accepted))


def other_ways() -> list[str]:
    """Where to report when the form cannot take it now, as far as the settings name it: sentences."""
    mail, phone = str(settings.ENV["LICET_HOTLINE_ADDRESS"]), str(settings.ENV["LICET_HOTLINE_PHONE"])
    found = [_("Or write to %(address)s.") % {"address": mail}] if mail else []
    return found + ([_("Or call %(phone)s.") % {"phone": phone}] if phone else [])


def chosen_language(request: HttpRequest) -> str:
    """The language somebody chose with this very request: by a link, or by a button of the page's form; '' if none."""
    asked = request.POST.get("lang", "") if request.method == "POST" else request.GET.get("lang", "")
    return asked if asked in dict(settings.LANGUAGES) else ""


def public_page(view: View) -> View:
    """Decorator: a language that was chosen is spoken and remembered; nothing of the page is kept by proxies unless the
    view says so. What anybody may keep carries no cookie, and what carries one is nobody else's.

    Cross-site request forgery needs somebody's authority to borrow; here is none, so no cookie is set for it. Forms are
    signed instead (``sealing.sign_form``).
    """
    @csrf_exempt
    @functools.wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = chosen_language(request)
        if language:
            translation.activate(language)
        response = view(request, *args, **kwargs)
        if language and response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers["Cache-Control"] = "no-store"
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax",
                                secure=bool(settings.ENV["LICET_HTTPS"]), httponly=True, max_age=365 * 86400)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return cast("View", shown)
