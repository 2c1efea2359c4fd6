"""Real lists from end to end: what six operators announce, a hundred thousand real names, and one list swept over both."""

from __future__ import annotations

import csv
import lzma
import os
from pathlib import Path

import pytest

from licet.core.actors import WORKER
from licet.registers import snapshots
from licet.registers.exchange.services import import_file
from licet.registers.exchange.tests.files import errors_of
from licet.sweeps.services import run_sweep

DATA = Path(os.environ.get("LICET_TEST_DATA", ""))
LEFT_OUT = 10  # every tenth name is connected and not filed

pytestmark = [pytest.mark.slow, pytest.mark.skipif("LICET_TEST_DATA" not in os.environ,
                                                   reason="LICET_TEST_DATA does not name the folder of real lists")]


@pytest.fixture
def home(cast, settings, tmp_path):
    settings.LICET_HOME = tmp_path / "home"
    snapshots.forget()
    yield tmp_path
    snapshots.forget()


def write(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split())
        writer.writerows(rows)
    return path


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load(home, kind, header, rows):
    return import_file(kind, write(home / f"{kind}.csv", header, rows), actor=WORKER)


def announced():
    """Each operator's blocks, IPv4 and IPv6."""
    return {file.stem: file.read_text().split() for file in sorted((DATA / "operator-ip").glob("*.txt"))}


def load_operators(home, blocks, day):
    """Six carriers with licences for everything, reviewed this year, holding what they announce; an empty blacklist."""
    numbers = {operator: f"A2.B1.B2-2020{n:04}" for n, operator in enumerate(blocks, 1)}
    load(home, "parties", "party_id kind name region", [(o, "carrier", f"Operator {o}", "CN-GD") for o in blocks])
    load(home, "licences", "licence_no provider_id category catalogue_year regions valid_from valid_to status",
         [(number, o, "B11 B14", "2015", "*", "2020-01-01", "2099-12-31", "active") for o, number in numbers.items()])
    load(home, "annual_reviews", "licence_no year result decided_on",
         [(number, day.year - 1, "pass", f"{day.year}-01-05") for number in numbers.values()])
    load(home, "addresses", "cidr holder_id kind", [(block, o, "own") for o in blocks for block in blocks[o]])
    load(home, "blacklist", "kind value ground decided_on decision_ref", [])


def load_filings(home, connected, day):
    """A filing for each name but every tenth; returns the names that could not be filed."""
    header = "filing_no subject_no subject_name subject_kind domains provider_id service_kind status verified_on"
    rows = [(f"粤ICP备{2024000001 + n}号-1", f"粤ICP备{2024000001 + n}号", f"Subject {n}", "organisation", name, operator,
             "web", "active", day) for n, (name, operator, _) in enumerate(connected) if n % LEFT_OUT]
    return {row["value"] for row in errors_of(load(home, "filings", header, rows))}


def test_a_sweep_over_real_names_at_real_addresses_finds_what_was_left_out(home):
    blocks, day = announced(), snapshots.today()
    names = lzma.decompress((DATA / "domains-cn.txt.xz").read_bytes()).decode().split()
    firsts = {operator: [block.partition("/")[0] for block in own] for operator, own in blocks.items()}
    operators = list(blocks)
    connected = [(name, o := operators[n % len(operators)], firsts[o][n % len(firsts[o])]) for n, name in enumerate(names)]
    load_operators(home, blocks, day)
    not_filed = load_filings(home, connected, day)

    sweep = run_sweep(
        write(home / "list.csv", "access_id provider_id customer_name service_kind domain ip",
              [(n, operator, f"Subject {n}", "vhost", name, ip) for n, (name, operator, ip) in enumerate(connected)]),
        actor=WORKER, out=home / "out", formats=("csv",))

    found = rows_of(home / "out" / "findings.csv")
    rows = {finding: {names[int(row["access_id"])] for row in found if row["finding"] == finding}
            for finding in {row["finding"] for row in found}}
    unusable = rows.pop("domain_unusable")
    assert (sweep.rows, sweep.rows_rejected) == (len(names), 0)
    assert rows.pop("site_unfiled") == set(names[::LEFT_OUT]) - unusable
    assert unusable == not_filed and len(unusable) == 6  # whole suffixes, such as "top"
    assert rows == {}  # every address lies in a block of its operator, and nothing else was invented
