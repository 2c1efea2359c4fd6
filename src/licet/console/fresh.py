"""Steps that want the person, not only their open session: password or second factor again, at most minutes ago."""

from __future__ import annotations

import functools
from typing import Any, cast

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest, HttpResponseBase

from licet.console.access import View, signed_in


def require_fresh_authentication(view: View) -> View:
    """Decorator: reading is free; a POST needs an authentication within ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds.

    Without one the person confirms who they are, and the same POST then runs: nothing they typed is lost.
    """
    @functools.wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not did_recently_reauthenticate(request):
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return signed_in(cast("View", checked))
