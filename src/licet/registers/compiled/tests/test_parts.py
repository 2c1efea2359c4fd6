"""Parts on disk: put in place whole, verified when opened, refused when damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from licet.registers.compiled import KINDS, AccessRows, DamagedPart, UnusableSnapshot, compile_part, open_register
from licet.registers.compiled.layout import FORMAT_VERSION, MAGIC, PartWriter
from licet.registers.compiled.tests.strategies import TODAY
from licet.registers.compiled.tests.worlds import PARAMS, bound, loads, normaliser, write_snapshot

WORLD = {
    "parties": [{"party_id": "p-1", "region": "CN-BJ"}],
    "licences": [{"licence_no": "L-1", "provider_id": "p-1", "category": ["B11"], "catalogue_year": 2015, "regions": ["*"],
                  "valid_from": TODAY.replace(year=2020), "status": "active"}],
    "filings": [{"filing_no": "京ICP备05012345号-1", "subject_no": "京ICP备05012345号", "domains": ["site.example"],
                 "provider_id": "p-1", "status": "active", "filed_on": TODAY.replace(year=2024)}],
    "addresses": [{"cidr": "192.0.2.0/24", "holder_id": "p-1"}],
    "blacklist": [{"kind": "domain", "value": "bad.example", "ground": "blacklisted", "decided_on": TODAY.replace(year=2025),
                   "decision_ref": "D-1"}],
}


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    bound(tmp_path, WORLD, TODAY)
    return tmp_path / "parts"


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_part_is_refused(parts: Path, kind: str) -> None:
    path = parts / f"{kind}.part"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedPart, match=f"{kind}.part is truncated"):
        open_register(parts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_byte_anywhere_in_the_arrays_is_found(parts: Path, kind: str) -> None:
    path = parts / f"{kind}.part"
    arrays = open_register(parts).parts[kind].manifest["arrays"]
    row = next(row for row in arrays.values() if row["bytes"])
    flip(path, row["offset"] + row["bytes"] - 1)
    with pytest.raises(DamagedPart, match="is damaged"):
        open_register(parts)


def test_a_changed_manifest_is_refused(parts: Path) -> None:
    path = parts / "filings.part"
    path.write_bytes(path.read_bytes().replace(f'"format": {FORMAT_VERSION}'.encode(), b'"format": 9'))
    with pytest.raises(DamagedPart, match="has format 9"):
        open_register(parts)


@pytest.mark.parametrize("content", [b"", MAGIC, b"x" * 100], ids=["empty", "short", "something else"])
def test_a_file_that_is_no_part_is_refused(parts: Path, content: bytes) -> None:
    (parts / "addresses.part").write_bytes(content)
    with pytest.raises(DamagedPart):
        open_register(parts)


def test_a_missing_part_is_named(parts: Path) -> None:
    (parts / "blacklist.part").unlink()
    with pytest.raises(DamagedPart, match=r"no part blacklist\.part"):
        open_register(parts)


def test_a_part_that_was_not_finished_leaves_the_old_one(parts: Path) -> None:
    before = (parts / "filings.part").read_bytes()
    with pytest.raises(RuntimeError, match="power"), PartWriter(parts, "filings") as writer:
        writer.add("records", open_register(parts).parts["filings"].arrays["records"])
        raise RuntimeError("power went out")
    assert (parts / "filings.part").read_bytes() == before
    assert not list(parts.glob(".*"))


def test_an_open_register_survives_its_replacement(parts: Path, tmp_path: Path) -> None:
    opened = open_register(parts)
    empty = write_snapshot(tmp_path / "empty", {"registers": loads()})
    for kind in KINDS:
        compile_part(kind, empty, parts)
    rows = AccessRows.from_mapping({"provider_id": "p-1", "domain": "www.site.example"}, normaliser())
    old, new = opened.bind(TODAY, PARAMS).gather(rows), open_register(parts).bind(TODAY, PARAMS).gather(rows)
    assert (old.filing_row[0], new.filing_row[0]) == (0, -1)


def test_the_same_snapshot_gives_the_same_content(parts: Path, tmp_path: Path) -> None:
    for kind in KINDS:
        again = compile_part(kind, tmp_path / "snapshot", tmp_path / "again")
        assert again.read_bytes() == (parts / f"{kind}.part").read_bytes()


def test_meta_beside_the_parts_tells_newer_loads(parts: Path) -> None:
    (parts / "meta.json").write_text(json.dumps({"registers": loads("2026-05-19")}), encoding="utf-8")
    assert open_register(parts).registers["filings"]["last_as_of"] == "2026-05-19"


def snapshot_with(tmp_path: Path, table: str, **row: object) -> Path:
    return write_snapshot(tmp_path / "bad", {**WORLD, table: [{**WORLD[table][0], **row}]})


@pytest.mark.parametrize(("kind", "table", "row", "message"), [
    ("filings", "filings", {"status": "pending"}, "filing status pending"),
    ("filings", "filings", {"domains": ["x" * 300]}, "longer than 255"),
    ("addresses", "addresses", {"cidr": "192.0.2.0/33"}, "192.0.2.0/33 is no address block"),
    ("blacklist", "blacklist", {"kind": "word"}, "entry of kind word"),
    ("blacklist", "blacklist", {"kind": "address", "value": "nowhere"}, "nowhere is no address block")])
def test_values_that_cannot_be_compiled_are_named(tmp_path: Path, kind: str, table: str, row: dict[str, object],
                                                  message: str) -> None:
    with pytest.raises(UnusableSnapshot, match=message):
        compile_part(kind, snapshot_with(tmp_path, table, **row), tmp_path / "parts")


def test_a_snapshot_without_meta_or_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableSnapshot, match=r"meta\.json"):
        compile_part("filings", tmp_path, tmp_path / "parts")
    source = write_snapshot(tmp_path / "snapshot", {})
    pq.write_table(pa.table({"filing_no": ["1"]}), source / "filings.parquet")
    with pytest.raises(UnusableSnapshot, match=r"filings\.parquet lacks the columns subject_no"):
        compile_part("filings", source, tmp_path / "parts")
    with pytest.raises(UnusableSnapshot, match="there is no part"):
        compile_part("numbers", source, tmp_path / "parts")
