"""A real server on a real database, and headless Chromium looking at it."""

from __future__ import annotations

import dataclasses
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import make_cast

from tests.needs import missing

SCREENSHOTS = Path(__file__).resolve().parents[2] / "artefacts" / "screenshots"
CHROMIUM_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
                      "--no-first-run", "--disable-sync", "--disable-dev-shm-usage", "--force-color-profile=srgb")


def chromium_path() -> str:
    """Where Chromium is, '' if it is not installed."""
    known = os.environ.get("LICET_CHROMIUM", "")
    return known or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""


def _person(name: str) -> Any:
    """Somebody a page's ``prepare`` added to the cast."""
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(username=name)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Live:
    """The running console: its address and the cast in its database."""

    url: str
    people: dict[str, Any]

    def session(self, name: str) -> str:
        """The session key of a person of the cast who proved just now who they are."""
        from django.test import Client

        from licet.console.tests.access import make_fresh

        client = Client()
        client.force_login(self.people.get(name) or _person(name), backend="django.contrib.auth.backends.ModelBackend")
        make_fresh(client)
        return client.cookies["sessionid"].value


@contextmanager
def serving() -> Iterator[str]:
    """The WSGI application on 127.0.0.1, one thread per request, each with a connection of its own."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.test.testcases import QuietWSGIRequestHandler

    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler, allow_reuse_address=False)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium; tests that need it are skipped where there is none.

    Playwright runs an event loop in this thread, and Django keeps other connections while one runs: those opened before
    are closed here, those opened meanwhile by ``live``.
    """
    from django.db import connections

    path = chromium_path()
    if not path:
        missing("Chromium is not installed; install the package `chromium` or set LICET_CHROMIUM to its path")
    from playwright.sync_api import sync_playwright

    connections.close_all()

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS))
        yield running
        running.close()


@pytest.fixture(scope="module")
def live(browser: Any, own_database: Callable[[str], AbstractContextManager[str]]) -> Iterator[Live]:
    """A database of the module's own with the cast in it, and the console serving it."""
    from django.db import connections
    from django.test import override_settings

    with own_database("browser"), override_settings(REQUIRE_MFA=False, SHOW_DESIGN=True):
        people = make_cast()
        connections.close_all()
        with serving() as url:
            yield Live(url=url, people=people)


@pytest.fixture
def open_context(browser: Any, live: Live) -> Iterator[Callable[..., Any]]:
    """``open_context("pilot", language="en", width=390)``: a browser context signed in as a person ('' = nobody)."""
    contexts = []

    def _open(user: str = "", *, language: str = "zh-hans", width: int = 1440, **options: Any) -> Any:
        context = browser.new_context(base_url=live.url, viewport={"width": width, "height": 900},
                                      locale="en-GB" if language == "en" else "zh-CN", timezone_id="Asia/Shanghai",
                                      reduced_motion="reduce", **options)
        contexts.append(context)
        cookies = [{"name": "django_language", "value": language, "url": live.url}]
        if user:
            cookies.append({"name": "sessionid", "value": live.session(user), "url": live.url})
        context.add_cookies(cookies)
        return context

    yield _open
    for context in contexts:
        context.close()


@pytest.fixture
def signed_in_page(open_context: Callable[..., Any]) -> Callable[..., Any]:
    """``signed_in_page("pilot", language="en")``: a page signed in as a person of the cast."""
    return lambda user="pilot", **options: open_context(user, **options).new_page()
