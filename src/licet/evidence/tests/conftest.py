"""Evidence of a case, and a time-stamp authority of our own: openssl behind a small web server on this machine."""

from __future__ import annotations

import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.needs import missing

CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Test time-stamp authority
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[leaf]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = service
[service]
dir = .
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def openssl(*words, cwd, data=None):
    return subprocess.run(["openssl", *words], cwd=cwd, input=data, check=True, capture_output=True).stdout


def make_authority(folder):
    """Keys and certificates of an authority in ``folder``: ca.pem, tsa.pem, tsa.key, openssl.cnf."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "openssl.cnf").write_text(CONFIG)
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-config", "openssl.cnf")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-subj", "/CN=Test root",
            "-extensions", "ca", cwd=folder)
    openssl("req", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test TSA", cwd=folder)
    openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "tsa.pem",
            "-days", "3650", "-extfile", "openssl.cnf", "-extensions", "leaf", cwd=folder)
    return folder


class Authority:
    """A running authority. ``fail`` answers with 503, ``forge`` stamps something else than was asked."""

    def __init__(self, folder):
        self.folder, self.asked, self.fail, self.forge = make_authority(folder), 0, False, False
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                query = self.rfile.read(int(self.headers["Content-Length"]))
                authority.asked += 1
                answer = b"" if authority.fail else authority.answer(query)
                self.send_response(503 if authority.fail else 200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_words):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.ca = str(self.folder / "ca.pem")
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def answer(self, query):
        if self.forge:
            query = openssl("ts", "-query", "-digest", "00" * 32, "-sha256", "-cert", cwd=self.folder)
        (self.folder / "query").write_bytes(query)
        openssl("ts", "-reply", "-queryfile", "query", "-config", "openssl.cnf", "-section", "service", "-out", "reply",
                cwd=self.folder)
        return (self.folder / "reply").read_bytes()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self._thread.join(10)


@pytest.fixture(autouse=True)
def own_home(tmp_path, settings):
    """Content, and the signed journal, of this test alone."""
    settings.LICET_HOME = tmp_path / "home"
    return settings.LICET_HOME


@pytest.fixture
def authority(tmp_path):
    """A time-stamp authority on 127.0.0.1."""
    if shutil.which("openssl") is None:
        missing("openssl is not installed; it plays the time-stamp authority")
    running = Authority(tmp_path / "authority")
    yield running
    running.stop()


@pytest.fixture
def stamping(authority, settings):
    """The authority is configured, with its root."""
    settings.ENV = settings.ENV | {"LICET_TSA_URLS": [authority.url], "LICET_TSA_CA": [authority.ca]}
    return authority


@pytest.fixture
def locker(actor_of):
    """``locker.add(...)`` and the like, in a case of the authority's desk."""
    from licet.casework.tests.story import Story
    from licet.evidence.tests.locker import TestLocker

    return TestLocker(Story(actor_of))
