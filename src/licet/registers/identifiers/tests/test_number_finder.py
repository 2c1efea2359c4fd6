"""Numbers in pages as people really write them."""

import datetime as dt
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licet.registers.identifiers import FoundNumber, NumberFormats, find_numbers, numbers_report
from licet.registers.identifiers.tests.shipped import FORMATS

FILING = "京ICP备05012345号"


def canonical(page: str) -> list[str]:
    return [number.canonical for number in find_numbers(page, FORMATS)]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("京ICP备05012345号", id="plain-text"),
        pytest.param("京 I C P 备 0 5 0 1 2 3 4 5 号", id="spaced-out"),
        pytest.param("京 I C P 备 0 5 0 1 2 3 4 5", id="spaced-out-without-closing"),
        pytest.param("京&nbsp;ICP备\u300005012345&nbsp;号", id="other-spaces"),
        pytest.param("&#20140;ICP&#22791;05012345&#x53F7;", id="entities"),
        pytest.param("京ＩＣＰ备０５０１２３４５号", id="full-width"),
        pytest.param("<b>京</b>ICP<font color=red>备</font>0501<!-- x -->2345<i>号</i>", id="inline-tags"),
        pytest.param("京ICP备<br>05012345号", id="line-break"),
        pytest.param("京ICP备\n  05012345号", id="source-line-break"),
        pytest.param("京<script>var a = '</b>';</script>ICP备05012345", id="script-inside"),
        pytest.param("京ICP备05012345", id="no-closing"),
        pytest.param("京ICP备05012345 2009 All rights", id="year-follows"),
        pytest.param("京ICP证05012345号", id="licence-label"),
        pytest.param("京icp备案号：05012345", id="label-inside"),
        pytest.param("备案号:京ICP备05012345号", id="label-in-front"),
        pytest.param("北京ICP备案编号 第05012345号", id="long-label"),
        pytest.param("(京)ICP备05012345号", id="brackets"),
        pytest.param("京ICP備05012345號", id="traditional"),
        pytest.param("京ICP05012345号", id="label-missing"),
        pytest.param('<img alt="京ICP备05012345号">', id="alt"),
        pytest.param("<a TITLE=京ICP备05012345号>ICP</a>", id="title-unquoted"),
        pytest.param("<a title='&#20140;ICP备05012345号'>ICP</a>", id="title-entity"),
        pytest.param("京公网安备11010802012345号 京ICP备05012345号", id="beside-police-number"),
        pytest.param("<p>京ICP备05012345号</p><p>京icp备05012345</p>", id="twice"),
        pytest.param("<textarea>京ICP备05012345号</textarea><p", id="broken-page"),
        pytest.param("1 < 2 and 3 > 2 京ICP备05012345号 a<b", id="angle-brackets-in-text"),
        pytest.param("京ICP备05012345号-", id="dash-without-site"),
        pytest.param("京ICP备05012345号-20091231", id="date-behind-a-dash"),
        pytest.param("京ICP备05012345号 - 2009 某公司", id="year-behind-a-dash"),
        pytest.param("京ICP备05012345号京公网安备11010802012345号", id="police-number-adjoins"),
        pytest.param("京ICP备案：京ICP备05012345号 京网文[2013]0934-983号", id="label-twice-and-another-licence"),
        pytest.param("京IСР备05012345号", id="cyrillic-letters"),
        pytest.param("京іср备05012345号", id="cyrillic-small-letters"),
        pytest.param("京lCP备05012345号", id="small-l-for-I"),
        pytest.param("京1CP备05012345号", id="one-for-I"),
        pytest.param("<tr><td>京ICP备</td>\n <td>05012345号</td></tr>", id="split-over-cells"),
        pytest.param("<td>京ICP备05012345</td><td>2009</td><td>-3</td>", id="next-cell-is-another"),
    ],
)
def test_a_filing_number_is_found(page):
    assert canonical(page) == [FILING]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param("京ICP备05012345号-1", ["京ICP备05012345号-1"], id="site"),
        pytest.param("京ICP备05012345-1", ["京ICP备05012345号-1"], id="site-without-closing"),
        pytest.param("京ICP备05012345号－12 2009", ["京ICP备05012345号-12"], id="full-width-dash"),
        pytest.param("浙ICP备2021098765号-2X | 手机", ["浙ICP备2021098765号-2X"], id="app-letter"),
        pytest.param("浙ICP备2021098765号-2Copyright", ["浙ICP备2021098765号-2"], id="word-behind-the-site"),
        pytest.param("京ICP证030173号", ["京ICP证030173号"], id="icp-licence"),
        pytest.param("京ICP备030173号", ["京ICP证030173号"], id="icp-licence-wrong-label"),
        pytest.param("(京)ICP证030173号-3", ["京ICP证030173号-3"], id="icp-licence-site"),
        pytest.param("增值电信业务经营许可证：粤B2-20090059", ["粤B2-20090059"], id="value-added"),
        pytest.param("许可证B2一20090059号", ["B2-20090059"], id="dash-typed-as-one"),
        pytest.param("A2.B1.B2-20090001", ["A2.B1.B2-20090001"], id="nationwide"),
        pytest.param("粤 a2、b1 - 2009 0001 号", ["粤A2.B1-20090001"], id="value-added-spaced-out"),
        pytest.param("京ICP证B2-20090059", ["京B2-20090059"], id="value-added-behind-icp"),
        pytest.param("© 某某云 B2-20090059", ["B2-20090059"], id="name-ending-in-a-province-character"),
        pytest.param("<td>粤</td><td>B2-20090059</td><td>许可证</td>", ["B2-20090059"], id="province-in-another-cell"),
        pytest.param("A2.B1.B2.-20090001", ["A2.B1.B2-20090001"], id="dot-before-the-dash"),
        pytest.param("В2-20090059", ["B2-20090059"], id="cyrillic-category"),
        pytest.param("增值电信业务经营许可证：粤B2-20090059-1", ["粤B2-20090059"], id="value-added-with-a-site"),
        pytest.param("<p>京ICP备05012345号</p><p>B2-20090001</p>", ["京ICP备05012345号", "B2-20090001"], id="beside-a-filing"),
        pytest.param("某某公司 | B2-20090001", ["B2-20090001"], id="item-of-a-footer"),
        pytest.param("经营许可证编号 B1-20180452", ["B1-20180452"], id="labelled"),
        pytest.param("ISP licence B1-20180452", ["B1-20180452"], id="labelled-in-english"),
        pytest.param("某某 B1-20180452号", ["B1-20180452"], id="closed"),
        pytest.param("型号 A2.B1-20180452", ["A2.B1-20180452"], id="two-categories-need-no-label"),
        pytest.param("粤B2 20090059", ["粤B2-20090059"], id="no-dash-after-province"),
        pytest.param("网站备案/许可证号：京ICP备05012345号-1", ["京ICP备05012345号-1"], id="form-label"),
        pytest.param("ICP备案/许可证号：沪B2-20050123-5", ["沪B2-20050123"], id="value-added-site"),
        pytest.param("合字B2-20210103", ["B2-20210103"], id="nationwide-prefix"),
        pytest.param(
            "粤ICP备05012345号-1增值电信业务经营许可证：粤B2-20090059",
            ["粤ICP备05012345号-1", "粤B2-20090059"],
            id="no-space-between",
        ),
        pytest.param(
            "京ICP证030173号 京ICP备05012345号-2 京B2-20090059",
            ["京ICP证030173号", "京ICP备05012345号-2", "京B2-20090059"],
            id="three-in-order",
        ),
        pytest.param(
            '<p>京ICP备05012345号</p><img alt="沪ICP备06012345号"><p>粤ICP备07012345号</p>',
            ["京ICP备05012345号", "沪ICP备06012345号", "粤ICP备07012345号"],
            id="attribute-in-its-place",
        ),
        pytest.param(
            "<p>京ICP备05012345号</p><p>沪ICP备06012345号</p><p>京ICP备05012345号</p>",
            ["京ICP备05012345号", "沪ICP备06012345号"],
            id="first-place-counts",
        ),
    ],
)
def test_numbers_are_found_in_order(page, expected):
    assert canonical(page) == expected


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("", id="empty"),
        pytest.param("<!-- 京ICP备05012345号 -->", id="comment"),
        pytest.param("<!-- 京ICP备05012345号", id="unclosed-comment"),
        pytest.param("<script>var icp = '京ICP备05012345号'</script>", id="script"),
        pytest.param("<STYLE>/* 京ICP备05012345号 */</style >", id="style"),
        pytest.param('<a href="?q=京ICP备05012345号" data-title="京ICP备05012345号">x</a>', id="other-attributes"),
        pytest.param("<a data-x=\"title='京ICP备05012345号'\">x</a>", id="attribute-in-attribute"),
        pytest.param("京ICP备00000000号", id="zeros"),
        pytest.param("京ICP备12345678号-1", id="counting"),
        pytest.param("京ICP备xxxxxxxx号 京ICP备********号", id="masked"),
        pytest.param("京公网安备 11010802012345号", id="police"),
        pytest.param("公安备案号 11010802012345", id="police-words"),
        pytest.param("京ICP备050123456号", id="nine-digits"),
        pytest.param("京ICP备1234号", id="four-digits"),
        pytest.param("ICP备05012345号", id="no-province"),
        pytest.param("<div>京ICP备</div><div>05012345号</div>", id="split-over-blocks"),
        pytest.param("B2 20090059", id="no-dash-no-province"),
        pytest.param("XB2-20090059", id="part-of-a-code"),
        pytest.param("B2-12345678", id="no-year"),
        pytest.param("B21-20090059", id="two-digit-category"),
        *(pytest.param(f"京ICP备{serial}号-1", id=f"template-{serial}") for serial in (
            "2023123456", "2024123456", "2025000000", "2026000000", "2019012345", "00000001", "01234567", "22222222",
            "98765432", "13000000", "20123456", "87654321", "1111111111", "0123456789", "2000000000", "123456",
            "654321", "777777")),
        *(pytest.param(f"许可证 {number}", id=number) for number in (
            "B2-20210000", "B2-20220000", "京B2-20123456", "粤B2-20000000", "A2.B1-20190000")),
        pytest.param("SKU B2-20231234", id="article"),
        pytest.param("SKU: B2-20231234", id="article-with-a-colon"),
        pytest.param("SKU-B2-20231234", id="article-with-a-dash"),
        pytest.param("<td>SKU</td><td>B2-20231234</td>", id="article-in-a-table"),
        pytest.param("会议室B2-20260115", id="room"),
        pytest.param("型号 A1-20240101", id="model"),
        pytest.param("invoice B1-20251231", id="invoice"),
        pytest.param(f"许可证 {'某' * 80} invoice B1-20251231", id="licence-word-far-away"),
    ],
)
def test_nothing_is_found(page):
    assert canonical(page) == []


