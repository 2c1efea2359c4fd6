"""Standing with the fixed cast: from several reports to the blacklist, the gate's refusal, and all of it undone."""

import datetime as dt
import json

import pytest

from licet.casework import services as casework
from licet.casework.models import Case, Measure
from licet.casework.services import MeasureDraft, SignalIn
from licet.core.actors import WORKER
from licet.core.errors import LicetError
from licet.core.rls import acting_as
from licet.evidence.services import NewItem, add_item
from licet.gate import services as gate
from licet.journal.models import Entry as JournalEntry
from licet.parties.services import add_person
from licet.registers.exchange.services import import_file
from licet.registers.kinds import KIND_BY_ID
from licet.standing import feed, selectors, services

pytestmark = pytest.mark.django_db
SITE, ORGANISER = "lantern.example", "91990000LANTERNXY1"
LICENCE = {"licence_no": "粤B1-20990001", "provider_id": "harbour", "category": "B11 B14", "catalogue_year": 2015,
           "regions": "CN-GD", "valid_from": "2020-01-01", "valid_to": "2030-01-01", "status": "active"}
FILING = {"filing_no": "粤ICP备20990001号-1", "subject_no": "粤ICP备20990001号", "subject_name": "Dark Lantern Ltd",
          "subject_uscc": ORGANISER, "subject_kind": "organisation", "domains": f"{SITE} quiet.example",
          "provider_id": "harbour", "service_kind": "web", "filed_on": "2024-01-01", "verified_on": "2026-01-01",
          "status": "active"}
BLOCK = {"cidr": "192.0.2.0/24", "holder_id": "harbour", "kind": "own"}
REVIEW = {"licence_no": "粤B1-20990001", "year": 2024, "result": "pass", "decided_on": "2026-02-01"}
LISTED = {"kind": "domain", "value": "other.example", "ground": "unfiled_site", "decided_on": "2026-01-01",
          "decision_ref": "2026-1"}


def _on(day, hour=1):
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour), tzinfo=dt.UTC)


@pytest.fixture
def registers(actor_of, tmp_path):
    """Every register the gate asks is loaded; the site is filed by its organiser with Harbour Host."""
    import csv

    for kind, row in (("licences", LICENCE), ("annual_reviews", REVIEW), ("filings", FILING), ("addresses", BLOCK),
                      ("blacklist", LISTED)):
        path = tmp_path / f"{kind}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [column.name for column in KIND_BY_ID[kind].columns])
            writer.writeheader()
            writer.writerow(row)
        assert import_file(kind, path, actor=WORKER, as_of=dt.date(2026, 3, 1)).rejected == 0


@pytest.fixture
def kelp(cast):
    """An officer who had no part in anything."""
    from licet.parties.selectors import actor_for

    with acting_as(WORKER):
        return actor_for(add_person("kelp", password="kelp-harbour-lantern-42", party_id="authority", roles=("officer",),
                                    by=WORKER, must_change=False))


def _ask(day):
    with acting_as(WORKER):
        [answer] = gate.would_answer([{"provider_id": "harbour", "service_kind": "vhost", "domain": SITE,
                                       "ip": "192.0.2.8", "customer_uscc": ORGANISER, "connected_on": "2026-01-05"}],
                                     as_of=dt.date.fromisoformat(day))
    return answer


def _case(olm):
    for observer in ("a", "b", "c"):
        case_id = casework.receive_signal(
            SignalIn(kind="report", desk_id="authority", provider_id="harbour", ground="pornography", subject_kind="site",
                     subject=SITE, source=f"report:{observer}", observer=observer, observed_at=_on("2026-03-02")),
            actor=WORKER, at=_on("2026-03-02"))
    casework.set_tier(case_id, 2, reason="three households", actor=olm, at=_on("2026-03-02"))
    return case_id


def _sign(draft, olm, reed, at):
    casework.approve_measure(draft.pk, actor=olm, authenticated_at=at, at=at)
    casework.second_measure(draft.pk, actor=reed, authenticated_at=at, at=at)
    return casework.advance(draft.pk, "notified", actor=WORKER, at=at)


def _carry_out(at):
    while services.carry_out_due(at):
        pass


def _appeal(measure, provider, judge, result, at):
    appeal = casework.file_appeal(measure.pk, filed_by="harbour", text="Look again, please.", actor=provider, at=at)
    casework.judge_appeal(appeal.pk, result=result, judgement="The records were looked at again.", actor=judge,
                          authenticated_at=at, at=at + dt.timedelta(minutes=1))


def _on_new_facts(measure, person, judge, result, at):
    appeal = casework.reopen_appeal(measure.pk, filed_by="harbour", facts="The records had an error.", actor=person, at=at)
    casework.judge_appeal(appeal.pk, result=result, judgement="They had.", actor=judge, authenticated_at=at,
                          at=at + dt.timedelta(minutes=1))


