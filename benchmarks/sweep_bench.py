"""Sweep: our compiled register against hand-written DuckDB SQL, same Parquet files, same findings, same run.

    python benchmarks/sweep_bench.py [--rows 1000000] [--full] [--keep DIR] [--runs 1]

Both sides run in processes of their own on two threads; times are inside the process without imports, memory is the
peak of the process. The findings of both are compared row by row; the bench fails when they differ, when ours takes
more than 1.3 times the peer, or more than 3 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from string import Template
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import pyarrow.parquet as pq
import sweep_data as data

MOST_RATIO, MOST_MB = 1.3, 3_000


def register_parts(directory: Path) -> dict[str, float]:
    """Compile all parts; seconds for each. Kernels are loaded or compiled on a tiny province before the clock starts."""
    from licet.registers.compiled import KINDS, compile_part

    seconds = {}
    for kind in KINDS:
        start = time.perf_counter()
        compile_part(kind, directory, directory / "parts")
        seconds[kind] = time.perf_counter() - start
    return seconds


def params() -> Any:
    from licet.registers.compiled import JudgingParams

    return JudgingParams(
        max_age_days={}, filing_stale_days=365, shell_grace_days=30, review_deadline=(3, 31),
        categories={(2015, kind): frozenset(codes) for kind, codes in data.COVERS.items()})


def normaliser() -> Any:
    import licet
    from licet.registers.compiled import RowNormaliser
    from licet.registers.identifiers.domains import Normaliser
    from licet.registers.identifiers.numbers import NumberFormats
    from licet.registers.identifiers.suffixes import SuffixRules

    toml = Path(licet.__file__).parent / "profiles" / "cn-2007" / "numbers.toml"
    formats = NumberFormats.from_toml(tomllib.loads(toml.read_text(encoding="utf-8")))
    return RowNormaliser(Normaliser(SuffixRules(tuple(sorted(data.SUFFIXES)), (), (), "bench")), formats)


def sweep(directory: Path, out: Path) -> dict[str, Any]:
    """Open, bind and sweep; seconds for each."""
    from licet.gate.batch import ROWS_AT_A_TIME, sweep_batches
    from licet.gate.findings import FINDINGS_SCHEMA
    from licet.registers.compiled import open_register

    clock = [time.perf_counter()]
    opened = open_register(directory / "parts")
    clock.append(time.perf_counter())
    bound = opened.bind(data.AS_OF, params())
    clock.append(time.perf_counter())
    with pq.ParquetWriter(out, FINDINGS_SCHEMA, compression="zstd") as writer, \
            pq.ParquetFile(directory / "access.parquet", read_dictionary=[
                "provider_id", "service_kind", "upstream_provider_id"]) as file:
        tally = sweep_batches(bound, file.iter_batches(ROWS_AT_A_TIME, columns=[
            "access_id", "provider_id", "customer_uscc", "service_kind", "domain", "ip", "filing_no",
            "upstream_provider_id"]), writer.write_table, normaliser=normaliser())
    clock.append(time.perf_counter())
    bad = sum(row["rows"] - row["clean"] for row in tally.by_provider.values())
    return {"open": clock[1] - clock[0], "bind": clock[2] - clock[1], "sweep": clock[3] - clock[2],
            "total": clock[3] - clock[0], "faulty": bad / max(tally.rows, 1)}


def peer(directory: Path, out: Path) -> dict[str, Any]:
    """The SQL, statement by statement; ``LICET_BENCH_TRACE`` prints the seconds of each."""
    import duckdb

    from licet.gate.tables import RULES

    template = Template((Path(__file__).parent / "sweep_peer.sql").read_text(encoding="utf-8"))
    covering = ", ".join(f"('{kind}', '{code}')" for kind, codes in data.COVERS.items() for code in codes)
    code_sum = " + ".join(f"(strpos('{data.ALPHABET.tobytes().decode()}', customer[{i + 1}]) - 1) * {pow(3, i, 31)}"
                          for i in range(17))
    sql = template.substitute(code_sum=code_sum, dir=directory, out=out, day=data.AS_OF, due=params().due_year(data.AS_OF), stale=365,
                              grace=30, covering=covering)
    start = time.perf_counter()
    with duckdb.connect() as base:
        base.execute("SET threads = 2; SET memory_limit = '6GB'; SET preserve_insertion_order = false")
        base.execute("CREATE TEMP TABLE rule_text(id VARCHAR, severity VARCHAR, rule VARCHAR, remedy VARCHAR)")
        base.executemany("INSERT INTO rule_text VALUES (?, ?, ?, ?)",
                         [(rule.id, rule.severity, rule.words.citation, rule.words.remedy_en) for rule in RULES])
        for statement in filter(str.strip, sql.split(";\n")):
            began = time.perf_counter()
            base.execute(statement)
            if os.environ.get("LICET_BENCH_TRACE"):
                print(f"{time.perf_counter() - began:7.2f} s  {statement.strip().splitlines()[-1][:90]}", file=sys.stderr)
    return {"total": time.perf_counter() - start}


def differences(ours: Path, theirs: Path) -> int:
    """Findings on one side only, all columns compared."""
    import duckdb

    columns = "access_id, finding, severity, provider_id, domain, evidence, rule, remedy"
    with duckdb.connect() as base:
        base.execute("SET threads = 2")
        row = base.execute(f"""SELECT count(*) FROM (
            (SELECT {columns} FROM '{ours}' EXCEPT ALL SELECT {columns} FROM '{theirs}') UNION ALL
            (SELECT {columns} FROM '{theirs}' EXCEPT ALL SELECT {columns} FROM '{ours}'))""").fetchone()
    return int(row[0]) if row else -1


def warm_up() -> None:
    """Compile or load every kernel, so that no side pays for it inside its clock."""
    with tempfile.TemporaryDirectory() as directory:
        tiny = Path(directory)
        data.Province(tiny, access=500, filings=400, licences=90, blacklist=2_000).build()
        register_parts(tiny)
        sweep(tiny, tiny / "ours.parquet")


def in_process(side: str, directory: Path, rows: int = 0) -> dict[str, Any]:
    """Run one side in a process of its own; its measurements with the peak memory in MB.

    This process stays small all the while: Linux hands its peak on to the processes it starts.
    """
    command = [sys.executable, __file__, "--side", side, "--keep", str(directory), "--rows", str(rows)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def write_data(directory: Path, rows: int) -> dict[str, Any]:
    began = time.perf_counter()
    data.Province(directory, access=rows, filings=rows, licences=60_000, blacklist=1_000_000).build()
    return {"total": time.perf_counter() - began}


def run_side(side: str, directory: Path, rows: int) -> dict[str, Any]:
    """What a process of its own does."""
    if side == "data":
        measured = write_data(directory, rows)
    elif side == "peer":
        measured = peer(directory, directory / "peer.parquet")
    else:
        began = time.perf_counter()
        warm_up()
        start = {"kernels": time.perf_counter() - began}
        measured = start | (register_parts(directory) if side == "compile" else sweep(directory, directory / "ours.parquet"))
    return measured | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def bench(directory: Path, runs: int) -> bool:
    """Measure both sides, print the table; whether the limits hold."""
    compiled = in_process("compile", directory)
    ours = min((in_process("ours", directory) for _ in range(runs)), key=lambda row: float(row["total"]))
    theirs = min((in_process("peer", directory) for _ in range(runs)), key=lambda row: float(row["total"]))
    rows = pq.ParquetFile(directory / "access.parquet").metadata.num_rows
    parts = sum(seconds for kind, seconds in compiled.items() if kind not in ("kernels", "peak_mb"))
    found = pq.ParquetFile(directory / "ours.parquet").metadata.num_rows
    apart = differences(directory / "ours.parquet", directory / "peer.parquet")
    ratio = ours["total"] / theirs["total"]
    print(f"{rows:,} access rows, {ours['faulty']:.1%} with a finding, {found:,} findings, {apart:,} differ")
    print(f"{'':34}{'seconds':>9}{'rows/s':>13}{'peak MB':>9}{'ratio':>8}")
    lines = [("DuckDB, SQL over Parquet", theirs["total"], theirs["peak_mb"]),
             ("Licet, open + bind + sweep", ours["total"], ours["peak_mb"]),
             ("  open and verify", ours["open"], 0), ("  bind", ours["bind"], 0), ("  sweep", ours["sweep"], 0),
             ("Licet, compile (once per load)", parts, compiled["peak_mb"]),
             *((f"  {kind}", compiled[kind], 0) for kind in ("providers", "filings", "addresses", "blacklist"))]
    for name, seconds, peak in lines:
        print(f"{name:34}{seconds:9.2f}{rows / seconds:13,.0f}{peak or '':>9.0f}{seconds / theirs['total']:8.2f}" if peak
              else f"{name:34}{seconds:9.2f}{rows / seconds:13,.0f}{'':>9}{seconds / theirs['total']:8.2f}")
    return apart == 0 and ratio <= MOST_RATIO and ours["peak_mb"] <= MOST_MB


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="access rows and filings")
    parser.add_argument("--full", action="store_true", help="5 M access rows and filings")
    parser.add_argument("--runs", type=int, default=1, help="runs of each side; the fastest counts")
    parser.add_argument("--keep", type=Path, help="directory for the data, reused when it is there")
    parser.add_argument("--side", choices=["data", "compile", "ours", "peer"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(run_side(options.side, options.keep, options.rows)))
        return 0
    rows = 5_000_000 if options.full else options.rows
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.keep or Path(temporary)
        if not (directory / "access.parquet").exists():
            print(f"data written in {in_process('data', directory, rows)['total']:.0f} s")
        return 0 if bench(directory, options.runs) else 1


if __name__ == "__main__":
    sys.exit(main())