@pytest.mark.parametrize(("number", "found"), [
    ("京ICP备2027098765号", True), ("京ICP备2028098765号", False), ("京ICP备2099123457号", False), ("粤B2-20270059", True),
    ("粤B2-20280059", False), ("京ICP备05012345号", True), ("京ICP证030173号", True)])
def test_no_number_comes_from_a_year_after_the_next(number, found):
    assert bool(find_numbers(number, FORMATS, dt.date(2026, 11, 28))) is found
    assert find_numbers(number, FORMATS) != []


def test_another_profile_has_its_own_labels_and_words():
    table = Path(__file__).parents[5] / "tests/profiles/atlantis-2030/numbers.toml"
    formats = NumberFormats.from_toml(tomllib.loads(table.read_text(encoding="utf-8")))

    found = find_numbers("I R3G 123456 - 2 | O CHT 12345 | SKU Н1-20301234, 60 " + "-" * 60 + " charter H1-20301235", formats)

    assert [number.canonical for number in found] == ["IREG123456#-2", "OCHT12345#", "H1-20301235"]
    assert find_numbers("京ICP备05012345号 IREG203000# IREG222222#", formats) == []


def test_raw_is_what_stands_on_the_page():
    found = find_numbers("版权 <b>京</b>&nbsp;icp备案号：\n０５０１２３４５ 。", FORMATS)

    assert found == [FoundNumber("filing", FILING, "京 icp备案号： ０５０１２３４５")]


