"""What we hand on as XARF v4: valid by the package of the specification's own schema, read back as the same report, and
silent about who reported it."""

import datetime as dt
import hashlib
import json
import string

import pytest
import xarf as xarf_package
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from licet.casework import services as casework
from licet.casework.models import Case
from licet.core.actors import WORKER
from licet.core.errors import BadSetting, Conflict, NotFound
from licet.core.rls import acting_as
from licet.grounds.tables import GROUNDS
from licet.hotline.intake import Refusal, check, subject_of
from licet.hotline.tables import NOT_ASKED, QUESTIONS, TARGETS
from licet.hotline.xarf import from_xarf
from licet.hotline.xarf_out import FORMS, Handed, document_of, page_address, to_xarf
from licet.journal.models import Entry

from .conftest import START

EXAMPLES = {"url": "https://www.lantern.example/page", "short_code": "10621234", "voice_number": "16880000",
            "sms": "10650000", "provider": "灯塔接入 · Lantern Access", "hash": f"sha256:{'ab' * 32}"}
ASKED = [(question.ground, kind) for question in QUESTIONS for kind in sorted(question.targets)]


def handed(ground, kind, target, *, reported=True):
    return Handed(key=f"report:{ground}{target}", ground=ground, target_kind=kind, target=target,
                  seen_on=dt.date(2026, 3, 1), zone="Asia/Shanghai", organisation="国家主管部门 · Authority",
                  contact="hotline@authority.example", reported=reported, note="Reported to us; not verified yet.")


def problems(document):
    """What the specification's validator says, unknown fields included."""
    parsed = xarf_package.parse(json.dumps(document))
    return [*parsed.errors, *parsed.warnings, *([] if parsed.report else ["no report"])]


@pytest.mark.parametrize("reported", [True, False], ids=["report", "case"])
@pytest.mark.parametrize("kind", [target.id for target in TARGETS])
@pytest.mark.parametrize("ground", [ground.id for ground in GROUNDS])
def test_every_ground_at_every_target_is_valid(ground, kind, reported):
    document = to_xarf(handed(ground, kind, EXAMPLES[kind], reported=reported))

    assert problems(document) == []
    assert "evidence" not in document and document["reporter"] == document["sender"]
    assert document["tags"] == [f"licet:{ground}", f"licet-target:{kind}"]
    if ground == "minors":
        assert "description" not in document


@pytest.mark.parametrize(("ground", "kind"), ASKED)
def test_what_is_handed_on_is_accepted_as_the_same(ground, kind):
    submission = from_xarf(to_xarf(handed(ground, kind, EXAMPLES[kind])), account="harbour")
    assert (submission.ground, submission.target_kind, submission.target) == (ground, kind, EXAMPLES[kind])
    assert check(submission, at=START) == subject_of(kind, EXAMPLES[kind])


LABEL = st.text(string.ascii_lowercase + string.digits + "灯塔网站", min_size=1, max_size=12)
PATH = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=30)
TARGET = {
    "url": st.builds("{}{}.example{}/{}?by=nina#nina".format, st.sampled_from(["", "http://", "https://", "HTTPS://"]), LABEL,
                     st.sampled_from(["", ":8443"]), PATH),
    "hash": st.one_of(*(st.text("0123456789abcdef", min_size=size, max_size=size) for size in (32, 40, 64))),
    "provider": st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1,
                        max_size=60).map(str.strip).filter(bool),
}
CODE = st.text(string.digits, min_size=3, max_size=20)


@given(st.sampled_from(ASKED), st.data())
def test_whatever_was_reported_goes_out_valid_and_comes_back(row, data):
    ground, kind = row
    written = data.draw(TARGET.get(kind, CODE))
    try:
        before = subject_of(kind, written)
    except Refusal:
        return
    target = page_address(written) if kind == "url" else written

    document = to_xarf(handed(ground, kind, target))
    back = from_xarf(json.loads(json.dumps(document)), account="harbour")

    assert problems(document) == []
    assert (back.ground, back.target_kind) == row and subject_of(back.target_kind, back.target) == before
    assert back.seen_at == dt.datetime(2026, 2, 28, 16, tzinfo=dt.UTC) and "nina" not in json.dumps(document)


