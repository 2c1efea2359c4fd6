"""One message to one executor: a signed webhook or a mail. Knows no database; says what came back."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import smtplib
import time
from typing import TYPE_CHECKING, Any

from django.core.mail import EmailMessage

from licet.core import clock
from licet.core.errors import BadInput
from licet.core.lazy import lazy
from licet.core.outside import ensure_public_address
from licet.orders.targets import pinned

if TYPE_CHECKING:
    import httpx
    import standardwebhooks
else:
    httpx, standardwebhooks = lazy("httpx"), lazy("standardwebhooks")

LARGEST_ANSWER_BYTES = 16 * 1024
AGENT = "licet-orders"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Message:
    """What goes out. ``id`` is the idempotency key: the same on every retry."""

    id: str
    channel: str
    body: str
    url: str = ""
    secret: str = ""  # whsec_…
    mail: str = ""
    sender: str = ""
    subject: str = ""
    timeout_s: float = 10


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sent:
    """What came back. ``outcome`` as in ``models.OUTCOMES``; ``answer`` is a report the receiver gave at once."""

    outcome: str
    ms: int
    status: int | None = None
    error: str = ""
    answer: str = ""
    reason: str = ""


def signature_headers(message: Message) -> dict[str, str]:
    """The three headers of Standard Webhooks."""
    at = clock.now()  # of this try: receivers refuse old ones, so that nobody can play a message again
    signature = standardwebhooks.Webhook(message.secret).sign(msg_id=message.id, timestamp=at, data=message.body)
    return {"webhook-id": message.id, "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature}


def send(message: Message) -> Sent:
    """Send it once. Never raises for what the other side or the network does."""
    started = time.monotonic()
    result = _post(message) if message.url else _mail(message)
    return dataclasses.replace(result, ms=round((time.monotonic() - started) * 1000))


def _post(message: Message) -> Sent:
    try:
        target = pinned(message.url)
    except BadInput as error:
        return Sent(outcome="blocked", ms=0, error=error.message)
    headers = {**signature_headers(message), "content-type": "application/json", "user-agent": AGENT,
               "host": target.host}
    deadline = time.monotonic() + message.timeout_s
    try:
        with (httpx.Client(timeout=message.timeout_s, follow_redirects=False, trust_env=False) as client,
              client.stream("POST", target.url, content=message.body.encode(), headers=headers,
                            extensions={"sni_hostname": target.host.rsplit(":", 1)[0].strip("[]")}) as response):
            text = _read(response, deadline)
    except httpx.TimeoutException as error:
        return Sent(outcome="timeout", ms=0, error=type(error).__name__)
    except httpx.HTTPError as error:
        return Sent(outcome="unreachable", ms=0, error=f"{type(error).__name__}: {error}")
    if not 200 <= response.status_code < 300:
        return Sent(outcome="http_error", ms=0, status=response.status_code, error=f"HTTP status {response.status_code}")
    answer, reason = _answer(text)
    return Sent(outcome="taken", ms=0, status=response.status_code, answer=answer, reason=reason)


def _read(response: httpx.Response, deadline: float) -> bytes:
    """The answer, as far as it is short and quick."""
    text = b""
    for part in response.iter_bytes():
        text += part
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the answer takes too long")
        if len(text) > LARGEST_ANSWER_BYTES:
            return b""
    return text


def _answer(text: bytes) -> tuple[str, str]:
    """``{"status": "done", "reason": "…"}``; anything else means: accepted, a report follows."""
    document: Any = None
    with contextlib.suppress(ValueError):
        document = json.loads(text)
    if not isinstance(document, dict):
        return "", ""
    return str(document.get("status", ""))[:20], str(document.get("reason", ""))[:500]


def _mail(message: Message) -> Sent:
    mail = EmailMessage(subject=message.subject, body=message.body, from_email=message.sender, to=[message.mail],
                        headers={"Message-ID": f"<{message.id}@{message.sender.rpartition('@')[2].strip('>')}>",
                                 "Auto-Submitted": "auto-generated"})
    try:
        ensure_public_address()
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        return Sent(outcome="unreachable", ms=0, error=f"{type(error).__name__}: {error}")
    return Sent(outcome="taken", ms=0)
