"""One transaction per request, stated to PostgreSQL: who acts and for whom."""

from __future__ import annotations

import logging
from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from licet.console.refusals import DATABASE_AWAY, database_away, refusal_response
from licet.core.actors import NOBODY
from licet.core.errors import LicetError
from licet.core.rls import state_actor
from licet.parties.selectors import actor_for

Handler = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)


class ContentSecurityPolicy:
    """Only our own scripts, styles and images; nothing inline, nothing from elsewhere."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Cache-Control", "private, no-cache")  # no proxy keeps what one person may see
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response


def stands_alone(request: HttpRequest) -> bool:
    """Public pages that must answer while PostgreSQL is away: they know nobody and open what they need themselves."""
    return request.path_info.startswith(settings.WITHOUT_DATABASE)


class OneTransaction:
    """Opens the request's transaction, so that the statement of who acts covers all of it.

    An error or a refusal (:class:`LicetError`) undoes everything the request wrote. A failed sign-in is neither: it
    answers 200 or 429, so that its count stays. A database that is away, at whatever moment, is a 503.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if stands_alone(request):
            return self.get_response(request)
        try:
            with transaction.atomic():
                response = self.get_response(request)
                if response.status_code >= 500 or getattr(response, "licet_refused", False):
                    transaction.set_rollback(True)
        except DATABASE_AWAY:
            logging.getLogger(__name__).exception("the database does not answer")
            return database_away(request)
        return response


class StateActor:
    """Puts ``request.actor`` and states it to PostgreSQL for row-level security."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if stands_alone(request):
            request.actor = NOBODY  # type: ignore[attr-defined]
            return self.get_response(request)
        request.actor = actor_for(request.user) if request.user.is_authenticated else NOBODY  # type: ignore[attr-defined]
        state_actor(request.actor)  # type: ignore[attr-defined]
        return self.get_response(request)


class Refusals:
    """A :class:`LicetError` becomes a page with its message and hint, a fragment for htmx, or problem+json."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, LicetError):
            return None
        response = refusal_response(request, error)
        response.licet_refused = True  # type: ignore[attr-defined]
        return response


class RequireSetup:
    """Sends a signed-in person to what they must do first: change a password others saw, add a second factor."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if stands_alone(request):
            return self.get_response(request)
        step, target = self._unfinished(request)
        request.setup_step = step  # type: ignore[attr-defined]
        if target and request.path != target and not request.path.startswith(("/accounts/", "/static/", "/i18n/")):
            return redirect(target)
        return self.get_response(request)

    def _unfinished(self, request: HttpRequest) -> tuple[str, str]:
        """The step that comes first and its page; '' when there is none."""
        user = request.user
        if not user.is_authenticated:
            return "", ""
        state = getattr(user, "account_state", None)
        if state is not None and state.must_change_password:
            return "password", reverse("account_change_password")
        if settings.REQUIRE_MFA and not Authenticator.objects.filter(user=user).exists():
            return "second_factor", reverse("mfa_index")
        return "", ""
