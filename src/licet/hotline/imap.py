"""A mailbox over IMAP (RFC 3501, MOVE or UIDPLUS): what waits, one message, and where it goes. Nothing here decides.

Every failure is a :class:`LicetError` that says what to repair; no message of ours holds the password.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import datetime as dt
import imaplib
import re
import ssl
from collections.abc import Iterator
from typing import Any

from licet.config.mail import Mailbox
from licet.core.errors import BadSetting, Unavailable

TIMEOUT_S = 20
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WINDOW = 500  # messages whose sizes are asked for at once
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?P<delimiter>\\?.)"|NIL)')
_NAMESPACE = re.compile(rb'\(\("(?P<prefix>(?:[^"\\]|\\.)*)" "(?P<delimiter>\\?.)"')


@dataclasses.dataclass(frozen=True)
class Waiting:
    """A message that waits: its UID and how large the server says it is."""

    uid: str
    size: int


class Server:
    """One signed-in connection. Folder names are given as people write them."""

    def __init__(self, account: Mailbox, connection: imaplib.IMAP4) -> None:
        self._account = account
        self._imap = connection
        self._abilities = frozenset(_text(self._ask("CAPABILITY", *connection.capability())).upper().split())
        if "MOVE" not in self._abilities and "UIDPLUS" not in self._abilities:
            raise Unavailable(f"{account.host} can neither move nor delete single messages (MOVE or UIDPLUS)",
                              hint="use a mail server that offers one of these IMAP extensions")

    def folder(self, *names: str) -> str:
        """The full name of a folder of ours below the mailbox's own root; it is made if it is not there."""
        prefix, delimiter = self._root()
        full = prefix + delimiter.join(names)
        if self._imap.status(quoted(full), "(MESSAGES)")[0] != "OK":
            answer, data = self._imap.create(quoted(full))
            if answer != "OK":
                raise BadSetting(f"the folder {full} cannot be made: {_text(data)}",
                                 hint="make it by hand in the hotline's mailbox, or give the account the right to")
        return full

    def open(self, folder: str) -> int:
        """Look into a folder; how many messages it holds. Raises :class:`BadSetting` when there is none."""
        answer, data = self._imap.select(quoted(folder))
        if answer != "OK":
            raise BadSetting(f"the mailbox has no folder {folder}: {_text(data)}", hint=(
                f"correct the folder in LICET_HOTLINE_IMAP_URL; there are: {', '.join(self._names()) or 'none'}"))
        return int(data[0] or 0)

    def oldest(self, folder: str, most: int) -> list[Waiting]:
        """The messages that came first, without those somebody deleted."""
        count, found = self.open(folder), list[Waiting]()
        for start in range(1, count + 1, WINDOW):
            asked = f"{start}:{min(start + WINDOW - 1, count)}"
            for line in self._ask("FETCH", *self._imap.fetch(asked, "(UID RFC822.SIZE FLAGS)")):
                text = line if isinstance(line, bytes) else b""
                uid, size, flags = _UID.search(text), _SIZE.search(text), _FLAGS.search(text)
                if uid and size and b"\\deleted" not in (flags.group(1).lower() if flags else b""):
                    found.append(Waiting(uid.group(1).decode(), int(size.group(1))))
            if len(found) >= most:
                break
        return found[:most]

    def content(self, uid: str, most_bytes: int) -> bytes | None:
        """A message's first bytes, without marking it read; ``None`` when it is gone."""
        return self._part(uid, f"BODY.PEEK[]<0.{most_bytes}>")

    def head(self, uid: str, most_bytes: int) -> bytes | None:
        """A message's header alone."""
        return self._part(uid, f"BODY.PEEK[HEADER]<0.{most_bytes}>")

    def move(self, uid: str, folder: str) -> None:
        """Mark a message read and put it into another folder; it is in one of the two at every moment."""
        self._ask("STORE", *self._imap.uid("STORE", uid, "+FLAGS.SILENT", "(\\Seen)"))
        if "MOVE" in self._abilities:
            self._ask("MOVE", *self._imap.uid("MOVE", uid, quoted(folder)))
            return
        self._ask("COPY", *self._imap.uid("COPY", uid, quoted(folder)))
        self._ask("STORE", *self._imap.uid("STORE", uid, "+FLAGS.SILENT", "(\\Deleted)"))
        self._ask("EXPUNGE", *self._imap.uid("EXPUNGE", uid))  # this one alone, whatever else somebody marked

    def forget(self, folder: str, before: dt.date) -> int:
        """Delete the messages of one of our folders that the server got before this day; returns how many."""
        self.open(folder)
        asked = f"{before.day}-{_MONTHS[before.month - 1]}-{before.year}"  # RFC 3501 dates are English everywhere
        uids = _raw(self._ask("SEARCH", *self._imap.uid("SEARCH", "BEFORE", asked))).decode("ascii").split()
        for start in range(0, len(uids), WINDOW):
            some = ",".join(uids[start:start + WINDOW])
            self._ask("STORE", *self._imap.uid("STORE", some, "+FLAGS.SILENT", "(\\Deleted)"))
            if "UIDPLUS" in self._abilities:
                self._ask("EXPUNGE", *self._imap.uid("EXPUNGE", some))
        if uids and "UIDPLUS" not in self._abilities:
            self._ask("EXPUNGE", *self._imap.expunge())
        return len(uids)

    def _part(self, uid: str, what: str) -> bytes | None:
        for line in self._ask("FETCH", *self._imap.uid("FETCH", uid, f"(UID {what})")):
            if isinstance(line, tuple) and b"BODY[" in line[0].upper():
                return bytes(line[1])
        return None

    def _root(self) -> tuple[str, str]:
        """What our folders' names begin with, and what stands between their parts."""
        if "NAMESPACE" in self._abilities:
            found = _NAMESPACE.match(_raw(self._ask("NAMESPACE", *self._imap.namespace())))
            if found:
                return plain(found["prefix"]), plain(found["delimiter"])
        listed = _LISTED.match(_raw(self._ask("LIST", *self._imap.list('""', '""'))))
        return "", plain(listed["delimiter"]) if listed and listed["delimiter"] else "/"

    def _names(self) -> list[str]:
        names = []
        for line in self._imap.list()[1]:
            found = re.search(rb'(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))$', line) if isinstance(line, bytes) else None
            if found:
                names.append(plain(found.group(1) or found.group(2) or b""))
        return sorted(names)[:20]

    def _ask(self, what: str, answer: str, data: list[Any]) -> list[Any]:
        """The data of an answer that is OK."""
        if answer != "OK":
            raise Unavailable(f"{self._account.host} refused {what}: {_text(data)}",
                              hint="look at the mail server's log; nothing was lost, it is tried again")
        return [line for line in data if line is not None]