def test_the_report_holds_three_fields():
    assert numbers_report("京B2-20090059", FORMATS) == [
        {"kind": "value_added_licence", "canonical": "京B2-20090059", "raw": "京B2-20090059"}
    ]


@given(st.integers(0, 10**6), st.integers(0, 999), st.data())
def test_a_canonical_number_survives_tags_and_spaces(seed, site, data):
    serial = f"{5 + seed % 15:02}{seed % 899999 + 1000:06}"
    subject, suffix = f"{FORMATS.provinces[seed % 36]}ICP备{serial}号", f"-{site}" if site else ""
    noise = st.sampled_from(["", "", "", " ", "&nbsp;", "<b>", "</b>", "<!-- -->", "\u200b"])
    spoiled = "".join(char + data.draw(noise) for char in subject) + suffix

    assert canonical(f"<p>{spoiled}</p>") == ([] if serial in FORMATS.placeholders else [subject + suffix])


@settings(max_examples=300)
@given(st.text(alphabet="京粤ICPicp备证号案AB12. -<>/!ab\"'=&;0359\x00\n", max_size=80))
def test_any_text_is_read_and_what_is_found_reads_as_itself(text):
    for number in find_numbers(text, FORMATS):
        assert canonical(number.canonical) == [number.canonical]


HOSTILE = {
    "provinces": "京" * 300_000,
    "labels": "京ICP备" * 100_000,
    "spaces": "京" + " " * 1_000_000,
    "label-spaces": ("京ICP" + " " * 40) * 20_000,
    "digits": "京ICP备" + "1" * 1_000_000,
    "spaced-digits": "京ICP备" + "1 " * 500_000,
    "categories": "A1." * 300_000,
    "angle-brackets": "<" * 1_000_000,
    "open-comments": "<!--" * 250_000,
    "open-quotes": "<a x='" * 170_000,
    "equals": "<a " + "=" * 1_000_000,
    "scripts": "<script></scrip>" * 60_000,
    "deep": "<div>" * 200_000,
    "attributes": "<a " + " ".join(f"a{i}=1" for i in range(100_000)) + ">",
    "alts": "<a " + " ".join(f"alt={i}" for i in range(100_000)) + ">",
    "ampersands": "&#" * 500_000,
}


@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_page_takes_time_in_proportion_to_its_length(page):
    started = time.process_time()
    find_numbers(page, FORMATS)

    assert (
        time.process_time() - started < 3
    )  # ordinary pages of this length take under 0.1 s; a quadratic scan takes minutes
