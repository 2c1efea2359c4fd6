"""What the registers' pages show here: records of every kind, a broken chain, changes, a checked file."""

from __future__ import annotations

import datetime as dt

from licet.core import clock
from licet.core.actors import Actor
from licet.core.rls import acting_as

DAY = dt.date(2026, 3, 2)


def prepare() -> None:
    """Write it, once."""
    from licet.registers.models import RegisterLoad

    if RegisterLoad.objects.exists():
        return
    today = clock.today()
    _records()
    _loads(today)
    _changes(today)
    _upload(today)


def person(name: str) -> Actor:
    """The actor a person of the cast is."""
    from django.contrib.auth import get_user_model

    from licet.parties.selectors import actor_for

    return actor_for(get_user_model().objects.get(username=name))


def _records() -> None:
    from licet.registers.tests.examples import ROWS, write

    for kind_id in ROWS:
        write(kind_id)
    write(
        "filings",
        filing_no="粤ICP备20260002号-1",
        subject_name="灯塔图书贸易有限公司（深圳）及其分支机构",
        domains="beacon.example www.beacon.example shop.beacon.example",
        status="suspended",
    )
    write("access", access_id="A-2", customer_name="Beacon", domain="beacon.example", upstream_provider_id="nightlamp")
    write("licences", licence_no="B1-20200007", provider_id="backbone")
    write("licences", since=dt.date(2026, 2, 1), issuer="Authority of the tests, second office")
    write("posts", branch="Shenzhen", person="", role="duty desk")


def _loads(today: dt.date) -> None:
    from licet.registers.models import RegisterLoad

    for kind_id in ("licences", "annual_reviews", "filings", "blacklist"):
        RegisterLoad.objects.create(
            kind=kind_id,
            as_of=today if kind_id != "blacklist" else today - dt.timedelta(days=90),
            version=42,
            file_name=f"{kind_id}.csv",
            file_sha256="0" * 64,
            rows_read=3,
            rows_added=2,
            rows_changed=1,
            rows_unchanged=0,
            rows_ended=0,
            rows_rejected=0,
            actor="cli:operator",
            finished_at=clock.now(),
        )


def _changes(today: dt.date) -> None:
    from licet.registers import changes
    from licet.registers.tests.examples import ROWS

    olm, reed = person("olm"), person("reed")
    key = {"licence_no": "B1-20200001", "valid_from": "2020-01-01"}
    with acting_as(olm):
        changes.propose_change(
            "licences",
            key,
            ROWS["licences"] | {"status": "suspended", "valid_to": "2027-12-31"},
            reason="Order 7 of 1 March: suspended until the faults are mended.",
            actor=olm,
            now=clock.now(),
            today=today,
        )
        refused = changes.propose_change(
            "blacklist",
            None,
            ROWS["blacklist"] | {"value": "lamp.example"},
            reason="Decision 13",
            actor=olm,
            now=clock.now(),
            today=today,
        )
    with acting_as(reed):
        changes.decide_change(
            refused.pk, apply=False, note="The decision is not final yet.", actor=reed, now=clock.now(), today=today
        )


def _upload(today: dt.date) -> None:
    from licet.registers import uploads

    content = (
        b"provider_id,branch,region,person,role\nharbour,Foshan,CN-GD,Anchor,duty desk\n"
        b"harbour,Zhuhai,Atlantis,Anchor,duty desk\n"
    )
    pilot = person("pilot")
    with acting_as(pilot):
        upload = uploads.receive_upload(
            "posts",
            [content],
            file_name="posts.csv",
            as_of=today,
            provider="",
            replace=False,
            note="From the branch list of March",
            actor=pilot,
            now=clock.now(),
            today=today,
        )
        uploads.check_upload(upload.pk, now=clock.now())


def record(kind_id: str) -> str:
    """Address of the newest present record of a kind."""
    from django.urls import reverse

    from licet.registers.kinds import KIND_BY_ID

    rows = KIND_BY_ID[kind_id].model_class.objects.filter(until__isnull=True)
    return reverse("register_record", args=[kind_id, rows.order_by("pk")[0].pk])


def licence() -> str:
    """The licence with a history and a waiting change."""
    from django.urls import reverse

    from licet.registers.models import Licence

    found = Licence.objects.get(licence_no="B1-20200001", until__isnull=True)
    return reverse("register_record", args=["licences", found.pk])


def change() -> str:
    """The change that waits."""
    from django.urls import reverse

    from licet.registers.models import ProposedChange

    return reverse("change", args=[ProposedChange.objects.get(state="proposed").pk])


def upload() -> str:
    """The checked file."""
    from django.urls import reverse

    from licet.registers.models import RegisterUpload

    return reverse("upload", args=[RegisterUpload.objects.get().pk])
