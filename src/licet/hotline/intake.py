"""From what somebody wrote to an accepted report with a receipt. Needs no database: only the spool's disk.

1. check  2. canonical subject  3. seal the contact, turn network and account into keyed traces
4. number from the submission's key  5. to the spool, on the disk  6. receipt
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from licet.casework.services.subjects import canonical_subject
from licet.core.errors import BadInput
from licet.hotline import sealing
from licet.hotline.addresses import has_port, written_address
from licet.hotline.limits import desk as profile_desk
from licet.hotline.limits import phone_plan
from licet.hotline.numbers import canonical_number, canonical_sender
from licet.hotline.rules import canonical_phone
from licet.hotline.similarity import fingerprint
from licet.hotline.spool import Item, Spool
from licet.hotline.tables import (
    CHANNELS,
    CONTACT_CHARACTERS,
    QUESTION_BY_GROUND,
    SEEN_IDS,
    TARGET_BY_ID,
    TARGET_CHARACTERS,
    TEXT_CHARACTERS,
)

_CHANNELS = frozenset(channel.id for channel in CHANNELS)
_MAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\"]+")
_PHONE = re.compile(r"\+?[0-9][0-9 -]{5,24}")
# What PostgreSQL or UTF-8 cannot hold, and what nobody types: control characters, halves of surrogate pairs.
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
# Of what is not checked by its meaning: the widths of PostgreSQL's columns.
LONGEST = {"reference": 120, "account": 80, "desk": 80, "language": 10, "network": 32}
OLDEST_DAYS = 3650
AHEAD = dt.timedelta(minutes=10)


class Refusal(BadInput):
    """A field cannot be used."""

    code = "bad_report"

    def __init__(self, field: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field

    def as_problem(self) -> dict[str, object]:
        """The problem document names the field."""
        return super().as_problem() | {"field": self.field}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Submission:
    """What somebody reports, as written. ``key``: what makes sending it twice one report. ``account``: who vouches for
    it (party_id of a partner). ``network``: the keyed token of where it came from (``sealing.network_of``). ``verified``: the
    contact is the sender's, by our own mail server's word. ``operator``: user id of who wrote it down for a caller."""

    channel: str
    target_kind: str
    target: str
    ground: str
    key: str
    text: str = ""
    seen_at: dt.datetime | None = None
    how: str = "other"
    contact: str = ""
    verified: bool = False
    account: str = ""
    operator: int | None = None
    network: str = ""
    desk: str = ""
    language: str = "zh-hans"
    reference: str = ""  # a partner's own number of it


@dataclasses.dataclass(frozen=True)
class Receipt:
    """What proves that the report was accepted. Both in groups, as shown."""

    number: str
    code: str


def submit(submission: Submission, *, at: dt.datetime) -> Receipt:
    """Accept one report. Raises :class:`Refusal` naming the field, or ``Unavailable`` when the disk does not take it."""
    return submit_many([submission], at=at)[0]


def submit_many(submissions: Sequence[Submission], *, at: dt.datetime) -> list[Receipt]:
    """Accept several in one commit; all are checked before any is accepted."""
    items = [_item(submission, at) for submission in submissions]
    spool().accept(items)
    return [receipt_of(item.number) for item in items]


def receipt_of(number: str) -> Receipt:
    """The receipt of a number in canonical form."""
    return Receipt(sealing.grouped(number), sealing.grouped(sealing.code_of(number)))


@functools.lru_cache(maxsize=4)
def _spool_at(path: Path) -> Spool:
    return Spool(path)


def spool() -> Spool:
    """The spool of this installation: ``LICET_HOME/hotline/spool.sqlite``."""
    return _spool_at(Path(settings.LICET_HOME) / "hotline" / "spool.sqlite")


def check(submission: Submission, *, at: dt.datetime) -> tuple[str, str]:
    """The subject the report is about: (kind, canonical key), blank where a person must say.

    Raises :class:`Refusal` for the first field that cannot be used.
    """
    if submission.channel not in _CHANNELS:
        raise Refusal("channel", f"there is no way in {submission.channel!r}", hint=", ".join(sorted(_CHANNELS)))
    _check_text(submission)
    _check_ground(submission)
    subject = subject_of(submission.target_kind, submission.target)
    _check_words(submission)
    _check_when(submission, at)
    contact_kind(submission.contact)
    return subject


def _check_ground(submission: Submission) -> None:
    target = TARGET_BY_ID.get(submission.target_kind)
    if target is None:
        raise Refusal("target_kind", _("Choose what you want to report."), hint=", ".join(TARGET_BY_ID))
    question = QUESTION_BY_GROUND.get(submission.ground)
    if question is None:
        raise Refusal("ground", _("Choose what is wrong with it."), hint=", ".join(QUESTION_BY_GROUND))
    if target.id not in question.targets:
        raise Refusal("ground", _("This reason does not fit what you report."),
                      hint=_("Choose another reason, or go back and choose something else to report."))
    if question.url_only and submission.text.strip():
        raise Refusal("text", _("For this reason we take the address or the hash alone."), hint=_(
            "Do not describe, copy or save anything: having it can be a crime, and the address is enough for us."))


def _check_text(submission: Submission) -> None:
    """Every word of it fits where it will be kept: what is accepted must reach PostgreSQL."""
    for field in dataclasses.fields(Submission):
        value = getattr(submission, field.name)
        if isinstance(value, str) and _NO_TEXT.search(value):
            if field.name == "text":
                raise Refusal("text", _("The description holds characters that are no text."), hint=_("Type it anew."))
            raise Refusal(field.name, _("This holds characters that are no text."), hint=_("Type it anew."))
    for name, most in LONGEST.items():
        if len(getattr(submission, name)) > most:
            raise Refusal(name, _("This is too long."), hint=_("At most %(most)s characters.") % {"most": most})


def _check_words(submission: Submission) -> None:
    if len(submission.text) > TEXT_CHARACTERS:
        raise Refusal("text", _("The description is too long."),
                      hint=_("At most %(most)s characters.") % {"most": TEXT_CHARACTERS})
    if submission.how not in SEEN_IDS:
        raise Refusal("how", _("Choose how you came upon it."), hint=", ".join(SEEN_IDS))
    if not submission.key or len(submission.key) > 200:
        raise Refusal("key", "the key of a submission is missing or too long", hint="1 to 200 characters")


def _check_when(submission: Submission, at: dt.datetime) -> None:
    seen = submission.seen_at
    if seen is None:
        return
    if seen.tzinfo is None:
        raise Refusal("seen_at", "the time has no zone", hint="write 2026-03-02T09:30:00+08:00")
    if seen > at + AHEAD:
        raise Refusal("seen_at", _("The time lies in the future."), hint=_("Give the time at which you saw it."))
    if seen < at - dt.timedelta(days=OLDEST_DAYS):
        raise Refusal("seen_at", _("The time lies too far back."), hint=_("Give the last time at which you saw it."))


def contact_kind(contact: str) -> str:
    """``mail``, ``phone`` or '' for none. Raises :class:`Refusal` for what is neither."""
    text = contact.strip()
    if not text:
        return ""
    if len(text) <= CONTACT_CHARACTERS and _MAIL.fullmatch(text):
        return "mail"
    if _PHONE.fullmatch(text):
        return "phone"
    raise Refusal("contact", _("This is neither an e-mail address nor a phone number."),
                  hint=_("Correct it, or leave it empty: the receipt is enough to follow your report."))


def subject_of(target_kind: str, target: str) -> tuple[str, str]:
    """(kind, canonical key) of a case's subject. Raises :class:`Refusal` with the repair."""
    text = target.strip()
    kind = TARGET_BY_ID[target_kind]
    if not text or len(text) > TARGET_CHARACTERS or _NO_TEXT.search(text):
        raise Refusal("target", _("Say what you want to report."), hint=_("For example: %(example)s") % {
            "example": kind.example})
    if kind.subject == "hash":
        try:
            return "hash", canonical_subject("hash", text)
        except BadInput as error:
            raise Refusal("target", _("This is no MD5, SHA-1, SHA-256 or PDQ hash."), hint=_(
                "32, 40 or 64 digits from 0-9 and a-f; before a PDQ hash write pdq:")) from error
    if kind.subject == "code":
        return "code", canonical_subject("code", _code(target_kind, text))
    if target_kind == "provider":
        return "", ""  # matched with the register by name when PostgreSQL takes it over
    text = written_address(text)
    if not has_port(text):
        raise Refusal("target", _("This port of an address does not exist."), hint=_("Ports go from 1 to 65535."))
    try:
        if _is_address(text):
            return "address", canonical_subject("address", _host(text))
        return "site", canonical_subject("site", text)
    except BadInput as error:
        raise Refusal("target", _("This is no address of a website."),
                      hint=_("For example: %(example)s") % {"example": kind.example}) from error


