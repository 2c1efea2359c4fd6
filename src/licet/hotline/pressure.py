"""The portal keeps answering everybody while somebody floods it.

A page costs milliseconds, a refusal a fraction of one. As long as few requests come nobody is counted out. When more come
than the pages of one machine can answer, each network gets its share of them and the rest of that network is refused before
anything else is done; all others are answered as ever. Counted in memory, by keyed network; nothing is kept.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from licet.hotline.public import network_of_request, wants_json

PAGES = ("/welcome/", "/report/", "/check/", "/transparency/")
WINDOW_S = 10.0
CALM = 300  # requests within a window that are answered whoever sends them: 30 a second
SHARE = 10  # requests of one network within a window, once there are more: as a bucket, so that they come spread out

_PAGE = """<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>请稍候 · Please wait</title></head><body><main>
<h1>请稍候</h1><p>您所在的网络刚才发来的请求太多。请等待 {s} 秒，然后返回上一页重新提交：您填写的内容仍在那里。</p>
<h1 lang="en">Please wait</h1><p lang="en">Too many requests came from your network just now. Wait {s} seconds, go back one page
and send it again: what you wrote is still there.</p></main></body></html>""".format(s=int(WINDOW_S)).encode()
_PROBLEM = json.dumps({"type": "urn:licet:error:too_many", "title": "Too many requests came from your network.",
                       "status": 429, "detail": "Too many requests came from your network.",
                       "hint": f"ask again in {WINDOW_S:.0f} seconds"}).encode()


class Shares:
    """How busy the present window is, and a token bucket for each network. Threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget everything (tests)."""
        with self._lock:
            self._began, self._all, self._before = self._clock(), 0, 0
            self._left: dict[str, tuple[float, float]] = {}  # network -> tokens, and when it had them

    def take(self, network: str) -> bool:
        """Whether a request of this network is answered. Busy is what this window or the one before it was."""
        with self._lock:
            now = self._clock()
            if now - self._began >= WINDOW_S:
                self._roll(now)
            self._all += 1
            tokens, since = self._left.get(network, (float(SHARE), now))
            tokens = min(SHARE, tokens + (now - since) * SHARE / WINDOW_S)
            within = tokens >= 1
            self._left[network] = (tokens - 1 if within else tokens, now)
            return within or max(self._all, self._before) <= CALM

    def _roll(self, now: float) -> None:
        self._before = self._all if now - self._began < 2 * WINDOW_S else 0
        self._began, self._all = now, 0
        self._left = {network: held for network, held in self._left.items() if now - held[1] < WINDOW_S}


shares = Shares()


class KeepAnswering:
    """First of all middleware: a refusal must cost nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PAGES) or shares.take(network_of_request(request)):
            return self.get_response(request)
        if wants_json(request):
            response = HttpResponse(_PROBLEM, status=429, content_type="application/problem+json")
        else:
            response = HttpResponse(_PAGE, status=429)
        response["Retry-After"] = str(int(WINDOW_S))
        response["Cache-Control"] = "no-store"
        response["Content-Security-Policy"] = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        response["X-Content-Type-Options"] = "nosniff"
        return response
