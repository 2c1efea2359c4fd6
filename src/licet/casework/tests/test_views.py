"""The pages of cases at work: the queue, a case, several at once, saved queues."""

import dataclasses
import datetime as dt

import pytest
from django.urls import reverse

from licet.casework import services
from licet.casework.models import Case, CaseEvent, SavedQueue
from licet.casework.tests.story import SITE, signal
from licet.console.tests.access import AccessTests
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def now_story(actor_of):
    """The story, told today: pages read the clock."""
    from licet.casework.tests.story import Story

    return Story(actor_of, clock.now() - dt.timedelta(hours=1))


@pytest.fixture
def case(now_story):
    """A case of tier 2 at the authority's desk."""
    case_id = now_story.case("finding", "report", tier=2)
    with acting_as(WORKER):
        return Case.objects.get(pk=case_id)


def row(pk):
    with acting_as(WORKER):
        return Case.objects.get(pk=pk)


def text(response):
    return response.content.decode()


class TestQueueAccess(AccessTests):
    url = "/cases/"
    insiders = ("olm", "gale", "pilot")
    strangers = ("otto",)


class TestSignalAccess(AccessTests):
    url = "/cases/signals/enter/"
    insiders = ("olm", "pilot")
    strangers = ("otto",)


# --- the queue -------------------------------------------------------------------------------------------------------
def test_the_sentence_stands_in_the_address(case, sign_in):
    page = text(sign_in("olm").get("/cases/?tier=2&region=CN-GD&waiting=me&order=oldest", headers={"Accept-Language": "en"}))

    assert "Tier 2 · Guangdong · waiting for me · oldest first" in page
    assert SITE in page


@pytest.mark.parametrize(("query", "there"), [
    ("", True), ("tier=1", False), ("tier=2", True), ("tier=none", False), ("ground=unfiled_site", True),
    ("ground=pornography", False), ("region=CN-GD", True), ("region=CN-SH", False), ("provider=nightlamp", True),
    ("provider=harbour", False), ("waiting=mine", False), ("waiting=free", True), ("waiting=held", False),
    ("q=lantern.example", True), ("q=www.lantern.example", True), ("q=nothing.example", False), ("state=closed", False),
    ("tier=nonsense", True), ("ground=opinion", True), ("proposed=1", True),
])
def test_filters(case, sign_in, query, there):
    assert (SITE in text(sign_in("olm").get(f"/cases/?{query}")).partition("<table")[2]) is there


def test_pages_by_keyset_show_every_case_once(now_story, sign_in):
    for n in range(60):
        services.receive_signal(signal(subject=f"site-{n}.example", at=now_story.now), actor=WORKER, at=now_story.now)
    client = sign_in("olm")
    for order in ("", "&order=oldest"):
        first = client.get(f"/cases/?waiting=me{order}")
        older = first.context["pager"].older_url
        second = client.get(older)
        shown = [row.key for page in (first, second) for row in page.context["rows"]]
        assert len(shown) == len(set(shown)) == 60
        assert second.context["pager"].older_url == ""


def test_a_page_that_was_not_made_here_is_refused(case, sign_in):
    assert sign_in("olm").get("/cases/?after=nonsense").status_code == 422


def test_whoever_holds_a_case_is_named(case, sign_in, now_story):
    services.take(case.pk, actor=now_story.who("reed"), at=clock.now() - dt.timedelta(minutes=4))
    page = text(sign_in("olm").get("/cases/", headers={"Accept-Language": "en"}))

    assert "taken by reed, 4 min" in page


def test_take_next(case, sign_in):
    response = sign_in("olm").post("/cases/next/")

    assert response["Location"] == reverse("case_show", args=[case.number])
    assert row(case.pk).handler.username == "olm"


def test_take_next_says_when_there_is_none(cast, sign_in):
    response = sign_in("olm").post("/cases/next/", follow=True, headers={"Accept-Language": "en"})

    assert "No case is free" in text(response)


def test_wrong_organisation_sees_an_empty_queue(case, sign_in):
    assert SITE not in text(sign_in("moss").get("/cases/?desk=authority"))
    assert SITE not in text(sign_in("moss").get("/cases/?desk=*"))
    assert sign_in("moss").get(f"/cases/{case.number}/").status_code == 404


# --- saved queues ----------------------------------------------------------------------------------------------------
def test_saved_queues_are_personal_until_shared(case, sign_in):
    sign_in("olm").post("/cases/queues/", {"name": "Guangdong", "query": "region=CN-GD"})
    assert "Guangdong</a>" not in text(sign_in("reed").get("/cases/")).replace(" <span", "</a>")

    sign_in("olm").post("/cases/queues/", {"name": "Guangdong", "query": "region=CN-GD", "shared": "on"})
    with acting_as(WORKER):
        assert SavedQueue.objects.count() == 1
    links = [one["url"] for one in sign_in("reed").get("/cases/").context["saved"]]
    assert links == ["/cases/?region=CN-GD"]
    assert sign_in("moss").get("/cases/").context["saved"] == []


