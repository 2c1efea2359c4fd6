"""The decision page: what it says before anybody signs, who may, and what a signature does. Appeals likewise."""

import dataclasses
import datetime as dt

import pytest

from licet.casework import services
from licet.casework.models import Appeal, Case, Measure
from licet.casework.tests.story import SITE, Story
from licet.console.tests.access import AccessTests, make_fresh
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.gate.tables import RULE_BY_ID
from licet.registers.models import AccessRelation

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def story(actor_of):
    """The story, told today: pages read the clock."""
    return Story(actor_of, clock.now() - dt.timedelta(minutes=1))


@pytest.fixture
def fresh(sign_in):
    """``fresh("olm")``: signed in, and proved just now who they are."""
    def _fresh(name):
        client = sign_in(name)
        make_fresh(client)
        return client

    return _fresh


def row(measure):
    with acting_as(WORKER):
        return Measure.objects.get(pk=measure.pk)


def page(client, url):
    response = client.get(url, headers=ENGLISH)
    assert response.status_code == 200
    return response.content.decode()


class TestBoardAccess(AccessTests):
    url = "/measures/"
    insiders = ("olm", "pilot")
    strangers = ("otto",)


class TestAppealsAccess(AccessTests):
    url = "/appeals/"
    insiders = ("olm", "pilot")
    strangers = ("otto",)


# --- drafting --------------------------------------------------------------------------------------------------------
def test_a_draft_is_written_and_its_page_says_what_is_missing(story, sign_in):
    case_id = story.case(tier=1)
    with acting_as(WORKER):
        number = Case.objects.get(pk=case_id).number
    response = sign_in("olm").post(f"/cases/{number}/measures/draft/", {
        "kind": "stop_access", "rule_cited": "Notice §4.2.5", "reasons": "not filed\nnobody answers", "hosts": SITE})
    text = page(sign_in("olm"), response["Location"])

    assert "not filed" in text and "nobody answers" in text
    assert "preserved evidence" in text and "Preserve evidence on the case" in text
    assert "/sign/" not in text


def test_only_measures_of_the_tier_and_the_desk_are_offered(story, sign_in):
    case_id = story.case(tier=3)
    with acting_as(WORKER):
        number = Case.objects.get(pk=case_id).number
    kinds = {value for value, _ in sign_in("olm").get(f"/cases/{number}/measures/draft/").context["form"].fields[
        "kind"].choices}

    assert "warn" in kinds and not {"stop_access", "suspend_access", "end_cooperation"} & kinds


def test_an_address_that_carries_others_needs_a_reason(story, sign_in):
    case_id = story.case(tier=2)
    with acting_as(WORKER):
        number = Case.objects.get(pk=case_id).number
        for name in (SITE, "bystander.example"):
            AccessRelation.objects.create(access_id=name, provider_id="nightlamp", service_kind="vhost", domain=name,
                                          ip="192.0.2.7", since="2026-01-01", content_hash=b"\0", change_seq=1, source="t",
                                          recorded_at=clock.now())
    draft = {"kind": "suspend_access", "rule_cited": "Notice §4.2.5", "reasons": "x", "hosts": "", "addresses": "192.0.2.7"}
    url = f"/cases/{number}/measures/draft/"
    assert sign_in("olm").post(url, draft).status_code == 422

    response = sign_in("olm").post(url, {**draft, "wide_scope": "the server answers to any name"})
    text = page(sign_in("olm"), response["Location"])
    assert "1 other site is connected" in text and "bystander.example" in text and "the server answers" in text


def test_a_draft_is_completed_until_somebody_signs(story, fresh):
    case_id = story.case(tier=1)
    draft = story.draft(case_id, "stop_access")
    evidence = story.evidence(case_id)
    client, url = fresh("olm"), f"/measures/{draft.pk}/"
    client.post(f"{url}do/amend/", {"amend-hosts": SITE, "amend-evidence": evidence})
    assert row(draft).attachments == {"evidence": evidence}
    client.post(f"{url}sign/", {})
    assert row(draft).decided_by.username == "olm"
    assert client.post(f"{url}do/amend/", {"amend-hosts": f"www.{SITE}"}).status_code == 422
    assert row(draft).scope["hosts"] == [SITE]


# --- signing ---------------------------------------------------------------------------------------------------------
def test_two_people_sign_and_each_sees_the_same_page(story, fresh):
    case_id = story.case(tier=1)
    draft = story.draft(case_id, "stop_access", attachments={"evidence": story.evidence(case_id)})
    url = f"/measures/{draft.pk}/"
    assert "first of two" in page(fresh("olm"), url)
    fresh("olm").post(f"{url}sign/", {"sign-reason": "looked at the page"})
    assert (row(draft).state, row(draft).decided_by.username) == ("drafted", "olm")

    assert "The second signature is somebody else" in page(fresh("olm"), url)
    assert fresh("olm").post(f"{url}sign/", {}).status_code == 422
    assert "Sign as the second person" in page(fresh("reed"), url)
    fresh("reed").post(f"{url}sign/", {"sign-reason": "the same"})
    assert row(draft).state != "drafted" and row(draft).seconded_by.username == "reed"


