"""The registers' API: who may ask what, the change feed, files handed in by programs."""

import csv
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.journal.models import Entry
from licet.parties.tokens import actor_of_token, add_token, revoke_token
from licet.registers import feed, uploads
from licet.registers.exchange.services import export_kind
from licet.registers.kinds import KIND_BY_ID
from licet.registers.models import BlacklistEntry, Filing, RegisterUpload
from licet.registers.tests import examples

pytestmark = pytest.mark.django_db
SCOPES = ("registers.read", "registers.import")
FILINGS = ("filing_no,subject_name,subject_kind,domains,provider_id,service_kind,filed_on,verified_on,status\n"
           "粤ICP备20260077号-1,Tide Books,organisation,tide.example,harbour,web,2024-02-01,2026-02-01,active\n")
BAD_ROW = "粤ICP备20260078号-1,Tide Books,organisation,ebb.example,harbour,web,2024-02-01,2026-02-01,perhaps\n"
BLACKLIST = "kind,value,ground,decided_on,decision_ref\ndomain,dim.example,pornography,2025-06-01,Decision 13 (2025)\n"


@pytest.fixture
def key(cast):
    """``key("harbour")``: a key of that organisation."""
    def make(party="harbour", scopes=SCOPES):
        with acting_as(WORKER):
            return add_token("tests", party_id=party, scopes=scopes, by=WORKER)

    return make


@pytest.fixture
def get(key):
    def ask(address, *, party="harbour", scopes=SCOPES, **headers):
        bearer = f"Bearer {key(party, scopes)[1]}"
        return Client().get(address, headers={"Authorization": bearer, **headers})

    return ask


@pytest.fixture
def hand_in(key):
    def send(kind, text, *, party="harbour", name="rows.csv", secret="", **fields):
        secret = secret or key(party)[1]
        file = SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())
        return Client().post(f"/api/registers/{kind}/loads", {"file": file, **fields},
                             headers={"Authorization": f"Bearer {secret}"})

    return send


# --- who may ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", ["/api/registers/filings/changes", "/api/registers/loads/1",
                                     "/api/registers/loads/1/errors.csv"])
def test_without_a_key_nothing(cast, address):
    response = Client().get(address)
    assert (response.status_code, response["Content-Type"]) == (401, "application/problem+json")


def test_a_key_needs_the_scope(get, hand_in, key):
    assert get("/api/registers/filings/changes", scopes=("gate.ask",)).status_code == 403
    assert hand_in("filings", FILINGS, secret=key("harbour", ("registers.read",))[1]).status_code == 403
    assert not RegisterUpload.objects.exists()


@pytest.mark.parametrize(("party", "seen"), [("harbour", 1), ("mudflat", 0), ("authority", 1), ("authority-gd", 1)])
def test_each_sees_what_its_organisation_may(records, get, party, seen):
    assert len(get("/api/registers/filings/changes", party=party).json()["changes"]) == seen


# --- the feed --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KIND_BY_ID)
def test_the_feed_is_what_export_writes(records, get, kind):
    exported = io.BytesIO()
    with acting_as(WORKER):
        cursor = export_kind(kind, actor=WORKER, out=exported, since=0, file_format="jsonl")
    expected = [json.loads(line) for line in exported.getvalue().decode().splitlines()]

    page = get(f"/api/registers/{kind}/changes", party="authority").json()

    by_text = sorted(json.dumps({"_change": one["change"]} | _blank(one["record"]), sort_keys=True)
                     for one in page["changes"])
    assert by_text == sorted(json.dumps(_blank(row), sort_keys=True) for row in expected)
    assert (page["cursor"], page["more"]) == (cursor, False)


def _blank(row):
    """Exports write '' where the API says null."""
    return {name: "" if value is None else value for name, value in row.items()}


def test_pages_lead_through_everything_once(records, get):
    for number in range(5):
        examples.write("filings", filing_no=f"粤ICP备2026010{number}号-1", domains=f"shop{number}.example")
    seen, since, pages = [], 0, 0
    while True:
        page = get(f"/api/registers/filings/changes?since={since}&limit=2").json()
        seen += [change["record"]["filing_no"] for change in page["changes"]]
        since, pages = page["cursor"], pages + 1
        if not page["more"]:
            break
    assert (len(seen), len(set(seen)), pages) == (6, 6, 3)

    examples.write("filings", since=examples.DAY, status="suspended")
    after = get(f"/api/registers/filings/changes?since={since}").json()

    assert [(one["change"], one["record"]["status"]) for one in after["changes"]] == [("changed", "suspended")]


