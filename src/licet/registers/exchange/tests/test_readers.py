"""Files as people send them: encodings, delimiters, headers, and what is wrong with the file as a whole."""

from __future__ import annotations

import codecs

import pytest

from licet.registers.exchange.encoding import encoding_of
from licet.registers.exchange.errors import BrokenContainer, MixedEncodings, NulBytes, UnusableFile, WrongColumns
from licet.registers.exchange.readers import open_file
from licet.registers.exchange.tests.files import access, filing, write_csv, write_lines, write_parquet, write_workbook
from licet.registers.kinds import KIND_BY_ID

ACCESS = KIND_BY_ID["access"]


def rows_of(path, kind=ACCESS, limit=1000):
    found, batches = open_file(path, kind)
    return [(line, {name: cells[at] for name, cells in batch.cells.items()})
            for batch in batches(limit) for at, line in enumerate(batch.lines)], found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_is_read_in_every_usual_encoding_and_delimiter(tmp_path, encoding, delimiter):
    path = write_csv(tmp_path / "a.csv", [access(1, customer_name="海港示例，有限公司")], encoding=encoding,
                     delimiter=delimiter)

    rows, _ = rows_of(path)

    assert rows[0][0] == 2
    assert rows[0][1]["customer_name"] == "海港示例，有限公司"


@pytest.mark.parametrize(("writer", "suffix"), [(write_csv, "csv"), (write_lines, "jsonl"), (write_workbook, "xlsx"),
                                                (write_parquet, "parquet")])
def test_every_format_gives_the_same_cells(tmp_path, writer, suffix):
    rows, _ = rows_of(writer(tmp_path / f"a.{suffix}", [access(1), access(2)]))

    assert [row["domain"] for _, row in rows] == ["site1.example", "site2.example"]
    assert [line for line, _ in rows] == ([1, 2] if suffix == "jsonl" else [2, 3])


def test_a_quoted_record_over_several_lines_counts_from_its_first(tmp_path):
    path = write_csv(tmp_path / "a.csv", [access(1, customer_name="two\nlines"), access(2), access(3)])

    rows, _ = rows_of(path, limit=2)

    assert [line for line, _ in rows] == [2, 4, 5]


def test_chinese_headers_are_understood_and_others_reported(tmp_path):
    headers = {"access_id": "接入编号", "provider_id": "接入商", "service_kind": "接入方式", "domain": "网站 域名",
               "ip": "IP地址"}
    path = write_csv(tmp_path / "a.csv", [access(1) | {"备注": "x", "upstreem_provider": "y"}], headers=headers)

    rows, found = rows_of(path)

    assert rows[0][1]["domain"] == "site1.example"
    assert any("备注" in note for note in found.notes)
    assert any("did you mean upstream_provider_id" in note for note in found.notes)


def test_missing_columns_are_listed_with_what_was_probably_meant(tmp_path):
    path = write_csv(tmp_path / "a.csv", [access(1)], headers={"domain": "domainn", "service_kind": "x"})

    with pytest.raises(WrongColumns) as refused:
        open_file(path, ACCESS)

    assert "service_kind" in refused.value.message
    assert "'domainn' → domain" in refused.value.hint


def test_two_headers_for_one_column_are_settled_or_refused(tmp_path):
    path = write_csv(tmp_path / "a.csv", [access(1) | {"host": "other.example"}])
    assert rows_of(path)[0][0][1]["domain"] == "site1.example"

    clash = write_csv(tmp_path / "b.csv", [access(1) | {"host": "other.example"}], headers={"domain": "网站域名"})
    with pytest.raises(WrongColumns, match="all mean domain"):
        open_file(clash, ACCESS)


def test_mixed_encodings_name_the_first_offending_line_and_byte(tmp_path):
    header = b"access_id,provider_id,service_kind,domain,customer_name\n"
    good = "A1,harbour,vhost,a.example,海港示例\n".encode()
    path = tmp_path / "mixed.csv"
    path.write_bytes(header + good * 3 + "A2,harbour,vhost,b.example,海港示例\n".encode("gb18030") + good)

    with pytest.raises(MixedEncodings, match=r"UTF-8, but line 5 is not \(byte 28: 0xBA\)"):
        open_file(path, ACCESS)


def test_bytes_of_no_known_encoding_are_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"access_id,domain\nA1,\xff\xff\n")

    with pytest.raises(MixedEncodings, match="line 2, byte 4: 0xFF"):
        encoding_of(path)


def test_nul_bytes_name_their_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"access_id,domain\nA1,a.example\nA2,\0\n")

    with pytest.raises(NulBytes, match="line 3"):
        open_file(path, ACCESS)


