"""Runs in a subprocess of test_resume: imports a file and waits where the test wants to kill it."""

from __future__ import annotations

import sys
import time
from pathlib import Path


def main(path: str, stage: str, after: str) -> None:
    from licet.config.bootstrap import connect_database

    connect_database()
    from licet.core.operator import operator
    from licet.registers.exchange.services import import_file

    seen = 0

    def progress(name: str, _done: int, _total: int) -> None:
        nonlocal seen
        seen += name == stage
        if name == stage and seen == int(after):
            print("now", flush=True)
            time.sleep(600)

    report = import_file("filings", Path(path), actor=operator(), part_rows=100, progress=progress)
    print(report.added, report.changed, report.unchanged, report.rejected, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
