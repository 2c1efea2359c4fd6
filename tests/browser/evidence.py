"""What the pages of evidence and referrals show here: a case with a picture, a statement, a bag, a referral."""

from __future__ import annotations

from typing import Any

from licet.core.actors import WORKER
from licet.core.rls import acting_as


def prepare() -> None:
    """Write it, once: two items, one of them looked at; a bag that is sealed; a referral that was answered."""
    from django.contrib.auth import get_user_model

    from licet.casework.tests.story import Story
    from licet.core import clock
    from licet.evidence import services
    from licet.evidence.models import Item
    from licet.evidence.tests.locker import picture
    from licet.parties.selectors import actor_for
    from licet.referrals.tests.conftest import make_police
    from licet.referrals.tests.telling import Told

    with acting_as(WORKER):
        if Item.objects.filter(kind="capture").exists():
            return
    users = get_user_model().objects

    def actor_of(name: str) -> Any:
        with acting_as(WORKER):
            return actor_for(users.get(username=name))

    with acting_as(WORKER):
        make_police({})
    told = Told(Story(actor_of, now=clock.now()), seal=_seal, content="页面上写着：“扫码付款，随时取消。”".encode())
    told.locker.add(picture(400), by="gale", kind="capture", title="支付页面截图 · 第二步，要求输入短信验证码",
                    url="https://lantern.example/pay/step-2?from=front&campaign=spring", file_name="step-2.png")
    services.set_hold(told.locker.number, reason="Court of Harbour City, request 7 of 2026", actor=actor_of("gale"),
                      at=told.now)
    told.send()
    told.acknowledge()
    told.answer()


def _seal(locker: Any, by: str) -> Any:
    """A bag sealed within the transaction in which pages are prepared: the journal cannot sign there."""
    from licet.evidence import services
    from licet.evidence.services.bags import _seal as seal

    bag = services.request_bag(locker.number, purpose="For the police desk", actor=locker.story.who(by), at=locker.now)
    with acting_as(WORKER):
        seal(bag.pk, locker.now)
        bag.refresh_from_db()
    return bag


def _ref(kind: str) -> str:
    from licet.evidence.models import Item

    with acting_as(WORKER):
        return str(Item.objects.filter(kind=kind).order_by("pk")[0].ref)


def case() -> str:
    """The case's evidence."""
    return f"/evidence/cases/{_ref('capture').removeprefix('E-').rpartition('-')[0]}/"


def item(kind: str = "capture") -> str:
    """One item."""
    return f"/evidence/items/{_ref(kind)}/"


def looked_at() -> str:
    """The picture, unblurred by Olm."""
    from django.contrib.auth import get_user_model

    from licet.core import clock
    from licet.evidence import services
    from licet.parties.selectors import actor_for

    with acting_as(WORKER):
        olm = actor_for(get_user_model().objects.get(username="olm"))
    services.begin_viewing(_ref("capture"), purpose="to judge what it asks for", actor=olm, at=clock.now())
    return item()


def bag() -> str:
    """The sealed bag."""
    from licet.evidence.models import Bag

    with acting_as(WORKER):
        return f"/evidence/bags/{Bag.objects.order_by('pk')[0].ref}/"


def referral() -> str:
    """The answered referral."""
    from licet.referrals.models import Referral

    with acting_as(WORKER):
        return f"/referrals/{Referral.objects.get().number}/"
