"""The receiver of docs/howto/connect-a-provider.md is run as it is printed."""

import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

HOWTO = Path(__file__).resolve().parents[4] / "docs" / "howto" / "connect-a-provider.md"


@pytest.fixture
def printed(tmp_path):
    """``printed(secret)``: the example running as a process; returns its address and its database."""
    processes = []
    code = re.search(r"```python\n(.*?)```", HOWTO.read_text(encoding="utf-8"), re.DOTALL).group(1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def start(secret):
        environment = os.environ | {"RECEIVER_SECRET": secret, "RECEIVER_PORT": str(port),
                                    "RECEIVER_DB": str(tmp_path / "done.sqlite")}
        processes.append(subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL))
        for _ in range(100):
            try:
                httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=5)
                break
            except httpx.ConnectError:
                time.sleep(0.1)

    yield start, f"http://127.0.0.1:{port}/", tmp_path / "done.sqlite"
    for process in processes:
        process.kill()
        process.wait(10)


@pytest.mark.django_db
def test_the_printed_receiver_verifies_and_does_everything_once(desk, printed):
    from licet.orders.sending import Message, send
    from licet.orders.services import try_out

    start, url, database = printed
    row, secret = desk.connect("webhook", url=url)
    start(secret)
    assert try_out(row.pk, actor=desk.who("wick"), at=desk.now).outcome == "taken"
    measure = desk.notified()
    desk.dispatch()
    order = desk.order(measure)
    assert (order.state, order.measure.state) == ("done", "done")

    again = Message(id=order.message_id, channel="webhook", url=url, secret=secret,
                    body='{"type": "order.cut", "data": {"kind": "cut", "targets": {}}}')
    assert send(again).status == 200
    forged = Message(id="cut_forged_1", channel="webhook", url=url, secret="whsec_Zm9yZ2Vk", body=again.body)
    assert send(forged).status == 401
    with sqlite3.connect(database) as done:
        assert done.execute("SELECT id, kind FROM done").fetchall() == [(order.message_id, "cut")]
