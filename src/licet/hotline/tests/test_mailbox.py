"""The mailbox on real servers: what is taken, where it goes, who is answered, and what is said when something is broken."""

import datetime as dt
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.config.mail import mailbox
from licet.core.errors import BadSetting, LicetError, Unavailable
from licet.hotline import intake, sealing
from licet.hotline import mailbox as concept
from licet.hotline.imap import plain, quoted, signed_in
from licet.hotline.mail import LARGEST_BYTES, read_message
from licet.hotline.pace import Once

from .conftest import START
from .mail_servers import dovecot, free_port, pymap, smtp
from .test_channels import MARF

ENGLISH = """From: Nina <nina@reporter.example>
To: hotline@authority.example
Subject: Pornography
Message-ID: <en@reporter.example>
Content-Type: text/plain; charset=utf-8

See https://lantern.example/p please.
"""
CHINESE = """From: =?utf-8?B?5Y2X?= <nan@reporter.example>
To: hotline@authority.example
Subject: =?gb2312?B?vtmxqA==?=
Message-ID: <zh@reporter.example>
Content-Type: text/plain; charset=gbk

事由：未经同意扣费
对象：1065 0000
昨天扣了我的钱
"""
LACKING = ENGLISH.replace("Pornography", "Hello").replace("<en@", "<lacking@").replace("nina@", "lia@")
ROBOT = "Auto-Submitted: auto-generated\n" + ENGLISH.replace("<en@", "<robot@")
MALFORMED = b"From: \xff\xfe <\nSubject: =?utf-8?B?////?=\nMessage-ID: <bad@reporter.example>\nContent-Type: multipart/x\n\n--\xff"
LARGE = ENGLISH.replace("<en@", "<large@").replace("nina@", "lars@") + "A" * 76 * 1000 + ("B" * 76 + "\n") * (LARGEST_BYTES // 77)


@pytest.fixture(scope="module")
def running_pymap():
    with pymap() as running:
        yield running


@pytest.fixture(scope="module")
def running_dovecot():
    with dovecot() as running:
        yield running


@pytest.fixture(params=["pymap", "dovecot"])
def server(request, tmp_path, settings, spool):
    running = request.getfixturevalue(f"running_{request.param}")
    running.clear()
    configure(settings, running, tmp_path)
    return running


@pytest.fixture
def pymap_server(running_pymap, tmp_path, settings, spool):
    running_pymap.clear()
    configure(settings, running_pymap, tmp_path)
    return running_pymap


@pytest.fixture
def outgoing(settings):
    with smtp(settings) as taken:
        yield taken


@pytest.fixture(autouse=True)
def nobody_answered():
    concept.answered_lately.clear()


def configure(settings, running, home, *, scheme="imap", port=0, ca="", folder="INBOX", password=None):
    (home / "imap-password").write_text(f"{running.password if password is None else password}\n", encoding="utf-8")
    settings.HOTLINE_MAILBOX = mailbox(f"{scheme}://{running.user}@127.0.0.1:{port or running.port}/{folder}", home=home,
                                       password_file="", ca=ca)


def run(at=START):
    return concept.fetch_due(at)


def received():
    return {json.loads(item.body)["ground"]: json.loads(item.body) for item in intake.spool().oldest(100)}


def test_each_kind_of_message_is_taken_moved_and_answered(server, outgoing):
    server.deliver(ENGLISH, CHINESE.encode("gbk"), MARF, LACKING, ROBOT, MALFORMED, LARGE)

    fetched = run()

    assert (fetched.accepted, fetched.refused, fetched.left, fetched.problem) == (4, 3, 0, "")
    assert server.names("INBOX") == []
    assert server.names("Licet/Done") == ["<2@watch.example>", "<en@reporter.example>", "<robot@reporter.example>",
                                          "<zh@reporter.example>"]
    assert server.names("Licet/Refused") == ["<bad@reporter.example>", "<lacking@reporter.example>",
                                             "<large@reporter.example>"]
    assert all("\\Seen" in flags for flags, _name in server.holds("Licet/Done") + server.holds("Licet/Refused"))
    assert received()["deceptive_billing"]["target"] == "1065 0000"
    assert received()["deceptive_promotion"]["target"] == "https://lantern.example/win"
    answered = {str(message["In-Reply-To"]): message for message in outgoing.messages}
    assert set(answered) == {"<en@reporter.example>", "<zh@reporter.example>", "<2@watch.example>",
                             "<lacking@reporter.example>", "<large@reporter.example>"}, "robots and nobody get no answer"
    assert "too large" in answered["<large@reporter.example>"].get_content()
    assert "does not say what is wrong" in answered["<lacking@reporter.example>"].get_content()


def test_an_answer_speaks_the_language_of_the_message_and_opens_the_receipt(server, outgoing):
    server.deliver(CHINESE.encode("gbk"))
    run()

    (answer,) = outgoing.messages
    text = answer.get_content()
    assert answer["To"] == "nan@reporter.example" and answer["Auto-Submitted"] == "auto-replied"
    assert answer["Subject"] == "您的举报已收到" and "Receipt" not in text
    number, code = (line.partition("：")[2].strip() for line in text.splitlines() if line.startswith(("回执号", "查询码")))
    assert sealing.opens(number, code) and intake.spool().holds(sealing.typed(number))


def test_the_same_message_again_is_the_same_report(server, outgoing):
    server.deliver(ENGLISH)
    run()
    server.deliver(ENGLISH, ENGLISH.replace("Nina <nina@", "Wick <wick@"))
    run()

    assert intake.spool().counts() == (2, 0), "another sender with that Message-ID is another report"
    first, again, other = [message.get_content() for message in outgoing.messages]
    assert first == again != other
    assert outgoing.messages[0]["Message-ID"] == outgoing.messages[1]["Message-ID"]


def test_no_more_than_the_limit_is_downloaded(pymap_server, outgoing, monkeypatch):
    from licet.hotline import imap

    asked = []
    whole = imap.Server._part
    monkeypatch.setattr(imap.Server, "_part", lambda self, uid, what: asked.append(what) or whole(self, uid, what))
    pymap_server.deliver(LARGE, ENGLISH)
    run()

    assert asked == ["BODY.PEEK[HEADER]<0.65536>", f"BODY.PEEK[]<0.{LARGEST_BYTES + 1}>"]


def test_a_run_takes_the_oldest_and_the_next_run_the_rest(server, outgoing):
    server.deliver(*(ENGLISH.replace("<en@", f"<{n}@") for n in range(5)))

    assert [concept.fetch_due(START, batch=2).accepted for _ in range(4)] == [2, 2, 1, 0]
    assert intake.spool().counts() == (5, 0)


def test_a_folder_with_a_chinese_name_and_deleted_messages_are_left_alone(server, outgoing, settings, tmp_path):
    name = "INBOX.举报 & 投诉" if server.name == "dovecot" else "举报 & 投诉"
    with server.client() as client:
        assert client.create(quoted(name))[0] == "OK"
    configure(settings, server, tmp_path, folder=name.replace(" ", "%20").replace("&", "%26"))
    server.deliver(ENGLISH, LACKING, folder=quoted(name))
    with server.client() as client:
        client.select(quoted(name))
        client.store("1", "+FLAGS", "(\\Deleted)")

    assert run().refused == 1 and intake.spool().counts() == (0, 0)


def test_without_move_a_message_is_copied_and_only_that_one_expunged(server, outgoing, monkeypatch):
    from licet.hotline import imap

    made = imap.Server.__init__

    def without_move(self, *given):
        made(self, *given)
        self._abilities -= {"MOVE"}

    monkeypatch.setattr(imap.Server, "__init__", without_move)
    server.deliver(LACKING, ENGLISH)
    with server.client() as client:
        client.select("INBOX")
        client.store("1", "+FLAGS", "(\\Deleted)")

    assert run().accepted == 1
    assert server.names("INBOX") == ["<lacking@reporter.example>"], "what somebody else deleted is theirs to expunge"
    assert server.names("Licet/Done") == ["<en@reporter.example>"]


# --- acknowledgements ------------------------------------------------------------------------------------------------


def test_an_answer_that_cannot_leave_is_owed_and_sent_later(server, outgoing, settings):
    working, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    server.deliver(ENGLISH, LACKING, ROBOT)

    fetched = run()
    assert (fetched.accepted, fetched.refused, fetched.unanswered) == (2, 1, 2)
    assert "ConnectionRefused" in fetched.problem and intake.spool().counts() == (2, 0)
    assert server.names("Licet/Unanswered") == ["<en@reporter.example>", "<lacking@reporter.example>"]

    settings.EMAIL_PORT = working
    assert run().answered_later == 2 and len(outgoing.messages) == 2
    assert server.names("Licet/Unanswered") == [] and "<lacking@reporter.example>" in server.names("Licet/Refused")
    assert not run(), "nothing is left to do"


@pytest.mark.parametrize(("said", "owed"), [("550 no such user", 0), ("451 try later", 1)])
def test_a_lasting_refusal_of_the_address_ends_it_and_a_passing_one_does_not(pymap_server, outgoing, said, owed, caplog):
    outgoing.refuses = said
    pymap_server.deliver(ENGLISH)

    assert run().unanswered == owed
    assert len(pymap_server.names("Licet/Unanswered")) == owed and intake.spool().counts() == (1, 0)
    assert "nina" not in caplog.text


def test_an_address_nobody_verified_is_written_to_once_an_hour(pymap_server, outgoing, settings, monkeypatch):
    settings.ENV = settings.ENV | {"LICET_HOTLINE_MAIL_AUTHSERV": ["mx.authority.example"]}
    monkeypatch.setattr(concept, "answered_lately", Once(3600, clock=lambda: hour["s"]))
    hour = {"s": 0.0}
    forged = [ENGLISH.replace("<en@", f"<{n}@") for n in range(4)]
    verified = ["Authentication-Results: mx.authority.example; dmarc=pass header.from=reporter.example\n"
                + ENGLISH.replace("<en@", f"<v{n}@") for n in range(2)]
    pymap_server.deliver(*forged, *verified, "Reply-To: wick@accused.example\n" + verified[0].replace("<v0@", "<r0@"),
                         "Reply-To: wick@accused.example\n" + verified[0].replace("<v0@", "<r1@"))
    assert run().accepted == 8, "every one is a report"

    told = [(str(message["To"]), str(message["In-Reply-To"]).partition("@")[0]) for message in outgoing.messages]
    assert sorted(told) == [("nina@reporter.example", "<0"), ("nina@reporter.example", "<v0"),
                            ("nina@reporter.example", "<v1"), ("wick@accused.example", "<r0")]
    hour["s"] = 3601.0
    pymap_server.deliver(ENGLISH.replace("<en@", "<later@"))
    assert run().accepted == 1 and len(outgoing.messages) == 5


# --- what is broken is said with its repair --------------------------------------------------------------------------


def broken(settings):
    with pytest.raises(LicetError) as told:
        run()
    assert told.value.hint and settings.HOTLINE_MAILBOX.password_file.read_text().strip() not in str(told.value)
    return told.value


def test_a_wrong_password(server, settings, tmp_path):
    configure(settings, server, tmp_path, password="not-this-one")
    error = broken(settings)
    assert isinstance(error, BadSetting) and "does not let hotline in" in error.message
    assert "imap-password" in error.hint


def test_a_folder_that_is_missing_names_those_that_are_there(server, settings, tmp_path):
    configure(settings, server, tmp_path, folder="Reports")
    error = broken(settings)
    assert "no folder Reports" in error.message and "INBOX" in error.hint


def test_a_server_that_is_away(settings, tmp_path, spool):
    class Away:
        user, password, port = "hotline", "lantern-9", free_port()

    configure(settings, Away, tmp_path)
    error = broken(settings)
    assert isinstance(error, Unavailable) and f"127.0.0.1:{Away.port}" in error.message


def test_no_password_file(server, settings):
    settings.HOTLINE_MAILBOX.password_file.unlink()
    with pytest.raises(BadSetting, match="cannot be read"):
        run()


def test_a_disk_that_takes_nothing_moves_nothing(server, outgoing, monkeypatch):
    def full(items):
        raise Unavailable("the disk is full")

    monkeypatch.setattr(intake.spool(), "accept", full)
    server.deliver(ENGLISH)
    with pytest.raises(Unavailable):
        run()
    assert server.names("INBOX") == ["<en@reporter.example>"] and outgoing.messages == []
    assert "\\Seen" not in server.holds("INBOX")[0][0]


def test_a_defect_of_ours_holds_up_one_message_alone(pymap_server, outgoing, monkeypatch):
    def read(content, **given):
        if b"<en@" in content:
            raise ZeroDivisionError
        return read_message(content, **given)

    monkeypatch.setattr(concept, "read_message", read)
    pymap_server.deliver(ENGLISH, LACKING)
    fetched = run()
    assert (fetched.left, fetched.refused) == (1, 1) and pymap_server.names("INBOX") == ["<en@reporter.example>"]


@pytest.mark.parametrize("scheme", ["imaps", "imap+starttls"])
def test_tls_trusts_only_what_it_was_told_to(running_dovecot, tmp_path, settings, spool, scheme):
    running = running_dovecot
    port = running.tls_port if scheme == "imaps" else running.port
    configure(settings, running, tmp_path, scheme=scheme, port=port)
    assert "LICET_HOTLINE_IMAP_CA" in broken(settings).hint
    configure(settings, running, tmp_path, scheme=scheme, port=port, ca=running.ca)
    assert not run().left
    with signed_in(settings.HOTLINE_MAILBOX) as server:
        assert server._imap.sock.version() == "TLSv1.3"
    settings.HOTLINE_MAILBOX = mailbox(f"{scheme}://hotline@localhost:{port}", home=tmp_path, password_file="",
                                       ca=running.ca)
    with pytest.raises(BadSetting, match="not trusted"):  # the certificate is another host's
        run()


@pytest.mark.parametrize(("url", "word"), [
    ("imap://hotline@mail.example", "unencrypted"), ("imaps://hotline:secret@mail.example", "no password"),
    ("imaps://mail.example", "names no mailbox"), ("pop3://hotline@mail.example", "names no mailbox"),
    ("imaps://hotline@mail.example:99999", "no address")])
def test_an_address_that_cannot_be_used_stops_the_start_and_is_not_repeated(url, word, tmp_path):
    with pytest.raises(BadSetting) as told:
        mailbox(url, home=tmp_path, password_file="", ca="")
    assert word in told.value.message and "secret" not in f"{told.value.message} {told.value.hint}"


def test_an_address_may_hold_an_at_sign_and_a_folder(tmp_path):
    box = mailbox("imaps://hotline%40authority.example@mail.example/%E4%B8%BE%E6%8A%A5", home=tmp_path, password_file="",
                  ca="")
    assert (box.user, box.port, box.folder) == ("hotline@authority.example", 993, "举报")
    assert mailbox("", home=tmp_path, password_file="", ca="") is None


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_folder_names_survive_the_way_to_the_server(name):
    assert plain(quoted(name)[1:-1].encode("ascii")) == name


# --- the job and the command -----------------------------------------------------------------------------------------


def test_the_job_logs_what_is_broken_and_tries_again(server, outgoing, settings, tmp_path, caplog):
    from licet.hotline.tasks import fetch

    server.deliver(ENGLISH)
    configure(settings, server, tmp_path, password="not-this-one")
    fetch(0)
    assert "does not let hotline in" in caplog.text and "not-this-one" not in caplog.text
    configure(settings, server, tmp_path)
    fetch(0)
    assert intake.spool().counts() == (1, 0)
    settings.HOTLINE_MAILBOX = None
    fetch(0)


def command(home, running, *arguments, patch="pass", folder="INBOX", outgoing=None):
    """``licet hotline fetch`` in a process of its own, with no database to reach."""
    (home / "imap-password").write_text(running.password, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name not in {"LICET_TEST_HOME", "DATABASE_URL"}}
    environment |= {"LICET_HOME": str(home), "DATABASE_URL": "postgresql://x:y@127.0.0.1:9/none",
                    "LICET_MAIL_FROM": "hotline@authority.example", "DJANGO_SETTINGS_MODULE": "licet.config.settings",
                    "LICET_HOTLINE_IMAP_URL": f"imap://{running.user}@127.0.0.1:{running.port}/{folder}"}
    if outgoing is not None:
        environment["LICET_EMAIL_URL"] = f"smtp://127.0.0.1:{outgoing}"
    code = f"import os, django; django.setup(); {patch}; from licet.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, "hotline", "fetch", *arguments], capture_output=True, text=True,
                          env=environment, timeout=100, check=False)


