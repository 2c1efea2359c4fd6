"""``licet import`` and ``licet export`` from outside: exit codes, JSON, messages."""

from __future__ import annotations

import json

import pytest

from licet.registers.exchange.tests.files import filing, write_csv

pytestmark = pytest.mark.slow


def test_a_load_prints_one_json_document_and_exits_0_or_1(licet, tmp_path):
    good = write_csv(tmp_path / "good.csv", [filing(1), filing(2)])
    bad = write_csv(tmp_path / "bad.csv", [filing(3), filing(4, filed_on="soon")])

    first = licet("import", "filings", good, "--json")
    second = licet("import", "filings", bad, "--errors", tmp_path / "errors.csv", "--json")

    assert (first.returncode, json.loads(first.stdout)["added"], first.stderr) == (0, 2, "")
    report = json.loads(second.stdout)
    assert (second.returncode, report["added"], report["rejected"]) == (1, 1, 1)
    assert report["errors"] == str(tmp_path / "errors.csv")
    assert (tmp_path / "errors.csv").read_text().startswith("line,field,value,reason,repair\n3,filed_on,soon,")


def test_people_read_what_was_taken_and_where_the_rest_is(licet, tmp_path):
    bad = write_csv(tmp_path / "bad.csv", [filing(5), filing(6, filed_on="soon")])

    result = licet("import", "filings", bad)

    assert result.returncode == 1
    assert "rejected 1" in result.stdout
    assert "the other rows were taken" in result.stdout


def test_usage_errors_exit_2_and_name_the_kinds(licet, tmp_path):
    unknown = licet("import", "billing", tmp_path / "a.csv")

    assert unknown.returncode == 2
    assert "annual_reviews" in unknown.stderr
    assert licet("export", "charges", "--out", "-").returncode == 2
    assert licet("import", "filings", tmp_path / "a.csv", "--as-of", "yesterday").returncode == 2


def test_an_unusable_file_exits_1_with_a_hint(licet, tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_text("no workbook")

    for result in (licet("import", "filings", path), licet("import", "filings", tmp_path / "absent.csv")):
        assert result.returncode == 1
        assert "hint:" in result.stderr
        assert result.stdout == ""


def test_export_to_standard_output_keeps_the_cursor_apart(licet, tmp_path):
    licet("import", "filings", write_csv(tmp_path / "good.csv", [filing(1)]))

    result = licet("export", "filings", "--format", "jsonl")

    assert json.loads(result.stdout.splitlines()[0])["status"] == "active"
    assert result.stderr.startswith("cursor ")
