"""Orders with the fixed cast: from the signature into another's network and back, seen from outside by a real resolver."""

import datetime as dt

import pytest

from licet.casework import services as casework
from licet.casework.models import Case, Measure
from licet.casework.services import MeasureDraft, SignalIn
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.evidence.services import NewItem, add_item
from licet.journal.models import Entry
from licet.orders import services
from licet.orders.models import Order
from licet.orders.services import ConnectorIn
from licet.orders.tests.receiver import Receiver
from licet.orders.tests.world import World
from licet.parties.services import add_person

pytestmark = pytest.mark.django_db
SITE = "lantern.example"
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def world(settings, monkeypatch):
    """A resolver and a web server that show what Night Lamp's receiver did."""
    monkeypatch.setitem(settings.ENV, "LICET_ALLOW_PRIVATE_TARGETS", True)
    with World() as made:
        made.names[SITE], made.sites[SITE] = "up", 200
        services.register_probe("cut_access", made.probe())
        yield made
        services.unregister_probe("cut_access")


class NightLamp(Receiver):
    """A provider whose machine really switches the site off and on."""

    def __init__(self, world, **options):
        super().__init__(**options)
        self.world = world

    def _process(self, message_id, event):
        super()._process(message_id, event)
        self.world.names[SITE] = "up" if event["data"]["kind"] == "restore" else "nxdomain"


@pytest.fixture
def tern(cast):
    """An officer who had no part in anything."""
    from licet.parties.selectors import actor_for

    with acting_as(WORKER):
        person = add_person("tern", password="tern-harbour-lantern-42", party_id="authority", roles=("officer",), by=WORKER,
                            must_change=False)
    return actor_for(person)


def _evidence(case_id, on, actor):
    """What the page said, preserved before anything changes."""
    with acting_as(WORKER):
        number = Case.objects.get(pk=case_id).number
    item = add_item(number, NewItem(kind="statement", title="What the page said"), [b"no filing number on it"], actor=actor,
                    purpose="preserved before anything changes", at=on)
    return {"evidence": item.ref}


def _case(on, *, ground="unfiled_site", kind="finding", subject=SITE, subject_kind="site"):
    return casework.receive_signal(
        SignalIn(kind=kind, desk_id="authority", provider_id="nightlamp", ground=ground, subject_kind=subject_kind,
                 subject=subject, source=f"{kind}:{subject}", observer="sweep", observed_at=on), actor=WORKER, at=on)


def _state(measure):
    with acting_as(WORKER):
        return Measure.objects.get(pk=measure.pk).state


def _last(measure):
    with acting_as(WORKER):
        return Order.objects.filter(measure=measure).order_by("-sequence").first()


def test_tier_1_stop_is_carried_out_seen_from_outside_overturned_and_given_back(actor_of, tern, world):
    olm, reed, wick, on = actor_of("olm"), actor_of("reed"), actor_of("wick"), dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)
    with NightLamp(world, moods=["500", "drop", "done"]) as receiver:
        _, receiver.secret = services.add_connector(
            ConnectorIn(party_id="nightlamp", kind="webhook", name="core", url=receiver.url), actor=wick, at=on)
        case_id = _case(on)
        casework.set_tier(case_id, 1, reason="no filing on record", actor=olm, at=on)
        measure = casework.draft_measure(case_id, MeasureDraft(
            kind="stop_access", reasons=[{"rule": "site_unfiled"}], rule_cited="Notice §4.2.5", scope={"hosts": [SITE]},
            attachments=_evidence(case_id, on, olm)), actor=olm, at=on)
        casework.approve_measure(measure.pk, actor=olm, authenticated_at=on, at=on)
        casework.second_measure(measure.pk, actor=reed, authenticated_at=on, at=on)
        casework.advance(measure, "notified", actor=WORKER, at=on)

        for _ in range(3):
            services.dispatch_due(on)
            on += HOUR
        assert _state(measure) == "done"
        for _ in range(2):
            on += HOUR
            services.verify_due(on)
        assert _state(measure) == "verified"

        appeal = casework.file_appeal(measure.pk, filed_by="nightlamp", text="It was filed all along.", actor=wick, at=on)
        casework.judge_appeal(appeal.pk, result="overturned", judgement="the filing was there", actor=tern,
                              authenticated_at=on, at=on)
        assert (_state(measure), _last(measure).kind) == ("overturned", "restore")
        for _ in range(3):
            services.dispatch_due(on)
            on += HOUR
        assert _state(measure) == "restored"
        for _ in range(2):
            on += HOUR
            services.verify_due(on)

    assert _state(measure) == "restoration_verified"
    assert receiver.effects == [("cut", (SITE,)), ("restore", (SITE,))]
    with acting_as(WORKER):
        tags = list(Entry.objects.filter(tag__startswith="orders:").order_by("seq").values_list("tag", flat=True))
    assert tags == ["orders:connector:added", "orders:order:written", "orders:order:dispatched", "orders:order:done",
                    "orders:order:verified", "orders:order:superseded", "orders:order:written", "orders:order:dispatched",
                    "orders:order:done", "orders:order:verified"]


