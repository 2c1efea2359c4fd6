"""Reports by e-mail: plain text and MARF (RFC 5965). One message in, one acknowledgement out; no database.

What is reported is the first address or number the message names, unless a line ``Target:`` says it; the ground stands
in a line ``Ground:`` (id, English or Chinese words) or in the subject. Attachments are never read.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import email
import email.header
import email.policy
import hashlib
import re
from email.errors import HeaderParseError
from email.message import EmailMessage, Message
from email.utils import parseaddr, parsedate_to_datetime
from html.parser import HTMLParser
from typing import cast

from django.conf import settings
from django.utils import translation

from licet.hotline.intake import Receipt, Refusal, Submission, submit
from licet.hotline.mail_origin import Origin, origin_of
from licet.hotline.mail_words import WORDS
from licet.hotline.sealing import network_of, trace
from licet.hotline.tables import QUESTION_BY_GROUND, QUESTIONS, TEXT_CHARACTERS

LARGEST_BYTES = 2 * 1024 * 1024
_URL = re.compile(r"https?://[^\s<>\"'\]\)，。；]+", re.IGNORECASE)
_HOST = re.compile(r"\b(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\d.])\+?\d[\d ]{4,18}\d(?![\d.])")
_HASH = re.compile(r"\b(?:(?:md5|sha-?1|sha-?256|pdq)[:=]\s?)?(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\b", re.IGNORECASE)
_LINE = re.compile(r"^\s*(ground|target|事由|对象)\s*[:：]\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"[!-~]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z0-9-]{2,}")
_ANSWERED = re.compile(r"^\s*(?:(?:re|fwd?|aw|wg|回复|答复|转发|举报|report)\s*[:：]\s*)+", re.IGNORECASE)
_CHINESE = re.compile(r"[一-鿿]")
_BLOCKS = frozenset({"br", "p", "div", "li", "tr", "table", "ul", "ol", "h1", "h2", "h3", "blockquote"})
_WORDLESS = frozenset({"script", "style", "head", "template"})
_FEEDBACK_NEEDS = ("feedback-type", "user-agent", "version")  # RFC 5965 §3.1
_FEEDBACK_GROUNDS = {"fraud": "deceptive_promotion", "phishing": "deceptive_promotion"}
_NAMES = {name.casefold(): row.ground for row in QUESTIONS for name in (row.ground, row.zh, row.en)}


@dataclasses.dataclass(frozen=True)
class Answer:
    """What became of a message. ``reply`` is ``None`` where no answer must be sent (to robots and lists); ``verified``: the
    address it goes to is the sender's own, by our mail server's word."""

    receipt: Receipt | None
    refusal: Refusal | None
    reply: EmailMessage | None
    verified: bool = False


def read_message(content: bytes, *, sender: str, at: dt.datetime, size: int = 0) -> Answer:
    """Accept one message as a report. ``sender`` is our own address, for the acknowledgement; ``size`` is the whole
    message's where ``content`` is its beginning. The same message (by its ``Message-ID`` and who gets the answer, or
    else its bytes) is one report. Never raises for what somebody wrote."""
    too_large = max(size, len(content)) > LARGEST_BYTES
    try:
        message = email.message_from_bytes(content[:LARGEST_BYTES], policy=email.policy.compat32)
        text, fields = _parts(message)
    except RecursionError:  # parts within parts within parts
        return Answer(None, _refusal("message", "nested", "en"), None)
    language = "zh-hans" if _CHINESE.search(header(message, "Subject") + text) else "en"
    try:
        if too_large:
            raise _refusal("message", "large", language)
        if message.get_param("report-type") == "delivery-status":
            raise _refusal("message", "bounce", language)
        with translation.override(language):  # what intake refuses is said in the language of the message
            submission = _submission(message, (text, fields), language, at)
            receipt = submit(dataclasses.replace(submission, key=_key(message, content)), at=at)
    except Refusal as error:
        return Answer(None, error, _reply(message, sender, language, refusal=error), _goes_to_its_sender(message))
    return Answer(receipt, None, _reply(message, sender, language, receipt=receipt), _goes_to_its_sender(message))


def header(message: Message, name: str) -> str:
    """A header as a person reads it; whatever it holds, it is one line of text."""
    raw = _raw(message, name)
    try:
        parts = email.header.decode_header(raw)
    except (HeaderParseError, ValueError):
        return _line(raw)
    return _line("".join(part if isinstance(part, str) else _decoded(part, charset or "utf-8")
                         for part, charset in parts))


def _raw(message: Message, name: str) -> str:
    """A header as it stands in the message, unfolded; bytes that are not ASCII are read as UTF-8, else as GB 18030."""
    for key, value in message.raw_items():
        if key.casefold() == name.casefold():
            text = str(value).encode("utf-8", "surrogateescape")
            return _line(_eight_bit(text))
    return ""


def _line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+\s*", " ", text).strip()


def _eight_bit(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("gb18030", "replace")


def _submission(message: Message, parts: tuple[str, dict[str, str]], language: str, at: dt.datetime) -> Submission:
    """The report a message holds, its key left empty. Raises :class:`Refusal` saying what is missing."""
    text, fields = parts
    _check_feedback(fields, language)
    subject = header(message, "Subject")
    lines = {key.casefold(): value for key, value in _LINE.findall(text)}
    ground = _ground(lines, fields, subject, language)
    named = (lines.get("target") or lines.get("对象") or fields.get("reported-uri") or fields.get("reported-domain") or "")
    kind, target = _target(named, (text, subject), ground, language)
    words = _LINE.sub("", text).strip()[:TEXT_CHARACTERS]
    sender = _address(message, "From")
    origin = _origin(message, sender)
    return Submission(
        channel="mail", target_kind=kind, target=target, ground=ground, key="",
        text="" if QUESTION_BY_GROUND[ground].url_only else words,
        seen_at=_moment(fields.get("arrival-date") or fields.get("received-date") or "", at), how="message",
        contact=sender, verified=bool(origin.domain), network=_network(origin), language=language)


def _origin(message: Message, sender: str) -> Origin:
    """What our own mail servers say; of a message with several ``From`` lines nobody knows whom they verified."""
    authors = [name for name in message.keys() if name.casefold() == "from"]  # noqa: SIM118 (a message is no mapping)
    relays, authserv = (cast("list[str]", settings.ENV[f"LICET_HOTLINE_MAIL_{name}"]) for name in ("RELAYS", "AUTHSERV"))
    return origin_of(message, sender if len(authors) == 1 else "", relays=relays, authserv=authserv)


def _goes_to_its_sender(message: Message) -> bool:
    sender = _address(message, "From")
    return bool(_origin(message, sender).domain) and _answered_at(message).casefold() == sender.casefold()


def _network(origin: Origin) -> str:
    """Where it came from; a verified domain stands for its network, since its owner makes as many addresses as they
    like."""
    if origin.address:
        return network_of(origin.address)
    return trace("network", f"domain|{origin.domain}") if origin.domain else ""


def _parts(message: Message) -> tuple[str, dict[str, str]]:
    """The plain text a person wrote, and the fields of a feedback report. Of a message that is HTML alone, the text in it:
    nothing of it is loaded or run. Attachments are passed over."""
    text, fields, page = "", {}, ""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            fields = _feedback(part)
        elif kind == "message/rfc822":
            break  # the reported message itself: what it says is not what the reporter says
        elif part.get_content_disposition() == "attachment":
            continue
        elif kind == "text/plain" and not text:
            text = _text_of(part)
        elif kind == "text/html" and not page:
            page = _text_of(part)
    text = text if text.strip() or not page else _plain(page)
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text.replace("\r\n", "\n")), fields


def _text_of(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return _decoded(payload, part.get_content_charset() or "utf-8") if isinstance(payload, bytes) else ""


class _Words(HTMLParser):
    """The words of an HTML message, a line for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Scripts, styles and heads hold no words; blocks begin lines."""
        self._hidden += tag in _WORDLESS
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """The other end of :meth:`handle_starttag`."""
        self._hidden -= tag in _WORDLESS and self._hidden > 0
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        """Words between tags."""
        if not self._hidden:
            self.words.append(" ".join(data.split()) + " " if data.strip() else " ")


def _plain(page: str) -> str:
    reader = _Words()
    reader.feed(page)
    reader.close()
    return re.sub(r"[ \t]*\n\s*", "\n", "".join(reader.words)).strip()


def _decoded(payload: bytes, charset: str) -> str:
    if charset.casefold() in {"gb2312", "gbk", "gb18030", "cp936"}:  # the first two are often said and rarely kept to
        return payload.decode("gb18030", "replace")
    try:
        return payload.decode("utf-8" if charset.casefold() in {"us-ascii", "unknown-8bit"} else charset, "replace")
    except (LookupError, ValueError):
        return payload.decode("utf-8", "replace")


def _feedback(part: Message) -> dict[str, str]:
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if not isinstance(inner, Message):
        raw = part.get_payload(decode=True)
        inner = email.message_from_bytes(raw if isinstance(raw, bytes) else b"")
    found: dict[str, list[str]] = {}
    for name, value in inner.raw_items():
        found.setdefault(name.casefold(), []).append(_line(_eight_bit(str(value).encode("utf-8", "surrogateescape"))))
    return {name: "\n".join(dict.fromkeys(values)) if name.startswith("reported-") else values[0]
            for name, values in found.items()}


def _check_feedback(fields: dict[str, str], language: str) -> None:
    """A feedback report says what it must; of several addresses each needs a message, and a receipt, of its own. Raises
    :class:`Refusal`."""
    missing = [name for name in _FEEDBACK_NEEDS if fields and not fields.get(name)]
    if missing:
        raise _refusal(missing[0], "feedback", language)
    if any("\n" in fields.get(name, "") for name in ("reported-uri", "reported-domain")):
        raise _refusal("reported-uri", "several", language)


def _ground(lines: dict[str, str], fields: dict[str, str], subject: str, language: str) -> str:
    named = lines.get("ground") or lines.get("事由") or fields.get("licet-ground") or ""
    if named:
        ground = _NAMES.get(named.casefold())
    else:
        # The subject alone, not a word of it: "I do not report pornography" reports nothing.
        bare = _ANSWERED.sub("", subject).strip(" .!。！").casefold()
        ground = _NAMES.get(bare) or _FEEDBACK_GROUNDS.get(fields.get("feedback-type", "").casefold())
    if ground is None:
        raise _refusal("ground", "ground", language)
    return ground


def _target(named: str, written: tuple[str, str], ground: str, language: str) -> tuple[str, str]:
    targets = QUESTION_BY_GROUND[ground].targets
    text, subject = written
    searched = named or f"{subject}\n{text}"
    if "url" in targets:
        found = _URL.search(searched) or _HOST.search(re.sub(r"\S+@\S+", " ", searched))
        if found:
            return "url", found.group()
    digits = _HASH.search(searched) if "hash" in targets else None  # before numbers: a hash may hold a row of digits
    if digits:
        return "hash", digits.group()
    number = _NUMBER.search(searched)
    if number and targets & {"sms", "voice_number"}:
        return ("sms" if "sms" in targets else "voice_number"), number.group()
    if named and "provider" in targets:
        return "provider", named
    raise _refusal("target", "target", language)


def _refusal(field: str, problem: str, language: str) -> Refusal:
    message, hint = WORDS[language][problem]
    names = ", ".join(row.zh if language == "zh-hans" else row.ground for row in QUESTIONS)
    return Refusal(field, message, hint=hint.format(grounds=names))


def _moment(text: str, at: dt.datetime) -> dt.datetime:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return at
    return min(moment, at) if moment.tzinfo is not None else at


def _address(message: Message, name: str) -> str:
    """The address in a header, '' for what is none. Read before decoding: a decoded name may hold commas."""
    address = parseaddr(_raw(message, name))[1]
    return address if _ADDRESS.fullmatch(address) and not re.search(r"[,;<>\"()\\]", address) else ""


def _answered_at(message: Message) -> str:
    return _address(message, "Reply-To") or _address(message, "From")


def _key(message: Message, content: bytes) -> str:
    """The same message is the same report; somebody else's with its Message-ID is another, or they got its receipt."""
    name = _raw(message, "Message-ID")[:150]
    return f"{name} {_answered_at(message).casefold()}" if name else hashlib.sha256(content).hexdigest()


