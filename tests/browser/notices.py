"""What the pages of letters show here: a draft, a suspension that was told and answered, one whose owner appealed."""

from __future__ import annotations

import datetime as dt

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as

SITE = "quayside-lamps.example"
APPEALED = "evening-tide.example"


def prepare() -> None:
    """Draft, sign, deliver, answer, appeal, once."""
    from licet.casework.models import Case
    from licet.notices import services

    with acting_as(WORKER):
        if Case.objects.filter(subject_key=SITE).exists():
            return
    _post()
    _measure(SITE, "suspend_access", signed=False)
    _measure(SITE, "suspend_access")
    _measure(SITE, "order_rectification", deadline_on=clock.today() + dt.timedelta(days=9))
    _measure(APPEALED, "suspend_access")
    services.deliver_due(clock.now())
    services.answer(_token(SITE), text="The site was filed yesterday; the confirmation is attached.",
                    files=[services.Handed(name="confirmation.pdf", content=b"%PDF-1.7\n%%EOF")], at=clock.now())
    services.appeal(_token(APPEALED), text="The filing has been there since last year.", at=clock.now())
    services.compose_due(clock.now())
    services.deliver_due(clock.now())


def _post() -> None:
    from licet.parties.models import Post
    from licet.parties.services import next_change_seq

    with acting_as(WORKER):
        Post.objects.create(provider_id="nightlamp", branch="Head office", role="compliance", person="A. Person",
                            email="compliance@nightlamp.example", since="2020-01-01", content_hash=b"\0" * 16,
                            source="test", recorded_at=clock.now(), change_seq=next_change_seq())


def _measure(site: str, kind: str, *, signed: bool = True, deadline_on: dt.date | None = None) -> None:
    from django.contrib.auth import get_user_model

    from licet.casework import services
    from licet.parties.selectors import actor_for

    now = clock.now()
    case_id = services.receive_signal(services.SignalIn(
        kind="finding", desk_id="authority", ground="unfiled_site", subject_kind="site", subject=site,
        provider_id="nightlamp", source=f"test:{site}:{kind}:{signed}", observer="sweep", observed_at=now,
        facts={"rule": "site_unfiled", "evidence": "no filing names the host"}), actor=WORKER, at=now)
    with acting_as(WORKER):
        olm = actor_for(get_user_model().objects.get(username="olm"))
    services.set_tier(case_id, 2, reason="no filing on record", actor=olm, at=now)
    draft = services.draft_measure(case_id, services.MeasureDraft(
        kind=kind, reasons=[{"rule": "site_unfiled"}], rule_cited="Notice §4.1.1", scope={"hosts": [site]},
        deadline_on=deadline_on), actor=olm, at=now)
    if signed:
        services.approve_measure(draft.pk, actor=olm, authenticated_at=now, at=now)


def _told(site: str) -> int:
    from licet.casework.models import Measure

    with acting_as(WORKER):
        return Measure.objects.filter(case__subject_key=site, kind="suspend_access").exclude(state="drafted").get().pk


def _token(site: str) -> str:
    from licet.notices.models import Page
    from licet.notices.services.pages import token_of

    with acting_as(WORKER):
        return token_of(Page.objects.get(measure_id=_told(site)))


def portal(site: str = SITE, below: str = "") -> str:
    """Address of the page of whoever is hit, or of a page below it."""
    return f"/portal/notices/{_token(site)}/{below}"


def receipt() -> str:
    """Address of the answer's receipt."""
    from licet.notices.models import Answer

    with acting_as(WORKER):
        return portal(below=f"receipts/answer/{Answer.objects.filter(measure_id=_told(SITE)).latest('pk').pk}/")


def answer() -> str:
    """Address of the answer in the console."""
    from licet.notices.models import Answer

    with acting_as(WORKER):
        return f"/notices/answers/{Answer.objects.filter(measure_id=_told(SITE)).latest('pk').pk}/"


def letter(page: str = "") -> str:
    """Address of the statement of reasons, or of a page below it."""
    from licet.notices.models import Notice

    with acting_as(WORKER):
        return f"/notices/{Notice.objects.get(measure_id=_told(SITE), kind='statement').pk}/{page}"


def measure(state: str = "told") -> str:
    """Address of the decision page: of the draft, or of the measure that was told."""
    from licet.casework.models import Measure

    with acting_as(WORKER):
        draft = Measure.objects.get(case__subject_key=SITE, state="drafted").pk
    return f"/measures/{draft if state == 'drafted' else _told(SITE)}/"
