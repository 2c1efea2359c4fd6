"""From the hotline's mailbox to accepted reports and acknowledgements. Needs no database.

For each message, oldest first:
1. EITHER too large by the server's own word: only its header is read; OR its content is read (``BODY.PEEK``)
2. the report is on our disk (``mail.read_message``), or refused with what is missing
3. the acknowledgement leaves
4. the message is marked read and moved: accepted to ``Licet/Done``, refused to ``Licet/Refused``; when the mail server
   for outgoing mail does not answer, to ``Licet/Unanswered``, from where step 3 is tried again later

Killed anywhere, the message is read again: it is the same report with the same receipt, and at most the acknowledgement
(with the same Message-ID) comes twice. Nothing is deleted but what was processed and is past the profile's days
(:func:`forget_due`): it holds who wrote.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import fcntl
import imaplib
import logging
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage as Reply
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from licet.config.mail import Mailbox
from licet.core.errors import BadSetting, LicetError
from licet.hotline.imap import Server, Waiting, signed_in
from licet.hotline.mail import LARGEST_BYTES, Answer, read_message
from licet.hotline.pace import Once
from licet.hotline.sealing import trace

log = logging.getLogger(__name__)
BATCH = 500
RETRIED = 50  # acknowledgements still owed, tried again per run
HEAD_BYTES = 64 * 1024
OURS = "Licet"
ANSWER_EVERY_S = 3600.0
answered_lately = Once(ANSWER_EVERY_S)
PROCESSED = ("Done", "Refused")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fetched:
    """What a run did. ``unanswered``: accepted or refused, the acknowledgement still owed; ``left``: could not be
    handled and stays where it is; ``problem``: why acknowledgements do not leave."""

    accepted: int = 0
    refused: int = 0
    answered_later: int = 0
    unanswered: int = 0
    left: int = 0
    problem: str = ""

    def __bool__(self) -> bool:
        return any((self.accepted, self.refused, self.answered_later, self.unanswered, self.left))


def account() -> Mailbox:
    """The mailbox of the settings. Raises :class:`BadSetting` when there is none."""
    found: Mailbox | None = settings.HOTLINE_MAILBOX
    if found is None:
        raise BadSetting("no mailbox is set", hint="LICET_HOTLINE_IMAP_URL=imaps://user@host:993/INBOX")
    return found


def fetch_due(now: dt.datetime, *, batch: int = BATCH) -> Fetched:
    """Take what waits in the mailbox. One run at a time on this machine; a second one does nothing.

    Raises :class:`LicetError` when the mailbox cannot be used or our disk takes nothing: then nothing was moved that is
    not kept.
    """
    box = account()
    with _alone() as alone:
        if not alone:
            return Fetched()
        with signed_in(box) as server:
            return _Run(server, now).take(box.folder, batch)


def forget_due(before: dt.datetime) -> int:
    """Delete messages in ``Licet/Done`` and ``Licet/Refused`` that came before this moment's day; returns how many.

    Raises :class:`LicetError` when the mailbox cannot be used.
    """
    box = account()
    with _alone() as alone:
        if not alone:
            return 0
        with signed_in(box) as server:
            return sum(server.forget(server.folder(OURS, name), before.date()) for name in PROCESSED)


@contextlib.contextmanager
def _alone() -> Iterator[bool]:
    path = Path(settings.LICET_HOME) / "hotline" / "fetch.lock"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


class _Run:
    def __init__(self, server: Server, now: dt.datetime) -> None:
        self._server = server
        self._now = now
        self._post = Post()
        self._folders: dict[str, str] = {}
        self._counts = {"accepted": 0, "refused": 0, "answered_later": 0, "unanswered": 0, "left": 0}

    def take(self, folder: str, batch: int) -> Fetched:
        for name in ("Done", "Refused", "Unanswered"):
            self._folders[name] = self._server.folder(OURS, name)
        for waiting in self._server.oldest(folder, batch):
            self._handle(waiting)
        if not self._post.problem:
            self._answer_later()
        return Fetched(**self._counts, problem=self._post.problem)

    def _handle(self, waiting: Waiting) -> None:
        try:
            answer = self._read(waiting)
        except (LicetError, OSError, imaplib.IMAP4.error):
            raise  # our disk or the server: the next message would fare no better
        except Exception:  # a defect of ours must not keep everybody else's report from coming in
            log.exception("a message of the hotline could not be read; it stays where it is")
            self._counts["left"] += 1
            return
        if answer is None:
            return
        self._counts["accepted" if answer.receipt else "refused"] += 1
        reply = answer.reply if _may_answer(answer) else None
        answered = self._post.send(reply)
        if not answered:
            self._counts["unanswered"] += 1
        self._server.move(waiting.uid, self._folders[_place(answer) if answered else "Unanswered"])

    def _read(self, waiting: Waiting) -> Answer | None:
        """What became of a message, ``None`` when somebody else took it meanwhile. More than the limit is never
        downloaded, whatever size the server names."""
        too_large = waiting.size > LARGEST_BYTES
        content = (self._server.head(waiting.uid, HEAD_BYTES) if too_large
                   else self._server.content(waiting.uid, LARGEST_BYTES + 1))
        if content is None:
            return None
        return read_message(content, sender=settings.DEFAULT_FROM_EMAIL, at=self._now,
                            size=waiting.size if too_large else 0)

    def _answer_later(self) -> None:
        for waiting in self._server.oldest(self._folders["Unanswered"], RETRIED):
            answer = self._read(waiting)
            if answer is None:
                continue
            if not self._post.send(answer.reply):
                return
            self._server.move(waiting.uid, self._folders[_place(answer)])
            self._counts["answered_later"] += 1


def _may_answer(answer: Answer) -> bool:
    """Anybody can write anybody's address: unless it is verified, it is written to once an hour, so that whoever forges
    it cannot make us flood it. The report is kept all the same. The same message read again is answered again."""
    if answer.reply is None or answer.verified:
        return True
    address, about = trace("answered", str(answer.reply["To"]).casefold()), str(answer.reply["Message-ID"])
    return answered_lately.first(address, about)


def _place(answer: Answer) -> str:
    return "Done" if answer.receipt else "Refused"


class Post:
    """Acknowledgements on their way out, through the mail server that letters go through as well.

    ``problem`` says why the server cannot be used; after that nothing more is tried in this run.
    """

    def __init__(self) -> None:
        self.problem = ""

    def send(self, reply: Reply | None) -> bool:
        """Whether the acknowledgement is off our hands: sent, not needed, or refused for good for this address."""
        if reply is None:
            return True
        if self.problem:
            return False
        try:
            as_django(reply).send()
        except (OSError, smtplib.SMTPException) as error:
            if _is_refused_for_good(error):
                log.warning("an acknowledgement was refused for good by the mail server")  # to whom stays unsaid
                return True
            self.problem = f"{type(error).__name__}: {_said(error)}"
            return False
        return True


def as_django(reply: Reply) -> EmailMessage:
    """The reply as a message of Django's mail settings."""
    kept = ("Auto-Submitted", "In-Reply-To", "References", "Message-ID")
    return EmailMessage(
        subject=str(reply["Subject"]), body=reply.get_content(), from_email=str(reply["From"]), to=[str(reply["To"])],
        headers={name: str(reply[name]) for name in kept if reply[name]}, connection=get_connection())


def _is_refused_for_good(error: Exception) -> bool:
    """The server's own lasting refusal of this address or this message; anything else may pass."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):  # it names the reporter's address
        return "the recipient is refused for now"
    return str(error)[:300]