def _is_automatic(message: Message) -> bool:
    return (_raw(message, "Auto-Submitted").casefold() not in {"", "no"} or bool(_raw(message, "List-Id"))
            or _raw(message, "Precedence").casefold() in {"bulk", "junk", "list"}
            or ("Return-Path" in message and _raw(message, "Return-Path") in {"", "<>"})
            or message.get_param("report-type") == "delivery-status")


def _reply(message: Message, sender: str, language: str, *, receipt: Receipt | None = None,
           refusal: Refusal | None = None) -> EmailMessage | None:
    """The acknowledgement (RFC 3834), in the language of the message: never to robots, lists, ourselves or an empty
    address, so that no two machines talk."""
    to, own = _answered_at(message), parseaddr(sender)[1]
    if not to or to.casefold() == own.casefold() or _is_automatic(message):
        return None
    reply, words = EmailMessage(), WORDS[language]
    reply["From"], reply["To"], reply["Auto-Submitted"] = sender, to, "auto-replied"
    about = re.match(r"<[!-;=?-~]{1,300}>", _raw(message, "Message-ID"))
    if about:
        reply["In-Reply-To"] = reply["References"] = about.group()
    place = str(settings.PUBLIC_URL) if settings.ENV["LICET_PUBLIC_URL"] else ""
    if receipt is not None:
        subject, body = words["receipt"]
        text = body.format(number=receipt.number, code=receipt.code, page=f"{place}/report/status/")
    elif refusal is not None:
        subject, body = words["refused"]
        text = body.format(problem=refusal.message, hint=refusal.hint, page=f"{place}/report/")
    reply["Subject"] = subject
    # The same answer has the same name, however often it is sent.
    name = hashlib.sha256(f"{_raw(message, 'Message-ID')}|{to}|{text}".encode()).hexdigest()[:32]
    reply["Message-ID"] = f"<hotline-{name}@{own.rpartition('@')[2] or 'localhost'}>"
    reply.set_content(text)
    return reply
