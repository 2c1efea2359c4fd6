"""How far measures reach, on real PostgreSQL: whom a desk orders, what a scope names, what follows a suspension."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from licet.casework import services
from licet.casework.models import Measure, MeasureTransition
from licet.casework.services import Amendment, Replacement, SignalIn
from licet.casework.tests.story import DAY, SITE, START, signal
from licet.core.actors import WORKER
from licet.core.errors import BadInput, LicetError
from licet.core.rls import acting_as
from licet.parties.models import Party
from licet.registers.models import AccessRelation, AddressBlock, Filing

pytestmark = pytest.mark.django_db
VERSION = {"since": "2026-01-01", "content_hash": b"0" * 16, "change_seq": 1, "source": "test", "recorded_at": START}


@pytest.fixture(autouse=True)
def _seen_by_the_system(system):
    """Assertions read as the system; services state their own actor."""


def connect(domain, ip="192.0.2.7", provider="nightlamp", **fields):
    AccessRelation.objects.create(access_id=f"{domain}-{ip}-{provider}", provider_id=provider, service_kind="vhost",
                                  domain=domain, ip=ip, **{**VERSION, **fields})


def code_of(excinfo):
    return excinfo.value.code


def refused(do, *args, **fields):
    with pytest.raises(LicetError) as found:
        do(*args, **fields)
    return found.value.code


def approve_raw(story, draft):
    """The drafter's own signature and step, past the services."""
    with acting_as(story.who("olm")):
        Measure.objects.filter(pk=draft.pk).update(decided_by=draft.drafted_by, decided_at=START)
        MeasureTransition.objects.create(measure=draft, desk_id="authority", frm="drafted", event="approved", to="approved",
                                         actor=story.who("olm").name, at=START)


# --- whom a desk orders ----------------------------------------------------------------------------------------------
def test_a_provider_orders_nobody_elses_network(story):
    case = story.case(tier=2, desk="harbour", by="pilot", provider="nightlamp")

    assert refused(story.draft, case, by="pilot", provider_id="nightlamp") == "not_in_reach"
    own = story.draft(case, by="pilot")
    assert own.provider_id == ""  # the desk itself carries it out, in its own network
    with pytest.raises(IntegrityError, match="a desk orders itself"), transaction.atomic(), acting_as(story.who("pilot")):
        Measure.objects.filter(pk=own.pk).update(provider_id="nightlamp")


def test_nobody_orders_who_is_not_on_record(story):
    assert refused(story.draft, story.case(tier=2), provider_id="nobody-such") == "executor_unknown"
    assert refused(story.draft, story.case(tier=2), subject_party="nobody-such") == "executor_unknown"


@pytest.mark.parametrize(("provider", "code"), [("nightlamp", None), ("mudflat", "not_in_reach"), ("authority-gd", None)])
def test_a_regional_authority_orders_its_region(story, provider, code):
    case = story.case(tier=2, desk="authority-gd", by="gale")

    if code:
        assert refused(story.draft, case, by="gale", provider_id=provider) == code
    else:
        assert story.draft(case, by="gale", provider_id=provider).provider_id == provider


def test_a_carrier_orders_whom_it_connects(story):
    from licet.parties.services import add_person

    add_person("gull", password="gull-harbour-lantern-42", party_id="backbone", roles=("compliance_officer",), by=WORKER,
               must_change=False)
    from django.contrib.auth import get_user_model

    from licet.parties.selectors import actor_for

    gull, of = actor_for(get_user_model().objects.get(username="gull")), story.actor_of
    story.actor_of = lambda name: gull if name == "gull" else of(name)
    case = story.case(tier=2, desk="backbone", by="gull", provider="nightlamp")
    assert refused(story.draft, case, by="gull", provider_id="nightlamp") == "not_in_reach"

    connect("a.example", provider="nightlamp", upstream_provider_id="mudflat")
    connect("b.example", provider="mudflat", upstream_provider_id="backbone")
    assert story.draft(case, by="gull", provider_id="nightlamp").provider_id == "nightlamp"


