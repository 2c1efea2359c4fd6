"""The HTTP API below ``/api/``. Versionless: fields are added, never renamed or given another meaning.

Every error is one RFC 9457 problem document. Programs sign in with a key (``licet token add``). A person's session counts
where an address says so (:class:`Person`), with the token against forged requests and, to sign, the second factor just
shown: exactly what the console asks. See docs/decisions/0016-people-over-the-api.md.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from licet.console.fresh import authenticated_at, is_fresh
from licet.console.refusals import database_away
from licet.core.actors import Actor
from licet.core.errors import BadInput, LicetError, NotAllowed
from licet.core.language import is_chinese
from licet.core.rls import state_actor
from licet.parties.selectors import permissions_of
from licet.parties.tokens import TokenRefused, actor_of_token


class Key(HttpBearer):
    """A key that was given one scope; the rest of the request acts for the key's organisation."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        actor = actor_of_token(token)
        if self.scope not in permissions_of(actor):
            raise NotAllowed(f"this key was not given {self.scope}", hint="make a key with that scope: licet token add")
        request.actor = actor  # type: ignore[attr-defined]
        state_actor(actor)
        return actor


class Person(APIKeyCookie):
    """The session of somebody who signed in to the console, in whose own name the request acts.

    Answers nothing while nobody is signed in, so that an address may take keys as well. A request that changes something
    carries the cookie ``csrftoken`` again as header ``X-CSRFToken``; without it, it is refused.
    """

    def __init__(self, permission: str) -> None:
        self.param_name = settings.SESSION_COOKIE_NAME
        super().__init__(csrf=False)  # checked here, so that a refusal is a problem document
        self.permission = permission

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        if not request.user.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise NotAllowed("the request does not carry this session's token",
                             hint="send the cookie csrftoken again as X-CSRFToken")
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if self.permission not in permissions_of(actor):
            raise NotAllowed(f"your roles do not include {self.permission}",
                             hint="ask an administrator of your organisation for a role that has it")
        return actor


class NotAPerson(NotAllowed):
    """Only a named person does this."""

    code = "not_a_person"
    hint = "sign in yourself; programs and jobs cannot"


class Stale(NotAllowed):
    """Signing asks you to prove again who you are."""

    code = "authentication_stale"
    hint = "confirm who you are at /accounts/reauthenticate/, and send it again"


def person_of(request: HttpRequest) -> Actor:
    """Whoever acts, a named person. Raises :class:`NotAPerson` for a program."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    if actor.user_id is None:
        raise NotAPerson
    return actor


def signed_at(request: HttpRequest) -> dt.datetime | None:
    """When the person of this request last proved who they are; for signatures, as pages ask it.

    Raises :class:`NotAPerson` for a program and :class:`Stale` for somebody who did not do so just now.
    """
    person_of(request)
    if not is_fresh(request):
        raise Stale
    return authenticated_at(request)


api = NinjaAPI(
    title="Licet",
    version="1",
    urls_namespace="api",
    description="May this be connected? Which register says so? What was found?\n\nKeys: `licet token add NAME "
    "--party P --scope gate.ask`, then `Authorization: Bearer licet_…`. People: the session of the console, with "
    "`X-CSRFToken`; signing asks for a fresh second factor. Errors are `application/problem+json`.",
)


class BadJson(BadInput):
    """The body is no JSON."""

    code = "bad_json"

    def __init__(self, error: ValueError | RecursionError) -> None:
        where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        why = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deep" if isinstance(
            error, RecursionError) else "it is no text in UTF-8"
        super().__init__(f"the body is no JSON{where}: {why}", hint="send one JSON document in UTF-8; compare with "
                                                                    "/api/openapi.json")


def problem(request: HttpRequest, document: dict[str, Any]) -> HttpResponse:
    """A problem document as a response."""
    response = HttpResponse(
        json.dumps(document | {"instance": request.path}, ensure_ascii=False),
        status=int(document["status"]),
        content_type="application/problem+json",
    )
    if document["status"] == 401:
        response["WWW-Authenticate"] = 'Bearer realm="licet"'
    return response


@api.exception_handler(LicetError)
def _refused(request: HttpRequest, error: LicetError) -> HttpResponse:
    document = error.as_problem()
    if is_chinese():
        document["title"] = document["detail"]  # titles are English; an answer speaks one language
    response = problem(request, document)
    if hasattr(error, "retry_after_s"):
        response["Retry-After"] = str(error.retry_after_s)
    return response


@api.exception_handler(AuthenticationError)
def _no_key(request: HttpRequest, _: AuthenticationError) -> HttpResponse:
    return problem(request, TokenRefused().as_problem())


def _reason(row: dict[str, Any]) -> str:
    return "there is no such field; check its spelling" if row["type"] == "extra_forbidden" else str(row["msg"])


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"field": ".".join(str(part) for part in row["loc"][1:]), "reason": _reason(row)} for row in error.errors]
    return problem(
        request,
        {
            "type": "urn:licet:error:bad_input",
            "title": "The input cannot be used.",
            "status": 422,
            "detail": "; ".join(f"{row['field']}: {row['reason']}" for row in errors)[:1000],
            "hint": "compare with /api/openapi.json",
            "errors": errors,
        },
    )


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _away(request: HttpRequest, _: Exception) -> HttpResponse:
    return database_away(request)


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, ValueError | RecursionError):
        return problem(request, BadJson(error.__cause__).as_problem())
    return problem(
        request,
        {"type": "about:blank", "title": str(error), "status": error.status_code, "detail": str(error), "hint": ""},
    )


@api.exception_handler(Http404)
def _absent(request: HttpRequest, _: Http404) -> HttpResponse:
    return problem(
        request,
        {
            "type": "urn:licet:error:not_found",
            "title": "There is no such record, or you may not see it.",
            "status": 404,
            "detail": "There is no such record, or you may not see it.",
            "hint": "",
        },
    )
