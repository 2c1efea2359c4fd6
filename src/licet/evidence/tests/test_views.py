"""Pages and API of evidence: blurred on the server, shown for a purpose, handed out as what no browser opens."""

import hashlib
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from licet.casework.tests.story import Story
from licet.console.tests.access import make_fresh
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.evidence import services
from licet.evidence.models import Bag, Hold, Item, Viewing
from licet.evidence.tests.locker import WHY, TestLocker, picture


@pytest.fixture
def desk(actor_of):
    """A locker whose clock is the real one, as the pages'."""
    return TestLocker(Story(actor_of, now=clock.now()))


def text_of(response):
    return response.content.decode()


def test_item_page_shows_squares_and_no_picture(desk, sign_in):
    item = desk.add(picture(), kind="capture")
    client = sign_in("olm")

    page = text_of(client.get(f"/evidence/items/{item.ref}/"))
    squares = client.get(f"/evidence/items/{item.ref}/squares.png")

    assert "squares.png" in page and "picture.png" not in page and item.sha256 in page
    assert squares["Content-Type"] == "image/png" and len(squares.content) < 400
    from PIL import Image

    with Image.open(io.BytesIO(squares.content)) as image:
        assert (image.mode, max(image.size)) == ("L", 12)


def test_unblurring_asks_why_and_is_kept(desk, sign_in):
    item = desk.add(picture(), kind="capture")
    client = sign_in("olm")
    assert client.post(f"/evidence/items/{item.ref}/look/", {"look-purpose": " "}).status_code == 422

    assert client.post(f"/evidence/items/{item.ref}/look/", {"look-purpose": "to judge it"}).status_code == 302

    with acting_as(WORKER):
        viewing = Viewing.objects.get(item=item)
    assert viewing.purpose == "to judge it"
    shown = client.get(f"/evidence/looks/{viewing.pk}/picture.png")
    assert shown["Content-Type"] == "image/png" and shown["Cache-Control"] == "no-store"
    assert "sandbox" in shown["Content-Security-Policy"]
    assert shown.content != picture(), "drawn anew by us"
    assert "picture.png" in text_of(client.get(f"/evidence/items/{item.ref}/"))
    assert sign_in("reed").get(f"/evidence/looks/{viewing.pk}/picture.png").status_code == 404
    assert client.post(f"/evidence/looks/{viewing.pk}/blur/").status_code == 302
    assert client.get(f"/evidence/looks/{viewing.pk}/picture.png").status_code == 409
    assert desk.actions(item) == ["added", "viewed", "blurred"]


def test_markup_is_shown_as_text_only(desk, sign_in):
    item = desk.add(b"<script>alert(1)</script>", kind="statement")
    client = sign_in("olm")
    assert "alert(1)" not in text_of(client.get(f"/evidence/items/{item.ref}/"))
    client.post(f"/evidence/items/{item.ref}/look/", {"look-purpose": WHY})

    assert "&lt;script&gt;alert(1)" in text_of(client.get(f"/evidence/items/{item.ref}/"))


def test_download_is_an_attachment_without_rights(desk, sign_in):
    item = desk.add(b"<html>x", kind="capture", file_name="x.html")
    response = sign_in("olm").post(f"/evidence/items/{item.ref}/do/download/", {"download-purpose": WHY})

    assert b"".join(response.streaming_content) == b"<html>x"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == f'attachment; filename="{item.ref}.txt"'
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert desk.actions(item) == ["added", "downloaded"]


def test_evidence_is_added_on_the_page(desk, sign_in):
    client = sign_in("olm")
    form = {"add-kind": "file", "add-title": "Invoice", "add-purpose": WHY, "add-url": ""}

    response = client.post(f"/evidence/cases/{desk.number}/do/add/",
                           form | {"add-file": SimpleUploadedFile("invoice.txt", b"pay here")})

    assert response.status_code == 302
    with acting_as(WORKER):
        assert Item.objects.get(locker__case_number=desk.number).file_name == "invoice.txt"
    assert "Invoice" in text_of(client.get(f"/evidence/cases/{desk.number}/"))
    assert "Invoice" in text_of(client.get(f"/cases/{desk.number}/"))
    assert desk.number in text_of(client.get("/evidence/"))


