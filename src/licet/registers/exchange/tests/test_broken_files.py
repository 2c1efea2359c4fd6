"""Broken input: one clear error each, and nothing half-imported."""

from __future__ import annotations

import pytest

from licet.registers.exchange.errors import UnusableFile
from licet.registers.exchange.tests.conftest import DAY
from licet.registers.exchange.tests.files import (
    access,
    errors_of,
    write_csv,
    write_lines,
    write_parquet,
    write_workbook,
)
from licet.registers.models import AccessRelation, RegisterLoad

ROWS = [access(number) for number in range(1, 301)]


def truncated(path):
    path.write_bytes(path.read_bytes()[:-200])
    return path


def replaced(path, old, new):
    path.write_bytes(path.read_bytes().replace(old, new))
    return path


def scribbled(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:8] + b"\xff" * 400 + whole[408:])
    return path


BROKEN = {
    "truncated XLSX": lambda home: truncated(write_workbook(home / "a.xlsx", ROWS)),
    "truncated Parquet": lambda home: truncated(write_parquet(home / "a.parquet", ROWS)),
    "not a zip": lambda home: write_csv(home / "a.xlsx", ROWS),
    "mixed encodings": lambda home: replaced(write_csv(home / "a.csv", ROWS), b"Customer 250",
                                             "客户名称".encode("gb18030")),
    "NUL bytes": lambda home: replaced(write_csv(home / "a.csv", ROWS), b"Customer 250", b"Cust\0mer"),
    "wrong columns": lambda home: write_csv(home / "a.csv", [{"name": "x", "colour": "red"}]),
    "open quote": lambda home: replaced(write_csv(home / "a.csv", ROWS), b"Customer 250", b'"Customer'),
    "JSON array": lambda home: (home / "a.jsonl").write_text("[]") and home / "a.jsonl",
    "damaged Parquet page": lambda home: scribbled(write_parquet(home / "a.parquet", ROWS)),
}


@pytest.mark.parametrize("make", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_leaves_nothing(system, tmp_path, make, settings):
    from licet.registers.exchange.services import import_file

    with pytest.raises(UnusableFile) as refused:
        import_file("access", make(tmp_path), actor=system, as_of=DAY, part_rows=50)

    assert refused.value.message
    assert refused.value.hint
    assert not AccessRelation.objects.exists()
    assert not RegisterLoad.objects.exists()
    assert not list((settings.LICET_HOME / "imports").glob("access-*/part-*"))


ODD_CELLS = {
    "a million characters": ("customer_name", "x" * 1_000_000, "1,000,000 characters"),
    "a control character": ("customer_name", "a\x07b", "control characters"),
    "no date": ("connected_on", "2026-02-30", "no date"),
}


@pytest.mark.parametrize(("field", "value", "reason"), ODD_CELLS.values(), ids=ODD_CELLS)
def test_a_bad_cell_rejects_its_row_and_the_file_goes_on(load, field, value, reason):
    report = load("access", [access(1), access(2, **{field: value}), access(3)])

    assert (report.added, report.rejected) == (2, 1)
    error = errors_of(report)[0]
    assert (error["line"], error["field"]) == ("3", field)
    assert reason in error["reason"]
    assert error["repair"]
    assert len(error["value"]) <= 201


def test_a_nul_inside_json_rejects_its_row(system, tmp_path):
    from licet.registers.exchange.services import import_file

    path = write_lines(tmp_path / "a.jsonl", [access(1), access(2, customer_name="a\0b")])

    report = import_file("access", path, actor=system, as_of=DAY)

    assert (report.added, report.rejected) == (1, 1)


def test_a_formula_in_a_workbook_rejects_its_row(system, tmp_path):
    from licet.registers.exchange.services import import_file

    path = write_workbook(tmp_path / "a.xlsx", [access(1), access(2, domain="{=A1}"), access(3)])

    report = import_file("access", path, actor=system, as_of=DAY)

    assert (report.added, report.rejected) == (2, 1)
    assert errors_of(report)[0]["line"] == "3"
