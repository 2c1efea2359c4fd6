"""The pages: who may open them, what they show, and the way from page to page."""

import json

import pytest
from django.test import Client

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.journal import selectors, services
from licet.journal.proofs import check_proof
from licet.journal.tests.forging import sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries(cast, own_home):
    """One entry of Harbour Host, one of Mudflat Net, one of nobody; signed."""
    with acting_as(WORKER):
        made = {name: services.append(f"test:{name or 'desk'}:changed", actor=WORKER, subject=f"record:{name}",
                                      organisation=name, purpose="routine", after={"n": 1}, data={"n": 1})
                for name in ("harbour", "mudflat", "")}
    sign()
    return {name: entry.seq for name, entry in made.items()}


def addresses(seq):
    return ["/journal/", f"/journal/{seq}", f"/journal/{seq}/proof.json"]


def test_anonymous_is_sent_to_sign_in(entries):
    for address in addresses(entries["harbour"]):
        response = Client().get(address)
        assert (response.status_code, response.url.split("?")[0]) == (302, "/accounts/login/")


def test_outsider_is_refused(entries, sign_in):
    client = sign_in("otto")
    assert [client.get(address).status_code for address in addresses(entries["harbour"])] == [403] * 3


def test_wrong_organisation_sees_nothing_of_it(entries, sign_in):
    client = sign_in("moss")
    page = client.get("/journal/").content.decode()
    assert "record:mudflat" in page
    assert "record:harbour" not in page
    for name in ("harbour", ""):
        assert [client.get(address).status_code for address in addresses(entries[name])[1:]] == [404, 404]


@pytest.mark.parametrize("person", ["pilot", "olm", "gale"])
def test_right_role_reads_and_takes_the_proof(entries, sign_in, person):
    client, seq = sign_in(person), entries["harbour"]
    assert "record:harbour" in client.get("/journal/").content.decode()
    page = client.get(f"/journal/{seq}").content.decode()
    assert "&quot;subject&quot;:&quot;record:harbour&quot;" in page
    response = client.get(f"/journal/{seq}/proof.json")
    assert check_proof(json.loads(response.content)).entry["subject"] == "record:harbour"
    assert f"journal-{seq}-proof.json" in response.headers["Content-Disposition"]


def test_filters(entries, sign_in):
    client = sign_in("olm")
    for query, shown in (("tag=test:mud", "record:mudflat"), ("subject=record:harbour", "record:harbour"),
                         ("actor=worker&tag=test:harbour", "record:harbour")):
        page = client.get(f"/journal/?{query}").content.decode()
        others = {"record:harbour", "record:mudflat"} - {shown}
        assert shown in page.split("<tbody>")[1]
        assert not any(other in page.split("<tbody>")[1] for other in others)
    assert "<tbody>" not in client.get("/journal/?day=2001-01-01").content.decode()


def test_a_day_nobody_can_read_is_explained(entries, sign_in):
    response = sign_in("olm").get("/journal/?day=soon", headers={"accept-language": "en"})
    assert response.status_code == 422
    assert "2026-03-02" in response.content.decode()


def test_pages_follow_each_other_without_gap_or_repeat(cast, sign_in):
    with acting_as(WORKER):
        for number in range(120):
            services.append("test:many:changed", actor=WORKER, subject=f"record:{number}")
    client, address, seen = sign_in("olm"), "/journal/?tag=test:many", []
    while address:
        response = client.get(address)
        seen += [row["entry"].subject for row in response.context["rows"]]
        older = response.context["pager"].older_url
        address = f"/journal/{older}" if older else ""
    assert seen == [f"record:{number}" for number in reversed(range(120))]


def test_unsigned_entry_has_no_proof_yet(entries, sign_in):
    with acting_as(WORKER):
        seq = services.append("test:late:changed", actor=WORKER, subject="").seq
    client = sign_in("olm")
    assert client.get(f"/journal/{seq}").context["signed"] is False
    response = client.get(f"/journal/{seq}/proof.json")
    assert (response.status_code, response.json()["type"]) == (409, "urn:licet:error:conflict")


def test_absurd_numbers_are_not_found(entries, sign_in):
    client = sign_in("olm")
    assert client.get(f"/journal/{10**30}").status_code == 404
    assert client.get(f"/journal/?before={10**30}").status_code == 200


def test_entries_about_a_record(entries):
    with acting_as(WORKER):
        assert [entry.tag for entry in selectors.entries_about("record:mudflat")] == ["test:mudflat:changed"]
