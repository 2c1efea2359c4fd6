"""The token of a measure's page: unguessable, made again from a kept random value and the installation's key.

A copy of the database alone opens no page; what is looked up is a hash of the token.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets

from django.conf import settings
from django.utils.crypto import salted_hmac

from licet.casework.models import Measure
from licet.notices.models import Page

_SALT = "licet.notices.page"


def open_page(measure: Measure, *, at: dt.datetime) -> Page:
    """The measure's page, made if there is none. It is published by its delivery."""
    found = Page.objects.filter(measure=measure).first()
    if found is not None:
        return found
    nonce = secrets.token_hex(32)
    return Page.objects.create(measure=measure, desk_id=measure.desk_id, nonce=nonce, created_at=at,
                               token_sha256=hash_of(_token(nonce)))


def token_of(page: Page) -> str:
    """The token in the page's address."""
    return _token(page.nonce)


def _token(nonce: str) -> str:
    digest = salted_hmac(_SALT, nonce, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def hash_of(token: str) -> str:
    """What is looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


def address_of(page: Page) -> str:
    """The page's address, as it is handed to people."""
    return f"{settings.PUBLIC_URL}/portal/notices/{token_of(page)}/"


def page_of(token: str, now: dt.datetime) -> Page | None:
    """The published, open page of a token; the actor is the system."""
    page = Page.objects.select_related("measure", "measure__case").filter(token_sha256=hash_of(token)).first()
    if page is None or page.opened_at is None or (page.closes_at is not None and page.closes_at <= now):
        return None
    return page
