"""How long a register of filings takes to load, and how much memory: `python benchmarks/import_bench.py --rows 5000000`.

A made-up file (names end in .example, credit codes with a right check character) is loaded with ``licet import`` into an
empty database of its own, then the same file again, then one with one row in a hundred changed; at last it is exported.
Peer, on the same server in the same run: plain ``COPY`` of the same file into a table with the same columns and a unique
index on the filing number: no validation, no history, no row-level security, no other index.

Memory is the sum over the command and every PostgreSQL process, shared pages counted once (PSS), sampled.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
from sweep_data import credit_codes, dates, number, quads, text

MOST_SECONDS_A_MILLION = 96.0  # eight minutes for five million
MOST_MB = 1_500
CHUNK = 500_000
PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂"
FIRST_DAY = 14_000  # 2008-05-01, days since 1970
COLUMNS = ("filing_no", "subject_no", "subject_name", "subject_uscc", "subject_kind", "site_name", "domains", "home_url",
           "provider_id", "addresses", "service_kind", "filed_on", "verified_on", "status")


def columns(start: int, n: int, changed: bool) -> dict[str, Any]:
    """Rows ``start`` to ``start + n``; two sites to a subject. ``changed``: only one row in a hundred, suspended."""
    rng = np.random.default_rng(start)
    at = np.arange(start, start + n)
    subject_at = at // 2
    province = pa.array(list(PROVINCES)).take(pa.array(subject_at % len(PROVINCES)))
    serial = 2_010_000_001 + subject_at // len(PROVINCES) + 1_000_000 * (subject_at % 14)
    subject = text(province, "ICP备", number(serial), "号")
    name = text("site", number(at * 7919 % 999_999_937), "-", number(at), ".example")
    other = pc.if_else(pa.array(at % 7 == 0), text(name, " m", number(at), ".example"), name)
    home = pc.if_else(pa.array(at % 3 == 0), text("https://www.", name, "/"), text("http://", name, "/"))
    filed = FIRST_DAY + rng.integers(0, 5000, n)
    found = {
        "filing_no": text(subject, "-", number(at % 2 + 1)), "subject_no": subject,
        "subject_name": text("样例主办者", number(subject_at), "有限公司"),
        "subject_uscc": credit_codes(rng, (n + 1) // 2).take(pa.array(np.arange(n) // 2)),
        "subject_kind": pa.array(np.where(subject_at % 9 == 0, "person", "organisation")),
        "site_name": text("样例网站", number(at)), "domains": other, "home_url": home,
        "provider_id": text("p-", number(at * 31 % 2000)), "addresses": quads((10 << 24) + at % (1 << 24)),
        "service_kind": pa.array(np.where(at % 11 == 0, "app", "web")), "filed_on": dates(filed).cast(pa.string()),
        "verified_on": dates(filed + rng.integers(0, 1500, n)).cast(pa.string()),
        "status": pa.array(np.where(at % 97 == 0, "cancelled", "active"))}
    if changed:
        pick = pa.array(at % 100 == 50)
        found = {column: values.filter(pick) for column, values in found.items()}
        found["status"] = pa.array(["suspended"] * len(found["filing_no"]))
    return found


def write_file(path: Path, rows: int, *, changed: bool = False) -> Path:
    """A CSV file of so many filings; the same every time, so one that is there already is kept."""
    if path.exists():
        return path
    with path.open("wb") as file:
        file.write((",".join(COLUMNS) + "\n").encode())
        for start in range(0, rows, CHUNK):
            table = pa.table(columns(start, min(CHUNK, rows - start), changed))
            pv.write_csv(table, file, pv.WriteOptions(include_header=False, quoting_style="none"))
    return path


class Memory:
    """Peak of the command's and the server's memory together, and of the command alone, in MB."""

    def __init__(self, server: int) -> None:
        self.server, self.command = server, 0
        self.peak, self.peak_command = 0.0, 0.0
        self.stop = threading.Event()

    @contextlib.contextmanager
    def watching(self, command: int) -> Iterator[None]:
        """Sample while the block runs."""
        self.command = command
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        try:
            yield
        finally:
            self.stop.set()
            watcher.join()

    def _watch(self) -> None:
        while not self.stop.wait(0.5):
            command, server = _pss(self.command), _pss(self.server)
            self.peak, self.peak_command = max(self.peak, command + server), max(self.peak_command, command)


def _pss(root: int) -> float:
    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(root)
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += one.memory_full_info().pss
    return total / 1e6


def _cpu(server: int) -> float:
    """Seconds of processor time of the commands that ended and of the server, ended processes of it included."""
    total = sum(os.times()[2:4])
    postmaster = psutil.Process(server)
    for process in (postmaster, *postmaster.children()):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += sum(times[:4]) if process is postmaster else sum(times[:2])
    return total


def timed(label: str, rows: int, server: int, *arguments: str) -> tuple[float, float, dict[str, Any]]:
    """Run ``licet`` with the arguments; seconds, peak MB and its JSON, printed on one line."""
    memory = Memory(server)
    start, before = time.perf_counter(), _cpu(server)
    command = [sys.executable, "-m", "licet.cli", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, memory.watching(process.pid):
        out, _ = process.communicate()
    seconds, busy = time.perf_counter() - start, _cpu(server) - before
    if process.returncode:
        raise SystemExit(f"licet {' '.join(arguments)} ended with {process.returncode}\n{out}")
    report = json.loads(out) if out.startswith("{") else {}
    counts = " ".join(f"{name} {report[name]:,}" for name in ("added", "changed", "unchanged", "rejected") if report.get(name))
    print(f"{label:<22} {seconds:8.1f} s (processor {busy:,.0f})  {rows / seconds:9,.0f} rows/s  peak {memory.peak:6,.0f} MB"
          f" (command {memory.peak_command:,.0f})  {counts}", flush=True)
    return seconds, memory.peak, report


def peer(path: Path, rows: int, dsn: dict[str, Any]) -> float:
    """Seconds of plain COPY into a table with one unique index."""
    import psycopg

    definition = ", ".join(f"{name} {'date' if name.endswith('_on') else 'text'}" for name in COLUMNS)
    with psycopg.connect(**dsn, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE peer ({definition})")
        connection.execute("CREATE UNIQUE INDEX ON peer (filing_no)")
        start = time.perf_counter()
        statement = "COPY peer FROM STDIN (FORMAT csv, HEADER)"
        with path.open("rb") as file, connection.cursor() as cursor, cursor.copy(statement) as copy:
            while block := file.read(1 << 20):
                copy.write(block)
        seconds = time.perf_counter() - start
        connection.execute("DROP TABLE peer")
    print(f"{'plain COPY (peer)':<22} {seconds:8.1f} s  {rows / seconds:9,.0f} rows/s", flush=True)
    return seconds


def run(rows: int, directory: Path) -> bool:
    """Everything once; whether time and memory stay below their limits."""
    os.environ["LICET_HOME"] = str(directory / "home")
    from licet.config.bootstrap import connect_database, held_server
    from licet.config.databases import DATABASE
    from licet.config.embedded import SUPERUSER

    full = write_file(directory / f"filings-{rows}.csv", rows)
    delta = write_file(directory / f"delta-{rows}.csv", rows, changed=True)
    connect_database()
    server = held_server()
    assert server is not None
    pid = server.process_id()
    assert pid is not None
    print(f"{rows:,} filings, {full.stat().st_size / 1e6:,.0f} MB of CSV")
    copied = peer(full, rows, {"host": str(server.sockets), "user": SUPERUSER, "password": server.password,
                               "dbname": DATABASE})
    first, most, report = timed("first import", rows, pid, "import", "filings", str(full), "--as-of", "2026-05-01", "--json")
    assert report["added"] == rows, report
    _, again, report = timed("the same file again", rows, pid, "import", "filings", str(full), "--as-of", "2026-05-02", "--json")
    assert report["unchanged"] == rows, report
    few = sum(1 for at in range(50, rows, 100))
    _, part, report = timed("one row in a hundred", few, pid, "import", "filings", str(delta), "--as-of", "2026-05-03", "--json")
    assert report["changed"] == few, report
    _, out, _ = timed("export", rows, pid, "export", "filings", "--out", str(directory / "export.csv"))
    print(f"first import takes {first / copied:.1f} times plain COPY; {first / rows * 1e6:.0f} s a million"
          f" (at most {MOST_SECONDS_A_MILLION:.0f})")
    return first / rows * 1e6 <= MOST_SECONDS_A_MILLION and max(most, again, part, out) <= MOST_MB


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--keep", type=Path, help="directory for the database and the files, which then stay")
    options = parser.parse_args()
    directory = options.keep or Path(tempfile.mkdtemp(prefix="licet-import-"))
    directory.mkdir(parents=True, exist_ok=True)
    try:
        return 0 if run(options.rows, directory) else 1
    finally:
        if not options.keep:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
