"""Gate: one decision in this process, and decisions in batches, on a compiled register bound to a day.

    python benchmarks/gate_bench.py [--rows 1000000] [--keep DIR]

A decision is a mapping in, an answer with all reasons out. The bench fails when the 99th percentile exceeds 2 ms.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import sweep_bench
import sweep_data as data

MOST_P99_US = 2_000
SINGLE, ROUNDS = 5_000, 3


def singles(bound: Any, normaliser: Any, rows: list[dict[str, str]]) -> np.ndarray[Any, Any]:
    """Microseconds of each decision."""
    from licet.gate.rules import decide, judge
    from licet.registers.compiled import AccessRows

    took = np.empty(len(rows))
    for i, row in enumerate(rows):
        start = time.perf_counter()
        facts = bound.gather(AccessRows.from_mapping(row, normaliser), threads=1)
        decide(judge(facts, bound.known), 0, facts)
        took[i] = (time.perf_counter() - start) * 1e6
    return took


def batches(bound: Any, normaliser: Any, path: Path) -> float:
    """Answers a second for whole batches, evidence not asked for."""
    from licet.gate.rules import answers, judge
    from licet.registers.compiled import AccessRows

    best = 0.0
    batch = next(pq.ParquetFile(path).iter_batches(262_144))
    for _ in range(ROUNDS):
        start = time.perf_counter()
        answers(judge(bound.gather(AccessRows.from_arrow(batch, normaliser)), bound.known))
        best = max(best, batch.num_rows / (time.perf_counter() - start))
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="filings in the register")
    parser.add_argument("--keep", type=Path, help="directory of sweep_bench's data, reused when it is there")
    options = parser.parse_args()
    from licet.registers.compiled import open_register

    with tempfile.TemporaryDirectory() as temporary:
        directory = options.keep or Path(temporary)
        if not (directory / "access.parquet").exists():
            data.Province(directory, access=options.rows, filings=options.rows, licences=60_000, blacklist=1_000_000).build()
        sweep_bench.warm_up()
        if not (directory / "parts" / "filings.part").exists():
            sweep_bench.register_parts(directory)
        start = time.perf_counter()
        bound = open_register(directory / "parts", verify=False).bind(data.AS_OF, sweep_bench.params())
        opened, normaliser = time.perf_counter() - start, sweep_bench.normaliser()
        table = pq.ParquetFile(directory / "access.parquet").read_row_group(0).slice(0, SINGLE)
        rows = [{name: value for name, value in row.items() if isinstance(value, str)} for row in table.to_pylist()]
        singles(bound, normaliser, rows[:200])
        took = np.concatenate([singles(bound, normaliser, rows) for _ in range(ROUNDS)])
        rate = batches(bound, normaliser, directory / "access.parquet")
        p50, p99 = np.percentile(took, [50, 99])
        print(f"gate, {len(bound.filings.records):,} filings: open and bind {opened * 1000:.0f} ms")
        print(f"one decision with all reasons: p50 {p50:,.0f} µs, p99 {p99:,.0f} µs (at most {MOST_P99_US:,})")
        print(f"batches of 262,144: {rate:,.0f} answers/s")
    return 0 if p99 <= MOST_P99_US else 1


if __name__ == "__main__":
    sys.exit(main())
