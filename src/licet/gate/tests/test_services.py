"""The gate's services, its API, and who may ask about whom."""

import datetime as dt
import json
import re

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import translation

from licet.core import clock
from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import BadInput, LicetError, NotAllowed
from licet.core.rls import acting_as
from licet.gate import services
from licet.gate.cli import describe
from licet.gate.models import Decision
from licet.journal.models import Entry
from licet.parties.services import next_change_seq
from licet.parties.tokens import add_token
from licet.registers import snapshots
from licet.registers.models import AccessRelation, AnnualReview, BlacklistEntry, Filing, Licence, RegisterLoad

DAY = dt.date(2026, 6, 1)
GOOD = {"provider_id": "harbour", "domain": "www.lantern.example", "service_kind": "vhost"}
UNFILED = {"provider_id": "harbour", "domain": "dark.example", "service_kind": "vhost"}


def versioned(**columns):
    return columns | {
        "since": dt.date(2026, 5, 20),
        "content_hash": b"0" * 16,
        "change_seq": next_change_seq(),
        "source": "test",
        "recorded_at": clock.now(),
    }


def load(*kinds, as_of=dt.date(2026, 5, 20)):
    for kind in kinds:
        RegisterLoad.objects.create(
            kind=kind,
            as_of=as_of,
            version=next_change_seq(),
            file_name="x",
            file_sha256="0" * 64,
            rows_read=0,
            rows_added=0,
            rows_changed=0,
            rows_unchanged=0,
            rows_ended=0,
            rows_rejected=0,
            actor="test",
            finished_at=clock.now(),
        )


@pytest.fixture
def registers(cast, settings, tmp_path):
    """Harbour Host is licensed and has filed lantern.example; everything was loaded."""
    settings.LICET_HOME = tmp_path
    snapshots.forget()
    with acting_as(WORKER):
        Licence.objects.create(
            **versioned(
                licence_no="L1",
                provider_id="harbour",
                category=["B11"],
                catalogue_year=2015,
                regions=["*"],
                valid_from=dt.date(2020, 1, 1),
                status="active",
            )
        )
        AnnualReview.objects.create(**versioned(licence_no="L1", year=2025, result="pass"))
        Filing.objects.create(
            **versioned(
                filing_no="粤ICP备20990001号-1",
                subject_no="粤ICP备20990001号",
                subject_name="x",
                subject_kind="organisation",
                domains=["lantern.example"],
                provider_id="harbour",
                addresses=[],
                service_kind="web",
                verified_on=dt.date(2026, 5, 1),
                status="active",
            )
        )
        BlacklistEntry.objects.create(
            **versioned(
                kind="domain",
                value="nightlamp.example",
                ground_id="unfiled_site",
                decided_on=dt.date(2026, 1, 1),
                decision_ref="x",
            )
        )
        load("licences", "annual_reviews", "filings", "addresses", "blacklist")
    yield
    snapshots.forget()


@pytest.fixture
def ask(registers):
    def _ask(row, actor=WORKER, **more):
        return services.decide(row, actor=actor, as_of=more.pop("as_of", DAY), **more)

    return _ask


def person(*organisations, scope=Scope.ORGANISATION, roles=("compliance_officer",)):
    return Actor(name="user:1", user_id=1, scope=scope, organisations=organisations, roles=frozenset(roles))


def test_a_good_row_is_permitted(ask):
    assert (ask(GOOD).answer, ask(GOOD).reasons) == ("permit", [])


def test_an_unfiled_site_is_denied_with_rule_remedy_and_contest(ask):
    answered = ask(UNFILED)

    assert (answered.answer, answered.findings) == ("deny", ["site_unfiled"])
    reason = answered.reasons[0]
    assert reason["rule"].startswith("Notice §4.1.1")
    assert reason["remedy"] and reason["contest"] and "dark.example" in reason["evidence"]


def test_www_below_a_public_suffix_is_a_site_to_be_filed(ask):
    assert ask(GOOD | {"domain": "www.com.cn"}).findings == ["site_unfiled"]
    assert ask(GOOD | {"domain": "com.cn"}).findings == ["domain_unusable"]
    with acting_as(WORKER):
        Filing.objects.create(**versioned(
            filing_no="粤ICP备20990002号-1", subject_no="粤ICP备20990002号", subject_name="x", subject_kind="organisation",
            domains=["www.com.cn"], provider_id="harbour", addresses=[], service_kind="web", status="active",
            verified_on=dt.date(2026, 5, 1)))
        load("filings")
    assert ask(GOOD | {"domain": "www.com.cn"}).answer == "permit"


