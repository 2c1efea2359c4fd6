"""kill -9 during an import: the same command again ends with the same register as if nothing had happened."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from licet.registers.exchange.tests.conftest import subprocess_environment
from licet.registers.exchange.tests.files import filing, write_csv

ROWS = [filing(number) if number % 97 else filing(number, status="?") for number in range(1, 1001)]
BAD = sum(row["status"] == "?" for row in ROWS)


def start(home: Path, path: Path, stage: str, after: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "licet.registers.exchange.tests.kill_me", str(path), stage,
                             str(after)],
                            stdout=subprocess.PIPE, text=True, env=subprocess_environment(home))


def exported(licet, path: Path) -> list[dict[str, str]]:
    assert licet("export", "filings", "--out", path).returncode == 0
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "after", "parts_kept"), [("read", 4, 4), ("store", 3, 10), ("merge", 1, 10),
                                                            ("merge", 2, 10)],
                         ids=["reading", "copying", "merging", "before the commit"])
def test_an_import_killed_on_the_way_is_continued(licet, tmp_path, stage, after, parts_kept, licet_home):
    path = write_csv(tmp_path / f"{stage}{after}.csv", [row | {"site_name": f"{stage} {after}"} for row in ROWS])
    before = exported(licet, tmp_path / "before.csv")
    with start(licet_home, path, stage, after) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n"
        process.send_signal(signal.SIGKILL)
    manifest = json.loads(next(licet_home.glob("imports/*/manifest.json")).read_text())
    assert len(manifest["parts"]) == parts_kept
    assert exported(licet, tmp_path / "between.csv") == before

    with start(licet_home, path, "nowhere", 1) as process:
        assert process.stdout is not None
        added, changed, unchanged, rejected = map(int, process.stdout.readline().split())

    assert (added + changed, unchanged, rejected) == (1000 - BAD, 0, BAD)
    assert {row["site_name"] for row in exported(licet, tmp_path / "after.csv")} == {f"{stage} {after}"}
    assert not list(licet_home.glob("imports/*/part-*"))
