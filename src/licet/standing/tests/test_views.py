"""Pages, the API and the public list: who sees what, and what they say."""

import datetime as dt
import json

import pytest

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.parties.tokens import add_token
from licet.standing.models import ConductPoint, Entry, Objection, Review, Threshold
from licet.standing.tests.story import SITE, file_site, load

pytestmark = pytest.mark.django_db
DAYS = dt.timedelta(days=1)


@pytest.fixture
def today(story):
    """A story that ends today, because pages read the clock: closed, listed, final and published."""
    story.now = clock.now() - 80 * DAYS
    for kind in ("blacklist", "filings", "licences", "annual_reviews", "addresses", "access", "parties"):
        load(kind, story.now.date())
    file_site()
    case_id, close = story.closed()
    story.blacklist(case_id)
    story.carry_out()
    story.now = clock.now() - 16 * DAYS
    story.carry_out()
    story.exposure(case_id)
    story.carry_out()
    story.case_id, story.close, story.now = case_id, close, clock.now()
    return story


def text(response):
    assert response.status_code == 200, response.content[:300]
    return response.content.decode()


def test_the_overview_shows_everybody_to_the_authority_and_a_provider_itself(today, sign_in):
    assert "Night Lamp" in text(sign_in("olm").get("/standing/")) and "Harbour Host" in text(sign_in("olm").get("/standing/"))
    own = text(sign_in("wick").get("/standing/"))
    assert "Night Lamp" in own and "Harbour Host" not in own


def test_a_record_shows_its_decisions_and_the_curve(today, sign_in):
    page = text(sign_in("olm").get("/standing/providers/nightlamp/"))
    assert "<polyline" in page and f"/measures/{today.close.pk}/" in page
    assert "6" in text(sign_in("wick").get("/standing/providers/nightlamp/"))
    other = text(sign_in("pilot").get("/standing/providers/nightlamp/"))
    assert f"/measures/{today.close.pk}/" not in other and "<polyline" not in other


def test_an_objection_is_filed_and_answered_on_the_page(today, sign_in, another_officer):
    with acting_as(WORKER):
        point = ConductPoint.objects.get()
    url = f"/standing/points/{point.pk}/"
    assert sign_in("wick").post(url, {"text": "We had cut it."}).status_code == 302
    assert "Take it off" not in sign_in("olm").get(url).content.decode()
    assert sign_in("olm").post(url, {"text": "No.", "choice": "remove"}).status_code == 422
    assert sign_in("kelp").post(url, {"text": "It was cut.", "choice": "remove"}).status_code == 302
    with acting_as(WORKER):
        assert Objection.objects.get().state == "removed"
        assert ConductPoint.objects.get().reversed_on is not None
    assert sign_in("pilot").get(url).status_code == 404


def test_an_entry_is_renewed_by_two_on_its_page(today, sign_in, monkeypatch):
    monkeypatch.setattr("licet.console.fresh.is_fresh", lambda request: True)
    with acting_as(WORKER):
        entry = Entry.objects.get(kind="domain")
    assert SITE in text(sign_in("olm").get("/standing/blacklist/"))
    assert SITE not in text(sign_in("olm").get("/standing/blacklist/?due=60"))
    url = f"/standing/blacklist/{entry.pk}/"
    assert sign_in("olm").post(url, {"text": "still there"}).status_code == 302
    assert sign_in("olm").post(url).status_code == 422
    assert sign_in("reed").post(url).status_code == 302
    with acting_as(WORKER):
        assert Review.objects.get().seconded_by_id is not None
        assert Entry.objects.get(pk=entry.pk).valid_to > entry.valid_to