def test_a_signature_asks_who_you_are_first(story, sign_in):
    draft = story.draft(story.case(tier=2))
    response = sign_in("olm").post(f"/measures/{draft.pk}/sign/", {})

    assert response.status_code == 302 and "reauthenticate" in response["Location"]
    assert row(draft).decided_by is None


@pytest.mark.parametrize("person", ["moss", "wick", "otto", "pilot"])
def test_strangers_sign_nothing(story, fresh, person):
    draft = story.draft(story.case(tier=2))
    assert fresh(person).post(f"/measures/{draft.pk}/sign/", {}).status_code in {403, 404}
    assert fresh(person).get(f"/measures/{draft.pk}/").status_code in {403, 404}
    assert row(draft).decided_by is None


def test_irreversible_measures_say_so(story, sign_in):
    case_id = story.case(tier=1)
    services.record_determination(case_id, document_no="D 1", authority_id="authority", result="illegal",
                                  determined_on=story.now.date(), actor=story.who("olm"), at=story.now)
    with acting_as(WORKER):
        close = Measure.objects.get(case=case_id, kind="close_site")
    text = page(sign_in("reed"), f"/measures/{close.pk}/")

    assert "only an appeal or a court" in text and f"Close site against {SITE}" in text


def test_withdrawing_and_lifting_want_a_reason(story, fresh):
    draft, client = story.draft(story.case(tier=2)), fresh("olm")
    assert client.post(f"/measures/{draft.pk}/do/withdraw/", {"withdraw-reason": ""}).status_code == 422
    client.post(f"/measures/{draft.pk}/do/withdraw/", {"withdraw-reason": "a mistake"})
    assert row(draft).state == "withdrawn"

    measure = story.approve(story.draft(story.case(tier=2)))
    client.post(f"/measures/{measure.pk}/do/lift/", {"lift-reason": "filed now"})
    assert row(measure).state == "restoration_verified"
    assert client.post(f"/measures/{measure.pk}/do/burn/", {}).status_code == 404


def test_the_board_has_each_measure_where_it_stands(story, sign_in):
    draft = story.draft(story.case(tier=2))
    going = story.approve(story.draft(story.case(tier=2, subject="b.example"), scope={"hosts": ["b.example"]}))
    client = sign_in("olm")

    assert [one.url for one in client.get("/measures/?show=first").context["rows"]] == [f"/measures/{draft.pk}/"]
    assert [one.url for one in client.get("/measures/?show=going").context["rows"]] == [f"/measures/{going.pk}/"]
    assert sign_in("moss").get("/measures/?show=going&desk=authority").context["rows"] == []


# --- appeals ---------------------------------------------------------------------------------------------------------
def test_whoever_is_hit_reads_and_appeals_without_seeing_the_case(story, fresh):
    measure = story.go(story.suspension(), "notified")
    url = f"/measures/{measure.pk}/"
    text = page(fresh("wick"), url)
    assert "/do/appeal/" in text and "/cases/" not in text.partition("<main")[2].replace('href="/cases/"', "")
    assert fresh("wick").post(f"{url}do/withdraw/", {"withdraw-reason": "x"}).status_code in {404, 422}

    fresh("wick").post(f"{url}do/appeal/", {"appeal-filed_by": "nightlamp", "appeal-text": "It was filed."})
    assert row(measure).state == "stayed"


def test_whoever_had_a_part_sees_why_they_cannot_judge(story, fresh):
    appeal = story.appeal(story.go(story.suspension(), "notified"))
    url = f"/appeals/{appeal.pk}/"
    text = page(fresh("olm"), url)
    assert "Nobody judges an appeal against their own measure" in text and 'name="judgement"' not in text

    assert fresh("olm").post(url, {"result": "upheld", "judgement": "fine"}).status_code == 422
    with acting_as(WORKER):
        assert Appeal.objects.get().state == "filed"


def test_somebody_else_judges(story, fresh, sign_in):
    measure = story.go(story.suspension(), "notified")
    appeal = story.appeal(measure)
    assert f"/appeals/{appeal.pk}/" in page(sign_in("reed"), "/appeals/")
    fresh("reed").post(f"/appeals/{appeal.pk}/", {"result": "overturned", "judgement": "the filing was there"})
    with acting_as(WORKER):
        assert (Appeal.objects.get().state, Appeal.objects.get().judge.username) == ("overturned", "reed")
    assert row(measure).state == "restoration_verified"
    assert "the filing was there" in page(sign_in("olm"), f"/appeals/{appeal.pk}/")
    assert f"/appeals/{appeal.pk}/" in page(sign_in("olm"), "/appeals/?show=judged")


