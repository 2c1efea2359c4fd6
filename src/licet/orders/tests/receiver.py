"""A real HTTP receiver for tests: verifies signatures, does each webhook-id once, and misbehaves when told to."""

from __future__ import annotations

import collections
import contextlib
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook


class Receiver:
    """``effects``: what happened in its world, one entry per thing done. ``moods`` says how it answers, in turn:
    ``ok``, ``done``, ``refused``, ``500``, ``hang`` (no answer), ``drop`` (processes, then drops the connection)."""

    def __init__(self, secret="", moods=("ok",), hang_s=1.5):
        self.secret, self.moods, self.hang_s = secret, collections.deque(moods), hang_s
        self.requests, self.seen, self.effects, self.bodies = [], set(), [], []
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                receiver.answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/orders"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers["content-length"]))
        event = Webhook(self.secret).verify(body, dict(handler.headers.items()))
        with self._lock:
            mood = self.moods[0]
            self.moods.rotate(-1)
            self.requests.append(handler.headers["webhook-id"])
            self.bodies.append(body)
        if mood == "500":
            return self._say(handler, 500, {})
        if mood == "hang":
            time.sleep(self.hang_s)
            return handler.connection.close()
        self._process(handler.headers["webhook-id"], event)
        if mood == "drop":
            with contextlib.suppress(OSError):
                handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return None
        status = {"ok": "accepted"}.get(mood, mood)
        return self._say(handler, 200, {"status": status, "reason": "we do not host it" if mood == "refused" else ""})

    def _process(self, message_id, event):
        with self._lock:
            if message_id not in self.seen and event["type"] != "order.test":
                self.seen.add(message_id)
                self.effects.append((event["data"]["kind"], tuple(event["data"]["targets"]["hosts"]
                                                                 or event["data"]["targets"]["codes"])))

    def _say(self, handler, status, document):
        text = json.dumps(document).encode()
        handler.send_response(status)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(text)))
        handler.end_headers()
        with contextlib.suppress(OSError):
            handler.wfile.write(text)