def test_the_database_asks_again_when_it_is_approved(story):
    draft = story.draft(story.case(tier=2))
    Party.objects.filter(party_id="nightlamp").update(until="2026-02-01")

    assert refused(story.approve, draft) == "executor_unknown"
    with pytest.raises(IntegrityError, match="a desk orders itself"), transaction.atomic():
        approve_raw(story, draft)


# --- what a scope names ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("scope", [
    {"codes": ["106699"]}, {"parties": ["harbour"]}, {"addresses": ["203.0.113.77"]}, {"hosts": ["bystander.example"]},
    {"hosts": [SITE], "parties": ["harbour"]}, {"hosts": [SITE], "codes": ["106699"]},
], ids=str)
def test_a_scope_stays_with_its_site(story, scope):
    with pytest.raises(BadInput, match="not what this case is about") as found:
        story.draft(story.case(tier=2), scope=scope)

    assert code_of(found) == "scope_outside"


@pytest.mark.parametrize(("more", "text"), [({"regions": ["Atlantis"]}, "no region"), ({"technical": "bomb"}, "bomb"),
                                            ({"until": "x"}, "no 'until'")])
def test_a_scope_speaks_the_profiles_words(story, more, text):
    with pytest.raises(BadInput, match=text):
        story.draft(story.case(tier=2), scope={"hosts": [SITE], **more})


def test_regions_are_kept_by_their_codes(story):
    draft = story.draft(story.case(tier=2), scope={"hosts": [SITE], "regions": ["北京", "CN-GD"], "technical": "dns"})

    assert (draft.scope["regions"], draft.scope["technical"]) == (["CN-BJ", "CN-GD"], "dns")
    with pytest.raises(IntegrityError, match="means on the list"), transaction.atomic():
        Measure.objects.filter(pk=draft.pk).update(scope={**draft.scope, "technical": "bomb"})


def test_a_cut_needs_something_that_can_be_cut(story):
    case = story.case(tier=2, subject="mudflat", subject_kind="provider", provider="mudflat", ground="unlicensed_provider")

    with pytest.raises(BadInput, match="nobody cuts off themselves"):
        story.draft(case, scope={"parties": ["mudflat"]}, provider_id="mudflat")
    assert story.draft(case, scope={"parties": ["mudflat"]}, provider_id="backbone").provider_id == "backbone"
    with pytest.raises(BadInput, match="does not act on billing"):
        story.draft(story.case(tier=2), scope={"hosts": [SITE], "technical": "billing"})


def test_an_address_is_tied_by_registers_or_a_confirmed_signal(story):
    case = story.case(tier=2)
    connect(f"www.{SITE}", ip="192.0.2.7")
    Filing.objects.create(filing_no="F1", subject_name="L", subject_kind="organisation", domains=[SITE], provider_id="x",
                          addresses=["198.51.100.0/28"], service_kind="web", status="active", **VERSION)
    services.receive_signal(SignalIn(
        kind="dialtest", desk_id="authority", ground="unfiled_site", subject_kind="site", subject=SITE, source="d:1",
        observer="lab", observed_at=START, facts={"ip": "203.0.113.9"}), actor=WORKER, at=START)

    for address in ("192.0.2.7", "198.51.100.3", "203.0.113.9"):
        assert story.draft(case, scope={"addresses": [address]}).scope["addresses"] == [address]


