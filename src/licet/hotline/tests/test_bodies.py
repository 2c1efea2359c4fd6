"""Public pages take no files and no more than a form can hold; a real server is asked, as programs and people would."""

import os
import socket
import subprocess
import sys
import time
from wsgiref.util import setup_testing_defaults

import pytest
from django.test import Client

from licet.hotline.bodies import BATCH_BYTES, FORM_BYTES, NothingButForms

FORM = "application/x-www-form-urlencoded"
FILE = "multipart/form-data; boundary=b"
PUBLIC = ["/report/", "/report/status/", "/check/", "/transparency/", "/transparency/figures.csv", "/portal/exposure/",
          "/.well-known/security.txt", "/api/hotline/reports", "/api/hotline/reports/batch", "/api/hotline/xarf"]


class Unread:
    """A body that fails the test when anybody reads it."""

    def read(self, *_):
        raise AssertionError("the body was read")

    readline = read


def ask(path, *, length, kind=FORM, accept="text/html"):
    from django.core.handlers.wsgi import WSGIRequest
    from django.http import HttpResponse

    environ = {"PATH_INFO": path, "REQUEST_METHOD": "POST", "CONTENT_TYPE": kind, "CONTENT_LENGTH": str(length),
               "wsgi.input": Unread(), "HTTP_ACCEPT": accept}
    setup_testing_defaults(environ)
    return NothingButForms(lambda _: HttpResponse("within"))(WSGIRequest(environ))


@pytest.mark.parametrize("path", PUBLIC)
def test_no_files_on_public_addresses(path):
    answer = ask(path, length=10, kind=FILE)
    assert answer.status_code == 415 and answer["Cache-Control"] == "no-store"
    assert ("No files are taken here" in answer.content.decode())


@pytest.mark.parametrize("path", PUBLIC)
def test_no_more_than_a_form_or_a_batch_can_hold(path):
    assert ask(path, length=BATCH_BYTES + 1).status_code == 413
    assert ask(path, length=20_000).content == b"within"


@pytest.mark.parametrize(("path", "within", "beyond"), [
    ("/report/", FORM_BYTES, FORM_BYTES + 1), ("/accounts/login/", FORM_BYTES, FORM_BYTES + 1),
    ("/api/hotline/xarf", 256 * 1024, 256 * 1024 + 1), ("/api/hotline/reports/batch", BATCH_BYTES, BATCH_BYTES + 1),
    ("/portal/notices/token/answer/", 40 * 2**20, 80 * 2**20), ("/portal/notices/token/appeal/", FORM_BYTES, 2**20)])
def test_each_door_has_its_width(path, within, beyond):
    assert ask(path, length=within).content == b"within"
    assert ask(path, length=beyond).status_code == 413


def test_documents_of_a_sites_owner_and_files_of_the_desk_are_taken():
    for path in ("/portal/notices/token/answer/", "/registers/uploads/", "/sweeps/start/", "/hotline/bulk/", "/evidence/x/"):
        assert ask(path, length=10_000, kind=FILE).content == b"within"


def test_programs_get_a_problem_document():
    answer = ask("/report/", length=10, kind=FILE, accept="application/json")
    assert answer["Content-Type"] == "application/problem+json"
    assert ask("/api/hotline/xarf", length=10**9)["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_the_limit_holds_through_all_middleware():
    assert Client().post("/report/", {"step": "what"}).status_code == 415, "Django's test client sends multipart"


# --- a real server ---------------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path):
    """The web server of ``licet run``, without any database; temporary files would come to ``tmp_path/tmp``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "tmp").mkdir()
    environ = os.environ | {"LICET_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp"), "DATABASE_URL": ""}
    (tmp_path / "home").mkdir(mode=0o700)
    running = subprocess.Popen([sys.executable, "-m", "licet.config.web", "127.0.0.1", str(port)], env=environ,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield port
    running.terminate()
    running.wait(20)


@pytest.mark.parametrize("length", [3000, 120 * 2**20], ids=["small", "120 MB"])
def test_a_real_upload_is_refused_before_it_is_received(server, tmp_path, length):
    head = (b'--b\r\nContent-Disposition: form-data; name="step"\r\n\r\nwhat\r\n'
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n')
    with socket.create_connection(("127.0.0.1", server), timeout=20) as connection:
        connection.sendall(f"POST /report/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FILE}\r\n"
                           f"Content-Length: {length}\r\n\r\n".encode() + head)
        began = time.monotonic()
        answer = connection.recv(65536).decode()  # nothing more was sent: it did not wait for it

    assert answer.startswith("HTTP/1.1 415") and time.monotonic() - began < 10
    assert list((tmp_path / "tmp").iterdir()) == []
