"""How an error looks: to a person, to htmx, to a program."""

from __future__ import annotations

import http
import sys
from collections.abc import Mapping

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from licet.console.htmx import wants_fragment
from licet.core.errors import LicetError, NotAllowed, NotFound, Unavailable

DATABASE_AWAY = (OperationalError, InterfaceError)  # stopped, restarting, out of connections, taken away in between
RETRY_AFTER_S = 5


def wants_json(request: HttpRequest) -> bool:
    """True for the API and for clients that accept JSON and no pages."""
    accepted = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("json" in accepted and "html" not in accepted)


def titles() -> Mapping[int, str]:
    """What each status is called on its page."""
    return {
        400: _("This request cannot be used"), 403: _("You may not do this"), 404: _("There is no such page"),
        409: _("This is not possible now"), 422: _("This input cannot be used"), 429: _("Too many attempts"),
        500: _("Something went wrong here"), 503: _("A part of Licet does not answer"),
    }


def refusal_response(request: HttpRequest, error: LicetError) -> HttpResponse:
    """The answer to a refusal: its status, message and hint in the form the asker reads."""
    if wants_json(request):
        return JsonResponse(error.as_problem(), status=error.status, content_type="application/problem+json")
    context = {"message": error.message, "hint": error.hint, "status": error.status,
               "title": titles().get(error.status, titles()[400])}
    if wants_fragment(request):
        response = render(request, "console/components/error_summary.html", context, status=error.status)
        response["HX-Retarget"], response["HX-Reswap"] = "#problem", "innerHTML show:top"
        return response
    return render(request, "console/refusal.html", context, status=error.status)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return refusal_response(request, NotAllowed(str(exception) or _("This page is not for you."), hint=_(
        "If you need it, ask an administrator of your organisation.")))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return refusal_response(request, NotFound(_("Nothing is kept at this address, or you may not see it."), hint=_(
        "Check the address, or start from the overview.")))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return refusal_response(request, LicetError(_("The browser sent something this page does not understand."), hint=_(
        "Go back, reload the page and try again.")))


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old, or it came from elsewhere."""
    return refusal_response(request, NotAllowed(_("This form is too old, or it was not sent from this site."), hint=_(
        "Go back, reload the page and send it again. Cookies of this site must be allowed.")))


class InternalError(LicetError):
    """Something went wrong here; it was recorded."""

    code = "internal_error"
    status = http.HTTPStatus.INTERNAL_SERVER_ERROR


def database_away(request: HttpRequest) -> HttpResponse:
    """503 without asking the database anything. The gate's answer is ``refer``: nobody is cut because we are down."""
    error = Unavailable(_("The database does not answer."), hint=_(
        "Try again in a moment. What this request began was undone."))
    if wants_json(request):
        document = error.as_problem() | {"instance": request.path}
        if request.path.startswith("/api/gate/"):
            document["answer"] = "refer"
        response: HttpResponse = JsonResponse(document, status=503, content_type="application/problem+json")
    elif request.headers.get("HX-Request") == "true":
        context = {"message": error.message, "hint": error.hint}
        response = render(None, "console/components/error_summary.html", context, status=503)
        response["HX-Retarget"], response["HX-Reswap"] = "#problem", "innerHTML show:top"
    else:
        response = render(None, "console/broken.html", {"title": titles()[503], "error": error}, status=503)
    response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def broken(request: HttpRequest) -> HttpResponse:
    """Django's handler500. Asks the database nothing: it may be what is broken."""
    if isinstance(sys.exc_info()[1], DATABASE_AWAY):
        return database_away(request)
    if wants_json(request):
        return JsonResponse(InternalError().as_problem(), status=500, content_type="application/problem+json")
    return render(None, "console/broken.html", {"title": titles()[500]}, status=500)