@contextlib.contextmanager
def signed_in(account: Mailbox) -> Iterator[Server]:
    """A connection for a block. Raises :class:`Unavailable` or :class:`BadSetting` saying what to repair."""
    with _told(account):
        connection = _connected(account)
        try:
            _sign_in(account, connection)
            yield Server(account, connection)
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                connection.logout()


def _connected(account: Mailbox) -> imaplib.IMAP4:
    if account.scheme == "imaps":
        return imaplib.IMAP4_SSL(account.host, account.port, ssl_context=_trust(account), timeout=TIMEOUT_S)
    connection = imaplib.IMAP4(account.host, account.port, timeout=TIMEOUT_S)
    if account.scheme == "imap+starttls":
        connection.starttls(_trust(account))
    return connection


def _trust(account: Mailbox) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=account.ca or None)
    except OSError as error:
        raise BadSetting(f"LICET_HOTLINE_IMAP_CA={account.ca!r} cannot be used: {error}",
                         hint="give a PEM file with the certificate of the authority") from error


def _sign_in(account: Mailbox, connection: imaplib.IMAP4) -> None:
    password = account.password()
    try:
        if "AUTH=PLAIN" in connection.capabilities:  # knows every character, where LOGIN knows ASCII
            connection.authenticate("PLAIN", lambda _: f"\0{account.user}\0{password}".encode())
        else:
            connection.login(quoted(account.user), password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeEncodeError) as error:
        said = "" if isinstance(error, UnicodeEncodeError) else f": {error}".replace(password, "…")
        raise BadSetting(f"{account.host} does not let {account.user} in{said}", hint=(
            f"check the user in LICET_HOTLINE_IMAP_URL and the password in {account.password_file}; some servers want a "
            "password of its own for programs, and TLS")) from error


@contextlib.contextmanager
def _told(account: Mailbox) -> Iterator[None]:
    """What can go wrong between two machines, in words."""
    where = f"{account.host}:{account.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise BadSetting(f"the certificate of {where} is not trusted: {error.verify_message}", hint=(
            "set LICET_HOTLINE_IMAP_CA to the PEM file of your own authority, or correct the host's name")) from error
    except ssl.SSLError as error:
        raise Unavailable(f"{where} does not speak TLS as asked: {error.reason}",
                          hint="imaps:// is usually port 993, imap+starttls:// port 143") from error
    except (OSError, imaplib.IMAP4.abort) as error:
        raise Unavailable(f"the mail server {where} does not answer: {error}",
                          hint="check host and port in LICET_HOTLINE_IMAP_URL, and that the server runs") from error
    except imaplib.IMAP4.error as error:
        raise Unavailable(f"the mail server {where} cannot be used: {error}",
                          hint="check LICET_HOTLINE_IMAP_URL; STARTTLS may not be offered") from error


def quoted(name: str) -> str:
    """A name as IMAP wants it: modified UTF-7 (RFC 3501 §5.1.3) in quotes."""
    parts = re.sub(r"&|[^\x20-\x7e]+", lambda found: _shifted(found.group()), name)
    return '"' + parts.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shifted(text: str) -> str:
    if text == "&":
        return "&-"
    return "&" + base64.b64encode(text.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"


def plain(name: bytes) -> str:
    """A name of the server's as people write it."""
    text = re.sub(r"\\(.)", r"\1", name.decode("ascii", "replace"))
    return re.sub(r"&([^-]*)-", lambda found: _unshifted(found.group(1)), text)


def _unshifted(text: str) -> str:
    if not text:
        return "&"
    try:
        return base64.b64decode(text.replace(",", "/") + "=" * (-len(text) % 4)).decode("utf-16-be")
    except ValueError:
        return f"&{text}-"


def _raw(data: list[Any]) -> bytes:
    first = data[0] if data else b""
    return first if isinstance(first, bytes) else b""


def _text(data: list[Any]) -> str:
    """What the server said, for people."""
    return " ".join(line.decode("utf-8", "replace") for line in data if isinstance(line, bytes))[:300]