def test_a_milder_measure_is_drafted_for_others(story, fresh):
    measure = story.go(story.suspension(), "notified")
    appeal = story.appeal(measure)
    fresh("reed").post(f"/appeals/{appeal.pk}/", {"result": "modified", "judgement": "too wide", "hosts": f"www.{SITE}"})
    with acting_as(WORKER):
        milder = Measure.objects.get(replaces=measure)
    assert (milder.state, milder.scope["hosts"]) == ("drafted", [f"www.{SITE}"])


def test_the_judge_sees_the_whole_matter(story, fresh):
    measure = story.go(story.suspension(), "notified")
    story.evidence(measure.case_id)
    appeal = story.appeal(measure)
    text = page(fresh("reed"), f"/appeals/{appeal.pk}/")

    with acting_as(WORKER):
        number = Case.objects.get(pk=measure.case_id).number
    for wanted in ("Night Lamp", f"/cases/{number}/", "What else it hits", "What the page said", "Letters",
                   RULE_BY_ID["site_unfiled"].words.title_en):
        assert wanted in text, wanted


def test_a_judge_reads_who_appealed_and_never_a_token(story, fresh):
    measure = story.go(story.suspension(), "notified")
    appeal = story.appeal(measure, by="olm", filed_by="holder:0123456789ab")
    for url in (f"/appeals/{appeal.pk}/", "/appeals/", f"/measures/{measure.pk}/"):
        text = page(fresh("reed"), url)
        assert "holder:" not in text and "over the owner" in text


def test_an_appeal_nobody_judged_is_won_on_its_page_before_any_job(story, fresh):
    story.now -= dt.timedelta(days=31)
    appeal = story.appeal(story.go(story.approve(story.draft(story.case(tier=2), expires_at=story.now + dt.timedelta(
        days=29))), "notified"))
    text = page(fresh("reed"), f"/appeals/{appeal.pk}/")

    assert 'name="judgement"' not in text and "Won because nobody judged in time" in text


def test_after_the_decision_the_page_says_who_decided(story, fresh):
    case_id = story.case(tier=1)
    draft = story.draft(case_id, "stop_access", attachments={"evidence": story.evidence(case_id)})
    before = fresh("olm").get(f"/measures/{draft.pk}/", headers=ENGLISH)
    assert "What is proposed" in before.content.decode()
    story.approve(draft)
    measure = story.second(draft)
    after = fresh("olm").get(f"/measures/{measure.pk}/", headers=ENGLISH)

    assert "What is proposed" not in after.content.decode() and "What was decided" in after.content.decode()
    assert [fact.value for fact in after.context["facts"] if fact.label == "Decided by"] == [["olm", "reed"]]


# --- what a form does not show, or forgets ---------------------------------------------------------------------------
def test_completing_a_draft_keeps_where_and_by_what_means(story, fresh):
    draft = story.draft(story.case(tier=2), scope={"hosts": [SITE], "technical": "dns", "regions": ["CN-GD"]})
    client = fresh("olm")
    form = client.get(f"/measures/{draft.pk}/").context["amend_form"]
    assert (form["technical"].value(), form["regions"].value()) == ("dns", ["CN-GD"])
    data = {"amend-hosts": f"www.{SITE}", "amend-technical": "dns", "amend-regions": ["CN-GD", "CN-BJ"]}
    client.post(f"/measures/{draft.pk}/do/amend/", data)

    scope = row(draft).scope
    assert (scope["hosts"], scope["technical"], scope["regions"]) == ([f"www.{SITE}"], "dns", ["CN-BJ", "CN-GD"])


def test_a_draft_is_made_without_typing(story, sign_in):
    from licet.casework.tests.story import signal

    case_id = story.case(tier=1)
    with acting_as(WORKER):
        number = Case.objects.get(pk=case_id).number
    services.receive_signal(dataclasses.replace(signal(at=story.now), facts={"rule": "site_unfiled"}), actor=WORKER,
                            at=story.now)
    evidence = story.evidence(case_id)
    url = f"/cases/{number}/measures/draft/"
    form = sign_in("olm").get(url).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value()}
    response = sign_in("olm").post(url, data)

    draft = row(Measure(pk=int(response["Location"].rstrip("/").rpartition("/")[2])))
    assert (draft.kind, draft.reasons, draft.scope["hosts"]) == ("stop_access", [{"rule": "site_unfiled"}], [SITE])
    assert draft.attachments == {"evidence": evidence} and draft.rule_cited