def test_a_threshold_is_looked_at_proposed_and_switched_on(today, sign_in, monkeypatch):
    monkeypatch.setattr("licet.console.fresh.is_fresh", lambda request: True)
    olm, reed = sign_in("olm"), sign_in("reed")
    seen = text(olm.get("/standing/thresholds/?advice=talk&value=20"))
    assert 'class="bar reaches"' in seen and 'class="rule"' in seen and "style=" not in seen
    assert olm.post("/standing/thresholds/", {"advice": "talk", "value": "20", "text": "worst"}).status_code == 302
    with acting_as(WORKER):
        row = Threshold.objects.get()
    assert olm.post(f"/standing/thresholds/{row.pk}/", {"choice": "on"}).status_code == 403
    assert reed.post(f"/standing/thresholds/{row.pk}/", {"choice": "on"}).status_code == 302
    with acting_as(WORKER):
        assert Threshold.objects.get().switched_on_by_id is not None
    assert sign_in("wick").get("/standing/thresholds/?value=20").status_code == 200
    assert sign_in("wick").post("/standing/thresholds/", {"advice": "talk", "value": "2", "text": "x"}).status_code == 422


def test_the_public_list_needs_no_sign_in_and_keeps_no_copy(today, client, another_officer):
    page = client.get("/portal/exposure/?lang=en")
    assert "Dark Lantern Ltd" in text(page) and "noarchive" in page["X-Robots-Tag"]
    first = client.get("/portal/exposure.json")
    assert json.loads(first.content)["exposures"][0]["decided"] == "close_site"
    assert client.get("/portal/exposure.json", HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304
    assert "Dark Lantern Ltd" in text(client.get("/portal/exposure.csv"))
    today.heard_late(today.close)
    assert "Dark Lantern" not in text(client.get("/portal/exposure/?lang=zh-hans"))
    again = client.get("/portal/exposure.json", HTTP_IF_NONE_MATCH=first["ETag"])
    assert again.status_code == 200 and json.loads(again.content) == {"exposures": []}


def test_a_case_shows_what_stands_and_who_runs_the_site(today, sign_in):
    from licet.casework.models import Case

    with acting_as(WORKER):
        number = Case.objects.get(pk=today.case_id).number
    page = text(sign_in("olm").get(f"/cases/{number}/"))
    assert "standing-panel" in page and "Dark Lantern Ltd" in page


@pytest.fixture
def key(cast):
    """``key("mudflat")``: a program's key of that organisation."""
    def make(party, scope="registers.read"):
        with acting_as(WORKER):
            made = add_token("test", party_id=party, scopes=(scope,), by=WORKER)
        return {"HTTP_AUTHORIZATION": f"Bearer {made[1]}"}

    return make


def test_a_receiver_checks_what_it_fetched(today, client, key):
    from licet.journal.checkpoint import Verifier
    from licet.standing import feed

    headers = key("mudflat")
    public = client.get("/api/standing/blacklist/key").json()
    answer = client.get("/api/standing/blacklist/feed", **headers)
    document = feed.verify(answer.content.decode(), answer["Licet-Signature"], Verifier.parse(public["vkey"]))
    assert {row["value"] for row in document["entries"]} == {SITE, "91990000LANTERNXY1"}
    assert client.get("/api/standing/blacklist/feed", HTTP_IF_NONE_MATCH=answer["ETag"], **headers).status_code == 304
    delta = client.get(f"/api/standing/blacklist/feed?since={document['cursor']}", **headers).json()
    assert (delta["kind"], delta["entries"], delta["removed"]) == ("delta", [], [])
    assert client.get("/api/standing/blacklist/feed?since=999999999", **headers).status_code == 422
    assert client.get("/api/standing/blacklist/feed").status_code == 401


def test_a_key_sees_its_own_record_only(today, client, key):
    own = client.get("/api/standing/providers/nightlamp", **key("nightlamp")).json()
    assert (own["total"], own["decisions"][0]["kind"]) == ("6", "close_site")
    other = client.get("/api/standing/providers/nightlamp", **key("mudflat")).json()
    assert (other["total"], other["decisions"]) == ("0", [])
    assert [row["provider_id"] for row in client.get("/api/standing/providers", **key("mudflat")).json()] == ["mudflat"]
    preview = client.get("/api/standing/preview?value=20", **key("authority", "cases.read")).json()
    assert preview["reached"] == ["nightlamp"]
    entries = client.get("/api/standing/blacklist?due=400", **key("authority", "cases.read")).json()["entries"]
    assert {row["state"] for row in entries} == {"in_force"} and len(entries) == 2