def test_the_command_says_what_it_did_and_needs_no_database(pymap_server, tmp_path):
    pymap_server.deliver(ENGLISH, LACKING)

    done = command(tmp_path, pymap_server, "--once", "--json")
    wrong = command(tmp_path, pymap_server, "--once", folder="Nowhere")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["accepted"], told["refused"], told["problem"]) == (1, 1, "")
    assert len(list((tmp_path / "mail").iterdir())) == 2, "without a mail server the answers lie in LICET_HOME/mail"
    assert wrong.returncode == 1 and "no folder Nowhere" in wrong.stderr and "hint:" in wrong.stderr


def test_without_once_it_goes_on_until_stopped(pymap_server, tmp_path):
    pymap_server.deliver(ENGLISH)
    in_three_seconds = ("import signal, threading; from licet.hotline import cli; cli.FETCH_EVERY_S = 0.2; "
                   "threading.Timer(3, os.kill, (os.getpid(), signal.SIGTERM)).start()")

    done = command(tmp_path, pymap_server, patch=in_three_seconds)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["accepted 1   refused 0   answered later 0   unanswered 0   left 0"]


KILLED = "import os; from licet.hotline import imap, mailbox; {}.{} = lambda *given: os.kill(os.getpid(), 9)"


@pytest.mark.parametrize(("owner", "method", "spooled"), [
    pytest.param("mailbox._Run", "_read", 0, id="before it is kept"),
    pytest.param("mailbox.Post", "send", 1, id="kept, not answered"),
    pytest.param("imap.Server", "move", 1, id="answered, not moved")])
