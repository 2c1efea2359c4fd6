"""People over the API: their session, the token against forged requests, and a fresh second factor to sign; never a key."""

import datetime as dt
import json
import time

import pytest
from django.test import Client

from licet.casework.models import Appeal, Case, Measure
from licet.casework.tests.story import Story
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.parties.services import add_person
from licet.parties.tokens import add_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(actor_of):
    return Story(actor_of, clock.now() - dt.timedelta(minutes=1))


class Browser:
    """Somebody's session as a script of theirs uses it: cookies, and the token against forged requests."""

    def __init__(self, user, *, fresh=True):
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        if fresh:
            session = self.client.session
            session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
            session["account_authentication_methods_user"] = str(user.pk)
            session.save()
        self.client.get("/cases/")
        page = self.client.get("/accounts/reauthenticate/")
        self.token = page.cookies["csrftoken"].value if "csrftoken" in page.cookies else self.client.cookies["csrftoken"].value

    def __call__(self, method, address, body=None, *, token=True):
        headers = {"X-CSRFToken": self.token} if token else {}
        response = getattr(self.client, method)(f"/api{address}", data=json.dumps(body) if body is not None else None,
                                                content_type="application/json", headers=headers)
        return response.status_code, json.loads(response.content or b"{}")


@pytest.fixture
def person(cast, settings):
    settings.REQUIRE_MFA = False
    with acting_as(WORKER):
        cast["kelp"] = add_person("kelp", password="kelp-harbour-lantern-42", party_id="authority", roles=("officer",),
                                  by=WORKER, must_change=False)
    return lambda name, **options: Browser(cast[name], **options)


def number(case_id):
    with acting_as(WORKER):
        return Case.objects.get(pk=case_id).number


def test_a_measure_from_tier_to_judgement_by_three_people(story, person):
    case = number(story.case("finding"))
    olm, reed, kelp = person("olm"), person("reed"), person("kelp")
    assert olm("post", f"/cases/{case}/take")[0] == 200
    assert olm("post", f"/cases/{case}/tier", {"tier": 1, "reason": "no filing"})[1]["tier"] == 1
    with acting_as(WORKER):
        evidence = story.evidence(Case.objects.get(number=case).pk)
    assert olm("post", f"/cases/{case}/release")[0] == 200
    status, draft = olm("post", "/measures/drafts", {
        "case": case, "kind": "stop_access", "reasons": [{"rule": "site_unfiled"}], "rule_cited": "Notice §4.1.1",
        "scope": {"hosts": ["lantern.example"]}})
    assert status == 200, draft
    status, amended = olm("post", f"/measures/{draft['id']}/amend", {"attachments": {"evidence": evidence}})
    assert status == 200, amended
    status, signed = olm("post", f"/measures/{draft['id']}/approve", {"reason": "obvious"})
    assert status == 200, signed
    status, problem = olm("post", f"/measures/{draft['id']}/second", {})
    assert (status, problem["type"]) == (403, "urn:licet:error:same_person")
    status, signed = reed("post", f"/measures/{draft['id']}/second", {})
    assert (status, signed["state"]) == (200, "approved")
    with acting_as(WORKER):
        measure = story.go(Measure.objects.get(pk=draft["id"]), "notified")
        appeal = story.appeal(measure)
    assert olm("post", f"/appeals/{appeal.pk}/judge", {"result": "upheld", "judgement": "fine"})[0] == 403
    assert kelp("post", f"/appeals/{appeal.pk}/judge", {"result": "overturned", "judgement": "It was filed."})[0] == 200
    with acting_as(WORKER):
        assert Measure.objects.get(pk=draft["id"]).state in {"overturned", "restoration_verified"}
        assert Appeal.objects.get().judge.username == "kelp"


def test_signing_needs_the_factor_just_shown_and_the_token_always(story, person):
    draft = story.draft(story.case(tier=2))
    stale = person("olm", fresh=False)
    status, problem = stale("post", f"/measures/{draft.pk}/approve", {})
    assert (status, problem["type"]) == (403, "urn:licet:error:authentication_stale") and "/accounts/" in problem["hint"]
    fresh = person("olm")
    status, problem = fresh("post", f"/measures/{draft.pk}/approve", {}, token=False)
    assert (status, problem["type"]) == (403, "urn:licet:error:not_allowed") and "X-CSRFToken" in problem["hint"]
    with acting_as(WORKER):
        assert Measure.objects.get(pk=draft.pk).state == "drafted"
    assert fresh("get", f"/measures/{draft.pk}", token=False)[0] == 200
    status, signed = fresh("post", f"/measures/{draft.pk}/approve", {})
    assert (status, signed.get("state")) == (200, "approved"), signed


