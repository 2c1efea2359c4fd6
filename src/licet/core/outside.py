"""The address people outside reach the pages at. A letter that names one nobody reaches is worse than none."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings


class NoPublicAddress(OSError):
    """LICET_PUBLIC_URL is not set: the message would name an address that works on this machine only."""


def has_public_address() -> bool:
    """Whether the address handed to people outside is more than this machine's own name for itself."""
    return urlsplit(str(settings.PUBLIC_URL)).hostname not in {"127.0.0.1", "localhost", "::1"}


def ensure_public_address() -> None:
    """Raises :class:`NoPublicAddress` before mail leaves this machine without a public address. Where no mail server is
    set, messages are files for trying things out, and anything goes."""
    if settings.ENV["LICET_EMAIL_URL"] and not has_public_address():
        raise NoPublicAddress((NoPublicAddress.__doc__ or "").rstrip("."))
