"""Reports by e-mail: plain text and MARF (RFC 5965). One message in, one acknowledgement out; no database.

What is reported is the first address or number the message names, unless a line ``Target:`` says it; the ground stands
in a line ``Ground:`` (id, English or Chinese words) or in the subject. Attachments are never read.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import email
import email.policy
import hashlib
import re
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime

from licet.hotline.intake import Receipt, Refusal, Submission, submit
from licet.hotline.tables import QUESTION_BY_GROUND, QUESTIONS, TEXT_CHARACTERS

LARGEST_BYTES = 2 * 1024 * 1024
_URL = re.compile(r"https?://[^\s<>\"'\]\)，。；]+", re.IGNORECASE)
_HOST = re.compile(r"\b(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\d.])\+?\d[\d ]{4,18}\d(?![\d.])")
_LINE = re.compile(r"^\s*(ground|target|事由|对象)\s*[:：]\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_FEEDBACK_GROUNDS = {"fraud": "deceptive_promotion", "phishing": "deceptive_promotion"}
_NAMES = {name.casefold(): row.ground for row in QUESTIONS for name in (row.ground, row.zh, row.en)}


@dataclasses.dataclass(frozen=True)
class Answer:
    """What became of a message. ``reply`` is ``None`` where no answer must be sent (to robots and lists)."""

    receipt: Receipt | None
    refusal: Refusal | None
    reply: EmailMessage | None


def read_message(content: bytes, *, sender: str, at: dt.datetime) -> Answer:
    """Accept one message as a report. ``sender`` is our own address, for the acknowledgement. The same message (by its
    ``Message-ID``, or else its bytes) is one report. Never raises for what somebody wrote."""
    message = email.message_from_bytes(content[:LARGEST_BYTES], policy=email.policy.default)
    try:
        if len(content) > LARGEST_BYTES:
            raise Refusal("message", "the message is too large", hint="send the address alone, without attachments")
        receipt = submit(submission_of(message, content, at), at=at)
    except Refusal as error:
        return Answer(None, error, _reply(message, sender, refusal=error))
    return Answer(receipt, None, _reply(message, sender, receipt=receipt))


def submission_of(message: email.message.Message, content: bytes, at: dt.datetime) -> Submission:
    """The report a message holds. Raises :class:`Refusal` saying what is missing."""
    text, fields = _parts(message)
    subject = str(message.get("Subject", ""))
    lines = {key.casefold(): value for key, value in _LINE.findall(text)}
    ground = _ground(lines, fields, subject)
    kind, target = _target(lines.get("target") or lines.get("对象") or fields.get("reported-uri")
                           or fields.get("reported-domain") or "", text, subject, ground)
    url_only = QUESTION_BY_GROUND[ground].url_only
    words = _LINE.sub("", text).strip()[:TEXT_CHARACTERS]
    return Submission(
        channel="mail", target_kind=kind, target=target, ground=ground, text="" if url_only else words,
        seen_at=_moment(fields.get("arrival-date") or fields.get("received-date") or "", at), how="message",
        contact=parseaddr(str(message.get("From", "")))[1], key=_key(message, content),
        language="zh-hans" if re.search(r"[一-鿿]", subject + text) else "en")


def _parts(message: email.message.Message) -> tuple[str, dict[str, str]]:
    """The plain text a person wrote, and the fields of a feedback report. Attachments are passed over."""
    text, fields = "", {}
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            fields = _feedback(part)
        elif kind == "message/rfc822":
            break  # the reported message itself: what it says is not what the reporter says
        elif kind == "text/plain" and not text and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                text = _decoded(payload, part.get_content_charset() or "utf-8")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text.replace("\r\n", "\n")), fields


def _decoded(payload: bytes, charset: str) -> str:
    try:
        return payload.decode(charset, "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")


def _feedback(part: email.message.Message) -> dict[str, str]:
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if isinstance(inner, email.message.Message):
        return {name.casefold(): str(value).strip() for name, value in inner.items()}
    raw = part.get_payload(decode=True)
    parsed = email.message_from_bytes(raw if isinstance(raw, bytes) else b"")
    return {name.casefold(): str(value).strip() for name, value in parsed.items()}


def _ground(lines: dict[str, str], fields: dict[str, str], subject: str) -> str:
    named = lines.get("ground") or lines.get("事由") or fields.get("licet-ground") or ""
    if named:
        ground = _NAMES.get(named.casefold())
    else:
        ground = next((row for name, row in _NAMES.items() if name in subject.casefold()), None) or (
            _FEEDBACK_GROUNDS.get(fields.get("feedback-type", "").casefold()))
    if ground is None:
        raise Refusal("ground", "the message does not say what is wrong", hint=(
            "add a line such as  Ground: pornography  with one of: " + ", ".join(QUESTION_BY_GROUND)))
    return ground


def _target(named: str, text: str, subject: str, ground: str) -> tuple[str, str]:
    targets = QUESTION_BY_GROUND[ground].targets
    searched = named or f"{subject}\n{text}"
    if "url" in targets:
        found = _URL.search(searched) or _HOST.search(re.sub(r"\S+@\S+", " ", searched))
        if found:
            return "url", found.group()
    number = _NUMBER.search(searched)
    if number and targets & {"sms", "voice_number"}:
        return ("sms" if "sms" in targets else "voice_number"), number.group()
    if named and "provider" in targets:
        return "provider", named
    raise Refusal("target", "the message names nothing this ground can be about",
                  hint="add a line such as  Target: https://www.lantern.example/page  or  Target: 1062 1234")


def _moment(text: str, at: dt.datetime) -> dt.datetime:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return at
    return min(moment, at) if moment.tzinfo is not None else at


def _key(message: email.message.Message, content: bytes) -> str:
    return str(message.get("Message-ID", "")).strip()[:150] or hashlib.sha256(content).hexdigest()


def _reply(message: email.message.Message, sender: str, *, receipt: Receipt | None = None,
           refusal: Refusal | None = None) -> EmailMessage | None:
    """The acknowledgement (RFC 3834): never to robots, lists or an empty address, so that no two machines talk."""
    to = parseaddr(str(message.get("Reply-To") or message.get("From", "")))[1]
    automatic = str(message.get("Auto-Submitted", "no")).casefold() != "no" or message.get("List-Id") or (
        str(message.get("Precedence", "")).casefold() in {"bulk", "junk", "list"}) or (
        str(message.get("Return-Path", "x")).strip() in {"", "<>"})
    if automatic or "@" not in to or re.search(r"[\s,;]", to):
        return None
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Auto-Submitted"] = sender, to, "auto-replied"
    if message.get("Message-ID"):
        reply["In-Reply-To"] = str(message["Message-ID"]).strip().splitlines()[0][:300]
    if receipt is not None:
        reply["Subject"] = "您的举报已收到 / We have your report"
        reply.set_content(
            f"回执号 / Receipt number: {receipt.number}\n查询码 / Check code: {receipt.code}\n\n"
            "请保存本回执。在网站 /report/status/ 凭回执可查询处理结果。\n"
            "Keep this receipt. At /report/status/ it shows what became of your report.\n")
    elif refusal is not None:
        reply["Subject"] = "您的举报缺少内容 / Your report lacks something"
        reply.set_content(f"{refusal.message}\n{refusal.hint}\n\n"
                          "也可在网站 /report/ 举报。\nOr use the form at /report/.\n")
    return reply
