"""What is exported can be imported, in every format, and a delta carries exactly what changed."""

from __future__ import annotations

import csv
import datetime as dt
import itertools

import pyarrow.parquet as pq
import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licet.core.errors import BadInput
from licet.registers.exchange.services import export_kind, import_file
from licet.registers.exchange.tests.conftest import DAY
from licet.registers.exchange.tests.files import access, address, filing, licence, listed, post
from licet.registers.kinds import KIND_BY_ID
from licet.registers.selectors import present

LATER = DAY + dt.timedelta(days=10)
SAMPLES = {
    "licences": [licence(1), licence(2, valid_to="", issuer="")],
    "annual_reviews": [{"licence_no": "粤B2-20200001", "year": "2025", "result": "pass", "decided_on": ""}],
    "filings": [filing(1), filing(2, addresses="", filed_on="", domains="a.example b.example")],
    "access": [access(1), access(2, ip="", connected_on="", domain="")],
    "addresses": [address(), address("2001:db8::/32", valid_from="2025-01-01")],
    "posts": [post(), post(person="", phone="")],
    "blacklist": [listed(), listed(kind="address", value="192.0.2.0/24", valid_to="")],
    "parties": [{"party_id": "p1", "kind": "carrier", "name": "Carrier", "uscc": "", "region": "*", "parent_id": ""}],
}


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet", "jsonl"])
@pytest.mark.parametrize("kind", SAMPLES)
def test_an_export_imports_as_unchanged(load, system, tmp_path, kind, suffix):
    load(kind, SAMPLES[kind])

    export_kind(kind, actor=system, out=tmp_path / f"out.{suffix}")
    report = import_file(kind, tmp_path / f"out.{suffix}", actor=system, as_of=LATER)

    assert (report.unchanged, report.added, report.changed, report.rejected) == (len(SAMPLES[kind]), 0, 0, 0)


text = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn"]), max_size=12)
signs = st.sampled_from(["", "=", "+", "-", "@", "'", "'=", "＝", " =", '"', ";", "，"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.builds(str.__add__, signs, text), min_size=1, max_size=6),
       suffix=st.sampled_from(["csv", "xlsx", "parquet", "jsonl"]))
def test_whatever_a_name_holds_survives_the_round_trip(system, tmp_path, names, suffix):
    import json

    first = tmp_path / "first.jsonl"  # holds values as they are: nothing to escape on the way in
    serial = next(_SERIALS)
    rows = [filing(1, filing_no=f"粤ICP备{serial}号-{at}", subject_name=f"x{name}"[: 1 if at % 2 else None] + name,
                   site_name=name) for at, name in enumerate(names, start=1)]
    first.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    taken = import_file("filings", first, actor=system, as_of=DAY)
    assert taken.rejected == 0

    out = tmp_path / f"out.{suffix}"
    export_kind("filings", actor=system, out=out)
    again = import_file("filings", out, actor=system, as_of=LATER)

    assert (again.changed, again.added, again.rejected) == (0, 0, 0)
    assert again.unchanged == present("filings").count()


_SERIALS = itertools.count(2024500001)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_no_cell_of_a_spreadsheet_export_starts_a_formula(load, system, tmp_path, suffix):
    load("filings", [filing(1, subject_name="'=1+1", site_name="'@x"), filing(2, site_name="'-2+3")])
    out = tmp_path / f"out.{suffix}"

    export_kind("filings", actor=system, out=out)

    if suffix == "csv":
        with out.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
    else:
        cells = [str(cell) for row in python_calamine.load_workbook(str(out)).get_sheet_by_index(0).to_python()
                 for cell in row]
        assert b"<f" not in _sheet_of(out)
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.lstrip()[:1] in {"=", "+", "-", "@"}]


def _sheet_of(path):
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return archive.read("xl/worksheets/sheet1.xml")


def delta(system, tmp_path, since):
    out = tmp_path / "delta.csv"
    cursor = export_kind("filings", actor=system, out=out, since=since)
    with out.open(encoding="utf-8", newline="") as file:
        return {row["filing_no"]: row["_change"] for row in csv.DictReader(file)}, cursor


def test_a_delta_holds_what_changed_since_its_cursor(load, system, tmp_path):
    load("filings", [filing(1), filing(2), filing(3)])
    everything, cursor = delta(system, tmp_path, 0)
    assert set(everything.values()) == {"added"}
    assert delta(system, tmp_path, cursor) == ({}, cursor)

    load("filings", [filing(1, filing_no="粤ICP备2024000101号-1"), filing(2, status="cancelled"), filing(4)],
         as_of=LATER,
         replace=True)
    changed, after = delta(system, tmp_path, cursor)

    assert sorted(changed.values()) == ["added", "changed", "ended"]
    assert after > cursor
    assert delta(system, tmp_path, after)[0] == {}


def test_a_delta_brings_another_desk_up_to_date(load, system, tmp_path):
    load("filings", [filing(1), filing(2)])
    _, cursor = delta(system, tmp_path, 0)
    load("filings", [filing(1, status="cancelled"), filing(3)], as_of=LATER, replace=True)
    wanted = sorted(present("filings").values_list("filing_no", "status"))
    delta(system, tmp_path, cursor)
    from licet.registers.models import Filing

    Filing.objects.all().delete()  # the other desk: it has what the first delta brought
    load("filings", [filing(1), filing(2)])
    import_file("filings", tmp_path / "delta.csv", actor=system, as_of=LATER)

    assert sorted(present("filings").values_list("filing_no", "status")) == wanted


def test_the_register_of_a_day_can_be_exported(load, system, tmp_path):
    load("filings", [filing(1)])
    load("filings", [filing(1, status="cancelled")], as_of=LATER)

    export_kind("filings", actor=system, out=tmp_path / "then.parquet", as_of=DAY)

    assert pq.read_table(tmp_path / "then.parquet").column("status").to_pylist() == ["active"]


def test_columns_are_the_canonical_ones(system, tmp_path):
    for kind in KIND_BY_ID.values():
        export_kind(kind.id, actor=system, out=tmp_path / "out.csv")
        header = (tmp_path / "out.csv").read_text().strip().split(",")
        assert header == [column.name for column in kind.columns]


def test_an_unknown_format_or_kind_names_what_there_is(system, tmp_path):
    with pytest.raises(BadInput) as refused:
        export_kind("filings", actor=system, out=tmp_path / "out.docx")
    assert "parquet" in refused.value.hint
    with pytest.raises(BadInput) as unknown:
        export_kind("billing", actor=system, out=tmp_path / "out.csv")
    assert "filings" in unknown.value.hint
    assert not list(tmp_path.iterdir())


def test_pages_follow_the_key(load, system):
    from licet.registers.selectors import history, page_of

    load("filings", [filing(number) for number in range(1, 8)])
    load("filings", [filing(1, status="cancelled")], as_of=LATER)

    seen, after = [], ""
    for _ in range(4):
        page = page_of(present("filings"), "filings", after=after, size=3)
        seen += [row.filing_no for row in page.rows]
        after = page.next
        if not after:
            break
    assert seen == sorted(filing(number)["filing_no"] for number in range(1, 8))
    assert [row.status for row in history("filings", {"filing_no": seen[0]})] == ["cancelled", "active"]
    with pytest.raises(BadInput):
        page_of(present("filings"), "filings", after="nonsense")
