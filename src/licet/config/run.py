"""``licet run``: database, web server and worker as one thing that starts, is watched, and stops.

1. Only one ``licet run`` per LICET_HOME; the port must be free.
2. The web server loads while the database starts; then schema and first administrator.
3. When the web server answers, the worker starts and exactly one line with the address is printed.
4. Watch: a child that ends is started again after a growing pause; one that keeps ending brings everything down.
5. SIGINT, SIGTERM or SIGHUP: web server, worker, database stop in this order; nothing is left behind.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from licet.config.environment import port_file
from licet.config.lifeline import VARIABLE
from licet.core.errors import Conflict, Unavailable

TICK_S = 0.1
DATABASE_CHECK_S = 2.0
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
PAUSES_S = (0.5, 1.0, 2.0, 4.0)  # before the first, second, ... restart of a child within CALM_S
CALM_S = 60.0  # a child that ran this long starts counting from zero again


@dataclasses.dataclass(kw_only=True)
class Child:
    """A process that belongs to ``licet run`` and when it ended lately (monotonic seconds)."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = dataclasses.field(default_factory=list)
    due: float = 0.0  # when a dead child may start again

    def start(self) -> None:
        """Start it. It reads nothing; what it says goes to our standard error."""
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno(),
                                        env=os.environ | {VARIABLE: str(os.getpid())})

    def stop(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, deadline: float) -> None:
        """Wait for its end until ``deadline`` (monotonic), then end it for good."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Stop:
    """What the signal handlers remember."""

    requested = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        self.requested = True


def run(*, host: str, port: int, home: Path, say: Callable[[str], None], browse: bool) -> None:
    """Run until a signal asks to stop. Raises ``LicetError`` when something cannot start or keeps failing."""
    stop = Stop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    with _only_one(home):
        port = _free_port(host, port)
        write_port(home, port)
        web = Child(name="web server", command=[sys.executable, "-m", "licet.config.web", host, str(port)])
        worker = Child(name="worker", command=[sys.executable, "-m", "licet.config.worker"])
        try:
            if (home / "run" / "created").exists():
                web.start()  # loads while the database starts; on a first start it would wait in vain for long
            watch_database = _prepare(say)
            if web.process is None:
                web.start()
            _await_web(web, host, port, stop)
            if not stop.requested:
                worker.start()
                say(f"Licet is ready at http://{'localhost' if host == '127.0.0.1' else host}:{port}/")
                if browse:
                    _open_browser(port)
            _watch([web, worker], stop, watch_database)
        finally:
            deadline = time.monotonic() + STOP_TIMEOUT_S
            for child in (web, worker):
                child.stop()
            for child in (web, worker):
                child.wait(deadline)


def write_port(home: Path, port: int) -> None:
    """Where this machine's own address is read from: by our children, and by commands in other windows."""
    port_file(home).write_text(f"{port}\n", encoding="ascii")


def _prepare(say: Callable[[str], None]) -> Callable[[], bool]:
    """Database, schema and first administrator. Returns what brings a dead embedded server back."""
    from licet.config.bootstrap import held_server, hold_server
    from licet.config.current import look

    hold_server()
    found = look()
    if not (found.schema and found.people):
        _set_up(say)
    server = held_server()
    return server.recover if server is not None else lambda: False


def _set_up(say: Callable[[str], None]) -> None:
    """What only a first start or an update needs."""
    from licet.config.bootstrap import connect_database, ensure_administrator

    connect_database()
    administrator = ensure_administrator()
    if administrator:
        name, password = administrator
        say(f"First administrator: {name}   password: {password}   (shown once; to be changed at the first sign-in)")
    from django.db import connections

    connections.close_all()


def _watch(children: list[Child], stop: Stop, recover_database: Callable[[], bool]) -> None:
    checked = time.monotonic()
    while not stop.requested:
        time.sleep(TICK_S)
        now = time.monotonic()
        if now - checked > DATABASE_CHECK_S:
            checked = now
            if recover_database():
                _warn("the database had stopped; it was started again")
        for child in children:
            if not stop.requested:
                _keep_alive(child, now)


def _keep_alive(child: Child, now: float) -> None:
    if child.process is None:
        if now >= child.due:
            child.start()
        return
    code = child.process.poll()
    if code is None:
        return
    child.process = None
    child.deaths = [at for at in child.deaths if now - at < CALM_S] + [now]
    if len(child.deaths) > len(PAUSES_S):
        times = f"{len(child.deaths)} times within {CALM_S:.0f} s"
        raise Unavailable(f"the {child.name} ended {times} (last: {_how(code)})",
                          hint="what it said stands above; `licet doctor` checks the usual causes")
    pause = PAUSES_S[len(child.deaths) - 1]
    child.due = now + pause
    _warn(f"the {child.name} ended ({_how(code)}); it starts again in {pause} s")


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _warn(text: str) -> None:
    sys.stderr.write(f"licet: {text}\n")
    sys.stderr.flush()


@contextlib.contextmanager
def _only_one(home: Path) -> Iterator[None]:
    (home / "run").mkdir(parents=True, exist_ok=True)
    with (home / "run" / "run.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise Conflict(f"Licet already runs on {home} (process {file.read().strip() or 'unknown'})",
                           hint="use that one, stop it, or set another LICET_HOME") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _free_port(host: str, port: int) -> int:
    """The port itself (0: any free one). Raises :class:`Conflict` when somebody listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Conflict(f"port {port} on {host} cannot be used: {error.strerror}",
                           hint="choose another one: licet run --port 8081") from error
        return int(probe.getsockname()[1])


def _await_web(web: Child, host: str, port: int, stop: Stop) -> None:
    """Return when the sign-in page comes. Raises :class:`Unavailable` if it does not come in time."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    answer = "no answer"
    while not stop.requested:
        pause = 0.03
        if web.process is not None and web.process.poll() is not None:
            raise Unavailable(f"the web server ended at once ({_how(web.process.returncode)})",
                              hint="what it said stands above")
        try:
            status = _ask({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104 - compared only
            if status < 500:
                return
            answer, pause = f"HTTP status {status}", 1.0  # it says why, each time
        except OSError:
            pass
        except http.client.HTTPException as error:
            answer = repr(error)
        if time.monotonic() > deadline:
            raise Unavailable(f"the web server did not get ready ({answer})", hint="what it said stands above")
        time.sleep(pause)


def _ask(host: str, port: int) -> int:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/accounts/login/", headers={"Host": "localhost", "X-Forwarded-Proto": "https"})
        return connection.getresponse().status
    finally:
        connection.close()


def _open_browser(port: int) -> None:
    import webbrowser

    if sys.stdout.isatty() and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
                                or sys.platform == "darwin"):
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(f"http://localhost:{port}/")
