"""Loading a register: history, idempotence, deltas, and what is refused row by row."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from licet.core.errors import BadInput
from licet.journal.models import Entry
from licet.registers.exchange.tests.conftest import DAY
from licet.registers.exchange.tests.files import access, address, errors_of, filing, licence, listed, post
from licet.registers.models import AccessRelation, AddressBlock, BlacklistEntry, Filing, Licence, RegisterLoad

NEXT = DAY + dt.timedelta(days=1)
LATER = DAY + dt.timedelta(days=30)


def counts(report):
    return {name: getattr(report, name) for name in ("added", "changed", "unchanged", "ended", "rejected")
            if getattr(report, name)}


def test_values_are_stored_in_canonical_form(load):
    load("filings", [filing(1, filing_no="粤ICP备 2024000101-1", domains="WWW.Site1.example；测试.example",
                            status="正常",
                            subject_kind="单位", filed_on="2024年5月1日")])

    row = Filing.objects.get()
    assert (row.filing_no, row.subject_no) == ("粤ICP备2024000101号-1", "粤ICP备2024000101号")
    assert row.domains == ["www.site1.example", "xn--0zwm56d.example"]
    assert (row.status, row.filed_on, row.since, row.until) == ("active", dt.date(2024, 5, 1), DAY, None)


def test_a_resident_id_is_kept_as_a_token_only(load):
    report = load("access", [access(1, customer_uscc="11010519491231002X"), access(2, customer_uscc="？？")])

    assert AccessRelation.objects.get().customer_uscc.startswith("rid1:")
    assert errors_of(report)[0]["field"] == "customer_uscc"
    assert "11010519491231002X" not in Path(report.errors).read_text()


def test_a_wrong_credit_code_is_kept_for_the_sweep_to_judge(load):
    assert counts(load("access", [access(1, customer_uscc="91440300MA5FAKE01Y")])) == {"added": 1}


def test_what_cannot_be_judged_here_is_kept_with_a_note(load):
    report = load("access", [access(1, domain="localhost", filing_no="备案 待办")])

    row = AccessRelation.objects.get()
    assert (row.domain, row.filing_no) == ("localhost", "备案待办")
    assert any("single_label" in note for note in report.notes)
    assert any("filing_no" in note for note in report.notes)


def test_a_licence_with_a_category_no_catalogue_holds_is_taken_and_noted(load):
    report = load("licences", [licence(1, category="IDC/B99", catalogue_year="2013"),
                               licence(2, category="某项尚未列入任何目录的新业务", catalogue_year="2019")])

    assert counts(report) == {"added": 2}
    assert [row.category for row in Licence.objects.order_by("licence_no")] == [["B14", "B99"], ["某项尚未列入任何目录的新业务"]]
    assert sorted(report.notes) == [
        "1 × category B99 is not in the 2003 catalogue: kept as written, covers nothing",
        "1 × there is no catalogue of 2013: the licence is read by that of 2003",
        "1 × words under category are not in the 2015 catalogue: kept as written, covers nothing"]


def test_the_same_file_twice_changes_nothing(load):
    rows = [filing(number) for number in range(1, 6)]
    load("filings", rows)

    report = load("filings", rows, as_of=LATER)

    assert counts(report) == {"unchanged": 5}
    assert Filing.objects.count() == 5
    assert RegisterLoad.objects.filter(kind="filings").count() == 2


def test_a_change_closes_the_old_version_and_opens_the_next(load):
    load("filings", [filing(1), filing(2)])

    report = load("filings", [filing(1, status="cancelled"), filing(3)], as_of=LATER)

    assert counts(report) == {"added": 1, "changed": 1}
    assert list(Filing.objects.filter(filing_no=filing(1)["filing_no"]).order_by("since").values_list(
        "status", "since", "until")) == [("active", DAY, LATER), ("cancelled", LATER, None)]


def test_a_correction_on_the_same_day_replaces_the_version_and_leaves_digests(load):
    load("filings", [filing(1)])

    report = load("filings", [filing(1, site_name="corrected")])

    assert counts(report) == {"changed": 1}
    assert list(Filing.objects.values_list("site_name", "since")) == [("corrected", DAY)]
    first, second = Entry.objects.filter(tag="registers:filings:imported").order_by("seq")
    assert first.pk != second.pk


def test_a_file_of_an_earlier_day_does_not_overwrite_later_knowledge(load):
    load("filings", [filing(1), filing(2)], as_of=LATER)

    report = load("filings", [filing(1, status="cancelled"), filing(2)], as_of=DAY)

    assert counts(report) == {"unchanged": 1, "rejected": 1}
    assert "later version" in errors_of(report)[0]["reason"]


def test_a_record_that_ended_later_is_not_reopened_by_an_earlier_file(load):
    load("filings", [filing(1), filing(2)])
    load("filings", [filing(2)], as_of=LATER, replace=True)

    assert counts(load("filings", [filing(1)], as_of=NEXT)) == {"rejected": 1}
    assert counts(load("filings", [filing(1)], as_of=LATER)) == {"added": 1}


def test_replace_ends_what_is_absent_only_of_the_provider(load):
    load("filings", [filing(1), filing(2), filing(3, provider_id="mudflat")])

    report = load("filings", [filing(1)], as_of=LATER, replace=True, provider="harbour")

    assert counts(report) == {"unchanged": 1, "ended": 1}
    assert set(Filing.objects.filter(until__isnull=True).values_list("provider_id", flat=True)) == {"harbour",
                                                                                                    "mudflat"}


def test_replace_ends_nothing_when_a_row_could_not_be_read(load):
    load("filings", [filing(1), filing(2)])

    report = load("filings", [filing(1), filing(2, filed_on="yesterday")], as_of=LATER, replace=True)

    assert counts(report) == {"unchanged": 1, "rejected": 1}
    assert any("not ended" in note for note in report.notes)


def test_what_was_added_and_ended_on_one_day_lasts_that_day(load):
    load("filings", [filing(1)])
    load("filings", [], columns=filing(1), replace=True)

    assert Filing.objects.get().until == NEXT
    assert counts(load("filings", [filing(1)])) == {"added": 1}
    assert Filing.objects.get().until is None


def test_an_empty_file_is_a_load_that_says_none(load):
    assert counts(load("blacklist", [], columns=listed())) == {}
    assert RegisterLoad.objects.get(kind="blacklist").rows_read == 0


def test_a_repeated_row_is_counted(load):
    assert counts(load("filings", [filing(1), filing(1), filing(2)])) == {"added": 2, "unchanged": 1}


def test_rows_that_contradict_each_other_are_all_rejected(load):
    report = load("filings", [filing(1), filing(1), filing(1, status="cancelled"), filing(2)])

    assert counts(report) == {"added": 1, "rejected": 3}
    assert [(row["line"], row["reason"]) for row in errors_of(report)] == [
        ("2", "line 4 has the same filing_no and says something else"),
        ("3", "line 4 has the same filing_no and says something else"),
        ("4", "line 2 has the same filing_no and says something else")]
    assert {row["repair"] for row in errors_of(report)} == {"keep the row that is right"}


def test_overlapping_validity_in_the_file_is_rejected_on_both_sides(load):
    report = load("licences", [licence(1), licence(1, valid_from="2029-12-31", valid_to="2034-12-30"),
                               licence(1, valid_from="2035-01-01", valid_to="")])

    assert counts(report) == {"added": 1, "rejected": 2}
    assert [(row["line"], row["reason"]) for row in errors_of(report)] == [
        ("2", "its validity overlaps that of line 3"), ("3", "its validity overlaps that of line 2")]


def test_overlapping_validity_against_present_rows_is_rejected(load):
    load("licences", [licence(1)])

    report = load("licences", [licence(1, valid_from="2028-01-01", valid_to="2032-12-31")], as_of=LATER)
    renewed = load("licences", [licence(1, valid_to="2027-12-31"),
                                licence(1, valid_from="2028-01-01", valid_to="2032-12-31")], as_of=LATER)

    assert counts(report) == {"rejected": 1}
    assert counts(renewed) == {"added": 1, "changed": 1}
    assert Licence.objects.filter(until__isnull=True).count() == 2


def test_one_block_may_have_several_holders_but_not_one_holder_twice(load):
    report = load("addresses", [address(), address(holder_id="mudflat"), address(valid_from="2025-01-01")])

    assert counts(report) == {"added": 1, "rejected": 2}
    assert set(AddressBlock.objects.values_list("cidr", "holder_id")) == {
        ("192.0.2.0/24", "mudflat")}


def test_blacklist_values_follow_their_kind(load):
    report = load("blacklist", [
        listed(value="WWW.Bad.example"), listed(kind="address", value="192.0.2.9"), listed(kind="provider",
                                                                                           value=" night lamp "),
        listed(kind="sponsor", value="11010519491231002X"), listed(ground="political"), listed(value="com.cn"),
        listed(kind="address", value="192.0.2.1/24"), listed(decision_ref="")])

    assert dict(BlacklistEntry.objects.exclude(kind="sponsor").values_list("kind", "value")) == {
        "domain": "www.bad.example", "address": "192.0.2.9/32", "provider": "nightlamp"}
    assert BlacklistEntry.objects.get(kind="sponsor").value.startswith("rid1:")
    assert [row["field"] for row in errors_of(report)] == ["ground", "value", "value", "decision_ref"]


def test_unusable_domains_of_a_filing_are_reported_and_the_good_ones_taken(load):
    report = load("filings", [filing(1, domains="good.example com.cn 192.0.2.1 *.wild.example")])

    assert (counts(report), report.left_out) == ({"added": 1}, 1)
    assert Filing.objects.get().domains == ["good.example", "wild.example"]
    assert errors_of(report)[0]["reason"] == (
        "unusable: com.cn (public_suffix), 192.0.2.1 (ip_literal); the other names were taken")


def test_a_filing_of_unusable_domains_only_is_rejected(load):
    report = load("filings", [filing(1, domains="com.cn 192.0.2.1")])

    assert counts(report) == {"rejected": 1}
    assert errors_of(report)[0]["reason"] == "unusable: com.cn (public_suffix), 192.0.2.1 (ip_literal)"


def test_a_part_that_was_left_out_does_not_keep_absent_records_alive(load):
    load("filings", [filing(1), filing(2)])

    assert counts(load("filings", [filing(1, domains="site1.example com.cn")], as_of=LATER, replace=True)) == {
        "unchanged": 1, "ended": 1}


def test_every_bad_cell_of_a_row_is_named_with_its_repair(load):
    report = load("licences", [licence(1, category="{B99}", regions="Atlantis", valid_from="soon", status="maybe")])

    errors = errors_of(report)
    assert sorted(row["field"] for row in errors) == ["category", "regions", "status", "valid_from"]
    assert all(row["line"] == "2" and row["reason"] and row["repair"] for row in errors)


def test_errors_are_safe_to_open_in_a_spreadsheet(load):
    report = load("posts", [post(email="=HYPERLINK(1)"), post(person="Desk Two", email="@here")])

    values = [row["value"] for row in errors_of(report)]
    assert values == ["'=HYPERLINK(1)", "'@here"]


def test_a_dry_run_counts_and_writes_nothing(load):
    load("filings", [filing(1), filing(2)])

    report = load("filings", [filing(1, status="cancelled"), filing(3), filing(4, status="?")], as_of=LATER,
                  dry_run=True)

    assert counts(report) == {"added": 1, "changed": 1, "rejected": 1}
    assert Filing.objects.count() == 2
    assert RegisterLoad.objects.count() == 1


def test_a_load_is_recorded_and_journalled(load):
    report = load("filings", [filing(1), filing(2, status="?")])

    row = RegisterLoad.objects.get()
    assert (row.rows_read, row.rows_added, row.rows_rejected, row.version) == (2, 1, 1, report.version)
    assert row.version == Filing.objects.get().change_seq
    assert Entry.objects.get(tag="registers:filings:imported").subject == f"load:{row.pk}"


def test_the_future_cannot_be_loaded(load):
    with pytest.raises(BadInput, match="has not come"):
        load("filings", [filing(1)], as_of=dt.date(2999, 1, 1))


def test_nothing_is_left_behind_but_the_errors(load, settings):
    report = load("filings", [filing(1), filing(2, status="?", site_name="left behind")])
    clean = load("filings", [filing(3, site_name="left nothing")])

    assert {path.name for path in Path(report.errors).parent.iterdir()} == {".lock", "errors.csv"}
    assert clean.errors == ""
    assert not list((settings.LICET_HOME / "imports").glob("*/part-*"))
