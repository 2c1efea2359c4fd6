"""Sign-in events, recorded as ``account:…``, and what parties do, as ``parties:…``.

Receivers only record; they decide nothing.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.http import HttpRequest

from licet.core.actors import NOBODY, Actor
from licet.journal.services import append
from licet.parties.deeds import Deed, record_with
from licet.parties.selectors import actor_for


def connect() -> None:
    """Listen. Called once, when the application is ready."""
    from allauth.account import signals as account
    from allauth.mfa import signals as mfa
    from axes.signals import user_locked_out

    record_with(record_deed)
    user_logged_in.connect(_of_user("account:sign_in:succeeded"), weak=False, dispatch_uid="journal-in")
    user_logged_out.connect(_of_user("account:sign_out:done"), weak=False, dispatch_uid="journal-out")
    user_login_failed.connect(sign_in_failed, dispatch_uid="journal-failed")
    user_locked_out.connect(locked_out, dispatch_uid="journal-locked")
    mfa.authenticator_added.connect(_of_user("account:mfa:added"), weak=False, dispatch_uid="journal-mfa-added")
    mfa.authenticator_removed.connect(_of_user("account:mfa:removed"), weak=False, dispatch_uid="journal-mfa-removed")
    mfa.authenticator_reset.connect(_of_user("account:mfa:renewed"), weak=False, dispatch_uid="journal-mfa-renewed")
    mfa.authentication_failed.connect(_of_user("account:mfa:failed"), weak=False, dispatch_uid="journal-mfa-failed")
    account.password_changed.connect(_of_user("account:password:changed"), weak=False, dispatch_uid="journal-pw")
    account.password_set.connect(_of_user("account:password:set"), weak=False, dispatch_uid="journal-pw-set")
    account.password_reset.connect(_of_user("account:password:reset"), weak=False, dispatch_uid="journal-pw-reset")


def record_deed(deed: Deed) -> None:
    """What parties did, in their transaction."""
    append(deed.tag, actor=deed.actor, subject=deed.subject, organisation=deed.organisation, purpose=deed.reason,
           before=deed.before, after=deed.after, data=deed.data)


def sign_in_failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None,
                   **_more: object) -> None:
    """Nobody got in. A name nobody has is not kept: people type passwords into the wrong field."""
    _record_attempt("account:sign_in:failed", str(credentials.get("username") or ""), request)


def locked_out(sender: Any, username: str | None = None, request: HttpRequest | None = None, **_more: object) -> None:
    """Too many failures: the name is locked for a while."""
    _record_attempt("account:sign_in:locked", str(username or ""), request)


def _of_user(tag: str) -> Any:
    def receiver(sender: Any, user: Any = None, request: HttpRequest | None = None, authenticator: Any = None,
                 **_more: object) -> None:
        if user is None or user.pk is None:  # a sign-out of nobody
            return
        details = _details(request) | ({"factor": str(authenticator.type)} if authenticator is not None else {})
        actor = actor_for(user)
        with transaction.atomic():
            append(tag, actor=actor, subject=actor.name, organisation=_organisation(actor), data=details)

    return receiver


def _record_attempt(tag: str, username: str, request: HttpRequest | None) -> None:
    known = get_user_model().objects.filter(username=username.replace("\0", "")).first()
    actor = actor_for(known) if known else NOBODY
    details = _details(request) | ({} if known else {"name": "unknown"})
    with transaction.atomic():
        append(tag, actor=NOBODY, subject=f"user:{known.pk}" if known else "", organisation=_organisation(actor),
               data=details)


def _organisation(actor: Actor) -> str:
    """The organisation whose journal readers see the sign-in: only if the person acts for exactly one."""
    return actor.organisations[0] if len(actor.organisations) == 1 else ""


def _details(request: HttpRequest | None) -> dict[str, str]:
    address = request.META.get("REMOTE_ADDR", "") if request is not None else ""
    return {"address": str(address)} if address else {}
