"""A file of reports: read whole, accepted in one commit, headers and values in both languages."""

import csv
import io

import pytest

from licet.core.errors import BadInput
from licet.hotline import bulk, intake
from licet.hotline.bulk import as_csv, read_bulk

from .conftest import START

HEAD = "target_kind,target,ground,text,reference\n"
GOOD = "url,https://lantern{n}.example/,pornography,,A-{n}\n"


def read(text):
    return read_bulk(text if isinstance(text, bytes) else text.encode(), account="harbour", at=START)


def test_a_mistake_of_a_line_keeps_no_other_out(spool):
    lines = read(HEAD + GOOD.format(n=1) + f"url,https://lamp.example/,pornography,{'x' * 200_000},A-2\n"
                 + GOOD.format(n=3) + f"url,https://lamp.example/,pornography,,{'r' * 500}\n")
    assert [line.field for line in lines] == ["", "text", "", "reference"]
    assert intake.spool().counts() == (2, 0)


@pytest.mark.parametrize("text", [
    pytest.param(HEAD + "".join(GOOD.format(n=n) for n in range(12)), id="too many lines"),
    pytest.param("a,b\n1,2\n", id="no such table"), pytest.param("", id="nothing"),
    pytest.param(b"\xff\xfe\x00", id="no text"), pytest.param(b"PK\x03\x04 nothing", id="a broken workbook")])
def test_of_a_file_that_cannot_be_used_nothing_is_accepted(spool, monkeypatch, text):
    monkeypatch.setattr(bulk, "MOST_ROWS", 10)
    with pytest.raises(BadInput) as refused:
        read(text)
    assert refused.value.hint and intake.spool().counts() == (0, 0)


def test_one_commit_for_all(spool, monkeypatch):
    taken = []
    real = type(intake.spool()).accept
    monkeypatch.setattr(type(intake.spool()), "accept", lambda self, items: (taken.append(len(items)), real(self, items)))
    read(HEAD + "".join(GOOD.format(n=n) for n in range(50)))
    assert taken == [50]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_headers_and_values_in_chinese(spool, delimiter):
    rows = [["对象类型", "举报对象", "事由", "发现方式", "编号"],
            ["网站或网页", "https://lantern.example/", "淫秽色情内容", "我打开了它", "A-1"]]
    text = "\n".join(delimiter.join(row) for row in rows)
    for content in (text.encode(), text.encode("gb18030")):
        (line,) = read(content)
        assert line.receipt and line.reference == "A-1"
    assert intake.spool().counts() == (1, 0)


def test_a_workbook(spool):
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["target_kind", "target", "ground", "reference"])
        sheet.write_row(1, 0, ["sms", 10650000, "deceptive_promotion", 7])
        sheet.write_row(2, 0, ["sms", "call me, somebody, now", "deceptive_promotion", 8])
    lines = read(file.getvalue())
    assert [(line.line, line.reference, bool(line.receipt)) for line in lines] == [(2, "7", True), (3, "8", False)]


def test_receipts_as_a_file(spool):
    lines = read(HEAD + GOOD.format(n=1) + "url,nonsense,pornography,,=1+1\n")
    rows = list(csv.reader(io.StringIO(as_csv(lines).removeprefix("\ufeff"))))
    assert rows[1][2:4] == [lines[0].receipt.number, lines[0].receipt.code]
    assert rows[2][1] == "'=1+1" and rows[2][4] == "target" and rows[2][6]


@pytest.mark.django_db
def test_the_page_hands_the_receipts_out_as_a_file(spool, cast, sign_in):
    from django.core.files.uploadedfile import SimpleUploadedFile

    given = {"file": SimpleUploadedFile("r.csv", (HEAD + GOOD.format(n=1)).encode()), "answer": "csv"}
    answer = sign_in("olm").post("/hotline/bulk/", given)
    assert answer["Content-Type"].startswith("text/csv") and "attachment" in answer["Content-Disposition"]
    assert "A-1" in answer.content.decode() and answer["Cache-Control"] == "no-store"
