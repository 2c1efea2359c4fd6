"""Programs read and hand in facts; what people decide is refused to them, whatever they were given."""

import datetime as dt
import json

import pytest
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from tests.access import patterns

from licet.casework.models import Appeal, Case, Measure, MeasureTransition, Signal
from licet.casework.tests.story import SITE, Story
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.grounds.tables import GROUNDS
from licet.parties.tokens import add_token

pytestmark = pytest.mark.django_db
ALL = ("cases.read", "cases.work")


@pytest.fixture
def story(actor_of):
    """The story, told today: the API reads the clock."""
    return Story(actor_of, clock.now() - dt.timedelta(minutes=1))


@pytest.fixture
def program(cast):
    """``program("authority")``: asks as a key of that organisation; returns status and document."""
    def _program(party, scopes=ALL):
        with acting_as(WORKER):
            key = add_token("desk program", party_id=party, scopes=scopes, by=WORKER)[1]

        def ask(method, address, body=None):
            response = getattr(Client(raise_request_exception=False), method)(
                f"/api{address}", data=json.dumps(body) if body is not None else None, content_type="application/json",
                headers={"Authorization": f"Bearer {key}"})
            return response.status_code, json.loads(response.content)

        return ask

    return _program


def number(case_id):
    with acting_as(WORKER):
        return Case.objects.get(pk=case_id).number


SIGNAL = {"kind": "report", "ground": "pornography", "subject_kind": "site", "subject": "http://www.cove.example/x",
          "source": "their-1", "observer": "reporter-1", "observed_at": "2026-03-01T08:00:00+08:00"}


# --- reading ---------------------------------------------------------------------------------------------------------
def test_queue_and_case(story, program):
    case_id = story.case("finding", "report", tier=2)
    ask = program("authority")
    status, listed = ask("get", "/cases?tier=2&ground=unfiled_site")
    assert status == 200
    assert [(row["number"], row["subject"], row["tier"]) for row in listed["cases"]] == [(number(case_id), SITE, 2)]

    status, found = ask("get", f"/cases/{number(case_id)}")
    assert [row["kind"] for row in found["observers"]] == ["finding", "report"]
    assert found["timeline"][0]["tag"] == "casework:case:tier_set"
    assert len(ask("get", f"/cases/{number(case_id)}/signals")[1]["signals"]) == 2


def test_measure_and_its_steps(story, program):
    measure = story.go(story.suspension(), "notified")
    status, found = program("authority")("get", f"/measures/{measure.pk}")

    assert (status, found["state"], found["signatures"]) == (200, "notified", 1)
    assert [step["event"] for step in found["steps"]] == ["approved", "notified"]
    assert [row["id"] for row in program("authority")("get", "/measures?show=going")[1]["measures"]] == [measure.pk]
    assert program("authority")("get", "/measures?show=nonsense")[0] == 422


@pytest.mark.parametrize("party", ["mudflat", "harbour"])
def test_wrong_organisation_sees_nothing(story, program, party):
    measure = story.go(story.suspension(), "notified")
    appeal = story.appeal(measure)
    ask = program(party)

    assert ask("get", "/cases?desk=*")[1]["cases"] == []
    assert ask("get", "/cases?desk=authority")[1]["cases"] == []
    assert {ask("get", address)[0] for address in (
        f"/cases/{number(measure.case_id)}", f"/measures/{measure.pk}", f"/appeals/{appeal.pk}")} == {404}
    assert ask("get", "/appeals")[1]["appeals"] == []


def test_the_affected_read_their_measure_and_appeal(story, program):
    measure = story.go(story.suspension(), "notified")
    ask = program("nightlamp")
    status, found = ask("get", f"/measures/{measure.pk}")
    assert (status, found["case"]) == (200, "")
    status, appeal = ask("post", "/appeals", {"measure": measure.pk, "text": "It was filed."})
    assert (status, appeal["state"], appeal["filed_by"]) == (200, "filed", "nightlamp")
    assert ask("get", f"/measures/{measure.pk}")[1]["state"] == "stayed"


def test_a_key_without_the_scope_is_refused(story, program):
    assert program("authority", ("gate.ask",))("get", "/cases")[0] == 403
    assert program("authority", ("cases.read",))("post", "/signals", {"signals": [SIGNAL]})[0] == 403