def test_what_was_seen_is_preserved_in_words(desk, sign_in):
    client, url = sign_in("olm"), f"/evidence/cases/{desk.number}/do/add/"
    form = {"add-kind": "statement", "add-title": "Call", "add-purpose": WHY, "add-url": ""}
    assert 'name="add-text"' in text_of(client.get(f"/evidence/cases/{desk.number}/?do=add"))
    both = form | {"add-text": "x", "add-file": SimpleUploadedFile("invoice.txt", b"pay here")}
    assert (client.post(url, form).status_code, client.post(url, both).status_code) == (422, 422)

    assert client.post(url, form | {"add-text": "他说没有备案"}).status_code == 302
    with acting_as(WORKER):
        item = Item.objects.get(locker__case_number=desk.number)
    assert item.sha256 == hashlib.sha256("他说没有备案".encode()).hexdigest()


def test_page_of_minors_takes_no_file(actor_of, sign_in):
    minors = TestLocker(Story(actor_of, now=clock.now()), ground="minors", tier=1)
    client = sign_in("olm")
    assert 'type="file"' not in text_of(client.get(f"/evidence/cases/{minors.number}/"))
    form = {"add-kind": "capture", "add-title": "Page", "add-purpose": WHY, "add-url": "https://bad.example/",
            "add-sha256": "ab" * 32, "add-file": SimpleUploadedFile("x", b"never")}

    assert client.post(f"/evidence/cases/{minors.number}/do/add/", form).status_code == 302
    with acting_as(WORKER):
        assert Item.objects.get().content == "hash_only"


def test_hold_and_release_on_the_page(desk, sign_in):
    desk.add()
    client, url = sign_in("olm"), f"/evidence/cases/{desk.number}/do/"

    assert client.post(f"{url}hold/", {"hold-purpose": "a court asked"}).status_code == 302
    assert "a court asked" in text_of(client.get(f"/evidence/cases/{desk.number}/"))
    assert client.post(f"{url}hold/", {"hold-purpose": "again"}).status_code == 404
    assert client.post(f"{url}keep/", {"keep-purpose": "done"}).status_code == 404  # nobody proposed
    assert "/accounts/" in client.post(f"{url}propose/", {"propose-purpose": "done"})["Location"]


def test_a_hold_is_released_by_two_on_the_page(desk, sign_in):
    def fresh(name):
        client = sign_in(name)
        make_fresh(client)
        return client

    desk.add()
    services.set_hold(desk.number, reason="a court asked", actor=desk.story.who("olm"), at=desk.now)
    url = f"/evidence/cases/{desk.number}/"

    assert fresh("olm").post(f"{url}do/propose/", {"propose-purpose": "the court is done"}).status_code == 302
    page = text_of(fresh("reed").get(url, HTTP_ACCEPT_LANGUAGE="en"))
    assert "the court is done" in page and "Release the hold as the second person" in page
    assert "somebody else" in text_of(fresh("olm").post(f"{url}do/release/", {"release-purpose": "me too"}))
    assert fresh("reed").post(f"{url}do/release/", {"release-purpose": "it is"}).status_code == 302
    with acting_as(WORKER):
        assert Hold.objects.get().released_by.username == "reed"


def test_bag_is_asked_for_sealed_and_downloaded(desk, sign_in):
    desk.add(b"content")
    client = sign_in("olm")
    assert client.post(f"/evidence/cases/{desk.number}/do/seal/", {"seal-purpose": "for the police"}).status_code == 302
    with acting_as(WORKER):
        bag = Bag.objects.get()
    assert bag.ref in text_of(client.get(f"/evidence/cases/{desk.number}/"))
    services.seal_due(clock.now())

    assert bag.ref in text_of(client.get(f"/evidence/bags/{bag.ref}/"))
    response = client.post(f"/evidence/bags/{bag.ref}/", {"bag-purpose": WHY})
    assert b"".join(response.streaming_content).startswith(b"PK")
    assert response["Content-Disposition"].endswith('.zip"')


def test_destruction_asks_for_fresh_people(desk, sign_in):
    item = desk.add()
    client = sign_in("olm")
    url = f"/evidence/items/{item.ref}/do/propose/"
    assert "/accounts/" in client.post(url, {"propose-purpose": "old"})["Location"]

    make_fresh(client)
    refused = client.post(url, {"propose-purpose": "old"})
    assert refused.status_code == 422 and "the case is open" in text_of(refused)