def test_scopes_of_cases_about_an_address_a_sponsor_and_a_provider(story):
    connect("shop.example", ip="192.0.2.7", customer_uscc="91990000LANTERNXY1")
    address = story.case(tier=2, subject="192.0.2.7", subject_kind="address", ground="blacklisted")
    sponsor = story.case(tier=2, subject="91990000LANTERNXY1", subject_kind="sponsor", ground="blacklisted")
    AddressBlock.objects.create(cidr="198.51.100.0/24", holder_id="mudflat", kind="own", **VERSION)
    provider = story.case(tier=2, subject="mudflat", subject_kind="provider", ground="unlicensed_provider", provider="")
    with acting_as(WORKER):
        from licet.casework.models import Case

        sponsor_key = Case.objects.get(pk=sponsor).subject_key
    connect("own.example", ip="192.0.2.8", customer_uscc=sponsor_key)

    assert story.draft(address, scope={"hosts": ["shop.example"]}).pk
    assert story.draft(sponsor, scope={"hosts": ["own.example"]}).pk
    assert story.draft(provider, scope={"addresses": ["198.51.100.7"]}, provider_id="backbone").pk
    for case, scope in ((address, {"addresses": ["192.0.2.99"]}), (sponsor, {"hosts": ["other.example"]}),
                        (provider, {"addresses": ["203.0.113.1"]})):
        with pytest.raises(BadInput, match="not what this case is about"):
            story.draft(case, scope=scope)


# --- how wide it is --------------------------------------------------------------------------------------------------
def test_a_domain_over_other_customers_needs_a_reason(story):
    case = story.case(tier=2)
    for n in range(3):
        connect(f"shop{n}.{SITE}", customer_name=f"Customer {n}")

    with pytest.raises(LicetError, match="2 other customers") as found:  # one may be the site's own
        story.draft(case)
    wide = story.draft(case, attachments={"wide_scope": "all of them show the same"})

    assert code_of(found) == "scope_too_wide"
    assert (wide.collateral["hosts_below"], wide.collateral["customers_below"]) == (3, 2)
    assert story.draft(case, scope={"hosts": [f"shop1.{SITE}"]}).collateral["customers_below"] == 0


def test_a_site_with_names_of_its_own_is_narrow_enough(story):
    connect(SITE, customer_uscc="91990000LANTERNXY1")
    for name in ("www", "m", "img"):
        connect(f"{name}.{SITE}", customer_uscc="91990000LANTERNXY1")

    assert story.draft(story.case(tier=2)).collateral["customers_below"] == 0


def test_the_names_below_are_counted_again_when_signed(story):
    draft = story.draft(story.case(tier=2))
    for n in range(2):
        connect(f"shop{n}.{SITE}", customer_name=f"Customer {n}")

    assert refused(story.approve, draft) == "scope_too_wide"


# --- the billing chain -----------------------------------------------------------------------------------------------
CHAIN = {"operator": "nightlamp", "partner": "Lantern Partner", "code": "1066 88", "service": "fortune by SMS"}


@pytest.mark.parametrize("chain", [".", {"operator": "nightlamp"}, {**CHAIN, "service": " "}, {**CHAIN, "more": "x"}], ids=str)
def test_a_billing_chain_has_all_its_links(story, chain):
    case = story.case(tier=2, subject="106688", subject_kind="code", ground="deceptive_billing")

    with pytest.raises(BadInput, match="billing chain"):
        story.draft(case, "suspend_billing", scope={"codes": ["106688"]}, attachments={"billing_chain": chain})


def test_billing_is_suspended_with_the_chain_shown(story):
    case = story.case(tier=2, subject="106688", subject_kind="code", ground="deceptive_billing")
    draft = story.draft(case, "suspend_billing", scope={"codes": ["106688"]}, attachments={
        "billing_chain": {**CHAIN, "operator": "nobody-such"}})

    assert draft.collateral["codes_shared"] is None  # no register says; never "none"
    assert refused(story.approve, draft) == "needs_missing"
    services.amend_measure(draft.pk, Amendment(attachments={"billing_chain": [CHAIN]}), actor=story.who("olm"), at=START)
    assert story.approve(draft).attachments["billing_chain"][0]["code"] == "106688"


