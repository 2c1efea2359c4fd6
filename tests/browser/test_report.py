"""The public form in Chromium: with and without scripts, by keyboard alone, by the names a screen reader says."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from .conftest import SCREENSHOTS

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _patient(monkeypatch: Any) -> None:
    """The form is handed out an hour ago, so that no test waits for it."""
    from licet.core import clock
    from licet.hotline import views_public

    real = clock.now
    opened = views_public._stamp

    def earlier(request: Any, now: dt.datetime) -> Any:
        return opened(request, now - dt.timedelta(minutes=5))

    monkeypatch.setattr(views_public, "_stamp", earlier)
    monkeypatch.setattr(clock, "now", real)
    views_public.sent().clear()


def _axe(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    return [f"{row['id']}: {[node['target'] for node in row['nodes']][:3]}" for row in Axe().run(page).response["violations"]]


def _receipt(page: Any) -> list[str]:
    return [text for text in page.locator("dd.big").all_inner_texts() if re.fullmatch(r"[0-9A-Z-]{14}", text)]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])
def test_a_report_and_its_status(open_context: Any, language: str, script: bool) -> None:
    page = open_context("", language=language, width=390, java_script_enabled=script).new_page()
    page.goto("/report/")
    page.locator("input[value=url]").check()
    page.locator("input[name=target]").fill("https://www.lantern.example/videos")
    page.locator("button.primary").click()
    page.locator("input[value=pornography]").check()
    page.locator("button.primary").click()
    page.locator("textarea").fill("Videos on the front page")
    if script:
        page.screenshot(path=SCREENSHOTS / f"report-3-{language}-390.png", full_page=True)
        assert _axe(page) == []
    page.locator("button.primary").click()
    receipt = _receipt(page)
    assert len(receipt) == 2
    if script:
        page.screenshot(path=SCREENSHOTS / f"report-receipt-{language}-390.png", full_page=True)
        assert _axe(page) == []

    page.goto("/report/status/")
    page.locator("input[name=number]").fill(receipt[0])
    page.locator("input[name=code]").fill(receipt[1])
    page.locator("button.primary").click()
    assert page.locator("h1").inner_text() == ("Received" if language == "en" else "已收到")
    if script:
        assert _axe(page) == []


def test_by_keyboard_alone(open_context: Any) -> None:
    page = open_context("", language="en", width=390).new_page()
    page.goto("/report/")
    page.locator("input[name=target_kind]:checked").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("1062 1234")
    page.keyboard.press("Enter")
    page.wait_for_selector("input[name=ground]")
    page.locator("input[name=ground]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_selector("input[name=seen_on]")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('button.primary')"):
            break
    page.evaluate("document.querySelector('button.primary').focus()")
    page.keyboard.press("Enter")
    page.wait_for_selector("dd.big")
    assert len(_receipt(page)) == 2


def test_every_field_has_a_name_and_a_mistake_is_told(open_context: Any) -> None:
    page = open_context("", language="en").new_page()
    page.goto("/report/")
    group = page.get_by_role("group", name="What do you want to report?")
    assert group.get_by_role("radio").count() == 6
    assert group.get_by_role("radio", name="A voice number").count() == 1
    page.get_by_role("textbox", name="Its address, number or name").fill("nonsense")
    page.get_by_role("button", name="Continue").click()

    alert = page.get_by_role("alert")
    assert "This is no address of a website" in alert.inner_text()
    assert alert.get_by_role("link").get_attribute("href") == "#id_target"
    box = page.get_by_role("textbox", name="Its address, number or name")
    described = box.get_attribute("aria-describedby")
    assert described and "error" in described and box.get_attribute("aria-invalid") == "true"
    assert _axe(page) == []