def test_a_suspension_that_expires_is_given_back(actor_of, world):
    olm, wick, on = actor_of("olm"), actor_of("wick"), dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)
    case_id = _case(on)
    casework.set_tier(case_id, 2, reason="suspected", actor=olm, at=on)
    measure = casework.draft_measure(case_id, MeasureDraft(
        kind="suspend_access", reasons=[{"rule": "site_unfiled"}], rule_cited="Notice §4.2.5", scope={"hosts": [SITE]}),
        actor=olm, at=on)
    casework.approve_measure(measure.pk, actor=olm, authenticated_at=on, at=on)
    casework.advance(measure, "notified", actor=WORKER, at=on)
    services.dispatch_due(on)
    services.report(_last(measure).pk, "done", actor=wick, at=on)

    on += dt.timedelta(days=31)
    casework.expire_due(on)
    services.dispatch_due(on)
    services.report(_last(measure).pk, "done", actor=wick, at=on)  # the world still says it is there
    for _ in range(2):
        on += HOUR
        services.verify_due(on)

    assert _state(measure) == "restoration_verified"


def test_billing_is_cut_on_the_list_of_the_partner_and_checked_by_somebody_else(actor_of, tern):
    olm, wick, on = actor_of("olm"), actor_of("wick"), dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)
    row, _ = services.add_connector(ConnectorIn(party_id="nightlamp", kind="billing_feed", name="billing"), actor=wick, at=on)
    case_id = _case(on, ground="deceptive_billing", subject="106688", subject_kind="code")
    casework.set_tier(case_id, 2, reason="several complaints", actor=olm, at=on)
    measure = casework.draft_measure(case_id, MeasureDraft(
        kind="suspend_billing", reasons=[{"text": "Charged without consent, three complaints."}], rule_cited="Notice §4.1.2",
        scope={"codes": ["106688"]}, attachments={"billing_chain": [
            {"operator": "nightlamp", "partner": "Lantern Partner", "code": "106688", "service": "fortune by SMS"}]}),
        actor=olm, at=on)
    casework.approve_measure(measure.pk, actor=olm, authenticated_at=on, at=on)
    casework.advance(measure, "notified", actor=WORKER, at=on)

    services.dispatch_due(on)
    [line] = services.fetch(row.pk, "billing_feed", cursor=0, actor=wick, at=on)
    assert (line.action, line.value, _state(measure)) == ("cut", "106688", "acknowledged")
    services.confirm(row.pk, line.serial, actor=wick, at=on + HOUR)
    assert _state(measure) == "done"
    services.verify_due(on + 2 * HOUR)
    assert _state(measure) == "done"  # the executor's own word; nobody else looked

    bill = _evidence(case_id, on, tern)["evidence"]
    services.check_by_hand(_last(measure).pk, "agrees", actor=tern, at=on + 3 * HOUR, evidence=bill,
                           reason="The bill of a test subscription shows no charge.")
    assert _state(measure) == "verified"
