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


@pytest.mark.parametrize(("number", "day"), [(46054, "2026-02-01"), (46054.0, "2026-02-01"), (46054.75, "2026-02-01"),
                                             (32874, "1990-01-01"), (73415, "2100-12-31")])
def test_a_workbooks_number_is_a_date_in_a_column_of_dates(number, day):
    column = KIND_BY_ID["filings"].by_name["filed_on"]

    assert parse_date(clean_text(number, column)) == day
    assert clean_text(number, NAME) != day
    with pytest.raises(CellError, match=r"no date|Excel date"):
        parse_date(clean_text(number, column, spreadsheet=False))  # JSON lines and Parquet have no such dates


@pytest.mark.parametrize("number", [32873, 73416, 12, 20260301])
def test_other_numbers_are_no_dates_of_a_workbook(number):
    text = clean_text(number, KIND_BY_ID["filings"].by_name["filed_on"])

    assert text == str(number)


def test_a_serial_number_as_text_is_told_what_it_looks_like():
    with pytest.raises(CellError, match="Excel date") as refused:
        parse_date("46054")

    assert "2026-02-01" in refused.value.repair


def test_no_end_is_a_date_only_where_a_period_ends():
    assert parse_date("长期", open_ended=True) == ""
    with pytest.raises(CellError):
        parse_date("长期")


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1"])
def test_text_that_looks_like_a_formula_is_text_and_leaves_escaped(text):
    kept = clean_text(text, NAME)

    assert kept == text.strip()
    assert spreadsheet_safe(kept).startswith("'")


@pytest.mark.parametrize("text", ["=1+1", "'=1", "''+x", " @a", "plain", "'quoted'", "-5", "+86 10", "＝x", "\t=1",
                                  "'-"])
def test_what_export_escapes_import_takes_back(text):
    assert not starts_formula(spreadsheet_safe(text))
    assert spreadsheet_plain(spreadsheet_safe(text)) == text


@pytest.mark.parametrize("blank", ["", "  ", "-", "—", "N/A", "无", "\u3000", "\ufeff", None])
def test_signs_for_nothing_are_blank(blank):
    assert clean_text(blank, NAME) == ""


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
    assert rules.categories("在线数据处理与交易处理业务", "2003") == ("B11",)
    with pytest.raises(CellError, match="catalogue of 1999"):
        rules.categories("B11", "1999")


CODES_2003 = "A11 A12 A13 A14 A21 A22 A23 A24 A25 A26 A27 B11 B12 B13 B14 B21 B22 B23 B24"
CODES_2015 = f"{CODES_2003.replace('B23 B24', 'B22 B23 B24 B25 B26').replace('B21 B22 B22', 'B21 B22')} A15"


@pytest.mark.parametrize(("year", "codes"), [("2003", CODES_2003), ("2015", CODES_2015)])
def test_every_code_of_a_catalogue_is_known(rules, year, codes):
    assert set(rules.categories(codes, year)) == set(codes.split())
    assert rules.category_notes(rules.categories(codes, year), year) == []
    assert set(rules.catalogues.of_year(int(year)).names) == set(codes.split())


@pytest.mark.parametrize("text", ["B11 B14", "B11/B14", "B11+B14", "B11、B14", "B11;B14", "B11／B14", "b11，b14",
                                  "IDC/ISP", "第一类增值电信业务中的互联网数据中心业务、互联网接入服务业务",
                                  "互联网数据中心业务（含互联网资源协作服务）；互联网接入服务", "B11（互联网数据中心） B14",
                                  "Internet data centre / Internet access service", "增值电信业务的因特网数据中心+ISP"])
def test_categories_are_read_in_the_ways_licences_write_them(rules, text):
    assert rules.categories(text, "2015") == ("B11", "B14")


@pytest.mark.parametrize(("text", "year", "codes"), [
    ("IDC", "2003", ("B14",)), ("ISP", "2003", ("B23",)), ("ICP、SP", "2003", ("B24",)), ("CDN", "2015", ("B12",)),
    ("SP", "2015", ("B25",)), ("第一类增值电信业务中的因特网数据中心业务", "2003", ("B14",)),
    ("第一类卫星通信业务、第二类卫星通信业务", "2003", ("A13", "A23")), ("（B14）", "2003", ("B14",)),
    ("第二类增值电信业务中的信息服务业务（不含固定网电话信息服务）", "2003", ("B24",))])
def test_a_word_means_what_it_means_in_its_catalogue(rules, text, year, codes):
    assert rules.categories(text, year) == codes


def test_a_code_no_catalogue_holds_is_kept_and_noted(rules):
    assert rules.categories("B14/B99", "2003") == ("B14", "B99")
    assert rules.category_notes(("B14", "B99"), "2003") == [
        "category B99 is not in the 2003 catalogue: kept as written, covers nothing"]
    with pytest.raises(CellError, match="not a category of the 2003 catalogue"):
        rules.categories("x" * 61, "2003")


@pytest.mark.parametrize(("year", "read_by"), [("2003", "2003"), ("2013", "2003"), ("2014", "2003"), ("2015", "2015"),
                                               ("2016", "2015"), ("2019", "2015"), ("2024", "2015")])
def test_a_year_means_the_last_catalogue_not_younger(rules, year, read_by):
    assert rules.categories("IDC", year) == rules.categories("IDC", read_by)
    noted = rules.category_notes(("B14",), year)
    assert noted == ([] if year in {"2003", "2015", "2016", "2019"} else [
        f"there is no catalogue of {year}: the licence is read by that of {read_by}"])


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
