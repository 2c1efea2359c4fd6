"""No table Licet writes for people lets a cell start a formula: every writer is found in the code, and each is tried."""

import ast
import csv
import dataclasses
import datetime as dt
import io
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import python_calamine
from hypothesis import given
from hypothesis import strategies as st

from licet.core.spreadsheet import SafeCsv, safe_columns, spreadsheet_plain, spreadsheet_safe, starts_formula
from licet.gate import files as gate_files
from licet.gate.lists import ErrorsFile
from licet.hotline.transparency import as_csv
from licet.orders.lists import csv_text
from licet.registers.exchange import export
from licet.registers.exchange.readers import Rejection
from licet.registers.kinds import KIND_BY_ID
from licet.sweeps.outputs import FindingsFiles
from licet.sweeps.tables import FINDING_COLUMNS
from licet.sweeps.workbook import write_workbook

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "licet"
HOSTILE = ["=cmd|'/C calc'!A1", "＝cmd|x", "＋x", "－1+1", "＠SUM(1)", "@SUM(1)", "+evil", "-2+3", "\t=1", "\r=1", " =1",
           "\u3000=1", "'=1", "\x1f=1"]
HARMLESS = ["plain", "-5", "a=b", "京ICP备05012345号", "'quoted'", "", "3.14"]

# What writes a table, and the modules that may call it: the guard itself, and streams that only PostgreSQL reads.
WRITING = {"csv.writer", "csv.DictWriter", "csv.CSVWriter", "csv.write_csv", "CSVWriter", "write_csv", "xlsxwriter.Workbook",
           "Workbook"}
GUARDED = {"core/spreadsheet.py": "the guard",
           "sweeps/outputs.py": "Arrow's CSV writer, behind safe_columns (tried below)",
           "registers/exchange/merging.py": "COPY into PostgreSQL", "sweeps/store.py": "COPY into PostgreSQL"}
CELLS = {"write_string", "write_row", "write_column", "write_formula", "write_rich_string", "write_url", "to_csv", "to_excel"}


def _calls(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_every_writer_of_tables_goes_through_the_guard():
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "tests" not in path.parts:
            calls = {call for call in _calls(path) if call in WRITING or call.rpartition(".")[2] in CELLS}
            if calls:
                found[str(path.relative_to(PACKAGE))] = calls
    assert set(found) == set(GUARDED), found


def _sweep(directory):
    rows = [dict.fromkeys(FINDING_COLUMNS, text) for text in HOSTILE + HARMLESS]
    with FindingsFiles(directory, with_csv=True) as files:
        files.write(pa.Table.from_pylist(rows))
    write_workbook(directory)
    return directory / "findings.csv", directory / "findings.xlsx", directory / "findings.parquet"


def _batch(ending):
    def write(directory):
        path = directory / f"answers.{ending}"
        with gate_files._writer(path, ending) as append:
            append([dict.fromkeys(gate_files._columns(), text) for text in HOSTILE + HARMLESS])
        return path
    return write


def _export(ending):
    def write(directory):
        path, kind = directory / f"parties.{ending}", KIND_BY_ID["parties"]
        with path.open("wb") as stream:
            rows = [(0, *(text for _ in kind.columns)) for text in HOSTILE + HARMLESS]
            export._WRITERS[ending](kind, iter([rows]), stream, False)
        return path
    return write


def _errors(directory):
    file = ErrorsFile(directory / "errors.csv")
    file.write([Rejection(line, text, text, text, text) for line, text in enumerate(HOSTILE + HARMLESS)])
    return file.path


def _orders(directory):
    order = SimpleNamespace(public_id="=order")
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    lines = [SimpleNamespace(serial=1, action=text, field="hosts", value=text, order=order, at=at)
             for text in HOSTILE + HARMLESS]
    path = directory / "orders.csv"
    path.write_text(csv_text(lines), encoding="utf-8", newline="")
    return path


def _transparency(directory):
    times = SimpleNamespace(count=0, median_hours=None, tail_hours=None)
    errors = dataclasses.make_dataclass("Errors", [])()
    figures = SimpleNamespace(year=2026, grounds={"=x": {"=y": "=z"}}, reports="=r", ended=times, restored=times, errors=errors,
                              disregarded=errors, measures=[(text, text) for text in HOSTILE + HARMLESS])
    path = directory / "figures.csv"
    path.write_text(as_csv(figures), encoding="utf-8", newline="")
    return path


WRITERS = {"findings.csv": lambda directory: _sweep(directory)[0], "findings.xlsx": lambda directory: _sweep(directory)[1],
           "gate.csv": _batch("csv"), "gate.xlsx": _batch("xlsx"), "register.csv": _export("csv"),
           "register.xlsx": _export("xlsx"), "errors.csv": _errors, "orders.csv": _orders, "transparency.csv": _transparency}


def _cells(path):
    if path.suffix == ".xlsx":
        book = python_calamine.load_workbook(str(path))
        return [str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).iter_rows() for cell in row]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [cell for row in csv.reader(file) for cell in row]


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_no_cell_of_a_written_file_starts_a_formula(write, tmp_path):
    cells = _cells(write(tmp_path))

    assert {"'=cmd|'/C calc'!A1", "'＝cmd|x", "'@SUM(1)", "'+evil", "plain", "-5"} <= set(cells)
    assert [cell for cell in cells if starts_formula(cell)] == []


def test_parquet_keeps_values_as_they_are(tmp_path):
    assert pq.read_table(_sweep(tmp_path)[2])["evidence"].to_pylist() == HOSTILE + HARMLESS


@given(st.lists(st.text("=+-@＝＠\t\r\n '\u3000\xa0\x1f\x85ab5.", max_size=4) | st.sampled_from(HOSTILE + HARMLESS)))
def test_columns_are_guarded_as_single_cells_are(texts):
    table = pa.table({"a": pa.array(texts, pa.string()), "b": pa.array([None] * len(texts), pa.string())})

    safe = safe_columns(table)

    assert safe["a"].to_pylist() == [spreadsheet_safe(text) for text in texts]
    assert safe["b"].to_pylist() == [None] * len(texts)
    assert [spreadsheet_plain(text) for text in safe["a"].to_pylist()] == texts


def test_numbers_are_written_as_numbers():
    out = io.StringIO()
    SafeCsv(out).writerow([-5, 2.5, None, "-5", "-x"])

    assert out.getvalue() == "-5,2.5,,-5,'-x\r\n"


def test_control_characters_of_a_rejected_value_can_be_seen(tmp_path):
    file = ErrorsFile(tmp_path / "errors.csv")
    file.write([Rejection(2, "name", "a\x00b\x1bc\u2028d\te", "reason", "repair")])

    assert "a\\u0000b\\u001bc\\u2028d\te" in _cells(file.path)