def test_json_lines_carry_the_cursor_in_a_header(records, get):
    response = get("/api/registers/filings/changes", Accept="application/x-ndjson")
    rows = [json.loads(line) for line in response.content.decode().splitlines()]

    assert response["Content-Type"] == "application/x-ndjson"
    assert [(row["_change"], row["provider_id"]) for row in rows] == [("added", "harbour")]
    assert response["Licet-Cursor"] == str(rows[-1]["_cursor"]) and response["Licet-More"] == "false"


def test_nothing_new_is_304_for_the_same_key_only(records, key):
    def ask(secret, etag=""):
        headers = {"Authorization": f"Bearer {secret}"} | ({"If-None-Match": etag} if etag else {})
        return Client().get("/api/registers/filings/changes", headers=headers)

    own, other = key("harbour")[1], key("mudflat")[1]
    etag = ask(own)["ETag"]
    assert (ask(own, etag).status_code, ask(own, etag).content) == (304, b"")
    assert ask(other, etag).status_code == 200

    examples.write("filings", since=examples.DAY, status="suspended")
    assert ask(own, etag).status_code == 200


@pytest.mark.parametrize(("query", "status"), [
    ("limit=0", 422), ("limit=10001", 422), ("since=-1", 422), ("since=x", 422), ("since=999999999", 409),
], ids=["no rows", "too many", "negative", "text", "ahead of a restored database"])
def test_cursors_that_cannot_be_used(records, get, query, status):
    response = get(f"/api/registers/filings/changes?{query}")
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")


def test_unknown_register_and_provider_of_a_shared_one(records, get):
    assert get("/api/registers/nothing/changes").status_code == 404
    assert get("/api/registers/blacklist/changes?provider=harbour").status_code == 422
    assert get("/api/registers/filings/changes?provider=harbour", party="authority").json()["changes"]
    assert not get("/api/registers/filings/changes?provider=mudflat", party="authority").json()["changes"]


# --- files -----------------------------------------------------------------------------------------------------------
def test_a_providers_file_is_taken_at_once(hand_in, key):
    token, secret = key("harbour")

    response = hand_in("filings", FILINGS, secret=secret, note="nightly")
    done = response.json()

    assert (response.status_code, done["state"], done["provider"]) == (201, "imported", "harbour")
    assert (done["report"]["added"], done["report"]["rejected"], done["errors_csv"]) == (1, 0, "")
    with acting_as(WORKER):
        assert Filing.objects.get(filing_no="粤ICP备20260077号-1").provider_id == "harbour"
        entries = Entry.objects.filter(actor=f"token:{token.pk}").order_by("pk").values_list("tag", flat=True)
        assert list(entries) == ["registers:upload:received", "registers:upload:approved", "registers:filings:imported"]


def test_the_same_file_again_changes_nothing(hand_in):
    hand_in("filings", FILINGS)
    assert hand_in("filings", FILINGS).json()["report"]["unchanged"] == 1


def test_bad_rows_come_back_with_their_repair(hand_in, get):
    done = hand_in("filings", FILINGS + BAD_ROW).json()
    assert (done["report"]["added"], done["report"]["rejected"]) == (1, 1)

    response = get(done["errors_csv"])
    rows = list(csv.DictReader(io.StringIO(b"".join(response).decode("utf-8-sig"))))

    assert [(row["line"], row["field"], row["value"]) for row in rows] == [("3", "status", "perhaps")]
    assert rows[0]["repair"]
    assert get(done["url"]).json()["state"] == "imported"
    assert get(done["url"], party="mudflat").status_code == 404
    assert get(done["errors_csv"], party="mudflat").status_code == 404


@pytest.mark.parametrize(("kind", "text", "fields", "status"), [
    ("filings", "a,b\n1,2\n", {}, 422),
    ("filings", b"PK\x03\x04 half a workbook", {"name": "rows.xlsx"}, 422),
    ("filings", FILINGS, {"name": "rows.exe"}, 422),
    ("filings", "", {}, 422),
    ("filings", FILINGS, {"provider": "mudflat"}, 403),
    ("filings", FILINGS, {"as_of": "2999-01-01"}, 422),
    ("filings", FILINGS, {"as_of": "soon"}, 422),
    ("licences", FILINGS, {}, 403),
    ("nothing", FILINGS, {}, 404),
], ids=["wrong columns", "truncated workbook", "program", "empty", "another organisation", "a day to come", "no day",
        "the authority's register", "no register"])
