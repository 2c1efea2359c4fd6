"""What a load makes known, for whom, and from which day: files in, answers of the gate out."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import translation

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.gate import services
from licet.registers import snapshots
from licet.registers.exchange.services import import_file, remove_demo
from licet.registers.exchange.tests.files import address, filing, licence, listed, write_csv
from licet.registers.models import UnreadRow

JAN, MAR, JUN = dt.date(2026, 1, 10), dt.date(2026, 3, 10), dt.date(2026, 6, 10)
HARBOUR = {"provider_id": "harbour", "service_kind": "vhost"}


@pytest.fixture
def load(system, settings, tmp_path):
    settings.LICET_HOME = tmp_path / "home"
    snapshots.forget()

    def _load(kind, *rows, on=MAR, columns=None, **options):
        path = tmp_path / f"{kind}.csv"
        if rows:
            write_csv(path, rows)
        else:
            path.write_text(",".join(columns) + "\n")
        return import_file(kind, path, actor=system, as_of=on, **options)

    with translation.override("en"):
        yield _load
    snapshots.forget()


def asked(on=MAR, **row):
    found = services.decide(HARBOUR | row, actor=WORKER, as_of=on)
    return {reason["finding"]: reason["severity"] for reason in found.reasons}


def evidence(finding, on=MAR, **row):
    found = services.decide(HARBOUR | row, actor=WORKER, as_of=on)
    return next(reason["evidence"] for reason in found.reasons if reason["finding"] == finding)


def test_a_load_that_took_nothing_makes_nothing_known(load):
    load("filings", filing(1, status="?"), filing(2, filed_on="soon"))

    assert asked(domain="dark.example")["site_unfiled"] == "unknown"


def test_a_header_without_rows_says_that_there_are_none(load):
    load("filings", columns=filing(1))

    assert asked(domain="dark.example")["site_unfiled"] == "violation"


def test_a_row_that_could_not_be_read_accuses_nobody_and_the_rest_is_known(load):
    load("filings", filing(1), filing(2, status="?"), filing(3, filing_no="", domains="third.example"))

    assert asked(domain="dark.example")["site_unfiled"] == "violation"
    assert asked(domain="www.site2.example")["site_unfiled"] == "unknown"
    assert asked(domain="third.example")["site_unfiled"] == "unknown"
    assert evidence("site_unfiled", domain="site2.example") == (
        "line 3 of filings.csv (filings, 2026-03-10) could not be read")
    number = filing(2)["filing_no"]
    assert asked(domain="site1.example", filing_no=number)["declared_number_wrong"] == "unknown"


def test_a_row_brought_again_is_judged_again(load):
    load("filings", filing(1), filing(2, status="?"))
    load("filings", filing(2, status="cancelled"))

    assert asked(domain="site2.example")["filing_cancelled"] == "violation"
    with acting_as(WORKER):
        assert set(UnreadRow.objects.values_list("until", flat=True)) == {MAR}


def test_a_complete_file_without_a_bad_row_leaves_none_unread(load):
    load("filings", filing(1), filing(2, status="?"))
    load("filings", filing(1), replace=True)

    assert asked(domain="site2.example")["site_unfiled"] == "violation"


def test_contradicting_rows_are_unread_too(load):
    load("filings", filing(1), filing(1, status="cancelled"), filing(2))

    assert asked(domain="site1.example")["site_unfiled"] == "unknown"


@pytest.mark.parametrize(
    ("kind", "good", "bad", "row", "finding"),
    [
        ("licences", licence(1, provider_id="mudflat"), licence(2, valid_from="soon"), {}, "provider_unlicensed"),
        ("addresses", address("198.51.100.0/24"), address("192.0.2.0/24", kind="?"), {"ip": "192.0.2.7"},
         "address_outside_provider_range"),
        ("addresses", address("198.51.100.0/24"), address("nowhere"), {"ip": "192.0.2.7"}, "address_outside_provider_range"),
        ("blacklist", listed(), listed(value="night.example", ground="dull"), {"domain": "a.night.example"},
         "blacklisted_domain"),
        ("blacklist", listed(), listed(kind="address", value="192.0.2.0/28", decided_on=""), {"ip": "192.0.2.7"},
         "blacklisted_address"),
        ("blacklist", listed(), listed(kind="sponsor", value="91440300MA5FAKE01X", decided_on=""),
         {"customer_uscc": "91440300MA5FAKE01X"}, "blacklisted_sponsor"),
        ("blacklist", listed(), listed(kind="provider", value="harbour", decided_on=""), {}, "blacklisted_provider"),
    ],
    ids=["licence", "block", "holder", "listed domain", "listed block", "listed sponsor", "listed provider"],
)
def test_every_register_has_rows_that_could_not_be_read(load, kind, good, bad, row, finding):
    load(kind, good, bad)

    assert asked(**row)[finding] == "unknown"
    assert "line 3" in evidence(finding, **row)


def test_a_providers_own_rows_make_the_register_known_for_nobody_else(load):
    load("filings", filing(1), provider="harbour")

    assert asked(domain="dark.example")["site_unfiled"] == "violation"
    assert asked(provider_id="mudflat", domain="dark.example")["site_unfiled"] == "unknown"
    assert "other organisations only" in evidence("site_unfiled", provider_id="mudflat", domain="dark.example")
    assert asked(provider_id="", domain="dark.example")["site_unfiled"] == "unknown"


def test_blocks_of_one_provider_do_not_place_an_address_outside_an_upstream_nobody_loaded(load):
    load("addresses", address(), provider="harbour")

    outside = {"ip": "198.51.100.7"}
    assert asked(**outside)["address_outside_provider_range"] == "warning"
    assert asked(**outside, upstream_provider_id="carrier")["address_outside_provider_range"] == "unknown"
    assert "address_outside_provider_range" not in asked(ip="192.0.2.7", upstream_provider_id="carrier")


def test_a_past_day_is_judged_by_the_last_load_before_it(load):
    load("filings", filing(1), on=JAN)
    load("filings", filing(1), filing(2), on=JUN)

    found = services.decide(HARBOUR | {"domain": "site2.example"}, actor=WORKER, as_of=dt.date(2026, 1, 20)).document
    assert found["registers"]["filings"] == found["registers"]["filings"] | {
        "last_as_of": "2026-01-10", "known": True, "early": False}
    assert asked(on=dt.date(2026, 5, 30), domain="site2.example")["site_unfiled"] == "unknown"  # January is too long ago
    assert asked(on=dt.date(2026, 1, 20), domain="site2.example")["site_unfiled"] == "violation"


def test_a_day_before_the_first_load_is_judged_by_it_and_the_answer_says_so(load):
    load("filings", filing(1), on=MAR)

    found = services.decide(HARBOUR | {"domain": "dark.example"}, actor=WORKER, as_of=JAN).document
    assert [reason["finding"] for reason in found["reasons"] if reason["severity"] == "violation"] == ["site_unfiled"]
    assert found["registers"]["filings"]["early"]
    assert any("2026-03-10" in note for note in found["notes"])


def test_without_a_provider_the_answer_says_what_was_not_asked(load):
    found = services.decide({"domain": "dark.example"}, actor=WORKER, as_of=MAR).document

    assert len(found["notes"]) == 1
    assert services.decide(HARBOUR, actor=WORKER, as_of=MAR).document["notes"] == []


def test_a_load_for_some_counts_for_them_in_every_register(load):
    load("licences", licence(1, provider_id="mudflat"), covers={"harbour", "mudflat"}, origin="demo")

    assert asked()["provider_unlicensed"] == "violation"
    assert asked(provider_id="nightlamp")["provider_unlicensed"] == "unknown"
    assert asked(upstream_provider_id="nightlamp")["upstream_unlicensed"] == "unknown"
    assert remove_demo(actor=WORKER, today=MAR) == {"licences": 1}
    assert asked(provider_id="mudflat")["provider_unlicensed"] == "unknown"