def test_what_people_do_with_cases(story, person):
    first, second, third = (number(story.case("finding", "report", subject=f"{name}.example")) for name in ("one", "two", "three"))
    olm = person("olm")
    lines = olm("post", "/cases/bulk", {"action": "tier", "tier": 2, "reasons": {first: "seen", second: ""}})[1]
    assert [(line["case"], line["done"], line["code"]) for line in lines] == [(first, True, ""), (second, False, "reason_missing")]
    assert olm("post", f"/cases/{second}/merge", {"other": first, "reason": "the same shop"})[1]["number"] == first
    assert olm("post", f"/cases/{third}/links", {"other": first, "reason": "same owner"})[0] == 200
    assert olm("post", f"/cases/{third}/close", {"outcome": "rectified", "reason": "filed"})[1]["state"] == "closed"
    status, again = olm("post", f"/cases/{third}/reopen", {"reason": "back again"})
    assert (status, again["state"]) == (200, "open")
    signals = olm("get", f"/cases/{first}/signals")[1]["signals"]
    status, split = olm("post", f"/cases/{first}/split", {
        "signals": [signals[-1]["id"]], "subject_kind": "site", "subject": "elsewhere.example", "ground": "unfiled_site",
        "reason": "another site"})
    assert (status, split["subject"]) == (200, "elsewhere.example"), split
    status, found = olm("post", f"/cases/{first}/determinations", {
        "document_no": "D-7", "authority_id": "authority", "result": "insufficient",
        "determined_on": clock.today().isoformat()})
    assert (status, found["result"]) == (200, "insufficient")
    assert olm("post", "/cases/next")[1]["case"]["number"]
    saved = olm("post", "/cases/queues", {"name": "mine", "query": "tier=2"})[1]
    assert [row["name"] for row in olm("get", "/cases/queues")[1]] == ["mine"]
    assert olm("delete", f"/cases/queues/{saved['id']}")[0] == 204
    assert person("otto")("post", f"/cases/{first}/reopen", {"reason": "x"})[0] in {403, 404}


def _decided(description):
    """Every operation whose summary says that people alone do it."""
    return [(path, verb) for path, verbs in description["paths"].items() for verb, operation in verbs.items()
            if "people only" in operation.get("summary", "")]


def test_a_key_decides_at_no_address(client, cast):
    from tests.access import ARGUMENTS

    from licet.parties.tables import TOKEN_SCOPES

    with acting_as(WORKER):
        key = add_token("all", party_id="authority", scopes=TOKEN_SCOPES, by=WORKER)[1]
    description = json.loads(client.get("/api/openapi.json").content)
    operations = _decided(description)
    assert len(operations) > 30
    wrong = []
    for path, verb in operations:
        address = path
        for name in ("measure_id", "appeal_id", "queue_id", "entry_id", "review_id", "point_id", "objection_id", "threshold_id",
                     "answer_id"):
            address = address.replace(f"{{{name}}}", "999999")
        address = address.replace("{number}", "2026-999999").replace("{ref}", "E-1").replace("{order_id}", ARGUMENTS["uuid"])
        schema = description["paths"][path][verb].get("requestBody")
        sent = {"data": json.dumps(_body(description, schema)), "content_type": "application/json"} if verb != "get" else {}
        response = getattr(client, verb)(address, headers={"Authorization": f"Bearer {key}"}, **sent)
        if response.status_code not in {403, 404, 409}:
            wrong.append((verb, path, response.status_code, response.content[:200]))
    assert wrong == []


def _body(description, request_body):
    """A body the schema takes, so that the refusal is not about the body."""
    if not request_body:
        return None
    schema = request_body["content"]["application/json"]["schema"]
    return _value(description, schema)


def _value(description, schema):
    if "$ref" in schema:
        return _value(description, description["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return _value(description, schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        if "additionalProperties" in schema and schema.get("minProperties"):
            return {"2026-999999": "x"}
        return {name: _value(description, schema["properties"][name]) for name in schema.get("required", [])}
    if kind == "array":
        return [_value(description, schema["items"])]
    if kind == "string":
        return {"date": "2026-03-02", "date-time": "2026-03-02T00:00:00Z"}.get(schema.get("format"), "x")
    return {"integer": 1, "number": 1, "boolean": False}.get(kind, {})