@pytest.mark.parametrize(("written", "expected"), [
    ("lantern.example", "http://lantern.example/"),
    ("https://nina:pw@lantern.example:8443/p/灯?name=nina#nina", "https://lantern.example:8443/p/%E7%81%AF"),
    ("https://灯塔.example/a b", "https://xn--omsv47c.example/a%20b"),
    ("http://[2001:db8::1]/x", "http://[2001:db8::1]/x"), ("192.0.2.7", "http://192.0.2.7/")])
def test_an_address_goes_out_without_what_may_name_the_reporter(written, expected):
    assert page_address(written) == expected


@pytest.mark.parametrize("ground", sorted(NOT_ASKED))
def test_what_only_the_registers_know_is_not_accepted_from_others(ground):
    with pytest.raises(Refusal):
        from_xarf(to_xarf(handed(ground, "provider", "Night Lamp")), account="harbour")


def test_the_same_report_keeps_its_id_and_another_has_its_own():
    first = to_xarf(handed("minors", "hash", "ab" * 16))["report_id"]
    assert first == to_xarf(handed("minors", "hash", "ab" * 16))["report_id"]
    assert first != to_xarf(handed("minors", "hash", "ab" * 20))["report_id"]


def test_every_form_names_grounds_and_targets_that_exist():
    assert all(row.comment and row.grounds <= {ground.id for ground in GROUNDS} for row in FORMS)
    assert all(row.targets <= {target.id for target in TARGETS} for row in FORMS)


@pytest.mark.parametrize(("change", "field"), [
    ({"tags": ["licet:minors", "licet-target:sms"]}, "tags"), ({"tags": ["licet:minors", "licet-target:rumour"]}, "tags"),
    ({"tags": [], "threat_type": "licet:rumour"}, "type"), ({"tags": [], "threat_type": "other"}, "type")])
def test_a_tag_that_does_not_fit_is_named(change, field):
    with pytest.raises(Refusal) as refused:
        from_xarf(to_xarf(handed("minors", "hash", "ab" * 16)) | change, account="harbour")
    assert refused.value.field == field and refused.value.hint


def test_the_open_vocabulary_names_the_ground_without_a_tag():
    document = to_xarf(handed("deceptive_billing", "voice_number", "16880000")) | {"tags": []}
    submission = from_xarf(document, account="harbour")
    assert (submission.ground, submission.target_kind) == ("deceptive_billing", "voice_number")


# --- from the database -----------------------------------------------------------------------------------------------

SAID = "I am Nina from 3 Quay Street, call me on 13800000000"


@pytest.fixture
def reported(hotline, cast, settings):
    settings.DEFAULT_FROM_EMAIL = "Hotline <hotline@authority.example>"

    def report(**fields):
        fields.setdefault("target", "https://www.lantern.example/page?user=nina#nina")
        fields.setdefault("text", SAID)
        number = hotline.report(contact="nina@reporter.example", address="198.51.100.7", **fields)
        hotline.drain()
        return number

    return report


@pytest.mark.django_db
def test_a_report_is_handed_on_without_its_reporter(reported, hotline, actor_of):
    number = reported()
    with acting_as(actor_of("olm")):
        document = document_of(number)
        case = document_of(Case.objects.get().number)

    for text in (json.dumps(document), json.dumps(case)):
        assert not any(word in text for word in ("nina", "Nina", "Quay", "1380", "198.51", number, "01:00", "09:00"))
    assert problems(document) == problems(case) == []
    assert document["source_identifier"] == "https://www.lantern.example/page"
    assert document["reporter"] == {"org": "Authority of the tests", "contact": "hotline@authority.example",
                                    "domain": "authority.example"}
    assert document["timestamp"] == "2026-03-02T00:00:00+08:00", "the day: an hour would be found in the site's own log"
    assert case["source_identifier"] == "http://lantern.example/" and "Case 2026-" in case["description"]


