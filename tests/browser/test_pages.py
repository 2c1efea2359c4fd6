"""Each page of the table is looked at: status, console, security policy, width, weight, axe-core, screenshot."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections

from licet.core.actors import WORKER
from licet.core.rls import acting_as

from .conftest import SCREENSHOTS
from .pages import PAGES, Page

pytestmark = pytest.mark.browser
LARGEST_BYTES = 150_000
PHONE, DESK = 390, 1440
OPENED_AT = {"zh-hans": (PHONE, DESK), "en": (DESK, PHONE)}  # width at first, and then
LANGUAGES = {"zh-hans": "zh", "en": "en"}


@pytest.fixture(scope="module")
def addresses(live: Any) -> dict[str, str]:
    """Page name -> address; what the pages need is written first."""
    with acting_as(WORKER):
        for page in PAGES:
            if page.prepare:
                page.prepare()
        found = {page.name: page.url if isinstance(page.url, str) else page.url() for page in PAGES}
    connections.close_all()
    return found


class Watched:
    """What a page said and weighed while it loaded."""

    def __init__(self, page: Any) -> None:
        self.problems: list[str] = []
        self.weight = 0
        page.on("console", lambda message: message.type in {"error", "warning"} and self.problems.append(message.text))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("requestfinished", self._weigh)

    def _weigh(self, request: Any) -> None:
        self.weight += request.sizes()["responseBodySize"]


def _keep_screenshot(page: Any, name: str) -> None:
    page.evaluate("scrollTo(0, 0)")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def _axe_problems(page: Any, *rules: str) -> list[str]:
    """What axe-core finds serious; ``rules``: these alone."""
    from axe_playwright_python.sync_playwright import Axe

    options: dict[str, Any] = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found = Axe().run(page, options=options).response["violations"]
    return [f"{row['id']}: {row['help']} at {[node['target'] for node in row['nodes']][:3]}" for row in found
            if row["impact"] in {"serious", "critical"}]


def _fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("language", list(OPENED_AT))
@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_page(row: Page, language: str, addresses: dict[str, str], open_context: Any) -> None:
    """Opened as a Chinese reader does on a phone and an English one at a desk; then the window becomes the other's."""
    width, other = OPENED_AT[language]
    page = open_context(row.user, language=language, width=width).new_page()
    watched = Watched(page)

    response = page.goto(addresses[row.name], wait_until="load")
    _keep_screenshot(page, f"{row.name}-{LANGUAGES[language]}-{width}")

    assert response.status == row.status
    own = f"status of {row.status}"  # Chromium reports the page's own expected error status as a console error
    assert [text for text in watched.problems if row.status == 200 or own not in text] == []
    assert "Licet" in page.title() and len(page.title()) > len("Licet · ")
    assert page.evaluate("document.documentElement.lang") == ("en" if language == "en" else "zh-Hans")
    assert watched.weight < LARGEST_BYTES
    assert page.locator("h1").count() == 1
    assert _fits(page)
    assert _axe_problems(page) == []

    page.set_viewport_size({"width": other, "height": 900})
    _keep_screenshot(page, f"{row.name}-{LANGUAGES[language]}-{other}")
    assert _fits(page)
    if row.dark and language == "en":
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark")
        _keep_screenshot(page, f"{row.name}-en-dark")
        assert _axe_problems(page, "color-contrast") == []
    assert [text for text in watched.problems if row.status == 200 or own not in text] == []
