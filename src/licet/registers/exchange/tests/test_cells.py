"""What each column type accepts, and the repair when it does not."""

from __future__ import annotations

import datetime as dt

import pytest

from licet.config.profile import load_profile
from licet.core.spreadsheet import spreadsheet_plain, spreadsheet_safe, starts_formula
from licet.registers.exchange.cells import CellError, CellRules, as_text, clean_text, parse_date
from licet.registers.kinds import KIND_BY_ID


@pytest.fixture(scope="module")
def rules():
    return CellRules(load_profile())


NAME = KIND_BY_ID["parties"].by_name["name"]


@pytest.mark.parametrize("text", ["2026-03-01", "2026/3/1", "20260301", "2026年3月1日", "2026.03.01",
                                  "２０２６－０３－０１",
                                  "2026-03-01 00:00:00", "2026-03-01T12:30:00"])
def test_dates_are_read_in_the_ways_people_write_them(text):
    assert parse_date(text) == "2026-03-01"


@pytest.mark.parametrize("text", ["2026-02-30", "01/03/2026", "March 2026", "2026-13-01", "45231", "0000-00-00"])
def test_what_is_no_date_is_refused_with_an_example(text):
    with pytest.raises(CellError) as refused:
        parse_date(text)

    assert "2026-03-01" in refused.value.repair


def test_no_end_is_a_date_only_where_a_period_ends():
    assert parse_date("长期", open_ended=True) == ""
    with pytest.raises(CellError):
        parse_date("长期")


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1"])
def test_a_cell_that_starts_like_a_formula_is_refused(text):
    with pytest.raises(CellError, match="formula"):
        clean_text(text, NAME)


@pytest.mark.parametrize("text", ["=1+1", "'=1", "''+x", " @a", "plain", "'quoted'", "-5", "+86 10", "＝x", "\t=1",
                                  "'-"])
def test_what_export_escapes_import_takes_back(text):
    assert not starts_formula(spreadsheet_safe(text))
    assert spreadsheet_plain(spreadsheet_safe(text)) == text


@pytest.mark.parametrize("blank", ["", "  ", "-", "—", "N/A", "无", "\u3000", "\ufeff", None])
def test_signs_for_nothing_are_blank(blank):
    assert clean_text(blank, NAME) == ""


def test_a_phone_may_begin_with_a_plus_a_name_may_not():
    phone = KIND_BY_ID["posts"].by_name["phone"]

    assert clean_text("+86 755 5550 0100", phone) == "+86 755 5550 0100"
    with pytest.raises(CellError):
        clean_text("+86 755 5550 0100", NAME)


def test_numbers_that_lost_digits_are_refused():
    assert as_text(2015.0) == "2015"
    assert as_text(dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)) == "2026-03-01"
    for lossy in (9.144030012345678e17, float("nan"), float("inf")):
        with pytest.raises(CellError, match="digits"):
            as_text(lossy)


@pytest.mark.parametrize(("text", "codes"), [("广东、上海", ("CN-GD", "CN-SH")), ("全国", ("*",)),
                                             ("Inner Mongolia; Hebei 沪", ("CN-NM", "CN-HE", "CN-SH")),
                                             ("Inner Mongolia",
                                                                                             ("CN-NM",)),
                                             ("cn-gd|粤;沪", ("CN-GD", "CN-SH"))])
def test_regions_are_read_through_the_profile(rules, text, codes):
    assert rules.regions(text) == codes


def test_an_unknown_region_names_the_one_probably_meant(rules):
    with pytest.raises(CellError) as refused:
        rules.region("Guangdon")

    assert "CN-GD" in refused.value.repair


def test_a_category_means_what_its_catalogue_says(rules):
    assert rules.categories("B11, B14", "2015") == ("B11", "B14")
    assert rules.categories("互联网数据中心业务", "2015") == ("B11",)
    with pytest.raises(CellError) as unknown:
        rules.categories("B11", "2003")
    assert "B14" in unknown.value.repair
    with pytest.raises(CellError, match="catalogue of 1999"):
        rules.categories("B11", "1999")


def test_a_range_that_is_several_blocks_needs_several_rows(rules):
    assert rules.cidr("192.0.2.0-192.0.2.255") == "192.0.2.0/24"
    with pytest.raises(CellError) as refused:
        rules.cidr("192.0.2.0-192.0.2.5")
    assert "192.0.2.0/30 192.0.2.4/31" in refused.value.repair


def test_address_lists_hold_addresses_blocks_and_ranges(rules):
    assert rules.cidrs("192.0.2.1；2001:DB8::1 198.51.100.0 - 198.51.100.7") == (
        "192.0.2.1", "2001:db8::1", "198.51.100.0/29")


@pytest.mark.parametrize("text", ["javascript:alert(1)", "data:text/html,x", "ftp://site.example/"])
def test_a_home_page_is_a_web_address(rules, text):
    with pytest.raises(CellError):
        rules.url(text)


def test_there_is_no_ground_but_the_closed_ones(rules):
    assert rules.ground("淫秽色情") == "pornography"
    with pytest.raises(CellError, match="the list of grounds is closed"):
        rules.ground("other")
