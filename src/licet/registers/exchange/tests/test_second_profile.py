"""Another country's profile: its regions, categories, numbers and thresholds are read, and no others."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from licet.config.profile import read_profile
from licet.registers.exchange.cells import CellError, CellRules
from licet.registers.exchange.tests.files import filing, licence, write_csv
from licet.registers.identifiers import parse_filing_number
from licet.registers.scores import freshness_marks

ATLANTIS = Path(__file__).resolve().parents[5] / "tests" / "profiles" / "atlantis-2030"


@pytest.fixture(scope="module")
def atlantis():
    return read_profile(str(ATLANTIS))


def test_cells_are_read_by_the_profile(atlantis):
    rules = CellRules(atlantis)

    assert rules.regions("outer; Inner Ring") == ("XA-OU", "XA-IN")
    assert rules.categories("Hosting", "2030") == ("H1",)
    assert parse_filing_number("i reg 123456 - 2", rules.formats).canonical == "IREG123456#-2"
    assert rules.licence_no("O CHT 12345") == "OCHT12345#"


@pytest.mark.parametrize(("read", "cell"), [("region", "广东"), ("region", "CN-GD")])
def test_the_first_profiles_words_mean_nothing_here(atlantis, read, cell):
    with pytest.raises(CellError) as refused:
        getattr(CellRules(atlantis), read)(cell)

    assert "XA-IN" in refused.value.repair


def test_the_first_profiles_catalogue_means_nothing_here(atlantis):
    with pytest.raises(CellError, match="no licence catalogue of 2015"):
        CellRules(atlantis).categories("B11", "2015")


def test_scores_follow_the_profiles_thresholds(atlantis):
    assert [freshness_marks(days, atlantis.thresholds["freshness"]) for days in (2, 7, 12, None)] == [1.0, 0.5, 0.0,
                                                                                                      0.0]


@pytest.mark.slow
def test_whole_imports_run_under_it(licet, tmp_path):
    licences = write_csv(tmp_path / "l.csv", [licence(1, licence_no="I CHT 12345", category="H1", catalogue_year="2030",
                                                      regions="内环"), licence(2)])
    filings = write_csv(tmp_path / "f.csv", [filing(1, filing_no="iREG123456-1")])

    first = licet("import", "licences", licences, "--json", LICET_PROFILE=str(ATLANTIS))
    second = licet("import", "filings", filings, "--json", LICET_PROFILE=str(ATLANTIS))
    licet("export", "filings", "--out", tmp_path / "out.csv", LICET_PROFILE=str(ATLANTIS))

    assert (first.returncode, json.loads(first.stdout)["added"], json.loads(first.stdout)["rejected"]) == (1, 1, 1)
    assert second.returncode == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    assert (row["filing_no"], row["subject_no"]) == ("IREG123456#-1", "IREG123456#")
