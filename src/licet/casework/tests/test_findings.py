"""From a finding of a sweep to a case in one step, and from the registers to evidence in one step."""

import json

import pytest

from licet.casework import services
from licet.casework.models import Case, Signal
from licet.casework.tests.story import SITE, START, Story
from licet.core.actors import WORKER
from licet.core.errors import LicetError
from licet.core.rls import acting_as
from licet.evidence.models import Item
from licet.evidence.services import download
from licet.registers.tests import examples
from licet.sweeps.models import Finding, Sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(actor_of):
    return Story(actor_of)


def found(rule="site_unfiled", domain=f"www.{SITE}", *, severity="violation", status="new", state="finished", provider="nightlamp"):
    """One finding of a sweep of the authority's."""
    with acting_as(WORKER):
        sweep = Sweep.objects.create(provider_id="", as_of="2026-03-01", file_name="list.csv", state=state, actor="test",
                                     requested_at=START, finished_at=START if state == "finished" else None)
        return Finding.objects.create(sweep=sweep, access_id="a1", finding=rule, severity=severity, provider_id=provider,
                                      domain=domain, evidence="no filing lists it", status=status)


# --- a finding becomes a case ------------------------------------------------------------------------------------------
def test_a_finding_opens_a_case_once_and_the_whole_sweep_afterwards_repeats_it(story):
    finding = found()

    case_id = services.signal_from_finding(finding.pk, actor=story.who("olm"), at=START)
    again = services.signal_from_finding(finding.pk, actor=story.who("olm"), at=START)
    whole = services.signals_from_sweep(finding.sweep_id, actor=WORKER, at=START)

    with acting_as(WORKER):
        case, signal = Case.objects.get(), Signal.objects.get()
    assert (case.pk, case.subject_key, case.ground_id, case.desk_id) == (case_id, SITE, "unfiled_site", "authority")
    assert again == case_id and (whole.new, whole.repeated) == (0, 1)
    assert signal.facts["finding"] == finding.pk


@pytest.mark.parametrize(("given", "code"), [
    ({"state": "running"}, "sweep_unfinished"), ({"status": "gone"}, "finding_gone"),
    ({"rule": "domain_unusable", "domain": "x", "severity": "warning"}, "finding_opens_nothing"),
    ({"severity": "unknown"}, "finding_opens_nothing")])
def test_a_finding_nobody_can_answer_for_opens_nothing(story, given, code):
    finding = found(**given)

    with pytest.raises(LicetError) as refused:
        services.signal_from_finding(finding.pk, actor=story.who("olm"), at=START)

    with acting_as(WORKER):
        assert refused.value.code == code and not Case.objects.exists()


def test_the_page_of_a_finding_makes_it_a_case_and_then_names_it(sign_in, cast):
    finding, client = found(), sign_in("olm")
    page = f"/sweeps/{finding.sweep_id}/findings/{finding.pk}/"
    before = client.get(page, headers={"Accept-Language": "en"}).content.decode()

    made = client.post(f"/cases/signals/finding/{finding.pk}/")

    with acting_as(WORKER):
        number = Case.objects.get().number
    after = client.get(page, headers={"Accept-Language": "en"}).content.decode()
    assert f"/cases/signals/finding/{finding.pk}/" in before and "/registers/providers/nightlamp/" in before
    assert made["Location"] == f"/cases/{number}/" and f"/cases/{number}/" in after and "Make it a case" not in after


def test_a_finding_that_opens_nothing_says_so_and_offers_nothing(sign_in, cast):
    finding = found("domain_unusable", "x", severity="warning")

    text = sign_in("olm").get(f"/sweeps/{finding.sweep_id}/findings/{finding.pk}/",
                              headers={"Accept-Language": "en"}).content.decode()

    assert "nobody did wrong" in text and "/cases/signals/finding/" not in text


