"""Pages and API of referrals: the police desk fetches, acknowledges and answers; the sending desk records."""

import hashlib

import pytest

from licet.casework.tests.story import Story
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.referrals.tests.telling import Told


@pytest.fixture
def told(police, actor_of):
    """As ``told``, with the clock of the pages."""
    found = Told(Story(actor_of, now=clock.now()))
    found.send()
    return found


def text_of(response):
    return response.content.decode()


def test_police_desk_works_on_its_pages(told, sign_in):
    finch, url = sign_in("finch"), f"/referrals/{told.referral.number}/"
    assert told.referral.number in text_of(finch.get("/referrals/"))
    assert "do/receipt/" in text_of(finch.get(url))
    assert f"/cases/{told.locker.number}" not in text_of(finch.get(url))

    package = finch.post(f"{url}do/fetch/", {"fetch-purpose": "received by post"})
    content = b"".join(package.streaming_content)
    assert package["Content-Type"] == "application/octet-stream" and "sandbox" in package["Content-Security-Policy"]
    receipt = {"receipt-name": "Finch", "receipt-document_no": "GD-IN-17",
               "receipt-sha256": hashlib.sha256(content).hexdigest()}
    assert finch.post(f"{url}do/receipt/", receipt).status_code == 302
    assert finch.post(f"{url}do/answer/", {"answer-result": "guilty"}).status_code == 422
    answer = {"answer-result": "illegal", "answer-document_no": "GD-2026-88",
              "answer-determined_on": told.now.date().isoformat(), "answer-text": "looked into"}
    assert finch.post(f"{url}do/answer/", answer).status_code == 302
    assert finch.post(f"{url}do/record/", {}).status_code == 404, "recording is the sending desk's"

    gale = sign_in("gale")
    assert "do/record/" in text_of(gale.get(url))
    assert gale.post(f"{url}do/receipt/", receipt).status_code == 404
    assert gale.post(f"{url}do/record/", {}).status_code == 302
    assert told.state == ("recorded", "verified")
    assert told.referral.number in text_of(gale.get(f"/measures/{told.measure.pk}/"))


def test_wrong_hash_is_said(told, sign_in):
    finch, url = sign_in("finch"), f"/referrals/{told.referral.number}/"
    finch.post(f"{url}do/receipt/", {"receipt-name": "F", "receipt-document_no": "1", "receipt-sha256": "0" * 64})

    assert "another hash" in text_of(finch.get(url))


@pytest.mark.parametrize("person", ["heron", "moss", "wick", "pilot"])
def test_others_get_no_page(told, sign_in, person):
    client = sign_in(person)
    assert client.get(f"/referrals/{told.referral.number}/").status_code == 404
    assert told.referral.number not in text_of(client.get("/referrals/"))
    assert client.post(f"/referrals/{told.referral.number}/do/fetch/", {"fetch-purpose": "x"}).status_code == 404


def test_police_get_no_page_of_the_evidence(told, sign_in):
    finch = sign_in("finch")
    assert finch.get(f"/evidence/items/{told.item.ref}/").status_code == 404
    assert finch.get(f"/evidence/bags/{told.bag.ref}/").status_code == 404


def test_person_names_the_police_desk(police, actor_of, sign_in):
    told = Told(Story(actor_of, now=clock.now()), desk="authority", by="olm")
    told.send()
    olm, url = sign_in("olm"), f"/referrals/{told.referral.number}/"
    assert "police-sh" in text_of(olm.get(url))

    assert olm.post(f"{url}do/name/", {"name-police_id": "police-sh", "name-reason": "competent"}).status_code == 302
    told.send()
    assert told.state == ("sent", "ordered")


@pytest.fixture
def key(police):
    """``key("police-gd")``: headers of a program of a police desk."""
    from licet.parties.tokens import add_token

    def make(party, scope="referrals.answer"):
        with acting_as(WORKER):
            _token, key = add_token("program", party_id=party, scopes=[scope], by=WORKER)
        return {"HTTP_AUTHORIZATION": f"Bearer {key}"}

    return make


def test_program_of_the_police_desk(told, key, client):
    headers, url = key("police-gd"), f"/api/referrals/{told.referral.number}"
    (found,) = client.get("/api/referrals/incoming", **headers).json()["referrals"]
    assert (found["state"], found["bag_sha256"]) == ("sent", told.bag.sha256)

    def post(path, body):
        return client.post(url + path, body, content_type="application/json", **headers)

    package = post("/package", {"purpose": "received"})
    digest = hashlib.sha256(b"".join(package.streaming_content)).hexdigest()
    assert post("/receipt", {"name": "Finch", "document_no": "17", "sha256": digest}).json()["state"] == "received"
    answer = {"result": "insufficient", "document_no": "GD-9", "determined_on": told.now.date().isoformat()}
    assert post("/answer", answer).json()["state"] == "answered"
    assert post("/answer", answer).status_code == 409
    assert client.get(url, **headers).json()["result"] == "insufficient"


def test_program_of_another_police_desk(told, key, client):
    headers = key("police-sh")
    assert client.get("/api/referrals/incoming", **headers).json()["referrals"] == []
    assert client.get(f"/api/referrals/{told.referral.number}", **headers).status_code == 404
    assert client.get("/api/referrals/incoming", **key("police-gd", "cases.read")).status_code == 403
