"""The outside of the tests: a DNS server over UDP and an HTTP server on 127.0.0.1, both told what to answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class World:
    """``names``: host -> ``up`` (answers with 127.0.0.1), ``nxdomain``, ``refused``, ``servfail``, ``silent``, ``nodata``
    or an address. ``sites``: host -> HTTP status; a host without one gets its connection closed."""

    def __init__(self):
        self.names, self.sites, self.asked = {"control.example": "up"}, {}, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.dns_port = self.socket.getsockname()[1]
        world = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status = world.sites.get(self.headers["host"].split(":")[0])
                if status is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(status)
                if status in {301, 302}:
                    self.send_header("location", "http://blocked.example/")
                self.end_headers()

            def log_message(self, *_):
                pass

            def handle(self):
                with contextlib.suppress(OSError, ValueError):
                    super().handle()

        self.web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http_port = self.web.server_port
        self.threads = [threading.Thread(target=self._serve_dns, daemon=True),
                        threading.Thread(target=self.web.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.socket.sendto(b"stop", ("127.0.0.1", self.dns_port))
        self.web.shutdown()
        self.web.server_close()
        for thread in self.threads:
            thread.join(10)
        self.socket.close()

    def _serve_dns(self):
        while True:
            wire, peer = self.socket.recvfrom(4096)
            if wire == b"stop":
                return
            answer = self._answer(dns.message.from_wire(wire))
            if answer is not None:
                self.socket.sendto(answer.to_wire(), peer)

    def _answer(self, question):
        [asked] = question.question
        host = asked.name.to_text(omit_final_dot=True)
        self.asked.append(host)
        word = self.names.get(host, "nxdomain")
        if word == "silent":
            return None
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        codes = {"nxdomain": dns.rcode.NXDOMAIN, "refused": dns.rcode.REFUSED, "servfail": dns.rcode.SERVFAIL}
        if word in codes:
            answer.set_rcode(codes[word])
        elif asked.rdtype == dns.rdatatype.A and word != "nodata":
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "A", "127.0.0.1" if word == "up" else word))
        return answer

    def probe(self, **more):
        """The probe that looks at this world."""
        from licet.orders.probes import DnsHttpProbe

        return DnsHttpProbe(vantages=(("resolver-1", "127.0.0.1", self.dns_port),), control_name="control.example",
                            http_port=self.http_port, **more)
