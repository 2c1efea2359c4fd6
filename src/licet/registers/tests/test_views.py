"""The registers' pages at work: lists, days, downloads, corrections, decisions, uploads."""

import datetime as dt

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.registers.kinds import KIND_BY_ID
from licet.registers.models import Filing, Licence, ProposedChange, RegisterUpload
from licet.registers.records import present
from licet.registers.tests.examples import ROWS, write

pytestmark = pytest.mark.django_db

POSTS = "provider_id,branch,region,person,role,phone,email,valid_from,valid_to\n"
GOOD = POSTS + "harbour,Shenzhen,CN-GD,Anchor,duty desk,,,,\n"
LICENCES = (
    "licence_no,provider_id,category,catalogue_year,regions,valid_from,valid_to,status,issuer\n"
    "B1-20200009,mudflat,B11,2015,CN-SH,2020-01-01,,active,Authority\n"
)


@pytest.fixture(autouse=True)
def _here(settings, tmp_path):
    settings.LICET_HOME = tmp_path


@pytest.fixture
def fresh(monkeypatch):
    """Everybody has just entered their password."""
    monkeypatch.setattr("licet.console.fresh.is_fresh", lambda request: True)


def _pk(kind_id, key):
    with acting_as(WORKER):
        return present(KIND_BY_ID[kind_id], key).pk


def _record_url(kind_id, records, name="register_record"):
    return reverse(name, args=[kind_id, _pk(kind_id, records[kind_id])])


def _form(kind_id, **values):
    return ROWS[kind_id] | {"reason": "the paper says so"} | values


def _upload(client, name, content, kind="posts", **values):
    data = {"kind": kind, "as_of": "2026-03-02", "file": SimpleUploadedFile(name, content)} | values
    return client.post(reverse("upload_form"), data)


@pytest.mark.parametrize(("language", "word"), [("zh-hans", "备案"), ("en", "Filings")])
def test_pages_speak_both_languages(language, word, records, sign_in):
    client = sign_in("olm")
    client.cookies["django_language"] = language

    assert word in client.get(reverse("register_index")).content.decode()
    assert word in client.get(reverse("register_list", args=["filings"])).content.decode()


def test_list_comes_as_fragment_from_the_same_address(records, sign_in):
    response = sign_in("olm").get(reverse("register_list", args=["filings"]), headers={"HX-Request": "true"})

    assert "<html" not in response.content.decode()
    assert "Lantern" in response.content.decode()


@pytest.mark.parametrize(
    ("kind_id", "text", "found"),
    [
        ("filings", "粤ICP备2026", 1),
        ("filings", "Lantern B", 1),
        ("filings", "lantern.example", 1),
        ("filings", "Books", 0),
        ("access", "192.0.2.8", 1),
        ("access", "A-1", 1),
        ("access", "www.lantern.example", 1),
        ("addresses", "192.0.2.77", 1),
        ("addresses", "198.51.100.1", 0),
        ("licences", "B1-2020", 1),
        ("blacklist", "night", 1),
        ("parties", "Tidew", 1),
        ("posts", "Guang", 1),
        ("annual_reviews", "B1-", 1),
    ],
)
def test_search(kind_id, text, found, records, sign_in):
    response = sign_in("olm").get(reverse("register_list", args=[kind_id]), {"q": text})

    assert len(response.context["rows"]) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "active"}, 1),
        ({"status": "revoked"}, 0),
        ({"provider": "harbour"}, 1),
        ({"provider": "moss"}, 0),
        ({"region": "CN-GD"}, 1),
        ({"region": "CN-SH"}, 0),
        ({"as_of": "2026-01-04"}, 0),
        ({"as_of": "2026-01-05"}, 1),
    ],
)
def test_filters(query, found, records, sign_in):
    assert len(sign_in("olm").get(reverse("register_list", args=["licences"]), query).context["rows"]) == found


def test_any_day_shows_what_the_register_said(records, sign_in):
    write("licences", since=dt.date(2026, 2, 1), status="revoked")
    client = sign_in("olm")

    def states(**query):
        rows = client.get(reverse("register_list", args=["licences"]), query).context["rows"]
        return [row.cells[-1].state for row in rows]

    assert (states(as_of="2026-01-31"), states(as_of="2026-02-01"), states()) == (["active"], ["revoked"], ["revoked"])


def test_pages_follow_each_other_without_gap(records, sign_in, monkeypatch):
    for number in range(2, 8):
        write("filings", filing_no=f"粤ICP备2026000{number}号-1", subject_name=f"Name {number % 2}")
    monkeypatch.setattr("licet.registers.listing.page.__kwdefaults__", {"rows": 3})
    client, query, seen = sign_in("pilot"), {"q": "Name"}, []
    while query is not None:
        response = client.get(reverse("register_list", args=["filings"]), query)
        seen += [row.cells[0].text for row in response.context["rows"]]
        older = response.context["pager"].older_url
        query = {"q": "Name", "after": older.split("after=")[1]} if older else None

    assert len(seen) == len(set(seen)) == 6


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "WyJhIiwgImIiXQ"}, {"as_of": "someday"}])
def test_broken_address_is_refused_in_words(query, records, sign_in):
    assert sign_in("olm").get(reverse("register_list", args=["filings"]), query).status_code == 422