def test_a_sites_case_names_a_code_that_bills_for_it(story):
    case = story.case(tier=2, ground="deceptive_billing")
    chain = {**CHAIN, "service": f"www.{SITE}"}

    assert story.draft(case, "suspend_billing", scope={"codes": ["106688"]}, attachments={"billing_chain": chain}).pk


# --- suspicion expires -----------------------------------------------------------------------------------------------
def test_one_suspension_at_a_time(story):
    case = story.case(tier=2)
    first, second = story.draft(case), story.draft(case)
    story.approve(first)

    assert refused(story.approve, second) == "suspended_already"
    with pytest.raises(IntegrityError, match="casework_measure_one_suspension"), transaction.atomic():
        approve_raw(story, second)


def test_a_suspension_that_ended_is_not_simply_renewed(story):
    case = story.case(tier=2)
    story.go(story.approve(story.draft(case)), "notified", "ordered")
    story.wait(31 * DAY)

    assert refused(story.approve, story.draft(case)) == "suspicion_expired"  # before any job wrote the end down
    services.receive_signal(signal("report", observer="somebody", at=story.now), actor=WORKER, at=story.now)
    services.expire_due(story.now)
    assert story.approve(story.draft(case)).state == "approved"


@pytest.mark.parametrize(("kind", "observer", "counts"), [
    ("finding", "finding-0", True), ("report", "report-1", False), ("report", "new", True), ("model", "m", False),
    ("report", "void:new", False)], ids=["checked again", "said it before", "somebody new", "a score", "nobody"])
def test_what_is_new_enough_for_another_suspension(story, kind, observer, counts):
    case = story.case("finding", "report", tier=2)
    story.go(story.approve(story.draft(case)), "notified")
    story.wait(40 * DAY)
    services.expire_due(story.now)
    services.receive_signal(signal(kind, observer=observer, at=story.now), actor=WORKER, at=story.now)
    draft = story.draft(case)

    if counts:
        assert story.approve(draft).state == "approved"
    else:
        assert refused(story.approve, draft) == "suspicion_expired"


def test_reopening_the_case_does_not_renew_it_either(story):
    case = story.case(tier=2)
    story.go(story.approve(story.draft(case)), "lifted", by="olm")
    services.close_case(case, outcome="actioned", reason="over", actor=story.who("olm"), at=story.now)
    again = services.reopen_case(case, reason="look again", actor=story.who("olm"), at=story.now + DAY).pk
    services.set_tier(again, 2, reason="as before", actor=story.who("olm"), at=story.now + DAY)

    assert refused(story.approve, story.draft(again)) == "suspicion_expired"


def test_a_determination_carries_one_more_and_no_third(story):
    case = story.case(tier=2)
    story.go(story.approve(story.draft(case)), "notified")
    story.wait(31 * DAY)
    services.expire_due(story.now)
    found = services.record_determination(case, document_no="D-1", authority_id="authority", result="illegal",
                                          determined_on=story.now.date(), actor=story.who("olm"), at=story.now)

    assert story.approve(story.draft(case, determination_id=found.pk)).state == "approved"
    story.wait(31 * DAY)
    services.expire_due(story.now)
    assert refused(story.approve, story.draft(case, determination_id=found.pk)) == "suspicion_expired"


def test_sent_back_it_may_be_decided_anew_within_the_first_term(story):
    measure = story.go(story.suspension(), "notified")
    story.judge(story.appeal(measure), "remitted", by="reed")
    story.wait(DAY)

    assert refused(story.approve, story.draft(measure.case_id)) == "suspicion_expired"
    assert story.approve(story.draft(measure.case_id, expires_at=measure.expires_at)).state == "approved"


