"""Who may open a page. PostgreSQL hides rows by itself; this says which doors there are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from licet.core.actors import NOBODY, Actor
from licet.core.errors import NotAllowed
from licet.parties.selectors import permissions_of

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def actor_of(request: HttpRequest) -> Actor:
    """Who acts in this request (set by the middleware)."""
    actor: Actor = getattr(request, "actor", NOBODY)
    return actor


def may(request: HttpRequest, permission: str) -> bool:
    """True when the actor of this request has ``permission``."""
    return permission in permissions_of(actor_of(request))


def check_permission(request: HttpRequest, permission: str) -> None:
    """Raises :class:`NotAllowed` with the way to get the permission."""
    if not may(request, permission):
        raise NotAllowed(_("Your roles do not include “%(permission)s”.") % {"permission": permission},
                         hint=_("Ask an administrator of your organisation to give you a role that has it."))


def signed_in(view: View) -> View:
    """Decorator: send anybody who is not signed in to the sign-in page and back."""
    @functools.wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return cast("View", checked)


def permission_required(permission: str) -> Callable[[View], View]:
    """Decorator: sign-in first, then ``permission`` (an id from ``parties.tables.ROLES``), otherwise a 403 page."""
    def decorate(view: View) -> View:
        @functools.wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            check_permission(request, permission)
            return view(request, *args, **kwargs)

        return signed_in(cast("View", checked))

    return decorate
