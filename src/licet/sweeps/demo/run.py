"""``licet demo``: import the province the way everybody imports, sweep its list, compare with what was planted."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from django.conf import settings

from licet.config.profile import load_profile
from licet.config.terminal import counted
from licet.core.actors import Actor
from licet.core.errors import BadInput, LicetError
from licet.core.rls import acting_as
from licet.core.spreadsheet import SafeCsv
from licet.gate.tables import RULES
from licet.registers import snapshots
from licet.registers.exchange import services as exchange
from licet.registers.kinds import KIND_BY_ID
from licet.sweeps.demo.faults import plant_faults
from licet.sweeps.demo.names import Names
from licet.sweeps.demo.province import KINDS, REGION, Key, Province, clean_rows
from licet.sweeps.models import Sweep
from licet.sweeps.outputs import stored_findings
from licet.sweeps.selectors import directory_of
from licet.sweeps.services import run_sweep

DEMO = "demo"  # origin of its loads
LEAST_ROWS, MOST_ROWS = 100, 2_000_000
EACH_OF = 500  # one planted row per kind of fault in so many rows
LEAST_PLANTED = 3


class DemoBroken(LicetError):
    """The demo's own files were not taken whole."""

    code = "demo_broken"
    status = 500


@dataclasses.dataclass(frozen=True, kw_only=True)
class DemoResult:
    """What was planted and what came out. A *false* finding is one nobody planted, an unknown one included."""

    lines: list[dict[str, Any]]
    rows: int
    seconds: float
    sweep: Sweep

    @property
    def is_good(self) -> bool:
        """Everything found and nothing invented."""
        return not any(line["missed"] or line["false"] for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """The document of ``licet demo --json``."""
        return {"findings": self.lines, "rows": self.rows, "seconds": round(self.seconds, 2)}


def build_province(rows: int, seed: int, day: dt.date) -> Province:
    """A province with about ``rows`` access rows, decided by ``seed``. Dates hang on the month of ``day``."""
    if not LEAST_ROWS <= rows <= MOST_ROWS:
        raise BadInput(f"a demo of {rows} rows is not possible", hint=f"choose {LEAST_ROWS} to {MOST_ROWS:,} rows")
    profile = load_profile()
    if REGION not in profile.regions["regions"]:
        raise BadInput(
            f"the demo province lies in {REGION}, which the profile {profile.id} does not know",
            hint="run the demo with LICET_PROFILE=cn-2007",
        )
    due_year = snapshots.judging_params(profile).due_year(day)
    province = Province(names=Names(seed, rows), day=day.replace(day=1), due_year=due_year)
    plant_faults(province, max(LEAST_PLANTED, rows // EACH_OF))
    clean_rows(province, max(0, rows - len(province.rows["access"])), random.Random(seed))  # noqa: S311 (not a secret)
    return province


def write_province(province: Province, directory: Path) -> dict[str, Path]:
    """One CSV per kind of register, columns as ``licet import`` wants them."""
    paths = {}
    for kind in KINDS:
        paths[kind] = directory / f"demo-{province.names.tag}-{kind}.csv"
        with paths[kind].open("w", newline="", encoding="utf-8") as file:
            names = [column.name for column in KIND_BY_ID[kind].columns]
            writer = SafeCsv(file)
            writer.writerow(names)
            writer.writerows([row.get(name, "") for name in names] for row in province.rows[kind])
    return paths


def run_demo(*, rows: int, seed: int, actor: Actor, progress: Callable[[str], None], keep: bool = False) -> DemoResult:
    """Generate, import, sweep, compare. ``keep`` leaves the generated files in ``LICET_HOME/demo``."""
    started = time.monotonic()
    day = snapshots.today()
    progress("generating")
    province = build_province(rows, seed, day)
    with tempfile.TemporaryDirectory(prefix="licet-demo-") as scratch:
        directory = Path(settings.LICET_HOME) / "demo" if keep else Path(scratch)
        directory.mkdir(parents=True, exist_ok=True)
        paths = write_province(province, directory)
        for kind in KINDS:
            progress(f"importing {kind}")
            _import(kind, paths[kind], actor, covers=province.providers())
        sweep = run_sweep(
            paths["access"],
            actor=actor,
            as_of=day,
            progress=lambda stage, _done, judged: progress(f"sweep: {stage} ({counted(judged, 'row')})"),
        )
    if sweep.rows_rejected:
        raise DemoBroken(f"of the demo's access list {counted(sweep.rows_rejected, 'row')} came back")
    return DemoResult(
        lines=compare_planted(province.planted, _found(sweep)),
        rows=sweep.rows,
        seconds=time.monotonic() - started,
        sweep=sweep,
    )


def remove_demo(*, actor: Actor) -> dict[str, int]:
    """End the demo's records and parties, discard its sweeps; how many of each kind. See ``exchange.remove_demo``.

    Cases somebody opened on its findings stay: what people decided is not taken back by a command.
    """
    ended = exchange.remove_demo(actor=actor, today=snapshots.today())
    with acting_as(actor):
        swept = list(Sweep.objects.filter(file_name__regex=r"^demo-[0-9a-f]{6}-access\.csv$"))
        for sweep in swept:
            shutil.rmtree(directory_of(sweep.pk), ignore_errors=True)
            sweep.delete()
    return ended | ({"sweeps": len(swept)} if swept else {})


def _import(kind: str, path: Path, actor: Actor, *, covers: set[str]) -> None:
    """Demo data speak for the demo's own parties: nobody else is judged by them."""
    report = exchange.import_file(kind, path, actor=actor, covers=covers, origin=DEMO)
    if report.rejected:
        raise DemoBroken(f"of {path.name} {counted(report.rejected, 'row')} came back", hint=f"read {report.errors}")


def _found(sweep: Sweep) -> Counter[Key]:
    """Findings of a sweep as keys; a finding reported twice counts twice. Unknown ones never match."""
    found: Counter[Key] = Counter()
    for batch in stored_findings(directory_of(sweep.pk)):
        places = pc.if_else(pc.equal(batch["access_id"], ""), batch["domain"], batch["access_id"])
        names = pc.if_else(
            pc.equal(batch["severity"], "unknown"),
            pc.binary_join_element_wise(batch["finding"], "unknown", ":"),
            batch["finding"],
        )
        found.update(zip(names.to_pylist(), batch["provider_id"].to_pylist(), places.to_pylist(), strict=True))
    return found


def compare_planted(planted: set[Key], found: Counter[Key]) -> list[dict[str, Any]]:
    """One line per rule: planted, found (of the planted), missed, false."""
    lines = []
    for rule in RULES:
        wanted = {key for key in planted if key[0] == rule.id}
        seen = {key: count for key, count in found.items() if key[0].partition(":")[0] == rule.id}
        hits = sum(1 for key in wanted if key in seen)
        lines.append(
            {
                "finding": rule.id,
                "planted": len(wanted),
                "found": hits,
                "missed": len(wanted) - hits,
                "false": sum(seen.values()) - hits,
            }
        )
    return lines
