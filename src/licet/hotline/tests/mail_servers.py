"""Real mail servers on the loopback: pymap and Dovecot for IMAP, aiosmtpd for SMTP."""

import contextlib
import datetime as dt
import email
import email.policy
import grp
import imaplib
import ipaddress
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from tests.needs import missing

USER, PASSWORD = "hotline", "harbour \"lantern\" 灯塔"
DOVECOT = """
protocols = imap
listen = 127.0.0.1
base_dir = {home}/run
log_path = {home}/log
default_internal_user = {login}
default_internal_group = {group}
default_login_user = {login}
ssl = {ssl}
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = no
mail_location = maildir:{home}/mail
first_valid_uid = 1
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = .
}}
passdb {{
  driver = static
  args = password={{PLAIN}}{password} allow_nets=127.0.0.1/32
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class ImapServer:
    """A running server and a client of the test's own."""

    def __init__(self, name, port, tls_port=0, ca="", user=USER, password=PASSWORD):
        self.name, self.port, self.tls_port, self.ca = name, port, tls_port, ca
        self.user, self.password = user, password

    def client(self):
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        client.authenticate("PLAIN", lambda _: f"\0{self.user}\0{self.password}".encode())
        return client

    def clear(self):
        """As it was when it started."""
        with self.client() as client:
            if int(client.select("INBOX")[1][0]):
                client.store("1:*", "+FLAGS", "(\\Deleted)")
                client.expunge()
            client.close()
            for line in reversed(client.list()[1]):
                name = re.search(rb'(?:"([^"]*)"|([^ "]+))$', line).group(1, 2)
                full = (name[0] or name[1]).decode()
                if full != "INBOX":
                    client.delete(f'"{full}"')

    def deliver(self, *messages, folder="INBOX", at=None):
        with self.client() as client:
            for message in messages:
                content = message if isinstance(message, bytes) else message.encode()
                assert client.append(folder, None, at, content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))[0] == "OK"

    def holds(self, folder):
        """(flags, Message-ID) of everything in a folder whose name ends so."""
        with self.client() as client:
            names = [line.decode().split(" ")[-1].strip('"') for line in client.list()[1] if line]
            full = next((name for name in names if name.replace(".", "/").endswith(folder)), None)
            if full is None or int(client.select(f'"{full}"', readonly=True)[1][0]) == 0:
                return []
            data = client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]
            return [(line[0].decode(), email.message_from_bytes(line[1])["Message-ID"]) for line in data
                    if isinstance(line, tuple)]

    def names(self, folder):
        return sorted(str(name) for _flags, name in self.holds(folder))


def _wait_for(port, process, log):
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"the mail server did not start: {log.read_text() if log.exists() else ''}")


@contextlib.contextmanager
def _running(command, port, log):
    with log.open("ab") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
    try:
        _wait_for(port, process, log)
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def pymap():
    """The server of the same name, in memory."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="licet-pymap-") as home:
        command = [sys.executable, "-c", "from pymap.main import main; main()", "--host", "127.0.0.1", "--port",
                   str(port), "--no-tls", "dict", "--demo-user", USER, "--demo-password", PASSWORD]
        with _running(command, port, Path(home) / "log"):
            yield ImapServer("pymap", port)


@contextlib.contextmanager
def dovecot(prefix="INBOX.", ssl="yes"):
    """Debian's Dovecot with folders below a namespace, as many providers have it; not as root."""
    binary = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if binary is None:
        missing("Dovecot is not installed; apt-get install dovecot-imapd")
    if not subprocess.check_output([binary, "--version"], text=True).startswith("2.3"):
        pytest.skip("the tests know how to configure Dovecot 2.3")
    person = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    home = Path(tempfile.mkdtemp(prefix="licet-dovecot-"))
    try:
        home.chmod(0o755)
        write_certificate(home)
        for name in ("mail", "home", "run"):
            (home / name).mkdir()
        for name in ("mail", "home"):
            os.chown(home / name, person.pw_uid, person.pw_gid)
        port, tls_port = free_port(), free_port()
        # The static driver's arguments end at a blank, so the password of this server has none.
        (home / "conf").write_text(DOVECOT.format(
            home=home, login=person.pw_name, group=grp.getgrgid(person.pw_gid).gr_name, ssl=ssl, prefix=prefix,
            password="lantern-灯塔", uid=person.pw_uid, gid=person.pw_gid, port=port, tls_port=tls_port))
        with _running([binary, "-F", "-c", str(home / "conf")], port, home / "out"):
            yield ImapServer("dovecot", port, tls_port, str(home / "cert.pem"), password="lantern-灯塔")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def write_certificate(home):
    """A certificate for 127.0.0.1 that nobody but the tests trusts."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    (home / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (home / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


class Outgoing:
    """What our SMTP server took. ``refuses``: the answer to every recipient, '' = taken."""

    def __init__(self, deliver=None):
        self.messages, self.refuses, self.deliver = [], "", deliver

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if self.deliver is not None and envelope.rcpt_tos == ["hotline@authority.example"]:
            import asyncio

            await asyncio.to_thread(self.deliver, envelope.content)  # to the mailbox, as a mail server would
        else:
            self.messages.append(message)
        return "250 taken"


@contextlib.contextmanager
def smtp(settings, deliver=None):
    from aiosmtpd.controller import Controller

    taken = Outgoing(deliver)
    controller = Controller(taken, hostname="127.0.0.1", port=free_port(), decode_data=False)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", controller.port, 10
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.DEFAULT_FROM_EMAIL = "hotline@authority.example"
    try:
        yield taken
    finally:
        controller.stop()
