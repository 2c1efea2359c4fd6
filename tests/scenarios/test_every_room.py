"""One case through every room: list, finding, case, evidence, two signatures, notice, order, check from outside, appeal on
the owner's page, restoration, check again. Nobody takes a step by hand that a job or a person takes in the field.
"""

import csv
import datetime as dt
import hashlib

import pytest

from licet.casework import selectors
from licet.casework import services as casework
from licet.casework.models import Appeal, Case, Measure
from licet.casework.services import MeasureDraft
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.evidence.services import NewItem, add_item
from licet.journal.models import Entry
from licet.journal.selectors import verify
from licet.notices import services as notices
from licet.notices.models import Notice, Page
from licet.notices.services.pages import token_of
from licet.orders import services as orders
from licet.orders.models import Order
from licet.orders.tests.world import World
from licet.parties.selectors import actor_for
from licet.parties.services import add_person
from licet.registers.exchange.services import import_file
from licet.registers.kinds import KIND_BY_ID
from licet.standing import services as standing
from licet.sweeps.services import run_sweep

pytestmark = pytest.mark.django_db
SITE, HOST = "lantern.example", "www.lantern.example"
DAY = dt.date(2026, 3, 2)
REGISTERS = {
    "licences": {"licence_no": "粤B1-20990001", "provider_id": "nightlamp", "category": "B11 B14", "catalogue_year": 2015,
                 "regions": "CN-GD", "valid_from": "2020-01-01", "valid_to": "2030-01-01", "status": "active"},
    "annual_reviews": {"licence_no": "粤B1-20990001", "year": 2024, "result": "pass", "decided_on": "2026-02-01"},
    "filings": {"filing_no": "粤ICP备20990001号-1", "subject_no": "粤ICP备20990001号", "subject_name": "灯塔",
                "subject_kind": "organisation", "domains": "lighthouse.example", "provider_id": "nightlamp",
                "service_kind": "web", "filed_on": "2024-01-01", "verified_on": "2026-01-01", "status": "active"},
    "addresses": {"cidr": "192.0.2.0/24", "holder_id": "nightlamp", "kind": "own"},
    "blacklist": {"kind": "domain", "value": "other.example", "ground": "unfiled_site", "decided_on": "2026-01-01",
                  "decision_ref": "2026-1"},
    "access": {"access_id": "A1", "provider_id": "nightlamp", "customer_name": "Lantern Ltd", "service_kind": "vhost",
               "domain": HOST, "ip": "192.0.2.8", "connected_on": "2026-02-01"},
}


def _on(day, hour=1):
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour), tzinfo=dt.UTC)


@pytest.fixture
def lists(tmp_path, settings):
    """The registers of the province and the provider's list of what it connects, as files; a home with no other journal."""
    settings.LICET_HOME = tmp_path / "home"
    paths = {}
    for kind, row in REGISTERS.items():
        paths[kind] = tmp_path / f"{kind}.csv"
        with paths[kind].open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [column.name for column in KIND_BY_ID[kind].columns])
            writer.writeheader()
            writer.writerow(row)
    return paths


@pytest.fixture
def outside(settings, monkeypatch):
    """The internet as the desk's probes see it, here on 127.0.0.1; the site is up."""
    monkeypatch.setitem(settings.ENV, "LICET_ALLOW_PRIVATE_TARGETS", True)
    with World() as world:
        world.names[HOST], world.sites[HOST] = "up", 200
        orders.register_probe("cut_access", world.probe())
        yield world
        orders.unregister_probe("cut_access")


@pytest.fixture
def kelp(cast):
    """An officer who had no part in anything."""
    with acting_as(WORKER):
        return actor_for(add_person("kelp", password="kelp-harbour-lantern-42", party_id="authority", roles=("officer",),
                                    by=WORKER, must_change=False))


def _work(at):
    """Everything the background worker does, until nothing is left to do."""
    jobs = (notices.compose_due, notices.deliver_due, orders.complete_due, orders.dispatch_due, orders.escalate_overdue,
            standing.carry_out_due, casework.expire_due)
    for _ in range(10):
        if not sum(job(at) for job in jobs):
            return
    raise AssertionError("the jobs never come to rest")