def test_a_rule_cited_in_chinese_is_kept_by_its_id(story, sign_in):
    with acting_as(WORKER):
        number = Case.objects.get(pk=story.case(tier=2)).number
    client, url = sign_in("olm"), f"/cases/{number}/measures/draft/"
    response = client.get(url, headers={"Accept-Language": "zh-hans"})
    assert response.context["form"]["rule_cited"].value() == "《通知》§4.1.1"
    assert "Notice §" not in response.content.decode()
    client.post(url, {"kind": "warn", "rule_cited": "《通知》§4.1.1；《非经营性互联网信息服务备案管理办法》第18条",
                      "hosts": SITE, "reasons": "x"})

    with acting_as(WORKER):
        assert Measure.objects.get().rule_cited == "Notice §4.1.1; Order 33 Art 18"


def test_the_second_person_reads_what_the_first_checked_and_opens_the_evidence(story, fresh):
    case_id = story.case(tier=1)
    evidence = story.evidence(case_id)
    draft = story.draft(case_id, "stop_access", attachments={"evidence": evidence})
    services.approve_measure(draft.pk, actor=story.who("olm"), authenticated_at=story.now, at=story.now,
                             reason="asked the register twice")
    text = page(fresh("reed"), f"/measures/{draft.pk}/")

    assert "asked the register twice" in text and f'href="/evidence/items/{evidence}/"' in text


def test_the_board_opens_where_something_waits(story, fresh):
    case_id = story.case(tier=1)
    draft = story.draft(case_id, "stop_access", attachments={"evidence": story.evidence(case_id)})
    story.approve(draft)

    assert f"/measures/{draft.pk}/" in page(fresh("reed"), "/measures/")
    assert f"/measures/{draft.pk}/" not in page(fresh("reed"), "/measures/?show=first")


def test_a_draft_without_any_reason_is_refused_beside_the_field(story, sign_in):
    with acting_as(WORKER):
        number = Case.objects.get(pk=story.case(tier=2)).number
    response = sign_in("olm").post(f"/cases/{number}/measures/draft/", {"kind": "warn", "rule_cited": "x", "hosts": SITE})

    assert response.status_code == 422 and "reasons" in response.context["form"].errors


def test_a_chain_is_named_link_by_link(story, sign_in):
    case_id = story.case(tier=2, subject="106688", subject_kind="code", ground="deceptive_billing")
    with acting_as(WORKER):
        number = Case.objects.get(pk=case_id).number
    response = sign_in("olm").post(f"/cases/{number}/measures/draft/", {
        "kind": "suspend_billing", "rule_cited": "Notice §4.1.2", "reasons": "x", "codes": "106688",
        "chain_operator": "nightlamp", "chain_partner": "Lantern Partner", "chain_service": "fortune by SMS"})
    text = page(sign_in("olm"), response["Location"])

    assert "nightlamp → Lantern Partner → 106688 → fortune by SMS" in text
    assert "is not known" in text and "no bystander" not in text


def test_names_of_other_customers_below_are_told_and_not_denied(story, sign_in):
    case_id = story.case(tier=2)
    with acting_as(WORKER):
        for n in range(3):
            AccessRelation.objects.create(
                access_id=f"a{n}", provider_id="nightlamp", service_kind="vhost", domain=f"shop{n}.{SITE}",
                customer_name=f"C{n}", since="2026-01-01", content_hash=b"\0", change_seq=1, source="t",
                recorded_at=clock.now())
    draft = story.draft(case_id, attachments={"wide_scope": "all show the same"})
    text = page(sign_in("olm"), f"/measures/{draft.pk}/")

    assert "3 connected hosts lie below" in text and "2 other customers" in text and "all show the same" in text
    assert "no bystander" not in text


# --- appeals on the page ---------------------------------------------------------------------------------------------
def test_after_a_judgement_the_form_is_gone_and_new_facts_have_a_way(story, fresh):
    measure = story.go(story.suspension(), "notified")
    story.judge(story.appeal(measure), "upheld", by="reed")
    url = f"/measures/{measure.pk}/"
    text = page(fresh("olm"), url)
    assert "/do/appeal/" in text and "/do/facts/" in text  # somebody else who is hit may still appeal
    assert "/do/appeal/" not in page(fresh("wick"), url)
    fresh("olm").post(f"{url}do/facts/", {"facts-filed_by": "nightlamp", "facts-facts": "the register had an error"})
    with acting_as(WORKER):
        again = Appeal.objects.get(measure=measure, on_new_facts=True)
    assert row(measure).state == "notified"
    story.judge(again, "overturned", by="reed")
    text = page(fresh("olm"), url)
    assert "/do/appeal/" not in text and "/do/facts/" not in text and "An appeal was won already" in text
