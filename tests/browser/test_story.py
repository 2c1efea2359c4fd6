"""One measure in Chinese, by clicks alone: from what a sweep found to a site that is back, because the appeal was right.

Typed is only what nobody else can know: reasons, what was seen, what the other side says. What the worker does each minute
is called between the clicks. Every step is kept as a screenshot, ``artefacts/screenshots/story-*``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connections

from licet.core.actors import WORKER
from licet.core.rls import acting_as

from . import province
from .test_pages import _keep_screenshot

pytestmark = pytest.mark.browser
PHONE = 390
SITE = province.UNFILED
EXECUTOR = "executor"  # whoever holds the link of a mail; signed in nowhere


class Told:
    """The story as it goes: people at their desks, jobs of the worker, a picture of each step."""

    def __init__(self, open_context: Callable[..., Any]) -> None:
        self._open = open_context
        self._pages: dict[str, Any] = {}
        self._step = 0

    def at(self, who: str) -> Any:
        """The page in front of a person; '' is the owner of the site, on a phone."""
        if who not in self._pages:
            user = "" if who == EXECUTOR else who
            self._pages[who] = self._open(user, width=1440 if who else PHONE).new_page()
        return self._pages[who]

    def keep(self, page: Any, what: str, *, phone: bool = False) -> None:
        """What the person sees now."""
        self._step += 1
        name = f"story-{self._step:02}-{what}"
        _keep_screenshot(page, name)
        if phone:
            page.set_viewport_size({"width": PHONE, "height": 844})
            _keep_screenshot(page, f"{name}-{PHONE}")
            page.set_viewport_size({"width": 1440, "height": 900})

    def worker(self) -> None:
        """What the background worker does each minute."""
        from licet.notices.tasks import deliver
        from licet.orders.tasks import dispatch, look

        for job in (deliver, dispatch, look, deliver):
            job(timestamp=0)
        connections.close_all()


@pytest.fixture
def told(open_context: Any, live: Any) -> Told:
    from licet.core import clock
    from licet.orders.services import ConnectorIn, add_connector
    from licet.parties.selectors import actor_for
    from licet.parties.services import add_person

    province.prepare()
    with acting_as(WORKER):
        add_person("tern", password="tern-harbour-lantern-42", party_id="authority", roles=("officer",), by=WORKER,
                   must_change=False)
        olm = actor_for(live.people["olm"])
    add_connector(ConnectorIn(party_id=province.PROVIDER, kind="email", name="值班邮箱", mail="duty@nightlamp.example"),
                  actor=olm, at=clock.now())
    connections.close_all()
    return Told(open_context)


def _a_finding_becomes_a_case(told: Told) -> None:
    from django.contrib.auth import get_user_model

    from licet.casework.tasks import receive_sweep
    from licet.sweeps.models import Sweep

    page = told.at("olm")
    page.goto("/")
    page.get_by_role("link", name="清单核查").first.click()
    page.locator("table a[data-open]").first.click()
    told.keep(page, "sweep", phone=True)
    page.locator("table a", has_text="网站未备案").click()
    told.keep(page, "findings")
    page.go_back()
    page.get_by_role("link", name="将发现接收为线索").click()
    told.keep(page, "receive")
    page.get_by_role("button", name="接收").click()
    with acting_as(WORKER):
        sweep, olm = Sweep.objects.latest("pk"), get_user_model().objects.get(username="olm")
    receive_sweep(sweep_id=sweep.pk, person=olm.pk, desk="authority")
    connections.close_all()
    page.reload()
    told.keep(page, "queue", phone=True)


def _the_case_is_worked_on(told: Told) -> None:
    page = told.at("olm")
    page.get_by_role("link", name=SITE).click()
    assert "没有备案包含 www." in page.locator(".said").inner_text(), "what was seen stands on the case's page"
    page.get_by_role("button", name="领取").click()
    page.get_by_role("link", name="全部线索").click()
    assert "网站未备案 · 没有备案包含 www." in page.locator("table").inner_text()
    told.keep(page, "signals")
    page.go_back()
    page.locator("#act summary", has_text="认定等级").click()
    page.locator("#act details[open] textarea").fill("核查结果明确：域名已接入，登记库中没有任何备案。")
    page.locator("#act details[open] button").click()
    told.keep(page, "case", phone=True)


def _evidence_is_preserved(told: Told) -> None:
    page = told.at("olm")
    page.locator("#evidence").get_by_role("link", name="添加证据").click()
    page.get_by_label("类别").select_option("record_extract")
    page.get_by_label("说明").fill("备案登记库查询结果")
    page.get_by_label("文字内容").fill(f"查询 www.{SITE}：没有记录。")
    page.get_by_label("用途").fill("处置前固定证据")
    told.keep(page, "evidence-form")
    page.get_by_role("button", name="添加证据").click()
    told.keep(page, "evidence")
    page.get_by_role("navigation").get_by_role("link", name=re.compile(r"^\d{4}-\d{6}$")).click()


def _the_measure_is_drafted_and_signed_by_two(told: Told) -> None:
    page = told.at("olm")
    page.get_by_role("link", name="拟定措施").click()
    assert page.get_by_label("措施", exact=True).input_value() == "stop_access"
    assert page.get_by_label("所依据的规则或承诺条款").input_value() == "《通知》§4.1.1"
    assert page.locator("input[type=checkbox]:checked").count() == 2, "the rule and the evidence are chosen already"
    told.keep(page, "draft", phone=True)
    page.get_by_role("button", name="保存草案").click()
    page.locator("#sign, #act").get_by_label("您核对了什么").fill("核对了登记库与核查结果。")
    told.keep(page, "decision", phone=True)
    page.get_by_role("button", name="签署", exact=True).click()
    told.keep(page, "signed-first")

    second = told.at("reed")
    second.goto("/")
    second.get_by_role("link", name="措施", exact=True).first.click()
    told.keep(second, "measures")
    second.locator("table a[data-open]").first.click()
    assert "核对了登记库与核查结果。" in second.locator("#act").inner_text(), "the second reads what the first checked"
    assert second.locator(".needs a").first.get_attribute("href").startswith("/evidence/items/")
    told.keep(second, "second", phone=True)
    second.get_by_label("您核对了什么").fill("重新查询了登记库，仍无记录。")
    second.get_by_role("button", name="作为第二人签署").click()
    told.worker()
    second.reload()
    told.keep(second, "ordered")


def _it_is_cut_by_the_link_of_the_mail(told: Told) -> None:
    order = mail.outbox[-1]
    assert order.to == ["duty@nightlamp.example"] and "(UTC+08:00)" in order.body
    page = told.at(EXECUTOR)
    page.goto(re.search(r"/orders/answer/\S+", order.body)[0])  # type: ignore[index]
    told.keep(page, "executor", phone=True)
    page.get_by_label("已执行").check()
    page.get_by_role("button", name="提交答复").click()
    told.keep(page, "executor-done")
    told.worker()


def _the_owner_appeals(told: Told) -> None:
    second = told.at("reed")
    second.reload()
    second.locator("summary", has_text="主办者页面").click()
    second.get_by_role("button", name="显示地址").click()
    told.keep(second, "letter")
    owner = told.at("")
    owner.goto(re.search(r"/portal/notices/\S+", second.locator("main").inner_text())[0])  # type: ignore[index]
    told.keep(owner, "owner")
    owner.get_by_label("为何认为决定有误").fill("我站今年一月已完成备案，备案号印在首页底部。")
    owner.get_by_role("button", name="提交申诉").click()
    told.keep(owner, "owner-receipt")
    told.worker()


def _somebody_else_judges(told: Told) -> None:
    signer = told.at("olm")
    signer.goto("/appeals/")
    signer.locator("table a[data-open]").first.click()
    assert signer.locator("#act form").count() == 0, "who signed does not judge"

    page = told.at("tern")
    page.goto("/")
    page.get_by_role("link", name="申诉", exact=True).first.click()
    page.locator("table a[data-open]").first.click()
    told.keep(page, "appeal", phone=True)
    page.locator("#act input[value=overturned]").check()
    page.get_by_label("裁决理由").fill("备案确已完成，登记库滞后；停止接入缺乏依据。")
    page.get_by_role("button", name="作出裁决").click()
    told.keep(page, "judged")
    told.worker()


def _it_is_back(told: Told) -> None:
    wick = told.at("wick")
    wick.goto("/")
    told.keep(wick, "executor-home")
    wick.locator(".stat", has_text="由我单位执行的指令").get_by_role("link", name="1", exact=True).click()
    told.keep(wick, "orders")
    wick.locator("table a[data-open]").first.click()
    told.keep(wick, "restore", phone=True)
    wick.get_by_label("已执行").check()
    wick.get_by_role("button", name="提交答复").click()
    told.worker()
    page = told.at("olm")
    page.goto("/cases/")
    page.get_by_role("link", name=SITE).click()
    told.keep(page, "case-after", phone=True)
    assert "已恢复" in page.locator("table", has_text="停止接入").inner_text()
    page.locator("table a", has_text="停止接入").click()
    told.keep(page, "measure-after")
    owner = told.at("")
    owner.go_back()
    owner.reload()
    told.keep(owner, "owner-after")
    assert "已终止并恢复" in owner.locator("main").inner_text()


def _the_journal_verifies(told: Told) -> bool:
    from licet.core import clock
    from licet.journal import selectors
    from licet.journal.services import checkpoint

    page = told.at("reed")
    page.goto("/journal/")
    told.keep(page, "journal")
    checkpoint(clock.now())
    report = selectors.verify()
    connections.close_all()
    assert report.entries > 20
    return report.intact


def test_from_a_finding_to_a_site_that_is_back(told: Told) -> None:
    _a_finding_becomes_a_case(told)
    _the_case_is_worked_on(told)
    _evidence_is_preserved(told)
    _the_measure_is_drafted_and_signed_by_two(told)
    _it_is_cut_by_the_link_of_the_mail(told)
    _the_owner_appeals(told)
    _somebody_else_judges(told)
    _it_is_back(told)

    assert _the_journal_verifies(told)
