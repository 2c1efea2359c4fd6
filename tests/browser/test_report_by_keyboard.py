"""The public form as a blind person meets it: nothing but the keyboard, and what a screen reader is told."""

from __future__ import annotations

from typing import Any

import pytest

from .test_report import _axe, _patient, _receipt

pytestmark = pytest.mark.browser
patient = _patient  # the form is handed out an hour ago


def _tab_to(page: Any, what: str, most: int = 14) -> None:
    """Press Tab until the focus is on ``what``; every stop on the way must be visible."""
    for _ in range(most):
        page.keyboard.press("Tab")
        assert page.evaluate("""() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
            return e === document.body || (b.width > 0 && s.visibility === 'visible' &&
                (s.outlineStyle !== 'none' || s.boxShadow !== 'none')); }"""), page.evaluate(
            "document.activeElement.outerHTML")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
    raise AssertionError(f"{what} is not reached by Tab; the focus is on "
                         f"{page.evaluate('document.activeElement.outerHTML')[:200]}")


@pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])
def test_a_report_with_nothing_but_the_keyboard(open_context: Any, script: bool) -> None:
    page = open_context("", language="en", width=390, java_script_enabled=script).new_page()
    page.goto("/report/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.keyboard.press("Enter")
    _tab_to(page, "input[name=target_kind]")
    page.keyboard.press("ArrowDown")
    assert page.locator("input[value=short_code]").is_checked()
    _tab_to(page, "input[name=target]", 2)
    page.keyboard.type("1062 1234")
    _tab_to(page, "button.primary", 2)
    page.keyboard.press("Enter")
    page.wait_for_selector("input[name=ground]")

    _tab_to(page, "input[name=ground]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    _tab_to(page, "button.primary", 2)
    page.keyboard.press("Enter")
    page.wait_for_selector("textarea")

    _tab_to(page, "textarea")
    page.keyboard.type("A message asked me to call")
    _tab_to(page, "input[name=contact]", 4)
    page.keyboard.type("nina@reporter.example")
    _tab_to(page, "button.primary", 3)
    page.keyboard.press("Enter")
    page.wait_for_selector("dd.big")
    assert len(_receipt(page)) == 2


def _said(page: Any) -> str:
    return str(page.locator("main").aria_snapshot())


def test_what_a_screen_reader_says(open_context: Any) -> None:
    page = open_context("", language="en").new_page()
    page.goto("/report/")
    said = _said(page)
    for line in ('- heading "Report something" [level=1]', '- group "What do you want to report?"',
                 '- radio "A website or page', '[checked]', '- textbox "Its address, number or name"', '- button "Continue"'):
        assert line in said, said

    page.get_by_role("textbox").fill("https://lantern.example/")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_selector("input[name=ground]")
    said = _said(page)
    assert said.count("- radio ") >= 5 and "Pornography" in said and '- button "Back"' in said

    page.get_by_role("radio", name="Pornography").check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_selector("textarea")
    said = _said(page)
    for line in ('- textbox "What did you see?', '- textbox "E-mail or phone, if we may ask back', "How did you come upon it?",
                 '- button "Send the report"'):
        assert line in said, said
    assert all(page.locator(f"[id='{name}']").count() == 1 for box in page.locator("main [aria-describedby]").all()
               for name in (box.get_attribute("aria-describedby") or "").split()), "what describes a field is there"
    assert _axe(page) == []


def test_waiting_is_told_as_an_alert_and_keeps_what_was_written(open_context: Any, monkeypatch: Any) -> None:
    from licet.hotline import views_public
    from licet.hotline.rules import Wait

    monkeypatch.setattr(views_public, "may_send", lambda *_: Wait(7))
    page = open_context("", language="en").new_page()
    page.goto("/report/")
    page.get_by_role("textbox").fill("https://lantern.example/")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("radio", name="Pornography").check()
    page.get_by_role("button", name="Continue").click()
    page.locator("textarea").fill("All over the front page")
    page.get_by_role("button", name="Send the report").click()

    alert = page.get_by_role("alert")
    assert "Please wait 7 seconds" in alert.inner_text() and "still here" in alert.inner_text()
    assert page.locator("textarea").input_value() == "All over the front page"
    assert _axe(page) == []