def written_target(submission: Submission) -> str:
    """What is kept of the target: of pasted words around an address only the address."""
    text = submission.target.strip()
    return written_address(text) if submission.target_kind == "url" else text


def _code(target_kind: str, text: str) -> str:
    """A number, or of a text message also a sender that is a name. Raises :class:`Refusal`."""
    code = canonical_number(text, phone_plan()) or (canonical_sender(text) if target_kind == "sms" else "")
    if code:
        return code
    example = {"example": TARGET_BY_ID[target_kind].example}
    if target_kind == "sms":
        raise Refusal("target", _("This is no sender of a text message."), hint=_(
            "The number or the short name it came from, for example: %(example)s") % example)
    raise Refusal("target", _("This is no number."), hint=_("Only the digits, for example: %(example)s") % example)


def _host(text: str) -> str:
    with_scheme = text if "://" in text else f"//{text}"
    try:
        return urlsplit(with_scheme).hostname or ""
    except ValueError:
        return ""


def _is_address(text: str) -> bool:
    host = _host(text)
    return bool(re.fullmatch(r"[0-9.]+", host)) or ":" in host


def shown_target(target_kind: str, target: str) -> str:
    """The target without what may tell who reported it: no user, query or fragment of an address."""
    if target_kind != "url":
        return target.strip()
    try:
        parts = urlsplit(target.strip() if "://" in target else f"http://{target.strip()}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"[:500]


def masked_target(target_kind: str, target: str) -> str:
    """Enough of the target for whoever reported it to know it again; the rest is nobody's who looks over a shoulder."""
    if target_kind == "url":
        shown = shown_target(target_kind, target)
        host, slash, path = shown.partition("://")[2].partition("/")
        return host + ("/…" if slash and path else "")
    return f"{target[:16]}…" if target_kind == "hash" else target.strip()


def _reporter(submission: Submission) -> tuple[str, str]:
    """(token of the reporter, token of the person they are or say they are), '' without account and contact.

    A contact anybody can write is a reporter of its own per network; only for a verified one does the address suffice.
    """
    if submission.account:
        token = sealing.trace("reporter", f"account|{submission.account}")
        return token, token
    contact = canonical_contact(submission.contact)
    if not contact:
        return "", ""
    if submission.verified:
        return sealing.trace("reporter", f"verified|{contact}"), sealing.trace("reporter", contact)
    return sealing.trace("claimed", f"{submission.network}|{contact}"), sealing.trace("reporter", contact)


def canonical_contact(contact: str) -> str:
    """One spelling of an e-mail address or a phone number; '' for none."""
    text = unicodedata.normalize("NFKC", contact.strip())
    if contact_kind(contact) == "phone":
        return canonical_phone(text, phone_plan())
    return text.casefold()


def number_of(submission: Submission) -> str:
    """The receipt number of a submission, in canonical form: it follows from its key and who vouches for it."""
    return sealing.number_of(f"{submission.channel}|{submission.account}|{submission.key}")


def digest_of(submission: Submission) -> str:
    """A keyed digest of all that was said, so that the same key with another content is noticed; erased with the traces."""
    said = [submission.target_kind, submission.target.strip(), submission.ground, submission.text.strip(), submission.how,
            submission.seen_at.astimezone(dt.UTC).isoformat() if submission.seen_at else "", submission.reference,
            submission.contact.strip()]
    return sealing.trace("content", json.dumps(said))


def _item(submission: Submission, at: dt.datetime) -> Item:
    kind, subject = check(submission, at=at)
    number = number_of(submission)
    contact = submission.contact.strip()
    token, person = _reporter(submission)
    body: dict[str, Any] = {
        "channel": submission.channel, "desk": submission.desk or profile_desk(), "ground": submission.ground,
        "target_kind": submission.target_kind, "target": written_target(submission), "subject_kind": kind,
        "subject_key": subject, "text": submission.text.strip(), "how": submission.how,
        "seen_at": (submission.seen_at or at).astimezone(dt.UTC).isoformat(), "language": submission.language,
        "reference": "" if QUESTION_BY_GROUND[submission.ground].url_only else submission.reference,
        "account": submission.account, "network": submission.network, "reporter": token, "person": person,
        "verified": bool(submission.account or submission.verified), "operator": submission.operator,
        "fingerprint": fingerprint(submission.text),
        "contact": sealing.seal(number, contact).hex() if contact else "", "contact_kind": contact_kind(contact),
        "digest": digest_of(submission),
    }
    return Item(number, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
                at.astimezone(dt.UTC).isoformat(timespec="microseconds"))