def test_only_ones_own_queue_is_removed(case, sign_in):
    sign_in("olm").post("/cases/queues/", {"name": "mine", "query": "tier=1", "shared": "on"})
    with acting_as(WORKER):
        queue = SavedQueue.objects.get()
    assert sign_in("reed").post(f"/cases/queues/{queue.pk}/remove/").status_code == 404
    assert sign_in("olm").post(f"/cases/queues/{queue.pk}/remove/").status_code == 302
    with acting_as(WORKER):
        assert not SavedQueue.objects.exists()


# --- several at once -------------------------------------------------------------------------------------------------
def test_each_case_keeps_its_own_reason(case, now_story, sign_in):
    other = now_story.case(subject="second.example")
    marked = {"action": "close", "outcome": "content_gone", "selected": [case.pk, other]}
    client = sign_in("olm")
    asked = client.post("/cases/bulk/", marked)
    assert f'name="reason-{other}"' in text(asked) and row(other).state == "open"

    done = client.post("/cases/bulk/", {**marked, "confirmed": "yes", f"reason-{case.pk}": "looked twice",
                                        f"reason-{other}": "server is off"})
    assert [line["error"] for line in done.context["lines"]] == ["", ""]
    with acting_as(WORKER):
        notes = {event.case_id: event.note for event in CaseEvent.objects.filter(tag="casework:case:closed")}
    assert notes == {case.pk: "looked twice", other: "server is off"}


def test_one_refused_case_leaves_the_others(case, now_story, sign_in):
    other = now_story.case(subject="second.example")
    services.take(other, actor=now_story.who("reed"), at=clock.now())
    done = sign_in("olm").post("/cases/bulk/", {
        "action": "tier", "tier": "1", "selected": [case.pk, other], "confirmed": "yes", f"reason-{case.pk}": "obvious",
        f"reason-{other}": "obvious"})

    assert [bool(line["error"]) for line in done.context["lines"]] == [False, True]
    assert (row(case.pk).tier, row(other).tier) == (1, None)


def test_take_and_merge_at_once(case, now_story, sign_in):
    others = [now_story.case(subject=f"s{n}.example") for n in range(2)]
    sign_in("olm").post("/cases/bulk/", {"action": "take", "selected": others})
    assert {row(pk).handler.username for pk in others} == {"olm"}

    sign_in("olm").post("/cases/bulk/", {"action": "merge", "into": case.number, "selected": others, "confirmed": "yes",
                                         **{f"reason-{pk}": "same people" for pk in others}})
    assert {row(pk).merged_into_id for pk in others} == {case.pk}


def test_nothing_marked_is_said(case, sign_in):
    assert sign_in("olm").post("/cases/bulk/", {"action": "close"}).status_code == 422
    assert sign_in("olm").post("/cases/bulk/", {"action": "burn", "selected": [case.pk]}).status_code == 422


# --- one case --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("language", "words"), [
    ("en", ("What is known", "2 signals", "Timeline", "Tier set", "olm")),
    ("zh-hans", ("已知情况", "时间线", "认定等级", "olm"))], ids=["en", "zh"])
def test_the_record_says_what_is_known_and_who_did_what(case, now_story, sign_in, language, words):
    services.receive_signal(signal("report", observer="finding-0", at=now_story.now), actor=WORKER, at=now_story.now)
    client = sign_in("olm")
    client.cookies["django_language"] = language
    page = text(client.get(f"/cases/{case.number}/"))

    assert [word for word in words if word not in page] == []


def test_independent_observers_are_counted_not_their_signals(now_story, sign_in):
    case_id = now_story.case("report")
    for n in range(5):
        services.receive_signal(signal("report", observer=f"cluster-{n % 2}", at=now_story.now), actor=WORKER,
                                at=now_story.now)
    groups = sign_in("olm").get(f"/cases/{row(case_id).number}/", headers={"Accept-Language": "en"}).context["observers"]

    assert [(group["observers"], group["signals"]) for group in groups] == [("3 independent observers", "6 signals")]


def test_the_tier_is_set_with_a_reason(case, sign_in):
    client = sign_in("olm")
    refused = client.post(f"/cases/{case.number}/do/tier/", {"tier-tier": "1", "tier-reason": ""})
    assert refused.status_code == 422 and row(case.pk).tier == 2

    client.post(f"/cases/{case.number}/do/tier/", {"tier-tier": "1", "tier-reason": "seen it"})
    assert (row(case.pk).tier, row(case.pk).tier_reason) == (1, "seen it")


def test_a_conflict_of_interest_is_said_before_anything_is_tried(now_story, sign_in):
    case_id = now_story.case(desk="harbour", by="pilot", subject="harbour", subject_kind="provider", provider="harbour")
    page = sign_in("pilot").get(f"/cases/{row(case_id).number}/", headers={"Accept-Language": "en"})

    assert "interest" in text(page) and "/do/tier/" not in text(page)
    assert sign_in("pilot").post(f"/cases/{row(case_id).number}/do/tier/", {
        "tier-tier": "3", "tier-reason": "fine"}).status_code == 422
    assert row(case_id).tier is None