@pytest.mark.parametrize("person", ["moss", "wick", "pilot"])
def test_wrong_organisation_gets_no_page(desk, sign_in, person):
    item = desk.add(picture(), kind="capture")
    client = sign_in(person)

    for url in (f"/evidence/items/{item.ref}/", f"/evidence/items/{item.ref}/squares.png",
                f"/evidence/cases/{desk.number}/"):
        assert client.get(url).status_code == 404
    assert desk.number not in text_of(client.get("/evidence/"))
    assert client.post(f"/evidence/items/{item.ref}/do/download/", {"download-purpose": WHY}).status_code == 404


def test_outsider_gets_no_page(desk, sign_in):
    assert sign_in("otto").get("/evidence/").status_code == 403


def test_pause_is_due_after_long_looking(desk, sign_in):
    item = desk.add(picture(), kind="capture")
    actor = desk.story.who("olm")
    for minutes in (25, 20, 15, 10):
        import datetime as dt

        services.begin_viewing(item.ref, purpose=WHY, actor=actor, at=clock.now() - dt.timedelta(minutes=minutes))
    client = sign_in("olm")
    client.cookies["django_language"] = "en"

    assert "Take a pause" in text_of(client.get(f"/evidence/items/{item.ref}/"))


# --- API -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def key(cast):
    """``key("authority", "cases.read")``: headers of a program."""
    from licet.parties.tokens import add_token

    def make(party, *scopes):
        with acting_as(WORKER):
            _token, key = add_token("program", party_id=party, scopes=scopes, by=WORKER)
        return {"HTTP_AUTHORIZATION": f"Bearer {key}"}

    return make


def test_program_adds_lists_verifies_and_reads(desk, key, client):
    headers = key("authority", "cases.read", "cases.work")
    url = f"/api/evidence/cases/{desk.number}/items"

    added = client.post(url, {"title": "Log", "purpose": WHY, "file": SimpleUploadedFile("log.txt", b"line")}, **headers)
    assert added.status_code == 201, added.content
    ref = added.json()["ref"]
    assert [item["ref"] for item in client.get(url, **headers).json()["items"]] == [ref]
    why = {"purpose": "nightly check"}
    verified = client.post(f"/api/evidence/items/{ref}/verify", why, content_type="application/json", **headers)
    assert verified.json() == {"ref": ref, "intact": True, "result": "unchanged"}
    read = client.post(f"/api/evidence/items/{ref}/content", why, content_type="application/json", **headers)
    assert b"".join(read.streaming_content) == b"line" and "attachment" in read["Content-Disposition"]
    empty = client.post(f"/api/evidence/items/{ref}/content", {"purpose": " "}, content_type="application/json", **headers)
    assert empty.status_code == 422
    with acting_as(WORKER):
        assert desk.actions(Item.objects.get(ref=ref)) == ["added", "verified", "downloaded"]


def test_program_of_another_desk_finds_nothing(desk, key, client):
    item = desk.add()
    headers = key("mudflat", "cases.read", "cases.work")

    assert client.get(f"/api/evidence/cases/{desk.number}/items", **headers).json() == {"items": []}
    response = client.post(f"/api/evidence/items/{item.ref}/content", {"purpose": WHY}, content_type="application/json",
                           **headers)
    assert response.status_code == 404


def test_program_without_the_scope_is_refused(desk, key, client):
    item = desk.add()
    headers = key("authority", "cases.read")

    response = client.post(f"/api/evidence/items/{item.ref}/content", {"purpose": WHY}, content_type="application/json",
                           **headers)
    assert response.status_code == 403


def test_program_hands_in_no_content_of_minors(actor_of, key, client):
    minors = TestLocker(Story(actor_of), ground="minors", tier=1)
    response = client.post(f"/api/evidence/cases/{minors.number}/items",
                           {"title": "x", "purpose": WHY, "file": SimpleUploadedFile("x", b"never")},
                           **key("authority", "cases.work"))

    assert response.status_code == 409
    assert response.json()["type"] == "urn:licet:error:hash_only"