def test_killed_anywhere_it_is_one_report_with_one_receipt(server, outgoing, settings, tmp_path, owner, method, spooled):
    server.deliver(ENGLISH)

    killed = command(tmp_path, server, "--once", patch=KILLED.format(owner, method), outgoing=settings.EMAIL_PORT)
    assert killed.returncode == -9 and intake.spool().counts() == (spooled, 0)
    assert server.names("INBOX") == ["<en@reporter.example>"], "never out of the mailbox before it is kept"
    again = command(tmp_path, server, "--once", outgoing=settings.EMAIL_PORT)

    assert again.returncode == 0, again.stderr
    assert intake.spool().counts() == (1, 0) and server.names("Licet/Done") == ["<en@reporter.example>"]
    assert len({message["Message-ID"] for message in outgoing.messages}) == 1
    assert len({message.get_content() for message in outgoing.messages}) == 1


def test_two_runs_at_once_do_not_answer_twice(pymap_server, outgoing):
    pymap_server.deliver(ENGLISH)
    with concept._alone() as first:
        assert first and not run()
    assert run().accepted == 1 and len(outgoing.messages) == 1


@pytest.mark.parametrize("loose", [False, True])
def test_doctor_signs_in_and_looks(pymap_server, settings, monkeypatch, loose):
    from licet.config import doctor
    from licet.config import settings as module

    pymap_server.deliver(ENGLISH)
    settings.HOTLINE_MAILBOX.password_file.chmod(0o644 if loose else 0o600)
    monkeypatch.setattr(module, "HOTLINE_MAILBOX", settings.HOTLINE_MAILBOX)
    ok, detail = doctor._mailbox()
    assert ok is not loose and "1 waiting" in detail and pymap_server.password not in detail
    monkeypatch.setattr(module, "HOTLINE_MAILBOX", None)
    assert doctor._mailbox() == (True, "none is set")


