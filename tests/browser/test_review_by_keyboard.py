"""A reviewer's queue with nothing but keys: leave in its case, ask, dismiss, set the tier; what happened is looked up."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections

from licet.core.actors import WORKER
from licet.core.rls import acting_as

pytestmark = pytest.mark.browser


@pytest.fixture
def number(live: Any) -> str:
    """A report that was just taken over."""
    from licet.core import clock
    from licet.hotline import intake, sealing, services

    now = clock.now()
    key = sealing.new_key()
    receipt = intake.submit(intake.Submission(
        channel="portal", target_kind="url", target=f"https://{key[:8].lower().strip('-_')}x.example/", ground="pornography",
        text="", key=key, network=sealing.network_of("198.51.100.7")), at=now)
    services.drain_due(now)
    connections.close_all()
    return receipt.number.replace("-", "")


@pytest.fixture
def page(signed_in_page: Any, number: str) -> Any:
    page = signed_in_page("olm", language="en")
    page.goto(f"/hotline/{number}/")
    page.wait_for_load_state("networkidle")
    return page


def _report(number: str) -> Any:
    from licet.hotline.models import Report

    try:
        with acting_as(WORKER):
            return Report.objects.select_related("case").get(number=number)
    finally:
        connections.close_all()


def _left(page: Any, number: str) -> None:
    page.wait_for_url(lambda address: number not in address)


def test_one_key_leaves_it_in_its_case(page: Any, number: str) -> None:
    page.keyboard.press("i")
    _left(page, number)
    report = _report(number)
    assert report.looked_at is not None and report.state == "in_case"


@pytest.mark.parametrize(("keys", "dismissal"), [(("4",), "gone"), (("d", "2"), "no_ground"), (("1", "5"), "unclear")])
def test_one_key_dismisses_with_its_reason_and_enter_sends_it(page: Any, number: str, keys: tuple[str, ...],
                                                              dismissal: str) -> None:
    from licet.hotline.tables import DISMISSAL_BY_ID

    for key in keys:
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    _left(page, number)

    report = _report(number)
    assert (report.state, report.dismissal, report.reason) == ("dismissed", dismissal, DISMISSAL_BY_ID[dismissal].reason_en)


def test_a_reason_of_ones_own_is_kept_when_another_is_chosen(page: Any, number: str) -> None:
    page.keyboard.press("4")
    page.locator("details[open] textarea").fill("the host answers 410")
    page.locator("details[open] button").focus()
    page.keyboard.press("1")
    assert page.locator("details[open] textarea").input_value() == "the host answers 410"
    page.keyboard.press("Enter")
    _left(page, number)
    report = _report(number)
    assert (report.dismissal, report.reason) == ("nothing_there", "the host answers 410")


def test_asking_by_key(page: Any, number: str) -> None:
    from licet.hotline.models import Question

    page.keyboard.press("q")
    page.keyboard.type("Which page was it, 1 or 2?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("not answered yet").wait_for()
    with acting_as(WORKER):
        assert Question.objects.get(report__number=number).text == "Which page was it, 1 or 2?"
    connections.close_all()
    assert _report(number).state == "in_case", "digits in a text choose nothing"


def test_setting_the_tier_by_key(page: Any, number: str) -> None:
    page.keyboard.press("t")
    page.keyboard.press("2")
    page.keyboard.type("two people and a clear page")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Done.").wait_for()
    report = _report(number)
    assert report.case.tier == 2 and report.state == "in_case"


def test_without_a_script_the_choice_alone_brings_its_reason(open_context: Any, number: str) -> None:
    from licet.hotline.tables import DISMISSAL_BY_ID

    page = open_context("olm", java_script_enabled=False).new_page()
    page.goto(f"/hotline/{number}/")
    page.locator("details", has=page.locator("input[value=gone]")).locator("summary").click()
    page.locator("input[value=gone]").check()
    page.locator("details[open] button.primary").click()
    assert _report(number).reason == DISMISSAL_BY_ID["gone"].reason_zh
