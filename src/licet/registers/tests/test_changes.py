"""Corrections by people: rows and journal entries, and who may not."""

import datetime as dt

import pytest

from licet.core.actors import WORKER
from licet.core.errors import BadInput, Conflict, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.journal.models import Entry
from licet.registers import changes
from licet.registers.cleaning import BadRow
from licet.registers.kinds import KIND_BY_ID
from licet.registers.models import Filing, Licence, ProposedChange
from licet.registers.records import present, row_of
from licet.registers.tests.examples import DAY, NOW, ROWS, write
from licet.registers.versions import content_hash

pytestmark = pytest.mark.django_db


def _propose(actor, kind_id, key, *, reason="the paper says so", day=DAY, **values):
    after = ROWS[kind_id] | values
    with acting_as(actor):
        return changes.propose_change(kind_id, key, after, reason=reason, actor=actor, now=NOW, today=day)


def _decide(actor, change, *, apply=True, note="checked against the paper", day=DAY):
    with acting_as(actor):
        return changes.decide_change(change.pk, apply=apply, note=note, actor=actor, now=NOW, today=day)


def _tags():
    with acting_as(WORKER):
        return list(
            Entry.objects.filter(tag__startswith="registers:change:").order_by("seq").values_list("tag", flat=True)
        )


def _licence_versions():
    with acting_as(WORKER):
        return list(Licence.objects.order_by("since").values_list("since", "until", "status"))


def test_filing_is_corrected_at_once_and_keeps_its_history(records, actor_of):
    change = _propose(actor_of("pilot"), "filings", records["filings"], site_name="Lantern & Sons")

    with acting_as(WORKER):
        versions = list(Filing.objects.order_by("since").values_list("since", "until", "site_name", "source"))
    assert versions == [
        (dt.date(2026, 1, 5), DAY, "Lantern", "import:0"),
        (DAY, None, "Lantern & Sons", f"change:{change.pk}"),
    ]
    assert (change.state, change.decided_by == change.proposed_by) == ("applied", True)
    assert _tags() == ["registers:change:applied"]


def test_journal_keeps_hashes_of_both_sides(records, actor_of):
    _propose(actor_of("pilot"), "filings", records["filings"], site_name="Lantern & Sons")

    with acting_as(WORKER):
        entry = Entry.objects.get(tag="registers:change:applied")
    assert entry.subject == "filings:粤ICP备20260001号-1"
    assert entry.organisation == "harbour"
    assert len(entry.before_hash) == len(entry.after_hash) == 64
    assert entry.before_hash != entry.after_hash


def test_licence_waits_for_a_second_person(records, actor_of):
    change = _propose(actor_of("olm"), "licences", records["licences"], status="suspended")
    assert _licence_versions() == [(dt.date(2026, 1, 5), None, "active")]

    _decide(actor_of("reed"), change, day=dt.date(2026, 3, 4))

    assert _licence_versions() == [
        (dt.date(2026, 1, 5), dt.date(2026, 3, 4), "active"),
        (dt.date(2026, 3, 4), None, "suspended"),
    ]
    assert _tags() == ["registers:change:proposed", "registers:change:applied"]


@pytest.mark.parametrize("kind_id", ["licences", "annual_reviews", "blacklist"])
def test_proposer_cannot_be_the_second_person(kind_id, records, actor_of):
    value = {
        "licences": {"status": "suspended"},
        "annual_reviews": {"result": "fail"},
        "blacklist": {"valid_to": "2027-01-01"},
    }[kind_id]
    change = _propose(actor_of("olm"), kind_id, records[kind_id], **value)

    for apply in (True, False):
        with pytest.raises(changes.SecondPersonNeeded):
            _decide(actor_of("olm"), change, apply=apply)


def test_second_person_needs_the_permission(records, actor_of):
    change = _propose(actor_of("olm"), "licences", records["licences"], status="suspended")

    with pytest.raises(NotAllowed, match=r"registers\.second"):
        _decide(actor_of("pilot"), change)


def test_provider_proposes_a_correction_of_its_own_licence(records, actor_of):
    change = _propose(actor_of("pilot"), "licences", records["licences"], issuer="Another office")

    assert (change.state, change.provider_id) == ("proposed", "harbour")
    assert _decide(actor_of("gale"), change).state == "applied"


def test_refusal_needs_a_note_and_changes_nothing(records, actor_of):
    change = _propose(actor_of("olm"), "licences", records["licences"], status="revoked")
    with pytest.raises(BadInput, match="note"):
        _decide(actor_of("reed"), change, apply=False, note=" ")

    _decide(actor_of("reed"), change, apply=False, note="no such order")

    assert _licence_versions() == [(dt.date(2026, 1, 5), None, "active")]
    assert _tags() == ["registers:change:proposed", "registers:change:refused"]


