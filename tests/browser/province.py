"""A small province for a story: one licensed provider, what it filed, and the list it handed in, swept."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

from licet.core import clock
from licet.core.actors import WORKER

PROVIDER = "nightlamp"
FILED, UNFILED = "beacon-books.example", "amber-quay.example"
_LICENCE = {"licence_no": "粤B1-20990009", "provider_id": PROVIDER, "category": "B11 B14", "catalogue_year": "2015",
            "regions": "CN-GD", "valid_from": "2020-01-01", "valid_to": "2035-01-01", "status": "active"}
_FILING = {"filing_no": "粤ICP备20990009号-1", "subject_no": "粤ICP备20990009号", "subject_name": "灯塔书店",
           "subject_kind": "organisation", "domains": FILED, "provider_id": PROVIDER, "service_kind": "web",
           "filed_on": "2024-01-01", "verified_on": "2026-01-01", "status": "active"}
_ROWS: dict[str, list[dict[str, str]]] = {
    "licences": [_LICENCE], "filings": [_FILING], "addresses": [], "blacklist": [],
    "annual_reviews": [{"licence_no": _LICENCE["licence_no"], "year": str(clock.today().year - year), "result": "pass"}
                       for year in (1, 2)],
    "access": [{"access_id": f"NL-{n}", "provider_id": PROVIDER, "service_kind": "vhost", "domain": domain}
               for n, domain in enumerate((f"www.{FILED}", f"www.{UNFILED}"), 1)],
}


def prepare() -> Any:
    """Import the registers as everybody does, sweep the provider's list; returns the sweep."""
    from licet.registers import snapshots
    from licet.registers.exchange.services import import_file
    from licet.sweeps.services import run_sweep

    snapshots.forget()
    with tempfile.TemporaryDirectory() as directory:
        files = {kind: _file(Path(directory), kind, rows) for kind, rows in _ROWS.items()}
        for kind, path in files.items():
            if kind != "access":
                assert import_file(kind, path, actor=WORKER, as_of=clock.today()).rejected == 0
        return run_sweep(files["access"], actor=WORKER, as_of=clock.today(), provider=PROVIDER)


def _file(directory: Path, kind: str, rows: list[dict[str, str]]) -> Path:
    from licet.registers.kinds import KIND_BY_ID

    path = directory / f"{kind}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [column.name for column in KIND_BY_ID[kind].columns])
        writer.writeheader()
        writer.writerows(rows)
    return path
