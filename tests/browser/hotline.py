"""What the pages of the hotline show here: reports, an alarm, a question, results."""

from __future__ import annotations

import datetime as dt

from licet.core.actors import WORKER, Actor
from licet.core.rls import acting_as
from licet.parties.selectors import actor_for


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


# How many reports of the year's figures ended how: a dismissal, or the outcome of their case.
ENDS = {"nothing_there": 31, "no_ground": 12, "gone": 9, "decided_before": 7, "actioned": 26, "not_confirmed": 3, "": 8}


def prepare_figures() -> None:
    """A year's figures worth looking at: reports that ended in every way, some mutes and what became of them."""
    from licet.core import clock
    from licet.hotline import services, views_open

    prepare()
    now, at = clock.now(), clock.now() - dt.timedelta(hours=30)
    if _number_of("sunflower0.example"):
        return
    kinds = [end for end, count in ENDS.items() for _ in range(count)]
    grounds = ("pornography", "pornography", "deceptive_promotion", "unfiled_site")
    for n in range(len(kinds)):
        _hand_in(f"sunflower{n}.example", at + dt.timedelta(minutes=n), ground=grounds[n % 4])
    for n in range(14):
        _hand_in(f"tulip{n}.example", at, contact=f"ida{n}@reporter.example")
    services.drain_due(now)
    for n, end in enumerate(kinds):
        _finish(f"sunflower{n}.example", end, now - dt.timedelta(minutes=17 * n))
    for n in range(14):
        _mute(n, now, contest=n < 8)
    views_open._known.clear()  # a test before this one may have counted an empty year


def _hand_in(site: str, at: dt.datetime, **fields: str) -> None:
    from licet.hotline import sealing
    from licet.hotline.intake import Submission, submit

    given = {"ground": "pornography", "network": sealing.network_of(f"203.1.{sum(map(ord, site)) % 250}.7")} | fields
    submit(Submission(channel="portal", target_kind="url", target=site, key=f"{site}{at}", **given), at=at)  # type: ignore[arg-type]


def _number_of(site: str) -> str:
    from licet.hotline.models import Report

    with acting_as(WORKER):
        return Report.objects.filter(subject_key=site).order_by("-id").values_list("number", flat=True).first() or ""


def _actor(name: str) -> Actor:
    from django.contrib.auth import get_user_model

    with acting_as(WORKER):
        return actor_for(get_user_model().objects.get(username=name))


def _finish(site: str, end: str, at: dt.datetime) -> None:
    from licet.casework.services import close_case
    from licet.hotline import services
    from licet.hotline.models import Report

    number = _number_of(site)
    if end in {"actioned", "not_confirmed"}:
        with acting_as(WORKER):
            case = Report.objects.get(number=number).case_id
        close_case(case, outcome=end, reason="seen", actor=_actor("olm"), at=at)
    elif end:
        services.dismiss(number, end, reason="seen", actor=_actor("olm"), at=at)


def _mute(n: int, now: dt.datetime, *, contest: bool) -> None:
    """Mute one; if the next report contests it, that is upheld, and of the first it waits."""
    from licet.hotline import services

    site = f"tulip{n}.example"
    services.mute(_number_of(site), reason="forty reports of one shop", actor=_actor("olm"), at=now)
    _hand_in(site, now, contact=f"ida{n}@reporter.example")
    services.drain_due(now)
    if not contest:
        return
    contested = services.contest(_number_of(site), "They were forty pages", at=now)
    if n:
        services.uphold(contested.pk, reason="thirty-nine had been seen", actor=_actor("reed"), at=now)


def report() -> str:
    """Address of one report."""
    from licet.hotline.models import Report

    with acting_as(WORKER):
        row = Report.objects.filter(subject_key="lantern.example").latest("id")
    return f"/hotline/{row.number}/"
