"""Every address the program answers to, found in the URL configuration, and who may open it.

A new view or endpoint fails ``test_access.py`` until somebody writes down here what a stranger sees of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

# Open to people who have not signed in, and why. Everything else sends them to sign in (pages) or answers 401 (API).
PUBLIC = {
    "account_login": "the sign-in page", "account_logout": "leads to sign-in",
    "account_signup": "says that nobody signs up", "account_inactive": "says that an account is closed",
    "account_reset_password": "asks for a new password", "account_reset_password_done": "says that a message was sent",
    "account_reset_password_from_key": "opened from that message", "account_reset_password_from_key_done": "says so",
    "account_email_verification_sent": "says that a message was sent", "account_confirm_email": "opened from a message",
    "account_confirm_login_code": "second step of signing in", "account_request_login_code": "first step of it",
    "mfa_authenticate": "second step of signing in", "mfa_login_webauthn": "signing in with a passkey",
    "mfa_signup_webauthn": "says that nobody signs up", "mfa_trust": "second step of signing in",
    "entrance": "what anybody can do here", "home": "leads there",
    "hotline_report": "anybody reports without an account", "hotline_status": "whoever holds a receipt",
    "filing_check": "anybody checks whether a site is filed", "transparency": "figures for everybody",
    "transparency_csv": "the same as a file", "security_txt": "whom to tell about a weakness (RFC 9116)",
    "set_language": "changes the language of the page",
    "order_answer": "opened from a mail: its signed token is the right to answer one order",
    "notice_page": "whoever is hit reads the letter with a token; without one it is 404",
    "notice_answer": "answers there", "notice_appeal": "appeals there", "notice_receipt": "keeps the receipt",
    "notice_letter": "prints the letter", "notice_letter_pdf": "saves the letter",
    "portal_exposure": "the public exposure list", "portal_exposure_json": "the same as JSON",
    "portal_exposure_csv": "the same as CSV", "api:blacklist_key": "a public key",
    "api:openapi-json": "the description of the API", "api:openapi-view": "the description of the API, to read",
    "api:api-root": "nothing but the name",
}
# Answer 404 to everybody in service, and why.
HIDDEN = {"design": "the components' sample page, only while LICET_DEBUG is on"}
# Names of arguments in addresses and a value that belongs to nobody.
ARGUMENTS = {"int": 999_999, "str": "nothing", "slug": "nothing", "path": "nothing", "uuid":
             "00000000-0000-4000-8000-000000000000"}
PREFIX_API = "/api/"


def patterns(resolver: URLResolver | None = None, namespace: str = "", path: str = "/") -> Iterator[tuple[str, str]]:
    """(name, address with made-up arguments) of every pattern, below every prefix."""
    for pattern in (resolver or get_resolver()).url_patterns:
        whole = path + _fill(pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from patterns(pattern, inner, whole)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or whole}", whole


def _fill(pattern: URLPattern | URLResolver) -> str:
    import re

    text = str(pattern.pattern)
    if text.startswith("^") or "(?P" in text:
        text = re.sub(r"\(\?P<\w+>[^)]*\)", "nothing", text).replace("^", "").replace("$", "").replace("\\", "")
    return re.sub(r"<(?:(\w+):)?\w+>", lambda match: str(ARGUMENTS.get(match.group(1) or "str", "nothing")), text)