def _drafts(case_id):
    with acting_as(WORKER):
        return {row.kind: row for row in Measure.objects.filter(case_id=case_id, state="drafted")}


def test_confirmed_closed_listed_refused_and_overturned(actor_of, registers, kelp):
    olm, reed, pilot = actor_of("olm"), actor_of("reed"), actor_of("pilot")
    case_id = _case(olm)
    assert (_ask("2026-03-03")["answer"], _ask("2026-03-03")["reasons"]) == ("permit", [])
    with acting_as(WORKER):
        number = Case.objects.get(pk=case_id).number
    add_item(number, NewItem(kind="statement", title="What the page said"), [b"words"], actor=olm, purpose="preserved",
             at=_on("2026-03-03"))
    casework.record_determination(case_id, document_no="D-2026-7", authority_id="authority", result="illegal",
                                  determined_on=dt.date(2026, 3, 4), actor=olm, at=_on("2026-03-04"))

    proposed = _drafts(case_id)
    assert proposed["blacklist"].scope["hosts"] == [SITE] and proposed["blacklist"].scope["parties"] == [ORGANISER]
    assert [row["confidence"] for row in proposed["blacklist"].reasons if "organiser" in row] == ["filing"]
    close = _sign(proposed["close_site"], olm, reed, _on("2026-03-05"))
    for event in ("ordered", "acknowledged", "done", "verified"):
        casework.advance(close.pk, event, actor=WORKER, at=_on("2026-03-05", 3))
    # Nothing is listed while the closure can be appealed. It is appealed, judged by somebody else, and stands.
    with pytest.raises(LicetError, match="a final decision"):
        _sign(proposed["blacklist"], olm, reed, _on("2026-03-06"))
    _appeal(close, pilot, kelp, "upheld", _on("2026-03-10"))
    blacklist = _sign(proposed["blacklist"], olm, reed, _on("2026-03-11"))
    _carry_out(_on("2026-03-11", 4))

    refused = _ask("2026-03-12")
    assert refused["answer"] == "deny"
    reasons = {row["finding"]: row for row in refused["reasons"]}
    assert {"blacklisted_domain", "blacklisted_sponsor"} <= set(reasons)
    decision = reasons["blacklisted_domain"]["decision"]
    assert decision["ref"] == f"{number}-M{blacklist.pk}" and decision["contest_until"] == "2026-05-10"
    assert decision["ground"] == "pornography" and (decision["since"], decision["until"]) == ("2026-03-11", "2027-03-11")
    assert decision["contest_until"] in reasons["blacklisted_domain"]["contest"]

    # What is final counts, and may be published.
    _carry_out(_on("2026-03-12"))
    with acting_as(WORKER):
        assert selectors.record_of("harbour", as_of=dt.date(2026, 4, 10), for_others=True).total == 4000
    exposure = casework.draft_measure(case_id, MeasureDraft(
        kind="publish_exposure", reasons=[{"text": "It was closed and stays closed."}], rule_cited="Notice §4.3",
        scope={"hosts": [SITE]}), actor=olm, at=_on("2026-03-12"))
    _sign(exposure, olm, reed, _on("2026-03-12"))
    _carry_out(_on("2026-03-12", 2))
    assert [row.organisation_name for row in selectors.public_list(_on("2026-03-13"))] == ["Dark Lantern Ltd"]
    with acting_as(WORKER):
        before = json.loads(services.blacklist_feed(as_of=dt.date(2026, 3, 13)).body)
        last = JournalEntry.objects.order_by("-seq").first().seq

    # New facts, taken up by the desk: somebody who signed nothing judges that it was wrong.
    _on_new_facts(close, olm, kelp, "overturned", _on("2026-03-20"))

    with acting_as(WORKER):
        tags = set(JournalEntry.objects.filter(seq__gt=last).values_list("tag", flat=True))
    assert {"standing:point:reversed", "registers:decided:ended", "standing:exposure:withdrawn"} <= tags
    assert _ask("2026-03-21")["answer"] == "permit"
    with acting_as(WORKER):
        assert selectors.record_of("harbour", as_of=dt.date(2026, 3, 21), for_others=False).total == 0
        delta = json.loads(services.blacklist_feed(since=before["cursor"], as_of=dt.date(2026, 3, 21)).body)
    assert {row["value"] for row in delta["removed"]} == {SITE, ORGANISER}
    assert {key[1] for key in feed.apply(*feed.apply({}, 0, before), delta)[0]} == {"other.example"}
    assert selectors.public_list(_on("2026-03-21")) == []
    _carry_out(_on("2026-03-21", 4))
    with acting_as(WORKER):
        assert {row.kind: row.state for row in Measure.objects.filter(kind__in=["blacklist", "publish_exposure"])} == {
            "blacklist": "restoration_verified", "publish_exposure": "restoration_verified"}