def _look(first, outside_agrees):
    """Probes look several times, at a distance, before anybody believes them."""
    at = first
    for _ in range(6):
        orders.verify_due(at)
        _work(at)
        at += dt.timedelta(hours=2)
    with acting_as(WORKER):
        assert Measure.objects.get().state == outside_agrees
    return at


def _stop(case_id, olm, reed, at):
    with acting_as(WORKER):
        number = Case.objects.get(pk=case_id).number
    item = add_item(number, NewItem(kind="record_extract", title="The filing register on that day"), [b"no such filing"],
                    actor=olm, purpose="preserved before anything changes", at=at)
    draft = casework.draft_measure(case_id, MeasureDraft(
        kind="stop_access", reasons=[{"rule": "site_unfiled", "text": "The site has no filing."}],
        rule_cited="Notice §4.1.1", scope={"hosts": [HOST]}, attachments={"evidence": item.ref}), actor=olm, at=at)
    casework.approve_measure(draft.pk, actor=olm, authenticated_at=at, at=at)
    return casework.second_measure(draft.pk, actor=reed, authenticated_at=at, at=at)


def _carry_out(actor, at):
    with acting_as(actor):
        order = Order.objects.filter(state="dispatched").get()
    orders.report(order.pk, "acknowledged", actor=actor, at=at)
    orders.report(order.pk, "done", actor=actor, at=at + dt.timedelta(hours=1))
    return order


def test_from_a_list_to_the_restoration_after_an_appeal(actor_of, lists, outside, kelp):
    olm, reed, wick = actor_of("olm"), actor_of("reed"), actor_of("wick")
    for kind in ("licences", "annual_reviews", "filings", "addresses", "blacklist", "access"):
        assert import_file(kind, lists[kind], actor=WORKER, as_of=DAY).rejected == 0
    sweep = run_sweep(lists["access"], actor=WORKER, as_of=DAY, provider="nightlamp")
    casework.signals_from_sweep(sweep.pk, actor=WORKER, at=_on("2026-03-02"))
    with acting_as(WORKER):
        case_id = Case.objects.get(subject_kind="site", ground="unfiled_site").pk

    casework.set_tier(case_id, 1, reason="No filing on record, and the site is up.", actor=olm, at=_on("2026-03-03"))
    measure = _stop(case_id, olm, reed, _on("2026-03-03", 2))
    _work(_on("2026-03-03", 3))
    with acting_as(WORKER):
        statement, page = Notice.objects.get(kind="statement"), Page.objects.get()
        assert Measure.objects.get().state == "ordered"
    assert HOST in statement.text and "Notice §4.1.1" in statement.text
    assert hashlib.sha256(statement.text.encode()).hexdigest() == statement.sha256

    cut = _carry_out(wick, _on("2026-03-04"))
    outside.names[HOST] = "nxdomain"
    _look(_on("2026-03-04", 3), "verified")
    notices.appeal(token_of(page), text="It was filed in February, see the number on the page.", at=_on("2026-03-10"))
    with acting_as(WORKER):
        appeal = Appeal.objects.get()
    assert appeal.filed_by.startswith("holder:")

    casework.judge_appeal(appeal.pk, result="overturned", judgement="The filing was on record; the list was late.",
                          actor=kelp, authenticated_at=_on("2026-03-12"), at=_on("2026-03-12"))
    _work(_on("2026-03-12", 2))
    restore = _carry_out(wick, _on("2026-03-12", 3))
    outside.names[HOST] = "up"
    _look(_on("2026-03-12", 5), "restoration_verified")

    assert (cut.kind, restore.kind) == ("cut", "restore")
    with acting_as(WORKER):
        events = [step.event for step in selectors.steps_of(Measure.objects.get())]
        tags = list(Entry.objects.order_by("seq").values_list("tag", flat=True))
        assert verify().intact
    assert events == ["approved", "notified", "ordered", "acknowledged", "done", "verified", "overturned", "restored",
                      "restoration_verified"]
    assert tags.index("casework:measure:approved") < tags.index("casework:measure:notified")
    assert measure.decided_by_id != measure.seconded_by_id
