"""What the console's own pages need before they are looked at."""

from __future__ import annotations

from licet.core import clock
from licet.core.actors import WORKER


def prepare_factors() -> None:
    """Wick has an authenticator app and recovery codes."""
    from allauth.mfa.models import Authenticator
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.contrib.auth import get_user_model

    wick = get_user_model().objects.get(username="wick")
    if not Authenticator.objects.filter(user=wick).exists():
        TOTP.activate(wick, generate_totp_secret())
        RecoveryCodes.activate(wick)


def prepare_entries() -> None:
    """The journal has something to show."""
    from licet.journal.models import Entry
    from licet.journal.services import append

    if not Entry.objects.filter(purpose="yearly renewal").exists():
        append("registers:licences:imported", actor=WORKER, subject="load:1", purpose="yearly renewal",
               data={"rows": 2, "as_of": clock.today().isoformat()})


def entry() -> str:
    """The address of one entry."""
    from licet.journal.models import Entry

    return f"/journal/{Entry.objects.get(purpose='yearly renewal').seq}"
