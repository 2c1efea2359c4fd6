"""What the pages of the hotline show here: reports, an alarm, a question, results."""

from __future__ import annotations

import datetime as dt

from licet.core.actors import WORKER
from licet.core.rls import acting_as


def prepare() -> None:
    """Reports of several people, a flood, and their cases, once."""
    from licet.core import clock
    from licet.hotline import sealing, services
    from licet.hotline.intake import Submission, submit
    from licet.hotline.models import Report

    with acting_as(WORKER):
        if Report.objects.exists():
            return
    now = clock.now()
    words = ("首页有大量淫秽视频，点击后要求发送短信付费。", "My son got a text message with a link to this page.",
             "弹窗广告，无法关闭。")
    for n, text in enumerate(words):
        submit(Submission(channel="portal", target_kind="url", target="https://www.lantern.example/videos", text=text,
                          ground="pornography", key=f"page-{n}", network=sealing.network_of(f"198.51.{n}.7"),
                          contact="nina@reporter.example" if n == 1 else ""), at=now - dt.timedelta(hours=3 - n))
    submit(Submission(channel="mail", target_kind="provider", target="Lamp of the Night Ltd", key="page-p",
                      ground="unlicensed_provider"), at=now - dt.timedelta(minutes=50))
    submit(Submission(channel="operator", target_kind="voice_number", target="1688 0000", key="page-v",
                      ground="sexual_service_line", how="bill"), at=now - dt.timedelta(minutes=40))
    for n in range(24):
        submit(Submission(channel="portal", target_kind="url", target="harbour-bakery.example", ground="pornography",
                          key=f"flood-{n}", text=f"close it {n * n}", network=sealing.network_of(f"203.0.{n % 8}.7")),
               at=now - dt.timedelta(seconds=300 - n))
    services.drain_due(now)


def report() -> str:
    """Address of one report."""
    from licet.hotline.models import Report

    with acting_as(WORKER):
        row = Report.objects.filter(subject_key="lantern.example").latest("id")
    return f"/hotline/{row.number}/"