# --- whatever somebody writes ----------------------------------------------------------------------------------------

HEADERS = ("From", "Reply-To", "Subject", "Message-ID", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted",
           "Return-Path", "Content-Disposition", "Precedence", "Arrival-Date")
VALUES = st.one_of(
    st.sampled_from([b"=?utf-8?q?=ff?=", b"=?x?b?A?=", b"<>", b"<[", b"multipart/report; report-type=feedback-report; boundary=b",
                     b"text/plain; charset*=''%ff", b"base64", b"x-uuencode", b"a@b.example", b"\"<@,>\" <a@[1.2.3>"]),
    st.binary(max_size=60), st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")))


@given(st.lists(st.tuples(st.sampled_from(HEADERS), VALUES), max_size=8), st.binary(max_size=200))
def test_no_message_makes_reading_fail(headers, body):
    content = b"".join(name.encode() + b": " + value + b"\n" for name, value in headers) + b"\n" + body
    answer = read_message(content, sender="hotline@authority.example", at=START)
    assert answer.receipt is None and answer.refusal is not None and answer.refusal.hint
    if answer.reply is not None:
        assert concept.as_django(answer.reply).message().as_bytes()


def test_parts_within_parts_are_refused(spool):
    levels = 20_000
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(levels))
    answer = read_message(b"From: a@b.example\n" + nested, sender="hotline@authority.example", at=START)
    assert answer.receipt is None and answer.refusal is not None


