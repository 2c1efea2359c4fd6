"""What could not be read of a list, in the language of the page or the terminal."""

import csv

import pytest
from django.utils import translation

from licet.gate.lists import ERROR_COLUMNS, ErrorsFile
from licet.registers.exchange.readers import Rejection

RAGGED = Rejection(3, "", "=1+1", "the row has 2 cells, the header 9",
                   "write every column; leave a cell blank where there is no value")


@pytest.mark.parametrize(("language", "reason"), [
    ("en", "the row has 2 cells, the header 9"), ("zh-hans", "该行有 2 个单元格，表头有 9 个")])
def test_errors_speak_the_active_language_and_start_no_formula(tmp_path, language, reason):
    with translation.override(language):
        errors = ErrorsFile(tmp_path / "errors.csv")
        errors.write([RAGGED])
        errors.write([])
        errors.write([RAGGED])
    head, *rows = csv.reader(errors.path.read_text(encoding="utf-8").splitlines())
    assert tuple(head) == ERROR_COLUMNS
    assert [row[0] for row in rows] == ["3", "3"] and {row[3] for row in rows} == {reason}
    assert rows[0][2] != "=1+1" and rows[0][2].endswith("=1+1")
    assert (errors.rows, errors.lines) == (2, {3})
