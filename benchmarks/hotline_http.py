"""The load for hotline_bench.py: requests over loopback to a real ``licet run``. Each simulated network is an address of
127.0.0.0/8 of its own, so that the server tells them apart as it does in service."""

import http.client
import json
import multiprocessing
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from urllib.parse import urlencode

SITES = 5000  # different sites that are reported


class Server:
    """A ``licet run`` of its own on a free port."""

    def __init__(self, home):
        self.home = home
        self.log = (home / "run.log").open("w+")
        command = [sys.executable, "-c", "from licet.cli import main; main()", "run", "--port", "0", "--no-open"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
        for line in self.process.stdout:
            found = re.search(r"ready at http://[^:]+:(\d+)/", line)
            if found:
                self.port = int(found[1])
                return
        raise SystemExit(f"licet run did not start: {(home / 'run.log').read_text()[-2000:]}")

    def kill_postgres(self):
        """SIGKILL, as a power cut would do it; ``licet run`` starts it again."""
        os.kill(int((self.home / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


class Link:
    """A keep-alive connection from one address."""

    def __init__(self, port, address="127.0.0.1"):
        self.port, self.address = port, address
        self._open()

    def _open(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(self.address, 0))

    def ask(self, method, path, body=None, headers=()):
        """Status, body and seconds; 0 as status when the connection broke."""
        began = time.monotonic()
        try:
            self.connection.request(method, path, body, {"Host": "localhost", "Accept-Language": "en", **dict(headers)})
            answer = self.connection.getresponse()
            return answer.status, answer.read(), time.monotonic() - began
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self._open()
            return 0, b"", time.monotonic() - began

    def close(self):
        self.connection.close()


def spread(times):
    """Median, 99th percentile and worst, in ms."""
    if len(times) < 2:
        return {"requests": len(times)}
    cuts = statistics.quantiles(times, n=100)
    return {"requests": len(times), "median_ms": round(statistics.median(times) * 1000, 1),
            "p99_ms": round(cuts[98] * 1000, 1), "worst_ms": round(max(times) * 1000, 1)}


def _together(workers):
    threads = [threading.Thread(target=work, args=(k,)) for k, work in enumerate(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def partner_load(port, key, *, seconds, links, size, rate):
    """``links`` connections hand in batches of ``size`` reports, together ``rate`` a second (0: as fast as it goes).
    A batch that was not answered 200 is sent again until it is: that is what keys are for."""
    accepted, times, tried_again, lock = [], [], [], threading.Lock()
    began = time.monotonic()
    until = began + seconds
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def work(k):
        link, own, took, again, n = Link(port), [], [], 0, 0
        while time.monotonic() < until:
            if rate:
                time.sleep(max(0.0, began + (n + k / links) * size * links / rate - time.monotonic()))
            body = json.dumps({"reports": [{
                "key": f"b-{k}-{n}-{i}", "target_kind": "url", "ground": "deceptive_promotion",
                "target": f"https://shop{random.randrange(SITES)}.example/page",
                "text": f"it promised a prize, number {n} of {i} at {k}"} for i in range(size)]})
            while True:
                status, answer, spent = link.ask("POST", "/api/hotline/reports/batch", body, headers)
                if status == 200:
                    break
                again += 1
                time.sleep(0.2)
            took.append(spent)
            own += [line["receipt"]["number"].replace("-", "") for line in json.loads(answer)["lines"] if line["receipt"]]
            n += 1
        link.close()
        with lock:
            accepted.extend(own)
            times.extend(took)
            tried_again.append(again)

    _together([work] * links)
    spent = time.monotonic() - began
    return accepted, {"links": links, "reports_per_request": size, "asked_per_second": rate, "accepted": len(accepted),
                      "accepted_per_second": round(len(accepted) / spent), "sent_again": sum(tried_again), **spread(times)}


def form(stamp, n, target=None):
    """The last step of the public form, as a browser sends it."""
    return urlencode({"step": "when", **stamp, "target_kind": "url", "ground": "deceptive_promotion",
                      "target": target or f"https://shop{n % SITES}.example/page", "seen_on": "2026-03-02",
                      "how": "visited", "text": f"it promised a prize, number {n}", "contact": ""}).encode()


FORM_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


def form_load(port, stamp_for, *, seconds, links):
    """People who send the last step of the form: five of each network, a new connection for each network."""
    accepted, times, refused, lock, until = [], [], [], threading.Lock(), time.monotonic() + seconds
    began = time.monotonic()

    def work(k):
        own, took, other, n = [], [], 0, 0
        while time.monotonic() < until:
            address = f"127.{10 + k}.{n // 5 % 250}.{1 + n // 1250}"
            if n % 5 == 0:
                link = Link(port, address)
            status, body, spent = link.ask("POST", "/report/", form(stamp_for(address, f"{k}-{n}"), n), FORM_HEADERS)
            found = re.findall(rb'class="mono big">([0-9A-Z-]{14})<', body)
            if status == 200 and len(found) == 2:
                own.append(found[0].decode().replace("-", ""))
                took.append(spent)
            else:
                other += 1
            n += 1
            if n % 5 == 0:
                link.close()
        with lock:
            accepted.extend(own)
            times.extend(took)
            refused.append(other)

    _together([work] * links)
    spent = time.monotonic() - began
    return accepted, {"links": links, "accepted": len(accepted), "accepted_per_second": round(len(accepted) / spent),
                      "refused": sum(refused), **spread(times)}


def _flood(port, stamp_for, seconds, told):
    """Fifty networks send forms against one site as fast as the server answers, on 25 connections at a time."""
    until, counts, lock = time.monotonic() + seconds, {}, threading.Lock()

    def work(k):
        own, n = {}, 0
        addresses = [f"127.200.{2 * k + j}.7" for j in range(2)]
        links = [Link(port, address) for address in addresses]
        while time.monotonic() < until:
            stamp = stamp_for(addresses[n % 2], f"flood-{k}-{n}")
            status, _, _ = links[n % 2].ask("POST", "/report/", form(stamp, n, "https://bakery.example/"), FORM_HEADERS)
            own[status] = own.get(status, 0) + 1
            n += 1
        with lock:
            for status, count in own.items():
                counts[status] = counts.get(status, 0) + count

    _together([work] * 25)
    told.put(counts)


def flood_and_others(port, stamp_for, receipt, *, seconds):
    """While fifty networks flood from a process of its own, other people look at pages: how long do they wait?"""
    pages = (("GET /report/", ("GET", "/report/")), ("GET /check/", ("GET", "/check/?site=bakery.example")),
             ("POST /report/status/", ("POST", "/report/status/", urlencode(receipt).encode(), FORM_HEADERS)))

    def others(upto):
        times, statuses, until = {name: [] for name, _ in pages}, {}, time.monotonic() + upto

        def work(k):
            n = 0
            while time.monotonic() < until:
                link = Link(port, f"127.{100 + k}.{n % 250}.{1 + n // 250}")
                for name, ask in pages:
                    status, _, spent = link.ask(*ask)
                    times[name].append(spent)
                    statuses[status] = statuses.get(status, 0) + 1
                link.close()
                n += 1
                time.sleep(0.25)

        _together([work] * 4)
        return {"statuses": statuses, **{name: spread(took) for name, took in times.items()}}

    quiet = others(min(5, seconds))
    context = multiprocessing.get_context("fork")
    told = context.Queue()
    process = context.Process(target=_flood, args=(port, stamp_for, seconds + 2, told))
    process.start()
    time.sleep(1)
    flooded = others(seconds)
    sent = told.get(timeout=60)
    process.join(30)
    return {"networks": 50, "flood_requests": sum(sent.values()),
            "flood_per_second": round(sum(sent.values()) / (seconds + 2)), "flood_statuses": sent,
            "others_before": quiet, "others_during": flooded}