def test_download_starts_no_formula(records, sign_in):
    write("filings", site_name="'=cmd()", since=dt.date(2026, 2, 1))
    with acting_as(WORKER):
        Filing.objects.filter(until__isnull=True).update(site_name="=cmd()", subject_name="+1 Co")

    text = b"".join(sign_in("pilot").get(reverse("register_export", args=["filings"]))).decode("utf-8-sig")

    assert text.splitlines()[0].startswith("filing_no,subject_no")
    assert ",'=cmd()," in text
    assert ",'+1 Co," in text


def test_record_shows_source_and_history(records, sign_in):
    client = sign_in("pilot")
    response = client.post(
        _record_url("filings", records, "register_correct"), _form("filings", site_name="Lantern & Sons")
    )
    page = client.get(response.url).content.decode()

    assert response.status_code == 302
    assert "Lantern &amp; Sons" in page
    assert "the paper says so" in page
    assert "registers:change:applied" in page


def test_bad_field_is_named_beside_it(records, sign_in):
    response = sign_in("pilot").post(
        _record_url("filings", records, "register_correct"), _form("filings", filed_on="soon")
    )

    assert response.status_code == 422
    assert response.context["form"].errors["filed_on"]


def test_second_person_decides_on_the_page(records, sign_in, fresh):
    sign_in("olm").post(_record_url("licences", records, "register_correct"), _form("licences", status="suspended"))
    with acting_as(WORKER):
        change = ProposedChange.objects.get()
    address = reverse("change", args=[change.pk])

    mine = sign_in("olm").get(address).content.decode()
    assert 'value="apply"' not in mine
    assert sign_in("olm").post(address, {"choice": "apply", "note": "ok"}).status_code == 422
    assert sign_in("reed").post(address, {"choice": "apply", "note": "ok"}).status_code == 302

    with acting_as(WORKER):
        assert Licence.objects.get(until__isnull=True).status == "suspended"


def test_decision_asks_who_it_is(records, sign_in):
    sign_in("olm").post(_record_url("licences", records, "register_correct"), _form("licences", status="suspended"))
    with acting_as(WORKER):
        change = ProposedChange.objects.get()

    response = sign_in("reed").post(reverse("change", args=[change.pk]), {"choice": "apply"})

    assert "reauthenticate" in response.url
    change.refresh_from_db()
    assert change.state == "proposed"


def test_provider_page_names_the_broken_link(records, sign_in):
    response = sign_in("olm").get(reverse("provider_record", args=["harbour"]))

    assert response.context["chain"]["upstream"][0]["id"] == "backbone"
    assert response.context["stats"][0].of == 100


def test_file_is_checked_then_let_in(records, sign_in, fresh):
    client = sign_in("pilot")
    response = _upload(client, "posts.csv", GOOD.encode())
    with acting_as(WORKER):
        upload = RegisterUpload.objects.get()
        assert (upload.state, upload.report["added"]) == ("checked", 1)

    client.post(response.url, {"choice": "apply", "note": ""})

    upload.refresh_from_db()
    assert (upload.state, upload.provider_id) == ("imported", "harbour")
    assert "Shenzhen" in client.get(reverse("register_list", args=["posts"])).content.decode()


def test_licences_file_waits_for_a_second_person(records, sign_in, fresh):
    address = _upload(sign_in("olm"), "licences.csv", LICENCES.encode(), kind="licences").url
    assert sign_in("olm").post(address, {"choice": "apply"}).status_code == 422
    with acting_as(WORKER):
        assert not Licence.objects.filter(provider_id="mudflat").exists()

    assert sign_in("reed").post(address, {"choice": "apply", "note": "compared"}).status_code == 302

    with acting_as(WORKER):
        assert Licence.objects.filter(provider_id="mudflat").count() == 1
        assert RegisterUpload.objects.get().state == "imported"


def test_rejected_rows_are_shown_with_their_repair(records, sign_in):
    client = sign_in("pilot")
    response = _upload(client, "posts.csv", (GOOD + "harbour,Foshan,Atlantis,Anchor,duty desk,,,,\n").encode())

    page = client.get(response.url)
    errors = b"".join(client.get(f"{response.url}errors.csv")).decode("utf-8-sig")

    assert page.context["errors"][0].cells[1].text == "region"
    assert "Atlantis" in errors


def _workbook(tmp_path, *, cut=False):
    path = tmp_path / "posts.xlsx"
    book = openpyxl.Workbook()
    book.active.append(POSTS.strip().split(","))
    book.save(path)
    return path.read_bytes()[:200] if cut else path.read_bytes()


@pytest.mark.parametrize("case", ["ending", "empty", "truncated", "mixed", "nul", "columns"])
def test_broken_file_gives_a_clear_error_on_the_page(case, tmp_path, records, sign_in):
    name, content = {
        "ending": ("posts.exe", b"MZ"),
        "empty": ("posts.csv", b""),
        "truncated": ("posts.xlsx", _workbook(tmp_path, cut=True)),
        "mixed": ("posts.csv", (POSTS + "harbour,广州,").encode() + "深圳".encode("gb18030") + b",,duty,,,,\n"),
        "nul": ("posts.csv", GOOD.encode() + b"harbour,\0,,,,,,,\n"),
        "columns": ("posts.csv", b"a,b\n1,2\n"),
    }[case]
    client = sign_in("pilot")

    response = _upload(client, name, content)

    if response.status_code == 302:
        problem = client.get(response.url).context["upload"].problem
        assert problem["message"]
        assert problem["hint"]
    else:
        assert response.status_code == 422
        assert response.context["form"].errors["file"]