def test_all_reasons_are_given(ask):
    answered = ask({"provider_id": "mudflat", "domain": "www.nightlamp.example", "customer_uscc": "91440000MA00000000"})

    assert answered.findings == ["provider_unlicensed", "site_unfiled", "sponsor_id_invalid", "blacklisted_domain"]


def test_a_stale_register_refers(ask):
    later = ask(UNFILED, as_of=dt.date(2026, 7, 20))

    assert later.answer == "refer"
    assert {reason["severity"] for reason in later.reasons} == {"unknown"}
    assert not later.document["registers"]["filings"]["known"]


@pytest.mark.parametrize(
    "error",
    [OperationalError("gone"), LicetError("no room to compile"), OSError("disk full")],
    ids=["database away", "cannot be compiled", "disk"],
)
@pytest.mark.parametrize("row", [GOOD, UNFILED], ids=["good", "bad"])
def test_what_cannot_be_asked_refers(ask, monkeypatch, error, row):
    def broken(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(snapshots, "current_register", broken)

    answered = ask(row)

    assert (answered.answer, answered.findings) == ("refer", ["registers_unavailable"])


def test_a_decision_that_cannot_be_kept_refers(ask, monkeypatch):
    def broken(*_args, **_kwargs):
        raise OperationalError("gone")

    monkeypatch.setattr(Decision.objects, "create", broken)

    answered = ask(GOOD)

    assert (answered.answer, answered.id) == ("refer", "")


def test_a_decision_is_kept_and_journalled(ask):
    answered = ask(UNFILED, purpose="new order 4711")

    with acting_as(WORKER):
        kept = Decision.objects.get(pk=answered.id)
        entry = Entry.objects.get(subject=f"decision:{answered.id}")
    assert kept.document == answered.document
    assert (entry.tag, entry.organisation, entry.purpose) == ("gate:decision:made", "harbour", "new order 4711")
    assert entry.data["reasons"] == ["site_unfiled"]


def test_a_kept_decision_cannot_be_changed(ask):
    answered = ask(GOOD)

    with acting_as(WORKER):
        assert Decision.objects.filter(pk=answered.id).update(answer="deny") == 0
        assert Decision.objects.filter(pk=answered.id).delete()[0] == 0


def test_a_billing_code_refers_until_there_is_a_register(ask):
    assert ask(GOOD | {"code": "1062"}).findings == ["billing_register_not_loaded"]
    assert ask(GOOD | {"code": "1062"}).answer == "refer"
    assert ask(UNFILED | {"code": "1062"}).answer == "deny"


def test_an_answer_speaks_the_readers_language_and_its_digest_none(ask):
    rows = [UNFILED | {"filing_no": "京ICP备09999999号"}, UNFILED | {"customer_uscc": "110105194912310021"}]
    answers = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            answers[language] = services.decide_batch(rows, actor=WORKER, as_of=DAY).document

    said = {language: [reason["evidence"] for row in document["rows"] for reason in row["reasons"]]
            for language, document in answers.items()}
    assert answers["zh-hans"]["digest"] == answers["en"]["digest"]
    assert all(zh != en for zh, en in zip(said["zh-hans"], said["en"], strict=True))
    assert "所示备案号 京ICP备09999999号：查无此号" in said["zh-hans"]
    assert "declared 京ICP备09999999号: not on record" in said["en"]
    assert "sponsor id …0021 fails its checksum" in said["en"]
    assert "rid0:" not in json.dumps(answers)


def test_the_terminal_is_answered_in_its_language(ask):
    with translation.override("zh-hans"):
        said = describe(ask(UNFILED).document)
        nothing = describe(ask(GOOD).document)

    words = re.sub(r"DENY|PERMIT|\[[^]]*\]|[0-9a-f]{8}-[0-9a-f-]+|dark\.example", "", said + nothing)
    assert not re.search("[A-Za-z]{2,}", words), words
    assert "《通知》§4.1.1；《非经营性互联网信息服务备案管理办法》第18条" in said
    with translation.override("en"):
        assert "Rule: Notice §4.1.1; Order 33 Art 18" in describe(ask(UNFILED).document)


def test_a_batch_gives_the_same_answers_and_one_entry(ask):
    rows = [GOOD | {"access_id": "a"}, UNFILED | {"access_id": "b"}]

    batch = services.decide_batch(rows, actor=WORKER, as_of=DAY).document

    assert [row["answer"] for row in batch["rows"]] == [ask(row).answer for row in rows]
    assert batch["rows"][1]["reasons"] == ask(rows[1]).reasons
    with acting_as(WORKER):
        entries = Entry.objects.filter(tag="gate:batch:made")
        assert [entry.data["digest"] for entry in entries] == [batch["digest"]]


def test_a_resident_id_never_leaves_the_gate(ask):
    number = "11010519491231002X"
    answered = ask(GOOD | {"customer_uscc": number})

    assert number not in json.dumps(answered.document)


@pytest.mark.parametrize(
    ("actor", "provider", "refused"),
    [
        (Actor(name="nobody"), "harbour", True),
        (person("mudflat"), "harbour", True),
        (person("harbour"), "harbour", False),
        (person("harbour"), "", False),
        (person("harbour", roles=("observer",)), "harbour", True),
        (person("authority", scope=Scope.NATIONAL, roles=("officer",)), "harbour", False),
    ],
    ids=["nobody", "another organisation", "own", "own by default", "role without the permission", "officer"],
)
def test_who_may_ask_about_whom(ask, actor, provider, refused):
    row = GOOD | {"provider_id": provider}
    if refused:
        with pytest.raises(NotAllowed):
            ask(row, actor=actor)
    else:
        assert ask(row, actor=actor).document["provider_id"] == "harbour"


def test_what_no_list_could_hold_is_refused_with_its_repair(ask):
    with pytest.raises(BadInput) as refused:
        ask(GOOD | {"service_kind": "teleport"})
    assert refused.value.hint


def test_a_dry_run_shows_who_would_be_cut_and_decides_nothing(registers):
    with acting_as(WORKER):
        Filing.objects.update(verified_on=dt.date(2020, 1, 1))
        for number, domain in (("1", "lantern.example"), ("2", "dark.example")):
            AccessRelation.objects.create(
                **versioned(access_id=number, provider_id="harbour", service_kind="vhost", domain=domain)
            )
        before = Entry.objects.count()

    found = services.dry_run(["filing_stale"], actor=person("harbour"), as_of=DAY)

    assert (found["rows"], found["denied_now"], found["denied_then"], found["cut"]) == (2, 1, 2, 1)
    assert found["by_finding"] == {"filing_stale": 1}
    assert [row["access_id"] for row in found["shown"]] == ["1"]
    with acting_as(WORKER):
        assert Entry.objects.count() == before


# --- over HTTP ---
@pytest.fixture
def call(registers):
    def _call(path, body=None, *, party="harbour", scopes=("gate.ask",), key=None):
        if key is None:
            with acting_as(WORKER):
                _, key = add_token("test", party_id=party, scopes=scopes, by=WORKER)
        headers = {"authorization": f"Bearer {key}"} if key else {}
        if body is None:
            return Client().get(path, headers=headers)
        return Client().post(path, json.dumps(body), content_type="application/json", headers=headers)

    return _call


ASK = "/api/gate/decisions"


def test_a_key_asks_for_its_organisation(call):
    response = call(ASK, {"domain": "dark.example", "as_of": "2026-06-01"})

    assert response.status_code == 200
    assert (response.json()["answer"], response.json()["provider_id"]) == ("deny", "harbour")


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"key": ""}, 401),
        ({"key": "licet_wrong"}, 401),
        ({"scopes": ("registers.read",)}, 403),
        ({"party": "mudflat"}, 403),
        ({"party": "harbour"}, 200),
        ({"party": "authority"}, 200),
    ],
    ids=["no key", "unknown key", "key without the scope", "another organisation", "own organisation", "authority"],
)
def test_access_to_the_api(call, how, status):
    response = call(ASK, GOOD | {"as_of": "2026-06-01"}, **how)

    assert response.status_code == status
    if status != 200:
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["status"] == status and response.json()["hint"]


