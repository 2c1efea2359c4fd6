"""Real lists: what six operators announce and a hundred thousand real names (LICET_TEST_DATA; skipped without)."""

from __future__ import annotations

import lzma
import os
from collections import Counter
from pathlib import Path

import pytest

from licet.registers.exchange.services import import_file
from licet.registers.exchange.tests.conftest import DAY
from licet.registers.exchange.tests.files import errors_of
from licet.registers.models import AddressBlock, Filing

DATA = Path(os.environ.get("LICET_TEST_DATA", ""))

pytestmark = [pytest.mark.slow, pytest.mark.skipif("LICET_TEST_DATA" not in os.environ,
                                                   reason="LICET_TEST_DATA does not name the folder of real lists")]


def test_every_announced_block_loads(system, tmp_path):
    files = sorted((DATA / "operator-ip").glob("*.txt"))
    path = tmp_path / "addresses.csv"
    lines = [f"{block},{file.stem},own" for file in files for block in file.read_text().split()]
    path.write_text("cidr,holder_id,kind\n" + "\n".join(lines) + "\n")

    report = import_file("addresses", path, actor=system, as_of=DAY)

    assert (len(files), report.read, report.added, report.rejected) == (6, 11025, 11025, 0)
    assert AddressBlock.objects.count() == 11025


def test_every_usable_name_loads_as_a_filing_and_the_others_come_back_with_their_reason(system, tmp_path):
    names = lzma.decompress((DATA / "domains-cn.txt.xz").read_bytes()).decode().split()
    path = tmp_path / "filings.csv"
    path.write_text("filing_no,subject_name,subject_kind,domains,provider_id,service_kind,status\n" + "".join(
        f"粤ICP备{2024000001 + at}号-1,Subject {at},organisation,{name},harbour,web,active\n"
        for at, name in enumerate(names)))

    report = import_file("filings", path, actor=system, as_of=DAY)

    errors = errors_of(report)
    reasons = Counter(row["reason"].rpartition("(")[2].rstrip(")") for row in errors)
    assert report.read == len(names) == 110_769
    assert report.added + report.rejected == report.read
    assert Filing.objects.count() == report.added > 110_000
    assert len(errors) == report.rejected == sum(reasons.values())
    assert set(reasons) <= {"public_suffix", "single_label", "bad_idna", "bad_label"}
