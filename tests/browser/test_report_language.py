"""Choosing the other language loses nothing: not what was written, not the receipt, not the result; scripts or none."""

from __future__ import annotations

from typing import Any

import pytest

from .test_report import _patient, _receipt

pytestmark = pytest.mark.browser
patient = _patient  # the form is handed out an hour ago


def _speak(page: Any, name: str) -> None:
    page.locator(".languages").get_by_text(name, exact=True).click()


@pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])
def test_a_report_in_two_languages(open_context: Any, script: bool) -> None:
    page = open_context("", language="en", width=390, java_script_enabled=script).new_page()
    page.goto("/report/")
    page.locator("input[name=target]").fill("https://www.lantern.example/videos")
    _speak(page, "中文")
    assert page.locator("h1").inner_text() == "举报"
    assert page.locator("input[name=target]").input_value() == "https://www.lantern.example/videos"
    page.locator("button.primary").click()
    page.locator("input[value=pornography]").check()
    _speak(page, "English")
    assert page.locator("input[value=pornography]").is_checked()
    page.locator("button.primary").click()
    page.locator("textarea").fill("Videos on the front page")
    page.locator("input[name=contact]").fill("nobody at all")
    _speak(page, "中文")
    assert page.locator("textarea").input_value() == "Videos on the front page"
    assert page.locator("input[name=contact]").input_value() == "nobody at all", "checked when it is sent"
    page.locator("input[name=contact]").fill("")
    page.locator("input[name=contact]").press("Enter")
    receipt = _receipt(page)
    assert len(receipt) == 2, "Enter sends the form and does not choose a language"

    _speak(page, "English")
    assert _receipt(page) == receipt and "Thank you" in page.locator("h1").inner_text()
    assert "https://www.lantern.example/videos" in page.locator(".receipt").inner_text()
    page.reload()
    assert _receipt(page) == receipt
    page.get_by_role("button", name="See what became of it").click()
    assert page.locator("h1").inner_text() == "Received"
    assert "www.lantern.example/…" in page.locator("main").inner_text() and "videos" not in page.locator("main").inner_text()
    _speak(page, "中文")
    assert page.locator("h1").inner_text() == "已收到"


def test_the_status_form_keeps_what_was_typed(open_context: Any) -> None:
    page = open_context("", language="en", width=390).new_page()
    page.goto("/report/status/")
    page.locator("input[name=number]").fill("7K2M-9QXW-4TCD")
    _speak(page, "中文")
    assert page.locator("input[name=number]").input_value() == "7K2M-9QXW-4TCD"
    assert page.get_by_role("alert").count() == 0
