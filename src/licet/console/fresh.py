"""Steps that want the person, not only their open session: password or second factor again, at most minutes ago."""

from __future__ import annotations

import datetime as dt
import functools
import time
from typing import Any, cast

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from licet.console.access import View, signed_in


def is_fresh(request: HttpRequest) -> bool:
    """True when this session's person proved who they are within ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds."""
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def authenticated_at(request: HttpRequest) -> dt.datetime | None:
    """When this session's person last proved who they are; ``None`` if the session does not know."""
    records = get_authentication_records(request, request.user)
    return dt.datetime.fromtimestamp(records[-1]["at"], tz=dt.UTC) if records else None


def require_fresh_authentication(view: View) -> View:
    """Decorator: reading is free; a POST needs somebody who proved who they are just now (see :func:`is_fresh`).

    Others confirm who they are first, and the same POST then runs: nothing they typed is lost (files are).
    """
    @functools.wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not is_fresh(request):
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return signed_in(cast("View", checked))