# --- the registers become evidence -------------------------------------------------------------------------------------
@pytest.fixture
def registered(cast):
    """A filing and an access relation of the story's site, and its provider's licence."""
    examples.write("filings", domains=f"www.{SITE}", provider_id="harbour", status="cancelled")
    examples.write("access", domain=f"shop.{SITE}", provider_id="nightlamp")
    examples.write("access", access_id="A-2", domain=f"not{SITE}", provider_id="nightlamp")
    examples.write("licences", provider_id="nightlamp")
    examples.write("annual_reviews")


def content(item, actor):
    return json.loads(b"".join(download(item.ref, purpose="look", actor=actor, at=START)[1]))


def test_what_the_registers_say_is_preserved_with_its_rows(story, registered):
    case_id = story.case(tier=2)

    item = services.preserve_extract(case_id, purpose="before anything changes", actor=story.who("olm"), at=START)
    document = content(item, story.who("olm"))

    rows = {kind: register["rows"] for kind, register in document["registers"].items()}
    assert [row["status"] for row in rows["filings"]] == ["cancelled"]
    assert [row["domain"] for row in rows["access"]] == [f"shop.{SITE}"], "what only ends alike is somebody else's"
    assert [row["licence_no"] for row in rows["licences"]] == ["B1-20200001"] and len(rows["annual_reviews"]) == 1
    assert (document["subject"], document["provider"]) == (SITE, "nightlamp")
    assert item.kind == "record_extract" and item.captured_at == START


def test_preserved_again_it_is_the_same_item_until_a_register_changes(story, registered):
    case_id = story.case(tier=2)
    first = services.preserve_extract(case_id, purpose="first", actor=story.who("olm"), at=START)
    again = services.preserve_extract(case_id, purpose="again", actor=story.who("olm"), at=START)
    examples.write("filings", domains=f"www.{SITE}", provider_id="harbour", status="active", since=examples.DAY)
    later = services.preserve_extract(case_id, purpose="later", actor=story.who("olm"), at=START)

    assert again.pk == first.pk and later.pk != first.pk


def test_an_extract_is_evidence_a_measure_may_rest_on(story, registered):
    case_id = story.case(tier=1)
    item = services.preserve_extract(case_id, purpose="for the stop", actor=story.who("olm"), at=START)

    draft = story.draft(case_id, "stop_access", attachments={"evidence": item.ref})

    assert story.second(story.approve(draft)).state == "approved"


def test_somebody_sees_in_an_extract_only_what_they_see_in_the_registers(story, registered):
    case_id = story.case(tier=2, by="wick", desk="nightlamp")

    item = services.preserve_extract(case_id, purpose="our own list", actor=story.who("wick"), at=START)
    document = content(item, story.who("wick"))

    assert {row["provider_id"] for row in document["registers"]["access"]["rows"]} == {"nightlamp"}


def test_of_ground_minors_nothing_is_preserved_but_hash_and_address(story, registered, sign_in):
    case_id = story.case(ground="minors")

    with pytest.raises(LicetError) as refused:
        services.preserve_extract(case_id, purpose="before anything changes", actor=story.who("olm"), at=START)

    with acting_as(WORKER):
        number = Case.objects.get(pk=case_id).number
        assert refused.value.code == "hash_only" and not Item.objects.exists()
    assert "/preserve/" not in sign_in("olm").get(f"/cases/{number}/").content.decode()


def test_one_click_on_the_page_of_a_case_preserves_it(story, registered, sign_in):
    case_id = story.case(tier=2)
    with acting_as(WORKER):
        number = Case.objects.get(pk=case_id).number
    client = sign_in("olm")

    assert f"/cases/{number}/preserve/" in client.get(f"/cases/{number}/").content.decode()
    client.post(f"/cases/{number}/preserve/")

    with acting_as(WORKER):
        ref = Item.objects.get().ref
    assert ref in client.get(f"/cases/{number}/").content.decode()
