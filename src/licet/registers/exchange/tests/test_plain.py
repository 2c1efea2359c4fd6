"""What is recognised in bulk is exactly what the validator makes of it; what is read in bulk is what a CSV reader reads."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from licet.config.profile import load_profile
from licet.registers.exchange import text_files
from licet.registers.exchange.cells import CellRules
from licet.registers.exchange.checking import Checker
from licet.registers.exchange.checking import _validated_table as validated_table
from licet.registers.exchange.readers import ArrowCells, RawBatch, open_file
from licet.registers.exchange.tests.files import access, address, filing, licence, post
from licet.registers.exchange.validation import Permitted
from licet.registers.kinds import KIND_BY_ID

RULES = CellRules(load_profile())
KEY = b"key of the tests"
GOOD = {"filings": lambda n: filing(n, addresses="192.0.2.1 192.0.2.2", domains="a.example b.example"), "access": access,
        "licences": licence, "addresses": lambda _: address(), "posts": lambda _: post()}
ODD = ["", " ", "-", "无", "N/A", "null", "None", "=1+1", "'=1", "+86 10 5550 0100", "a\tb", "a\u200b",
       " padded ", "e\u0301", "（株）例", "·", "A" * 81, "x" * 400, "x" * 2100, "粤ICP备2024000101号-1",
       "粤ICP备20240001号", "粤ICP备12345678号", "粤ICP备2024000000号-2", "粤ICP备1024000101号",
       "粤ICP备2024000101-1", "京ICP备05012345号-1A", "京ICP备05012345号-01", "备案 待办",
       "91440300MA5FAKE01X", "91440300MA5FAKE01x", "11010519491231002X", "110105194912310021",
       "1234567890123456A8", "12345678901234567A", "a.example", "A.example", "com.cn", "x.com.cn", "gd.cn",
       "ck", "www.ck", "x.ck", "a.b.kawasaki.jp", "city.kawasaki.jp", "localhost", "a.example b.example",
       "a.example,b.example", "a.example a.example", "a.example  b.example", "a.example；b.example",
       "com.cn a.example", "xn--0zwm56d.example", "测试.example", "a_b.example", "-a.example", "a--b.example",
       f"{'a' * 60}.example", f"{'a' * 64}.example", "1.2.3.4", "a.1", "192.0.2.1 198.51.100.0/24",
       "192.0.2.1 192.0.2.2", "192.0.2.1,192.0.2.1", "192.0.2.01", "256.1.1.1", "2001:DB8::1",
       "192.0.2.0-192.0.2.7", "192.0.2.0/24", "https://a.example/", "HTTP://a.example", "http://a.example/测",
       "javascript:alert(1)", "a.example/path", "2026-03-01", "2026/3/1", "2026-02-30", "长期", "2015",
       "2015年", "active", "有效", "正常", "vhost", "云", "organisation", "个人", "web", "广东", "广东、上海",
       "CN-GD", "*", "Atlantis", "B11", "B11;B14", "B99", "mudflat", "har bour", "ＨＡＲＢＯＵＲ",
       "desk@harbour.example", "@here", "a\\b", 'say "so"', "{x}", "a\x1eb"]
CELL = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    "abz09.-,; 号粤备ICP/:@ＡＢ（）", max_size=24)


@st.composite
def batches(draw, kind):
    names = [column.name for column in KIND_BY_ID[kind].columns]
    rows = []
    for number in range(draw(st.integers(1, 6))):
        row = {name: GOOD[kind](number).get(name, "") for name in names}
        for name in draw(st.lists(st.sampled_from(names), max_size=3)):
            row[name] = draw(CELL)
        row["_change"] = draw(st.sampled_from(["", "", "added", "ended", "gone"]))
        rows.append(row)
    return {name: [row[name] for row in rows] for name in [*names, "_change"]}, draw(st.booleans())


def judged(kind, cells, spreadsheet, permitted):
    n = len(cells["_change"])
    arrays = ArrowCells({name: pa.array(values, pa.string()) for name, values in cells.items()})
    checker = Checker(KIND_BY_ID[kind], RULES, key=KEY, permitted=permitted)
    bulk = checker.check(RawBatch(range(2, n + 2), arrays, [], 0, 0, spreadsheet))
    single = checker.validator.validate(RawBatch(list(range(2, n + 2)), cells, [], 0, 0, spreadsheet))
    plain = int(checker.plain.split(RawBatch(range(2, n + 2), arrays, [], 0, 0, spreadsheet))[1].sum())
    return bulk, single, plain


@pytest.mark.parametrize("permitted", [Permitted(), Permitted(owners=frozenset({"harbour"}), provider="harbour",
                                                              acting_for="harbour")], ids=["anybody's", "one provider's"])
@pytest.mark.parametrize("kind", GOOD)
@settings(max_examples=150)
@given(data=st.data())
def test_bulk_and_one_by_one_agree(kind, permitted, data):
    cells, spreadsheet = data.draw(batches(kind))

    bulk, single, _ = judged(kind, cells, spreadsheet, permitted)

    assert bulk.rows.to_pylist() == validated_table(KIND_BY_ID[kind], single).to_pylist()
    assert bulk.rejections == single.rejections
    assert (bulk.notes, bulk.read) == (single.notes, single.read)


@pytest.mark.parametrize("field", [column.name for column in KIND_BY_ID["filings"].columns])
def test_every_odd_text_in_every_column_of_a_filing(field):
    rows = [GOOD["filings"](number) | {field: text} for number, text in enumerate(ODD)]
    cells = {column.name: [row.get(column.name, "") for row in rows] for column in KIND_BY_ID["filings"].columns}
    cells["_change"] = [""] * len(rows)

    bulk, single, plain = judged("filings", cells, True, Permitted())

    assert bulk.rows.to_pylist() == validated_table(KIND_BY_ID["filings"], single).to_pylist()
    assert bulk.rejections == single.rejections
    assert plain >= 1  # the blank, or a text that is right


@pytest.mark.parametrize("kind", ["filings", "access", "addresses", "posts"])
def test_a_row_in_order_is_plain(kind):
    good = GOOD[kind](1)
    cells = {column.name: [good.get(column.name, "")] for column in KIND_BY_ID[kind].columns} | {"_change": [""]}

    bulk, _, plain = judged(kind, cells, True, Permitted())

    assert plain == 1
    assert bulk.rows.num_rows == 1


LINES = st.text(st.sampled_from("ab,,号\"\r\n \ufeff"), max_size=60) | st.lists(
    st.lists(st.sampled_from(["x", "", "a b", '"q"', '"a,b"', '"two\nlines"', '"say ""so"""', 'a"b', '"open', "号"]), min_size=2,
             max_size=4).map(",".join), max_size=8).flatmap(lambda rows: st.sampled_from(["\n", "\r\n", "\r", "\n\n"]).map(
                 lambda end: end.join(rows)))


def read(path, limit):
    try:
        _, batches = open_file(path, KIND_BY_ID["annual_reviews"])
        found = list(batches(limit))
        rows = [(line, *cells) for batch in found
                for line, *cells in zip(batch.lines, *(batch.cells[name] for name in batch.cells), strict=True)]
        return rows, [bad for batch in found for bad in batch.broken], sum(batch.read for batch in found)
    except Exception as error:  # both ways must refuse alike
        return type(error), str(error)


@settings(max_examples=400)
@example(body="a\n\ufeff\n", limit=1, encoding="gb18030")
@given(body=LINES, limit=st.integers(1, 4), encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]))
def test_bulk_and_record_by_record_read_the_same(tmp_path_factory, body, limit, encoding):
    path = tmp_path_factory.getbasetemp() / "bulk.csv"
    path.write_bytes(f"licence_no,year,result\n{body}".encode(encoding, errors="replace"))
    with pytest.MonkeyPatch.context() as patch:
        bulk = read(path, limit)
        patch.setattr(text_files, "_bulk", lambda *_: None)
        single = read(path, limit)

    assert bulk == single
