"""Registers as of a day: which versions count, what is written again, what stays."""

import datetime as dt

import pyarrow.parquet as pq
import pytest

from licet.core import clock
from licet.registers import snapshots
from licet.registers.models import AccessRelation, Filing, Licence, RegisterLoad

JAN, FEB, MAR, APR = (dt.date(2026, month, 1) for month in (1, 2, 3, 4))


@pytest.fixture(autouse=True)
def _fresh(settings, tmp_path):
    settings.LICET_HOME = tmp_path
    snapshots.forget()
    yield
    snapshots.forget()


@pytest.fixture
def load(system):
    from licet.parties.services import next_change_seq

    def _load(kind, as_of):
        return RegisterLoad.objects.create(
            kind=kind,
            as_of=as_of,
            version=next_change_seq(),
            file_name="x.csv",
            file_sha256="0" * 64,
            rows_read=0,
            rows_added=0,
            rows_changed=0,
            rows_unchanged=0,
            rows_ended=0,
            rows_rejected=0,
            actor="test",
            finished_at=clock.now(),
        )

    return _load


@pytest.fixture
def filing(system):
    from licet.parties.services import next_change_seq

    def _filing(number, since, until=None, **columns):
        row = {
            "filing_no": number,
            "subject_no": number,
            "subject_name": "x",
            "subject_kind": "organisation",
            "domains": [f"{number}.example"],
            "provider_id": "p",
            "addresses": [],
            "service_kind": "web",
            "status": "active",
        } | columns
        return Filing.objects.create(
            **row,
            since=since,
            until=until,
            content_hash=b"0" * 16,
            change_seq=next_change_seq(),
            source="test",
            recorded_at=clock.now(),
        )

    return _filing


def numbers(directory):
    return sorted(pq.read_table(directory / "filings.parquet")["filing_no"].to_pylist())


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2025, 6, 1), ["A"]),
        (JAN, ["A"]),
        (FEB, ["A", "B"]),
        (MAR, ["B"]),
        (APR, ["B"]),
    ],
    ids=["before the first load", "first day", "another began", "one ended", "later"],
)
def test_the_versions_of_a_day(load, filing, day, expected):
    load("filings", JAN)
    filing("A", JAN, until=MAR)
    filing("B", FEB)

    assert numbers(snapshots.snapshot(day)) == expected


def test_texts_lists_and_blanks_survive(filing):
    odd = 'quote " comma, line\nbreak 备案 '
    filing("A", JAN, subject_name=odd, domains=["a.example", "b.example"], filed_on=JAN)
    filing("B", JAN, domains=[])

    rows = pq.read_table(snapshots.snapshot(APR) / "filings.parquet").sort_by("filing_no").to_pylist()

    assert rows[0]["subject_name"] == odd
    assert rows[0]["domains"] == ["a.example", "b.example"]
    assert (rows[0]["filed_on"], rows[0]["verified_on"], rows[0]["site_name"]) == (JAN, None, "")
    assert rows[1]["domains"] == []


def test_an_unchanged_register_is_not_written_again(load, filing):
    load("filings", JAN)
    filing("A", JAN)
    first = snapshots.snapshot(MAR)
    Licence.objects.create(
        licence_no="L",
        provider_id="p",
        category=["B11"],
        catalogue_year=2015,
        regions=["*"],
        valid_from=JAN,
        status="active",
        since=JAN,
        content_hash=b"0" * 16,
        change_seq=10**9,
        source="test",
        recorded_at=clock.now(),
    )

    second = snapshots.snapshot(APR)

    assert first != second
    assert (first / "filings.parquet").stat().st_ino == (second / "filings.parquet").stat().st_ino
    assert pq.read_table(second / "licences.parquet").num_rows == 1


def test_a_change_is_seen_by_the_next_call(load, filing):
    load("filings", JAN)
    before = snapshots.current_register(MAR)
    filing("A", JAN)

    after = snapshots.current_register(MAR)

    assert snapshots.current_register(MAR) is after
    assert (before.versions["filings"], len(before.filings.records)) != (
        after.versions["filings"],
        len(after.filings.records),
    )


def test_a_load_without_changes_makes_a_register_known_again_without_compiling(load, filing, tmp_path):
    load("filings", JAN)
    filing("A", JAN)
    assert not snapshots.current_register(APR).known["filings"]
    parts = {path: path.stat().st_ino for path in tmp_path.glob("snapshots/*/parts/*/filings.part")}

    load("filings", MAR)

    assert snapshots.current_register(APR).known["filings"]
    assert {path: path.stat().st_ino for path in tmp_path.glob("snapshots/*/parts/*/filings.part")} == parts


def test_a_register_never_loaded_is_not_known(filing):
    filing("A", JAN)

    assert not any(snapshots.current_register(MAR).known.values())


def test_the_chain_is_taken_from_the_access_register(system):
    for number, until in (("1", None), ("2", FEB)):
        AccessRelation.objects.create(
            access_id=number,
            provider_id=f"p{number}",
            service_kind="line",
            upstream_provider_id="carrier",
            since=JAN,
            until=until,
            content_hash=b"0" * 16,
            change_seq=int(number),
            source="test",
            recorded_at=clock.now(),
        )

    rows = pq.read_table(snapshots.snapshot(MAR) / "edges.parquet").to_pylist()

    assert rows == [{"provider_id": "p1", "upstream_provider_id": "carrier"}]


def test_what_nobody_needs_is_removed(load, filing, tmp_path):
    load("filings", JAN)
    for number in range(6):
        filing(f"F{number}", JAN)
        snapshots.current_register(MAR)

    assert len(list(tmp_path.glob("snapshots/*/sets/*"))) <= 4
    assert len(list(tmp_path.glob("snapshots/*/parts/*/filings.part"))) <= 4
    assert len(list(tmp_path.glob("snapshots/*/tables/filings-*.parquet"))) <= 4


def test_damaged_parts_are_compiled_again(load, filing, tmp_path):
    load("filings", JAN)
    filing("A", JAN)
    snapshots.current_register(MAR)
    part = next(tmp_path.glob("snapshots/*/parts/*/filings.part"))
    part.write_bytes(part.read_bytes()[:-40])
    snapshots.forget()

    healed = snapshots.current_register(MAR)

    assert len(healed.filings.records) == 1
    assert part.stat().st_size > 100
