"""Settings as rows, read from the environment once. ``docs/reference/settings.md`` is generated from this table."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Mapping
from email.utils import parseaddr
from pathlib import Path

from licet.core.errors import BadSetting


@dataclasses.dataclass(frozen=True)
class Setting:
    """One environment variable: its name, default (as text), help, and how its text becomes a value."""

    name: str
    default: str
    help: str
    parse: Callable[[str], object] = str


def _flag(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("use 1 or 0")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError("use a port between 0 and 65535")
    return port


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _mail_address(text: str) -> str:
    if text and not re.fullmatch(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\"]+", text):
        raise ValueError("write one address, without a name: desk@authority.example")
    return text


def _contact_uri(text: str) -> str:
    """A URI as RFC 9116 §2.5.3 asks for; an e-mail address, also one with a name, becomes ``mailto:``."""
    address = parseaddr(text.removeprefix("mailto:"))[1]
    if text.startswith("https://") or re.fullmatch(r"tel:\+[0-9-]{6,}", text) or not text:
        return text
    return f"mailto:{_mail_address(address)}" if address else _mail_address(text)


def _bytes(text: str) -> int:
    size = int(text)
    if size < 1:
        raise ValueError("use a positive number of bytes")
    return size


ROWS: tuple[Setting, ...] = (
    Setting("LICET_HOME", "./.licet", "data directory: embedded database, keys, compiled registers, sweeps",
            lambda text: Path(text).expanduser().resolve()),
    Setting("DATABASE_URL", "", "postgresql:// address of the owner role on PostgreSQL 16 or newer (15 works); empty = embedded"),
    Setting("LICET_APP_DATABASE_URL", "", "address of the application role, when an administrator created it already"),
    Setting("LICET_PROFILE", "cn-2007", "profile: a shipped name or the path of a directory of TOML files"),
    Setting("LICET_BIND", "127.0.0.1", "address the web server listens on"),
    Setting("LICET_PORT", "8080", "port the web server listens on", _port),
    Setting("LICET_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]", "host names the console answers to, comma separated",
            _names),
    Setting("LICET_HTTPS", "0", "1 when a TLS proxy is in front: secure cookies and HSTS", _flag),
    Setting("LICET_DEBUG", "0", "1 shows tracebacks in the browser; never in service", _flag),
    Setting("LICET_EMAIL_URL", "", "smtp://user:password@host:port, or smtps:// or smtp+starttls://; empty = "
            "messages are written to LICET_HOME/mail"),
    Setting("LICET_MAIL_FROM", "licet@localhost", "sender of mail"),
    Setting("LICET_SECURITY_CONTACT", "", "whom to tell about a weakness of this site (security.txt): an e-mail address, or an "
            "https:// or tel: address; empty = there is no security.txt", _contact_uri),
    Setting("LICET_HOTLINE_ADDRESS", "", "e-mail address people may report to, named where the form cannot take a report",
            _mail_address),
    Setting("LICET_HOTLINE_PHONE", "", "telephone number people may report to, named there too"),
    Setting("LICET_HOTLINE_IMAP_URL", "", "mailbox of the hotline: imaps://user@host:993/INBOX, or imap+starttls://; imap:// "
            "to this machine only; empty = none is fetched"),
    Setting("LICET_HOTLINE_IMAP_PASSWORD_FILE", "", "file that holds its password and nothing else; empty = "
            "LICET_HOME/imap-password"),
    Setting("LICET_HOTLINE_IMAP_CA", "", "PEM file of the authority its certificate is trusted by; empty = this machine's"),
    Setting("LICET_HOTLINE_MAIL_RELAYS", "", "names your own mail servers write behind `by` in Received lines, comma "
            "separated: who handed a report over to them tells senders apart; empty = mail tells nobody apart", _names),
    Setting("LICET_HOTLINE_MAIL_AUTHSERV", "", "names your own mail servers write first in Authentication-Results lines "
            "(RFC 8601), comma separated; they must remove such lines from outside. Empty = no sender is verified", _names),
    Setting("LICET_PUBLIC_URL", "", "address people outside reach the pages at, for letters: https://desk.example; "
            "empty = this machine's own, which nobody outside reaches: no mail leaves with it"),
    Setting("LICET_REQUIRE_MFA", "1", "1: everybody who signs in must set up a second factor", _flag),
    Setting("LICET_TSA_URLS", "", "RFC 3161 time-stamp authorities, comma separated; evidence is stamped by each of them",
            _names),
    Setting("LICET_TSA_CA", "", "PEM files of the certificates these authorities are trusted by, comma separated",
            _names),
    Setting("LICET_EVIDENCE_MAX_BYTES", str(2 << 30), "largest content of one item of evidence", _bytes),
    Setting("LICET_ALLOW_PRIVATE_TARGETS", "0", "1: webhooks and probes may reach private addresses and plain http; "
            "for trying things out only", _flag),
    Setting("LICET_RESOLVERS", "", "resolvers that checks from outside ask: address or address:port, comma separated; "
            "empty = this machine's", _names),
    Setting("LICET_CONTROL_NAME", "", "a name that always answers; when it does not, our own network is down; empty = "
            "none is asked"),
    Setting("LICET_RAY_ADDRESS", "", "address of a Ray cluster for fan-out; empty = this machine only"),
)


def read(environ: Mapping[str, str] = os.environ) -> dict[str, object]:
    """All rows as values. Raises :class:`BadSetting` naming the row, its value and the repair."""
    values: dict[str, object] = {}
    for row in ROWS:
        text = environ.get(row.name, row.default)
        try:
            values[row.name] = row.parse(text)
        except (ValueError, OSError) as error:
            raise BadSetting(f"{row.name}={text!r} cannot be used: {error}", hint=row.help) from error
    return values


def port_file(home: Path) -> Path:
    """Where ``licet run`` notes the port it listens on: ``--port`` may differ from ``LICET_PORT``."""
    return home / "run" / "port"


def public_url(values: Mapping[str, object]) -> str:
    """``LICET_PUBLIC_URL``, else what the other settings say: the TLS proxy's first host name, or this machine's own."""
    if values["LICET_PUBLIC_URL"]:
        return str(values["LICET_PUBLIC_URL"]).rstrip("/")
    hosts = values["LICET_ALLOWED_HOSTS"]
    if values["LICET_HTTPS"] and isinstance(hosts, list) and hosts:
        return f"https://{hosts[0]}"
    return f"http://127.0.0.1:{port_in_use(values)}"


def port_in_use(values: Mapping[str, object]) -> int:
    """The port of the ``licet run`` of this home, else ``LICET_PORT``."""
    home = values["LICET_HOME"]
    assert isinstance(home, Path)
    try:
        return int(port_file(home).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return int(str(values["LICET_PORT"]))
