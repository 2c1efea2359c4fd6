"""What no picture shows: the keyboard, life without JavaScript, languages, passkeys, paper."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections

from licet.core.actors import WORKER
from licet.core.rls import acting_as

from . import registers
from .conftest import SCREENSHOTS

pytestmark = pytest.mark.browser
QUEUE = "/registers/filings/"


@pytest.fixture(scope="module", autouse=True)
def records(live: Any) -> None:
    with acting_as(WORKER):
        registers.prepare()
    connections.close_all()


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


@pytest.fixture
def queue(signed_in_page: Any) -> Any:
    page = signed_in_page("olm")
    page.goto(QUEUE)
    page.wait_for_load_state("networkidle")
    return page


def test_j_and_k_walk_the_queue(queue: Any) -> None:
    rows = queue.locator("[data-queue] a[data-open]").all_inner_texts()
    assert len(rows) >= 2

    seen = []
    for key in ("j", "j", "k", "k"):
        queue.keyboard.press(key)
        seen.append(focused(queue))

    assert seen == [rows[0], rows[1], rows[0], rows[0]]


def test_enter_opens_the_row(queue: Any) -> None:
    wanted = queue.locator("[data-queue] a[data-open]").first.get_attribute("href")

    queue.keyboard.press("j")
    queue.keyboard.press("Enter")
    queue.wait_for_url(f"**{wanted}")

    assert queue.locator("h1").count() == 1


def test_slash_goes_to_the_search_and_letters_stay_letters_there(queue: Any) -> None:
    queue.keyboard.press("/")
    queue.keyboard.type("jjk?")

    assert queue.evaluate("document.activeElement.value") == "jjk?"
    assert not queue.locator("#keys").is_visible()


def test_question_mark_helps_and_escape_ends_it(queue: Any) -> None:
    queue.keyboard.press("?")
    assert queue.locator("#keys").is_visible()

    queue.keyboard.press("Escape")
    assert not queue.locator("#keys").is_visible()


def test_first_tab_stop_skips_to_the_content(queue: Any) -> None:
    queue.keyboard.press("Tab")
    queue.keyboard.press("Enter")

    assert queue.evaluate("location.hash") == "#main"
    assert queue.evaluate("document.activeElement.id") == "main"


def test_menu_closes_when_attention_goes_elsewhere(queue: Any) -> None:
    queue.locator(".account > summary").click()
    assert queue.locator(".account .menu").is_visible()

    queue.keyboard.press("Escape")
    assert not queue.locator(".account .menu").is_visible()


def test_how_long_ago_appears_on_hover(signed_in_page: Any) -> None:
    page = signed_in_page("reed", language="en")
    page.goto("/people/")
    moment = page.locator("time[data-moment]").first

    moment.hover()

    assert "ago" in moment.get_attribute("title") or "now" in moment.get_attribute("title")


def test_every_step_works_without_javascript(open_context: Any) -> None:
    page = open_context("", java_script_enabled=False).new_page()
    page.goto(QUEUE)
    page.fill("input[name=login]", "olm")
    page.fill("input[name=password]", "olm-harbour-lantern-42")
    page.locator("form.form button[type=submit]").click()

    assert page.url.endswith(QUEUE)
    assert not page.locator("[data-help]").is_visible()
    page.locator(".chip > summary").first.click()
    page.locator(".chip .panel a, .chip .panel button").first.click()
    page.locator("[data-queue] a[data-open]").first.click()
    assert page.locator(".facts").count() >= 1
    page.locator(".languages button[value=en]").click()
    assert page.locator("html").get_attribute("lang") == "en"


def test_phone_reaches_every_place_from_its_bottom_bar(open_context: Any) -> None:
    page = open_context("olm", width=390).new_page()
    page.goto("/")

    page.locator(".bottom-nav summary").click()
    page.locator(".bottom-nav .sheet a[href='/journal/']").click()

    assert page.url.endswith("/journal/")


def test_zoom_to_two_hundred_percent_needs_no_sideways_scroll(open_context: Any) -> None:
    page = open_context("olm", width=640).new_page()  # 1280 px at 200 %
    for address in ("/", QUEUE, "/people/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_reduced_motion_moves_nothing(queue: Any) -> None:
    durations = queue.evaluate("Array.from(document.querySelectorAll('*')).map(e => getComputedStyle(e)).filter("
                               "s => s.animationName !== 'none' || parseFloat(s.transitionDuration) > 0).length")

    assert durations == 0


def test_paper_has_no_controls_and_is_a4(queue: Any) -> None:
    queue.emulate_media(media="print")

    assert not queue.locator(".topbar").is_visible() and not queue.locator(".side").is_visible()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    pdf = queue.pdf(path=SCREENSHOTS / "register-filings.pdf", prefer_css_page_size=True)
    assert b"/MediaBox [0 0 594.95996 841.91998]" in pdf or b"/MediaBox [0 0 595" in pdf


def test_nothing_inline_runs(signed_in_page: Any) -> None:
    page = signed_in_page("olm")
    page.goto("/")

    page.evaluate("""() => { const script = document.createElement('script'); script.textContent = 'window.ran = 1';
                             document.body.append(script); }""")

    assert page.evaluate("window.ran") is None


# --- signing in ----------------------------------------------------------------------------------------------------
def test_passkey_is_added_and_signs_in(open_context: Any) -> None:
    context = open_context("gale", language="en")
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    chrome = context.new_cdp_session(page)
    chrome.send("WebAuthn.enable")
    chrome.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True}})

    page.goto("/accounts/2fa/webauthn/add/")
    page.fill("input[name=name]", "Desk key")
    page.check("input[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.locator("textarea#recovery_codes, main table").first.wait_for()
    page.locator(".account > summary").click()
    page.locator(".account .menu form button").click()
    page.goto("/accounts/login/?next=/journal/")
    page.click("#passkey_login")
    page.locator("[data-queue]").wait_for()

    assert page.url.endswith("/journal/") and problems == []


def test_refused_passkey_is_said_on_the_page(open_context: Any) -> None:
    context = open_context("", language="en")
    page = context.new_page()
    chrome = context.new_cdp_session(page)
    chrome.send("WebAuthn.enable")
    chrome.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": False, "automaticPresenceSimulation": True}})

    page.goto("/accounts/login/")
    page.click("#passkey_login")

    page.locator("#passkey-problem").wait_for(state="visible")


def test_lock_is_a_calm_page(open_context: Any, settings: Any) -> None:
    page = open_context("", width=390).new_page()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        page.goto("/accounts/login/")
        page.fill("input[name=login]", "wick")
        page.fill("input[name=password]", "wrong")
        page.locator("form.form button[type=submit]").click()

    page.screenshot(path=SCREENSHOTS / "locked-zh-390.png", full_page=True)
    assert "30" in page.locator("main").inner_text()