def test_a_notice_about_delivery_is_no_report_and_nobody_answers_it(spool):
    bounce = ENGLISH.replace("text/plain", 'multipart/report; report-type="delivery-status"; boundary=b; x')
    answer = read_message(bounce.encode(), sender="hotline@authority.example", at=START)
    assert answer.receipt is None and answer.reply is None
    ours = ENGLISH.replace("nina@reporter.example", "Hotline@authority.example")
    assert read_message(ours.encode(), sender="Desk <hotline@authority.example>", at=START).reply is None


def test_the_answer_is_kept_out_of_the_receipt_of_somebody_else(spool):
    """Whoever sends the same Message-ID, or puts their own Reply-To below another's name, gets a receipt of their own."""
    numbers = {read_message(text.encode(), sender="hotline@authority.example", at=START).receipt.number for text in (
        ENGLISH, ENGLISH.replace("nina@", "wick@"), "Reply-To: wick@accused.example\n" + ENGLISH)}
    assert len(numbers) == 3



@pytest.mark.django_db
def test_processed_messages_are_deleted_when_their_days_are_over(server, outgoing, cast):
    """The day the server got them counts; the mailbox's own folder is left alone, and the journal says how many."""
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.hotline.services.retention import Erased, erase_mail_due
    from licet.journal.models import Entry

    server.deliver(ENGLISH, LACKING, at=START)
    run()
    server.deliver(CHINESE.encode("gbk"), at=START + dt.timedelta(days=80))
    run()
    server.deliver(ROBOT, at=START)

    assert erase_mail_due(START + dt.timedelta(days=89)) == Erased()
    assert erase_mail_due(START + dt.timedelta(days=92)) == Erased(mails=2)

    assert server.names("Licet/Done") == ["<zh@reporter.example>"] and server.names("Licet/Refused") == []
    assert server.names("INBOX") == ["<robot@reporter.example>"]
    with acting_as(WORKER):
        assert [entry.data["mails"] for entry in Entry.objects.filter(tag="hotline:reporters:erased")] == [2]