def test_what_cannot_be_taken_says_why_and_takes_nothing(hand_in, kind, text, fields, status):
    response = hand_in(kind, text, **fields)

    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert response.json()["detail"]
    with acting_as(WORKER):
        assert not Filing.objects.exists()


def test_a_file_that_is_too_large(hand_in, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST_BYTES", 100)
    response = hand_in("filings", FILINGS)
    assert response.status_code == 422 and "larger than" in response.json()["detail"]
    assert not list(uploads._directory().glob("*T*-token-*"))


def test_rows_of_another_organisation_are_rejected(hand_in):
    done = hand_in("filings", FILINGS.replace("harbour", "mudflat"), party="harbour")
    assert done.status_code == 422 and "no row that can be used" in done.json()["detail"]


def test_the_blacklist_waits_for_an_officer(hand_in, get, actor_of):
    response = hand_in("blacklist", BLACKLIST, party="authority")
    waiting = response.json()

    assert (response.status_code, waiting["state"], waiting["needs_second"]) == (202, "awaiting_second", True)
    with acting_as(WORKER):
        assert not BlacklistEntry.objects.exists()

    with acting_as(actor_of("reed")) as reed:
        uploads.approve_upload(waiting["id"], note="", actor=reed, now=clock.now())
        uploads.merge_upload(waiting["id"], now=clock.now())

    assert get(waiting["url"], party="authority").json()["state"] == "imported"
    with acting_as(WORKER):
        assert BlacklistEntry.objects.get().value == "dim.example"


def test_a_program_cannot_let_its_own_blacklist_in(hand_in, key):
    _token, secret = key("authority")
    waiting = hand_in("blacklist", BLACKLIST, secret=secret).json()

    with acting_as(actor_of_token(secret)) as program, pytest.raises(uploads.SecondPersonNeeded):
        uploads.approve_upload(waiting["id"], note="", actor=program, now=clock.now())


def test_a_large_file_is_read_by_the_worker_and_stops_when_the_key_ended(hand_in, key, monkeypatch):
    monkeypatch.setattr(uploads, "INLINE_BYTES", 10)
    token, secret = key("harbour")
    first, second = (hand_in("filings", FILINGS, secret=secret) for _ in range(2))
    assert (first.status_code, first.json()["state"]) == (202, "uploaded")

    with acting_as(WORKER):
        assert uploads.take_in(first.json()["id"], now=clock.now()).state == "imported"
        revoke_token(token.pk, by=WORKER)
        stopped = uploads.take_in(second.json()["id"], now=clock.now())

    assert (stopped.state, stopped.problem["code"]) == ("failed", "token_refused")


def test_the_console_names_the_program(hand_in, key, sign_in):
    token, secret = key("harbour")
    done = hand_in("filings", FILINGS, secret=secret).json()
    page = sign_in("pilot").get(reverse("upload", args=[done["id"]]), headers={"Accept-Language": "en"})
    assert f"program with key {token.pk}" in page.content.decode()


def test_who_sent_a_file_stays_as_it_was(hand_in):
    waiting = hand_in("blacklist", BLACKLIST, party="authority").json()
    with (acting_as(WORKER), pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor):
        cursor.execute("UPDATE registers_registerupload SET token_id = 999 WHERE id = %s", [waiting["id"]])


def test_the_description_names_the_scopes_endpoints(db):
    paths = Client().get("/api/openapi.json").json()["paths"]
    assert {"/api/registers/{kind}/changes", "/api/registers/{kind}/loads", "/api/registers/loads/{load_id}",
            "/api/registers/loads/{load_id}/errors.csv"} <= set(paths)
    page = paths["/api/registers/{kind}/changes"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert page["$ref"].endswith("/ChangesOut")


def test_a_page_never_goes_past_what_was_there_when_it_began(records, monkeypatch):
    """A change between the two reads of a page belongs to the next page."""
    kind = KIND_BY_ID["filings"]
    with acting_as(WORKER):
        before = feed.newest_change(kind)
    examples.write("filings", filing_no="粤ICP备20260109号-1", domains="late.example")
    monkeypatch.setattr(feed, "newest_change", lambda _kind: before)

    with acting_as(WORKER):
        page = feed.changes_since(kind, 0)

    assert page.cursor == before and [one.record["filing_no"] for one in page.changes] == ["粤ICP备20260001号-1"]