def test_a_case_in_other_hands_offers_nothing(case, now_story, sign_in):
    services.take(case.pk, actor=now_story.who("reed"), at=clock.now())
    page = text(sign_in("olm").get(f"/cases/{case.number}/", headers={"Accept-Language": "en"}))

    assert "taken by reed" in page and "/do/tier/" not in page


def test_take_release_close_and_reopen(case, sign_in):
    client, url = sign_in("olm"), f"/cases/{case.number}/"
    client.post(f"{url}take/")
    assert row(case.pk).handler.username == "olm"
    client.post(f"{url}release/")
    assert row(case.pk).handler is None
    client.post(f"{url}do/close/", {"close-outcome": "rectified", "close-reason": "filed now"})
    assert row(case.pk).state == "closed"
    response = client.post(f"{url}do/reopen/", {"reopen-reason": "it is back"})
    assert response["Location"] != url and row(case.pk).state == "closed"


def test_merge_and_link(case, now_story, sign_in):
    first, second = (row(now_story.case(subject=f"s{n}.example")) for n in range(2))
    client = sign_in("olm")
    client.post(f"/cases/{first.number}/do/link/", {"link-other": case.number, "link-reason": "same server"})
    client.post(f"/cases/{second.number}/do/merge/", {"merge-other": case.number, "merge-reason": "same people"})
    page = text(client.get(f"/cases/{case.number}/"))

    assert first.number in page and second.number in page
    unknown = client.post(f"/cases/{first.number}/do/merge/", {"merge-other": "2026-1", "merge-reason": "x"})
    assert unknown.status_code == 422


def test_a_determination_is_recorded(case, sign_in):
    sign_in("olm").post(f"/cases/{case.number}/do/determine/", {
        "determine-document_no": "Det 12", "determine-authority_id": "authority", "determine-result": "illegal",
        "determine-determined_on": "2026-03-01"})
    with acting_as(WORKER):
        assert case.determinations.get().recorded_by.username == "olm"
        assert {measure.kind for measure in case.measures.all()} == {"close_site", "blacklist"}


# --- signals ---------------------------------------------------------------------------------------------------------
GIVEN = {"kind": "report", "ground": "pornography", "subject_kind": "site", "subject": "http://www.cove.example/x",
         "provider_id": "", "reference": "letter-77", "observer": "reporter-12", "observed_on": "2026-03-01", "note": ""}


def test_a_signal_by_hand_opens_a_case_and_counts_once(cast, sign_in):
    client = sign_in("olm")
    assert client.post("/cases/signals/enter/", GIVEN).status_code == 302
    again = client.post("/cases/signals/enter/", GIVEN)

    assert again["Location"] == "/cases/"
    with acting_as(WORKER):
        found = Case.objects.get(subject_key="cove.example")
        assert (found.desk_id, found.signal_count) == ("authority", 1)


@pytest.mark.parametrize("ground", ["opinion", "other", "political", ""])
def test_no_other_ground_can_be_entered(cast, sign_in, ground):
    client = sign_in("olm")
    assert client.post("/cases/signals/enter/", {**GIVEN, "ground": ground}).status_code == 422
    with acting_as(WORKER):
        assert not Case.objects.exists()


@pytest.mark.parametrize("change", [{"subject": "not a domain"}, {"observed_on": "2099-01-01"}, {"kind": "determination"},
                                    {"provider_id": "nobody-such"}], ids=["subject", "future", "kind", "provider"])
def test_a_bad_signal_is_refused_in_its_form(cast, sign_in, change):
    assert sign_in("olm").post("/cases/signals/enter/", {**GIVEN, **change}).status_code == 422


def test_signals_are_split_off(case, sign_in):
    with acting_as(WORKER):
        first = case.signals.order_by("id").first()
    url = f"/cases/{case.number}/signals/"
    assert first.source in text(sign_in("olm").get(url))
    response = sign_in("olm").post(url, {"selected": [first.pk], "subject_kind": "site", "subject": "other.example",
                                         "ground": "unfiled_site", "reason": "another site"})

    assert response.status_code == 302
    with acting_as(WORKER):
        other = Case.objects.get(subject_key="other.example")
        assert [o.signals for o in other.observations.all()] == [1]
        assert row(case.pk).observations.count() == 1


# --- what a signal says ----------------------------------------------------------------------------------------------
def test_what_a_sweep_found_is_read_on_the_cases_page_and_leads_to_the_finding(now_story, sign_in):
    facts = {"rule": "site_unfiled", "evidence": f"no filing lists www.{SITE}", "domain": f"www.{SITE}", "sweep": 7,
             "finding": 9}
    case_id = services.receive_signal(dataclasses.replace(signal(at=now_story.now), facts=facts), actor=WORKER,
                                      at=now_story.now)
    number, client = row(case_id).number, sign_in("olm")
    for address in (f"/cases/{number}/", f"/cases/{number}/signals/"):
        page = text(client.get(address, headers={"Accept-Language": "zh-hans"}))
        assert f"网站未备案 · 没有备案包含 www.{SITE}" in page and 'href="/sweeps/7/findings/9/"' in page
        assert "no filing lists" not in page and "清单核查（按规则）" in page