def test_utf16_cut_in_the_middle_of_a_character_is_damaged(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(codecs.BOM_UTF16_LE + "access_id,域名".encode("utf-16-le")[:-1])

    with pytest.raises(BrokenContainer):
        open_file(path, ACCESS)


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.95])
@pytest.mark.parametrize(("writer", "suffix"), [(write_workbook, "xlsx"), (write_parquet, "parquet")])
def test_a_truncated_container_is_refused(tmp_path, writer, suffix, keep):
    path = writer(tmp_path / f"a.{suffix}", [access(number) for number in range(50)])
    whole = path.read_bytes()
    path.write_bytes(whole[: keep if keep in {0, 10} else int(len(whole) * keep)])

    with pytest.raises(BrokenContainer):
        rows_of(path)


def test_a_file_is_what_its_name_says(tmp_path):
    book = write_workbook(tmp_path / "a.xlsx", [access(1)])
    wrong = tmp_path / "a.csv"
    wrong.write_bytes(book.read_bytes())
    text = tmp_path / "b.xlsx"
    text.write_text("access_id,domain\n")

    with pytest.raises(BrokenContainer, match="xlsx inside"):
        open_file(wrong, ACCESS)
    with pytest.raises(BrokenContainer, match="not a zip file"):
        open_file(text, ACCESS)


def test_a_quote_that_is_never_closed_is_refused(tmp_path):
    path = write_csv(tmp_path / "a.csv", [access(number) for number in range(1, 30)])
    path.write_text(path.read_text().replace("Customer 20", '"Customer 20'))

    with pytest.raises(BrokenContainer, match="inside a quoted cell"):
        rows_of(path)


def test_ragged_rows_are_rejected_and_the_others_read(tmp_path):
    path = write_csv(tmp_path / "a.csv", [access(1), access(2)])
    path.write_text(path.read_text() + "A3,harbour\n" + ",".join("x" * 12) + "\n")

    _, batches = open_file(path, ACCESS)
    batch = next(batches(100))

    assert len(batch.lines) == 2
    assert [(bad.line, bad.reason) for bad in batch.broken] == [
        (4, "the row has 2 cells, the header 10"), (5, "the row has 12 cells, the header 10")]


def test_formula_cells_of_a_workbook_are_refused_with_their_line(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", [access(1), access(2, customer_name="{=1+1}"), access(3)])

    _, batches = open_file(path, ACCESS)
    batch = next(batches(100))

    assert batch.lines == [2, 4]
    assert [(bad.line, bad.field) for bad in batch.broken] == [(3, "customer_name")]


def test_an_empty_file_is_refused_a_header_alone_means_none(tmp_path):
    empty, header = tmp_path / "a.csv", tmp_path / "b.csv"
    empty.write_bytes(b"")
    header.write_text(",".join(access(1)) + "\n")

    with pytest.raises(UnusableFile, match="empty"):
        open_file(empty, ACCESS)
    assert rows_of(header)[0] == []


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.xlsx", "a.parquet"])
def test_a_file_without_a_byte_says_nothing(tmp_path, name):
    (tmp_path / name).write_bytes(b"")

    with pytest.raises(UnusableFile, match="is empty") as refused:
        open_file(tmp_path / name, ACCESS)
    assert "only its header line" in refused.value.hint


@pytest.mark.parametrize("content", [b"", b"\n", b"\n\n\n"], ids=["nothing", "a line end", "blank lines"])
def test_json_lines_say_that_there_are_none_only_when_somebody_says_so(tmp_path, content):
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)

    with pytest.raises(UnusableFile) as refused:
        open_file(path, ACCESS)
    assert "--none" in refused.value.hint
    _, batches = open_file(path, ACCESS, none=True)
    assert list(batches(10)) == []


def test_json_lines_take_lists_and_reject_broken_lines(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", [filing(1, domains=["a.example", "b.example"])])
    path.write_text(path.read_text() + '{"filing_no": "粤\n')

    _, batches = open_file(path, KIND_BY_ID["filings"])
    batch = next(batches(10))

    assert batch.cells["domains"] == [["a.example", "b.example"]]
    assert [bad.line for bad in batch.broken] == [2]


def test_huge_cells_end_a_batch_early(tmp_path, monkeypatch):
    monkeypatch.setattr("licet.registers.exchange.readers.BATCH_BYTES", 100_000)
    path = write_csv(tmp_path / "a.csv", [access(number, customer_name="x" * 30_000) for number in range(20)])

    _, batches = open_file(path, ACCESS)
    sizes = [len(batch.lines) for batch in batches(50_000)]

    assert sum(sizes) == 20
    assert max(sizes) <= 4