def test_proposer_withdraws(records, actor_of):
    change = _propose(actor_of("olm"), "licences", records["licences"], status="revoked")
    with acting_as(actor_of("reed")), pytest.raises(NotAllowed):
        changes.withdraw_change(change.pk, actor=actor_of("reed"), now=NOW)

    with acting_as(actor_of("olm")):
        changes.withdraw_change(change.pk, actor=actor_of("olm"), now=NOW)

    with pytest.raises(Conflict):
        _decide(actor_of("reed"), change)
    assert _tags() == ["registers:change:proposed", "registers:change:withdrawn"]


def test_stale_proposal_conflicts(records, actor_of):
    change = _propose(actor_of("olm"), "licences", records["licences"], status="revoked")
    write("licences", since=DAY, issuer="Changed meanwhile")

    with pytest.raises(changes.Stale):
        _decide(actor_of("reed"), change)


def test_second_correction_of_a_day_replaces_the_days_version(records, actor_of):
    _propose(actor_of("pilot"), "filings", records["filings"], site_name="First")
    second = _propose(actor_of("pilot"), "filings", records["filings"], site_name="Second")

    with acting_as(WORKER):
        assert list(Filing.objects.order_by("since").values_list("site_name", flat=True)) == ["Lantern", "Second"]
    assert second.before["site_name"] == "First"


def test_ending_and_reopening_on_one_day(records, actor_of):
    pilot = actor_of("pilot")
    with acting_as(pilot):
        changes.propose_change("filings", records["filings"], None, reason="closed", actor=pilot, now=NOW, today=DAY)
    with acting_as(WORKER):
        assert present(KIND_BY_ID["filings"], records["filings"]) is None

    _propose(pilot, "filings", None, reason="it is not closed")

    with acting_as(WORKER):
        assert present(KIND_BY_ID["filings"], records["filings"]).since == DAY


def test_new_blacklist_entry_needs_two(records, actor_of):
    change = _propose(actor_of("olm"), "blacklist", None, value="lamp.example")
    assert change.before is None

    _decide(actor_of("reed"), change)

    with acting_as(WORKER):
        assert present(KIND_BY_ID["blacklist"], change.key).value == "lamp.example"


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"domains": "no such domain..example"}, "domains"),
        ({"status": "odd"}, "status"),
        ({"filed_on": "soon"}, "filed_on"),
        ({"subject_name": ""}, "subject_name"),
        ({"addresses": "300.1.1.1"}, "addresses"),
        ({"home_url": "javascript:x"}, "home_url"),
    ],
)
def test_columns_are_checked_as_in_an_import(values, column, records, actor_of):
    with pytest.raises(BadRow) as refused:
        _propose(actor_of("pilot"), "filings", records["filings"], **values)

    assert set(refused.value.errors) == {column}
    assert all(refused.value.errors[column])


@pytest.mark.parametrize(
    ("name", "kind_id", "values", "error"),
    [
        ("moss", "filings", {"site_name": "x"}, NotFound),
        ("otto", "filings", {"site_name": "x"}, NotAllowed),
        ("moss", "licences", {"status": "revoked"}, NotAllowed),
        ("pilot", "parties", {"name": "x"}, NotAllowed),
        ("pilot", "filings", {"provider_id": "mudflat"}, NotAllowed),
        ("pilot", "blacklist", {"valid_to": "2027-01-01"}, NotAllowed),
        ("pilot", "filings", {}, BadInput),
        ("pilot", "filings", {"filing_no": "粤ICP备20260009号-1"}, BadInput),
    ],
)
def test_refused_proposals(name, kind_id, values, error, records, actor_of):
    with pytest.raises(error):
        _propose(actor_of(name), kind_id, records[kind_id], **values)

    with acting_as(WORKER):
        assert not ProposedChange.objects.exists()
        assert not Entry.objects.filter(tag__startswith="registers:").exists()


def test_reason_is_never_empty(records, actor_of):
    with pytest.raises(BadInput, match="reason"):
        _propose(actor_of("pilot"), "filings", records["filings"], reason="  ", site_name="x")


def test_software_corrects_nothing(records, system):
    with pytest.raises(NotAllowed, match="person"):
        _propose(WORKER, "filings", records["filings"], site_name="x")


def test_hash_is_the_one_of_the_written_row(records):
    for kind_id, key in records.items():
        kind = KIND_BY_ID[kind_id]
        with acting_as(WORKER):
            record = present(kind, key)
            assert bytes(record.content_hash) == content_hash(kind, row_of(kind, record)), kind_id