@pytest.mark.django_db
@pytest.mark.parametrize(("fields", "source"), [
    ({"target_kind": "voice_number", "target": "1688 0000", "ground": "sexual_service_line"}, "16880000"),
    ({"target_kind": "provider", "target": "Night Lamp", "ground": "serving_unfiled_site"}, "Night Lamp"),
    ({"target_kind": "url", "target": "http://[2001:db8::1]/x", "ground": "unfiled_site"}, "http://[2001:db8::1]/x")])
def test_numbers_providers_and_addresses(reported, actor_of, fields, source):
    number = reported(**fields)
    with acting_as(actor_of("olm")):
        documents = [document_of(number), document_of(Case.objects.get().number)]
    assert [problems(document) for document in documents] == [[], []]
    assert documents[0]["source_identifier"] == source
    assert documents[1]["tags"] == documents[0]["tags"]


@pytest.mark.django_db
def test_of_children_address_or_hash_alone(reported, actor_of):
    page, file = reported(ground="minors", text=""), reported(ground="minors", target_kind="hash", target="AB" * 16, text="")
    with acting_as(actor_of("olm")):
        first, second = document_of(page), document_of(file)
    assert first["type"] == "csam" and first["url"] == "https://www.lantern.example/page"
    assert second["source_identifier"] == "md5:" + "ab" * 16
    assert not {"description", "evidence", "hash_values"} & (first.keys() | second.keys())


@pytest.mark.django_db
def test_what_is_not_handed_on(reported, hotline, actor_of, settings):
    from licet.hotline import services

    unplaced = reported(target_kind="provider", target="Nina's employer", ground="unlicensed_provider")
    dismissed = reported(target="https://gone.example/")
    services.dismiss(dismissed, "gone", reason="looked, gone", actor=actor_of("olm"), at=START)
    closed = reported(target="https://shut.example/")
    with acting_as(actor_of("olm")):
        case = Case.objects.get(subject_key="shut.example")
        casework.close_case(case.pk, outcome="not_confirmed", reason="nothing there", actor=actor_of("olm"), at=START)
        for number in (unplaced, dismissed, case.number):
            with pytest.raises(Conflict):
                document_of(number)
        with pytest.raises(NotFound):
            document_of("0000-0000-0000")
        settings.DEFAULT_FROM_EMAIL = "licet@localhost"
        with pytest.raises(BadSetting):
            document_of(closed)
    with acting_as(actor_of("wick")), pytest.raises(NotFound):
        document_of(closed)


@pytest.mark.django_db
def test_over_http_for_the_desks_own_keys(reported):
    from licet.parties.tokens import add_token

    number = reported()
    with acting_as(WORKER):
        case = Case.objects.get()
        keys = {name: add_token(name, party_id=party, scopes=(scope,), by=WORKER)[1] for name, party, scope in (
            ("desk", "authority", "cases.read"), ("other", "nightlamp", "cases.read"), ("partner", "harbour", "hotline.report"))}

    def ask(key, path):
        return Client().get(f"/api/hotline/{path}/xarf", HTTP_AUTHORIZATION=f"Bearer {keys[key]}")

    answer = ask("desk", f"reports/{number}")
    assert answer.status_code == 200 and problems(answer.json()) == [] and answer["Cache-Control"] == "no-store"
    assert ask("desk", f"cases/{case.number}").json()["description"].startswith("Pornography. Case 2026-")
    assert [ask(key, f"reports/{number}").status_code for key in ("other", "partner")] == [404, 403]
    assert ask("other", f"cases/{case.number}").status_code == ask("desk", "reports/none").status_code == 404

    canonical = json.dumps(answer.json(), sort_keys=True, separators=(",", ":")).encode()
    with acting_as(WORKER):
        handed = [(entry.subject, entry.data) for entry in Entry.objects.filter(tag="hotline:xarf:handed").order_by("seq")]
    assert [subject for subject, _ in handed] == [f"report:{number}", f"case:{case.number}"], "a refusal hands nothing on"
    assert handed[0][1] == {"report_id": answer.json()["report_id"], "sha256": hashlib.sha256(canonical).hexdigest()}