def test_a_decision_can_be_read_again_by_its_organisation_only(call):
    made = call(ASK, GOOD | {"as_of": "2026-06-01"}).json()

    assert call(f"{ASK}/{made['id']}").json() == made
    assert call(f"{ASK}/{made['id']}", party="mudflat").status_code == 404


def test_batches_and_dry_runs_over_http(call):
    batch = call(f"{ASK}/batch", {"rows": [GOOD, UNFILED], "as_of": "2026-06-01"}).json()
    dry = call("/api/gate/dry-run", {"deny": ["filing_stale"], "rows": [GOOD], "as_of": "2026-06-01"})

    assert batch["counts"] == {"permit": 1, "deny": 1, "refer": 0}
    assert (dry.status_code, dry.json()["cut"]) == (200, 0)


@pytest.mark.parametrize(
    "body", [{"rows": []}, {"rows": [GOOD] * 10_001}, {"rows": "x"}], ids=["none", "too many", "no list"]
)
def test_bad_batches_are_a_problem_document(call, body):
    response = call(f"{ASK}/batch", body)

    assert (response.status_code, response["Content-Type"]) == (422, "application/problem+json")


def test_the_interface_describes_itself(db):
    document = Client().get("/api/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    assert {"/api/gate/decisions", "/api/gate/decisions/batch", "/api/gate/dry-run"} <= set(document["paths"])
    page = Client().get("/api/docs")
    assert page.status_code == 200
    assert b"cdn" not in page.content


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"provider_id": "harbour", "domian": "dark.example"}, "domian"),
        ({"domain": "dark.example", "providers": "mudflat"}, "providers"),
        ({"rows": [GOOD, {"domian": "dark.example"}]}, "rows.1.domian"),
        ({"rows": [GOOD], "as_off": "2026-06-01"}, "as_off"),
    ],
    ids=["misspelt domain", "misspelt provider", "a row of a batch", "beside the rows"],
)
def test_a_misspelt_field_is_refused_by_name(call, body, field):
    response = call(f"{ASK}/batch" if "rows" in body else ASK, body)

    assert response.status_code == 422
    assert [error["field"].partition(".")[2] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize("body", [{}, {"access_id": "7", "service_kind": "vhost"}, {"domain": "  "}, {"domain": None}])
def test_a_question_about_nothing_is_refused(call, body):
    response = call(ASK, body)

    assert (response.status_code, response.json()["type"]) == (422, "urn:licet:error:nothing_asked")


def test_the_names_of_the_command_line_are_understood(call):
    body = {"provider": "mudflat", "domain": "nightlamp.example", "sponsor": "91440000MA00000000", "upstream": "nobody",
            "as_of": "2026-06-01"}
    found = call(ASK, body, party="authority").json()

    assert found["provider_id"] == "mudflat"
    assert {"provider_unlicensed", "sponsor_id_invalid", "upstream_unlicensed"} <= {
        reason["finding"] for reason in found["reasons"]}
    assert call(ASK, body | {"provider_id": "harbour"}, party="authority").status_code == 422


def test_a_bad_row_of_a_batch_is_referred_with_its_errors_and_the_others_judged(call):
    rows = [GOOD, {"access_id": "b", "domain": "dark.example", "service_kind": "teleport", "ip": "1.2.3"},
            {"access_id": "c", "domain": "x" * 5000}, {"access_id": "d"}, UNFILED]
    found = call(f"{ASK}/batch", {"rows": rows, "as_of": "2026-06-01"}).json()

    assert [row["answer"] for row in found["rows"]] == ["permit", "refer", "refer", "refer", "deny"]
    assert [[bad["field"] for bad in row["errors"]] for row in found["rows"]] == [
        [], ["service_kind", "ip"], ["domain"], [""], []]
    assert all(bad["reason"] and bad["repair"] for row in found["rows"] for bad in row["errors"])
    assert found["counts"] == {"permit": 1, "deny": 1, "refer": 3}


# --- pages ---
def test_the_page_answers_with_a_page_of_its_own(registers, sign_in):
    client = sign_in("pilot")
    response = client.post("/gate/", GOOD | {"domain": "dark.example", "as_of": "2026-06-01"}, follow=True)

    assert response.status_code == 200
    assert b"site_unfiled" in response.content
    assert response.redirect_chain


@pytest.mark.parametrize(("who", "status"), [("otto", 403), ("moss", 404), ("pilot", 200), ("olm", 200)])
def test_who_may_open_a_decision(registers, sign_in, who, status):
    made = services.decide(GOOD, actor=WORKER, as_of=DAY)

    assert sign_in(who).get(f"/gate/decisions/{made.id}/").status_code == status
    assert Client().get(f"/gate/decisions/{made.id}/").status_code == 302


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "年检结果"), ("en", "Annual reviews")])
def test_the_page_names_registers_in_the_readers_language(registers, sign_in, language, words):
    made = services.decide(GOOD, actor=WORKER, as_of=DAY)

    page = sign_in("olm").get(f"/gate/decisions/{made.id}/", headers={"Accept-Language": language}).content.decode()

    assert f"<dt>{words}</dt>" in page


def test_the_dry_run_page(registers, sign_in):
    response = sign_in("pilot").get("/gate/dry-run/", {"deny": "filing_stale"})

    assert response.status_code == 200