# --- what takes the place of a measure -------------------------------------------------------------------------------
@pytest.mark.parametrize("replacement", [
    Replacement(kind="stop_access"), Replacement(scope={"hosts": [SITE]}), Replacement(expires_at=START + 29 * DAY),
    Replacement(), Replacement(kind="suspend_billing", scope={"codes": ["1"]}),
    Replacement(scope={"hosts": [f"www.{SITE}"], "regions": ["*"], "technical": ""}),
], ids=["heavier", "wider", "longer", "the same", "another thing", "the same in words"])
def test_modified_means_milder(story, replacement):
    draft = story.draft(story.case(tier=2), scope={"hosts": [f"www.{SITE}"]}, expires_at=START + 2 * DAY)
    appeal = story.appeal(story.go(story.approve(draft), "notified"))

    with pytest.raises(LicetError) as found:
        story.judge(appeal, "modified", by="reed", replacement=replacement)

    assert code_of(found) in {"not_milder", "scope_outside"}
    appeal.refresh_from_db()
    assert appeal.state == "filed"


def test_whoever_judged_does_not_sign_what_takes_its_place(story, another_officer):
    measure = story.go(story.suspension(), "notified")
    story.judge(story.appeal(measure), "modified", by="kelp", replacement=Replacement(expires_at=START + DAY))
    milder = Measure.objects.get(replaces=measure)

    assert refused(story.approve, milder, by="kelp") == "judged_it"
    with pytest.raises(IntegrityError, match="casework_measure_replaced_by_others"), transaction.atomic(), \
            acting_as(story.who("kelp")):
        Measure.objects.filter(pk=milder.pk).update(decided_by=another_officer, decided_at=START)
    assert story.approve(milder, by="reed").state == "approved"


def test_a_milder_draft_is_not_made_harsher_afterwards(story, another_officer):
    measure = story.go(story.suspension(), "notified")
    story.judge(story.appeal(measure), "modified", by="kelp", replacement=Replacement(expires_at=START + DAY))
    milder = Measure.objects.get(replaces=measure)

    assert refused(services.amend_measure, milder.pk, Amendment(expires_at=measure.expires_at + DAY),
                   actor=story.who("olm"), at=START) == "not_milder"


# --- one appeal for one decision -------------------------------------------------------------------------------------
def test_a_decision_is_appealed_once(story, another_officer):
    measure = story.go(story.suspension(), "notified")
    story.judge(story.appeal(measure), "upheld", by="kelp")

    assert refused(story.appeal, measure) == "appealed_already"
    measure.refresh_from_db()
    assert measure.state == "notified"
    with pytest.raises(IntegrityError, match="casework_appeal_once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO casework_appeal (measure_id, desk_id, filed_by, filed_at, grounds, state, due_at,"
                       " judgement, on_new_facts, decider_id, drafter_id) SELECT id, desk_id, 'nightlamp', now(), 'x',"
                       " 'filed', now(), '', false, 1, 1 FROM casework_measure WHERE id = %s", [measure.pk])


def test_a_won_appeal_leaves_nothing_to_appeal(story, another_officer):
    measure = story.go(story.suspension(), "notified", "ordered")
    story.judge(story.appeal(measure), "overturned", by="kelp")

    assert refused(story.appeal, measure) == "found_wrong"
    story.go(measure, "restored", "restoration_verified")
    assert refused(story.appeal, measure, by="olm", filed_by="the owner") == "found_wrong"


def test_a_second_appellant_is_heard_and_stays_nothing(story, another_officer):
    measure = story.go(story.suspension(), "notified")
    story.judge(story.appeal(measure), "upheld", by="kelp")

    assert story.appeal(measure, by="olm", filed_by="the owner, by letter").state == "filed"
    measure.refresh_from_db()
    assert measure.state == "notified"


