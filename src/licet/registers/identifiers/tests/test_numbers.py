"""Declared numbers: what is forgiven, what is refused and the repair that is proposed."""

import pytest

from licet.core.errors import BadSetting
from licet.registers.identifiers import (
    BadNumber,
    NumberFormats,
    canonical_filing_numbers,
    parse_filing_number,
    parse_licence_number,
)
from licet.registers.identifiers.tests.shipped import FORMATS, TABLE


@pytest.mark.parametrize(
    ("text", "canonical", "subject", "site", "app"),
    [
        ("京ICP备05012345号", "京ICP备05012345号", "京ICP备05012345号", None, ""),
        ("京ICP备05012345号-3", "京ICP备05012345号-3", "京ICP备05012345号", 3, ""),
        ("粤ICP备2021098765号-12", "粤ICP备2021098765号-12", "粤ICP备2021098765号", 12, ""),
        ("浙ICP备2022098765号-1A", "浙ICP备2022098765号-1A", "浙ICP备2022098765号", 1, "A"),
        (" 京 icp备 05012345 号 － 3 ", "京ICP备05012345号-3", "京ICP备05012345号", 3, ""),
        ("京ＩＣＰ备０５０１２３４５号－３", "京ICP备05012345号-3", "京ICP备05012345号", 3, ""),
        ("粵ICP備05012345號", "粤ICP备05012345号", "粤ICP备05012345号", None, ""),
        ("京ICP备05012345", "京ICP备05012345号", "京ICP备05012345号", None, ""),
        ("京ICP备05012345号—03", "京ICP备05012345号-3", "京ICP备05012345号", 3, ""),
        ("沪ICP备20190000号", "沪ICP备20190000号", "沪ICP备20190000号", None, ""),  # number 190000 of 2020, no template
        ("京\u200bICP备05012345号\ufeff", "京ICP备05012345号", "京ICP备05012345号", None, ""),
    ],
)
def test_a_declared_filing_number_is_made_canonical(text, canonical, subject, site, app):
    number = parse_filing_number(text, FORMATS)

    assert (number.canonical, number.subject, number.site, number.app) == (canonical, subject, site, app)
    assert parse_filing_number(number.canonical, FORMATS) == number


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("", "Write it like", id="empty"),
        pytest.param(" \u3000", "Write it like", id="blank"),
        pytest.param("京ICP证05012345号", "Did you mean 京ICP备05012345号?", id="licence-label"),
        pytest.param("京icp备案号：05012345", "Did you mean 京ICP备05012345号?", id="long-label"),
        pytest.param("备案号:京ICP备05012345号-2", "Did you mean 京ICP备05012345号-2?", id="words-in-front"),
        pytest.param("京ICP证030173号", "It reads as the icp licence number 京ICP证030173号.", id="licence"),
        pytest.param("京公网安备11010802012345号", "police registration", id="police"),
        pytest.param("京ICP备12345678号", "Write it like", id="placeholder"),
        pytest.param("京ICP备xxxxxxxx号", "Write it like", id="template"),
        pytest.param("京ICP备0501234号", "Write it like", id="seven-digits"),
        pytest.param("京ICP备1921098765号", "Write it like", id="ten-digits-without-a-year"),
        pytest.param("ICP备05012345号", "Write it like", id="no-province"),
        pytest.param("京ICP备05012345号-0", "Did you mean 京ICP备05012345号?", id="site-zero"),
        pytest.param("京ICP备05012345号-1、京ICP备05012346号", "Did you mean 京ICP备05012345号-1?", id="two"),
    ],
)
def test_a_refused_filing_number_comes_with_its_repair(text, hint):
    with pytest.raises(BadNumber) as refused:
        parse_filing_number(text, FORMATS)

    assert hint in refused.value.hint
    assert refused.value.code == "bad_number"


@pytest.mark.parametrize(
    ("text", "kind", "canonical"),
    [
        ("京ICP证030173号", "icp_licence", "京ICP证030173号"),
        ("京icp證 030173 號-2", "icp_licence", "京ICP证030173号-2"),
        ("A2.B1.B2-20090001", "value_added_licence", "A2.B1.B2-20090001"),
        ("京B2-20202418", "value_added_licence", "京B2-20202418"),
        ("b1－20180452号", "value_added_licence", "B1-20180452"),
    ],
)
def test_a_declared_licence_number_is_made_canonical(text, kind, canonical):
    number = parse_licence_number(text, FORMATS)

    assert (number.kind, number.canonical) == (kind, canonical)
    assert parse_licence_number(number.canonical, FORMATS) == number


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("京ICP备05012345号", "It reads as the filing number", id="filing"),
        pytest.param("京B2 20202418", "Did you mean 京B2-20202418?", id="no-dash"),
        pytest.param("许可证编号：A2、B1-20090001", "Did you mean A2.B1-20090001?", id="words-and-comma"),
        pytest.param("C2-20090001", "Write it like", id="no-such-category"),
        pytest.param("B2-17090001", "Write it like", id="no-year"),
    ],
)
def test_a_refused_licence_number_comes_with_its_repair(text, hint):
    with pytest.raises(BadNumber) as refused:
        parse_licence_number(text, FORMATS)

    assert hint in refused.value.hint


def test_many_declared_numbers_are_read_as_one_by_one():
    texts = ["京ICP备05012345号-3", "", "京icp备05012345号", "nonsense", "京ICP备12345678号", "京ICP备1921098765号"]

    canonical = canonical_filing_numbers(texts * 2, FORMATS)

    assert canonical == ["京ICP备05012345号-3", "", "京ICP备05012345号", "", "", ""] * 2


def test_every_province_of_the_profile_is_read():
    assert len(FORMATS.provinces) == len(set(FORMATS.provinces)) == 36
    for province in FORMATS.provinces:
        assert parse_filing_number(f"{province}ICP备05012345号", FORMATS).province == province


def test_traditional_characters_lead_to_characters_in_use():
    in_use = set(FORMATS.provinces + FORMATS.closing + FORMATS.fillers)
    assert {simplified for _, simplified in FORMATS.traditional} <= in_use
    assert not {traditional for traditional, _ in FORMATS.traditional} & in_use


def test_a_missing_key_is_named():
    with pytest.raises(BadSetting, match="closing"):
        NumberFormats.from_toml({key: value for key, value in TABLE.items() if key != "closing"})
