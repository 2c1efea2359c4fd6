"""A desk's day by keyboard and without JavaScript: the queue, several cases at once, a signature."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections

from licet.core.actors import WORKER
from licet.core.rls import acting_as

from . import casework, orders

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def desk(live: Any) -> None:
    with acting_as(WORKER):
        casework.prepare()
    connections.close_all()


@pytest.fixture
def queue(signed_in_page: Any) -> Any:
    page = signed_in_page("olm", language="en")
    page.goto("/cases/")
    page.wait_for_load_state("networkidle")
    return page


def test_j_k_and_enter(queue: Any) -> None:
    rows = queue.locator("[data-queue] a[data-open]").all_inner_texts()
    seen = []
    for key in ("j", "j", "k"):
        queue.keyboard.press(key)
        seen.append(str(queue.evaluate("document.activeElement.textContent.trim()")))
    assert seen == [rows[0], rows[1], rows[0]]

    queue.keyboard.press("Enter")
    queue.wait_for_url("**/cases/2*-*/")
    assert queue.locator("h1").inner_text() == rows[0]


def test_e_goes_to_what_can_be_done(queue: Any) -> None:
    queue.keyboard.press("j")
    queue.keyboard.press("e")
    queue.wait_for_url("**/cases/*/#act")

    assert queue.locator("#act").is_visible()


def test_x_marks_and_slash_searches(queue: Any) -> None:
    queue.keyboard.press("j")
    queue.keyboard.press("x")
    assert queue.locator("input[name=selected]:checked").count() == 1

    queue.keyboard.press("/")
    queue.keyboard.type("shoal.example")
    queue.keyboard.press("Enter")
    queue.wait_for_url("**q=shoal.example*")
    assert queue.locator("[data-queue] a[data-open]").all_inner_texts() == ["shoal.example"]


def test_several_cases_at_once_without_javascript(open_context: Any) -> None:
    page = open_context("olm", language="en", java_script_enabled=False).new_page()
    page.goto("/cases/?tier=none")
    for name in ("mooring.example", "breakwater.example"):
        page.locator("tr", has_text=name).locator("input[name=selected]").check()
    page.locator("#bulk-tier").select_option("3")
    page.locator("button[value=tier]").click()
    for n, box in enumerate(page.locator("input[type=text][name^=reason-]").all()):
        box.fill(f"a duty, looked at {n}")
    page.locator("main form .button.primary").click()

    assert page.locator(".results li").count() == 2
    assert page.locator(".results .badge.permit").count() == 2


def test_enter_in_a_box_of_the_bar_does_nothing_by_accident(queue: Any) -> None:
    queue.locator("input[name=selected]").first.check()
    queue.locator("#bulk-into").fill("2026-000001")
    queue.keyboard.press("Enter")

    assert queue.url.endswith("/cases/")


def test_a_reason_typed_once_fills_the_others(queue: Any) -> None:
    for box in queue.locator("input[name=selected]").all()[-2:]:
        box.check()
    queue.locator("button[value=close]").click()
    queue.locator("#reason-all").fill("gone")

    assert _filled(queue, "gone")


def test_a_reason_typed_before_the_script_was_there_counts_too(queue: Any) -> None:
    waiting: list[Any] = []

    def hold(route: Any) -> None:
        waiting.append(route)

    queue.route("**/casework.*js", hold)
    for box in queue.locator("input[name=selected]").all()[-2:]:
        box.check()
    queue.locator("button[value=close]").click(no_wait_after=True)
    queue.locator("#reason-all").evaluate("box => { box.value = 'gone'; }")
    queue.wait_for_timeout(50)
    assert not queue.locator("input[name^=reason-]").first.input_value()
    waiting[0].continue_()

    assert _filled(queue, "gone")


def _filled(page: Any, text: str) -> bool:
    """Every reason says so, once the page's script had its turn."""
    page.wait_for_function(
        "text => [...document.querySelectorAll(\"input[name^='reason-']\")].every(box => box.value === text)", arg=text)
    return True


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("which", ["case", "measure"])
def test_no_table_beside_the_timeline_is_cut(open_context: Any, which: str, language: str) -> None:
    with acting_as(WORKER):
        orders.prepare()
        url = casework.case() if which == "case" else orders.measure()
    connections.close_all()
    page = open_context("olm", language=language).new_page()
    page.goto(url, wait_until="load")
    cut = page.evaluate("[...document.querySelectorAll('.columns .table-wrap')].map(one => one.scrollWidth - one.clientWidth)")

    assert cut and max(cut) <= 0, cut


def test_the_record_has_its_actions_on_a_phone_before_anything_else(open_context: Any) -> None:
    page = open_context("olm", language="en", width=390).new_page()
    page.goto(casework.case())

    assert page.locator("#act").bounding_box()["y"] < page.locator(".columns").bounding_box()["y"]
    page.locator("#act summary", has_text="Set the tier").click()
    assert page.locator("#act textarea").first.is_visible()