def test_new_facts_are_taken_up_by_a_person_and_stay_nothing(story, another_officer):
    measure = story.go(story.suspension(), "notified")
    story.judge(story.appeal(measure), "upheld", by="kelp")
    fields = {"filed_by": "nightlamp", "facts": "The register had an error.", "at": story.now}

    assert refused(services.reopen_appeal, measure.pk, actor=story.who("wick"), **fields) in {"no_post", "not_found"}
    assert refused(services.reopen_appeal, measure.pk, actor=WORKER, **fields) == "not_a_person"
    again = services.reopen_appeal(measure.pk, actor=story.who("olm"), **fields)
    measure.refresh_from_db()
    assert (again.on_new_facts, measure.state) == (True, "notified")
    assert refused(services.reopen_appeal, measure.pk, actor=story.who("olm"), **fields) == "appeal_pending"
    story.judge(again, "overturned", by="reed")
    measure.refresh_from_db()
    assert measure.state == "restoration_verified"


# --- conflicts of interest -------------------------------------------------------------------------------------------
def _ours(**relation):
    Party.objects.filter(party_id="harbour").update(uscc="91440000MA00000000")
    connect(**{"domain": "", "provider": "nightlamp", "customer_uscc": "91440000MA00000000", **relation})


def test_an_interest_at_a_name_below_the_site(story):
    _ours(domain=f"shop.sub.{SITE}")

    assert refused(services.take, story.case(desk="harbour", provider="harbour"), actor=story.who("pilot"),
                   at=START) == "conflict_of_interest"


def test_an_interest_as_customer_of_an_address(story):
    _ours(ip="192.0.2.77")
    case = story.case(desk="harbour", provider="", subject="192.0.2.77", subject_kind="address", ground="blacklisted")

    assert refused(services.take, case, actor=story.who("pilot"), at=START) == "conflict_of_interest"


def test_the_holder_of_an_address_handles_it_at_their_own_desk_alone(story, cast):
    from licet.parties.models import Membership

    AddressBlock.objects.create(cidr="198.51.100.0/24", holder_id="harbour", kind="own", **VERSION)
    fields = {"subject": "198.51.100.7", "subject_kind": "address", "ground": "blacklisted", "provider": ""}
    assert services.take(story.case(desk="harbour", **fields), actor=story.who("pilot"), at=START).handler_id
    Membership.objects.create(user=cast["pilot"], party_id="authority", role="officer", granted_by="t", granted_at=START)

    assert refused(services.take, story.case(**fields), actor=story.who("pilot"), at=START) == "conflict_of_interest"


# --- closing ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("outcome", ["not_confirmed", "out_of_scope", "already_known", "content_gone", "rectified"])
def test_no_case_ends_over_a_measure_it_does_not_carry(story, outcome):
    from licet.casework.models import Case

    measure = story.go(story.suspension(), "notified", "ordered")
    close = {"outcome": outcome, "reason": "over", "actor": story.who("olm")}

    assert refused(services.close_case, measure.case_id, **close, at=story.now) == "measures_in_force"
    with pytest.raises(IntegrityError, match="nothing of it binds"), transaction.atomic():
        Case.objects.filter(pk=measure.case_id).update(state="closed", outcome=outcome, closed_at=START)
    story.go(measure, "lifted", by="olm")
    assert services.close_case(measure.case_id, **close, at=story.now).state == "closed"


def test_what_ran_out_keeps_no_case_open(story):
    measure = story.go(story.suspension(), "notified")

    closed = services.close_case(measure.case_id, outcome="not_confirmed", reason="ran out", actor=story.who("olm"),
                                 at=START + dt.timedelta(days=31))
    measure.refresh_from_db()
    assert (closed.state, measure.state) == ("closed", "restoration_verified")


def test_a_letter_stands_when_it_was_rectified_and_not_when_nothing_was_confirmed(story):
    case = story.case(tier=3)
    warned = story.go(story.approve(story.draft(case, "warn")), "notified", "completed")
    close = {"reason": "over", "actor": story.who("olm"), "at": START}

    assert refused(services.close_case, case, outcome="not_confirmed", **close) == "measures_in_force"
    assert services.close_case(case, outcome="rectified", **close).state == "closed"
    warned.refresh_from_db()
    assert warned.state == "done"