# --- handing in ------------------------------------------------------------------------------------------------------
def test_signals_open_and_join_cases_once(program):
    ask = program("authority")
    status, first = ask("post", "/signals", {"signals": [SIGNAL, {**SIGNAL, "source": "their-2", "observer": "reporter-2"}]})
    assert (status, first["new"], first["opened"]) == (200, 2, 1)
    assert ask("post", "/signals", {"signals": [SIGNAL]})[1]["repeated"] == 1

    with acting_as(WORKER):
        assert Case.objects.get(subject_key="cove.example").number == first["cases"]["their-1"]
        assert Signal.objects.count() == 2


@pytest.mark.parametrize("ground", ["opinion", "other", "political_speech", "", "PORNOGRAPHY"])
def test_no_other_ground(program, ground):
    status, problem = program("authority")("post", "/signals", {"signals": [{**SIGNAL, "ground": ground}]})

    assert (status, problem["type"]) == (422, "urn:licet:error:unknown_ground")
    assert all(row.id in problem["hint"] for row in GROUNDS)
    with acting_as(WORKER):
        assert not Signal.objects.exists()


def test_a_provider_is_named_by_its_id_on_record(program):
    ask = program("authority")
    status, problem = ask("post", "/signals", {"signals": [{**SIGNAL, "provider_id": "nobody-such"}]})

    assert (status, problem["type"]) == (422, "urn:licet:error:executor_unknown")


@pytest.mark.parametrize("kind", ["order", "determination"])
def test_a_program_cannot_say_that_an_authority_decided(program, kind):
    assert program("authority")("post", "/signals", {"signals": [{**SIGNAL, "kind": kind}]})[0] == 422


# --- what people decide ----------------------------------------------------------------------------------------------
def _state():
    with acting_as(WORKER):
        return (list(Measure.objects.order_by("id").values_list("id", "state", "decided_by", "seconded_by")),
                list(Case.objects.order_by("id").values_list("id", "state", "tier", "handler")),
                MeasureTransition.objects.count(), list(Appeal.objects.values_list("state", "judge")))


def test_nothing_people_decide_can_be_done_with_a_key(story, program):
    """No key decides: every action with a key of the very desk and every scope it can have."""
    draft = story.draft(story.case(tier=2, subject="first.example"), scope={"hosts": ["first.example"]})
    stop_case = story.case(tier=1)
    stop = story.draft(stop_case, "stop_access", attachments={"evidence": story.evidence(stop_case)})
    story.approve(stop)
    measure = story.stop()
    appeal = story.appeal(story.go(measure, "notified"))
    before, ask, case = _state(), program("authority"), number(draft.case_id)

    for address, body in (
        (f"/measures/{draft.pk}/approve", {}), (f"/measures/{stop.pk}/second", {}),
        (f"/measures/{draft.pk}/withdraw", {"reason": "no"}), (f"/measures/{measure.pk}/lift", {"reason": "gone"}),
        ("/measures/drafts", {"case": case, "kind": "warn", "reasons": [{"text": "x"}], "rule_cited": "Notice §4.2.5",
                              "scope": {"hosts": ["first.example"]}}),
        (f"/cases/{case}/take", None), (f"/cases/{case}/tier", {"tier": 1, "reason": "obvious"}),
        (f"/cases/{case}/close", {"outcome": "rectified", "reason": "ok"}),
        (f"/appeals/{appeal.pk}/judge", {"result": "upheld", "judgement": "fine"}),
    ):
        status, problem = ask("post", address, body)
        assert (status, problem["type"]) == (403, "urn:licet:error:not_a_person"), (address, problem)
        assert "named person" in problem["detail"] and problem["hint"]
    assert ask("post", f"/cases/{case}/release")[0] == 409
    assert _state() == before


def test_there_is_no_admin(client):
    """Nothing is decided in an admin: nothing of it is installed, and no address leads to it."""
    assert not any("admin" in app for app in settings.INSTALLED_APPS)
    assert not [name for name, address in patterns() if "admin" in f"{name}{address}".lower()]
    assert "django.contrib.admin" not in str(get_resolver().url_patterns)
    with pytest.raises(NoReverseMatch):
        reverse("admin:index")
    assert client.get("/admin/").status_code == 404


