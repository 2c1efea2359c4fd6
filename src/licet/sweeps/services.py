"""Sweeping a list: the only writer of sweeps and findings.

1. open the sweep (state running)  2. read the list as an import would, judge it by batches, write the findings' files
3. count with denominators  4. in one transaction: compare with the sweep before, store, journal  5. documents.
What goes wrong on the way leaves the sweep ``failed`` with the reason, and no findings.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from licet.core import clock
from licet.core.actors import WORKER, Actor
from licet.core.errors import BadInput, Conflict, LicetError
from licet.core.language import language
from licet.core.rls import acting_as
from licet.gate import documents
from licet.gate import services as gate
from licet.gate.batch import Tally, sweep_batches
from licet.gate.lists import ErrorsFile, digest_of, read_list, scope_of
from licet.gate.tables import RULESET_VERSION
from licet.journal import services as journal
from licet.parties.models import Party
from licet.registers import snapshots
from licet.sweeps import selectors
from licet.sweeps.models import Sweep
from licet.sweeps.outputs import FindingsFiles
from licet.sweeps.report import SAMPLE, write_report
from licet.sweeps.selectors import directory_of
from licet.sweeps.store import compare, discard_findings, store_findings
from licet.sweeps.summary import ByProvider, summarise
from licet.sweeps.tables import FORMATS, TRANSITIONS
from licet.sweeps.workbook import write_workbook

Progress = Callable[[str, float, int], None]  # stage, share done (0 to 1), rows judged


@dataclasses.dataclass
class _Judged:
    """What judging a list leaves beside its files."""

    tally: Tally
    by_provider: ByProvider
    rejected: int
    versions: dict[str, Any]
    samples: dict[str, list[dict[str, Any]]]


def run_sweep(
    path: Path,
    *,
    actor: Actor,
    as_of: dt.date | None = None,
    provider: str = "",
    compare_with: str = "",
    out: Path | None = None,
    formats: Iterable[str] = FORMATS,
    progress: Progress | None = None,
) -> Sweep:
    """Judge a list by the registers of a day and keep the result.

    ``provider`` names whose list it is: it fills blank cells, rows of others are rejected. ``compare_with``: number of the
    sweep to compare with, else the last one of the same scope. ``out`` gets a copy of the files. Raises
    :class:`licet.core.errors.LicetError` when the list cannot be used at all.
    """
    wanted = _checked_formats(formats)
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"there is no file {path}", hint="check the path")
    with acting_as(actor):
        sweep = _open_sweep(path.name, actor=actor, as_of=as_of, provider=scope_of(actor, provider),
                            compare_with=compare_with)
    return perform(sweep, path, actor=actor, out=out, formats=wanted, progress=progress)


def request_sweep(
    file_name: str, chunks: Iterable[bytes], *, actor: Actor, as_of: dt.date | None = None, provider: str = "",
    compare_with: str = "",
) -> tuple[Sweep, Path]:
    """Take in a list from the console; the sweep waits for the worker. Inside the caller's transaction."""
    sweep = _open_sweep(file_name, actor=actor, as_of=as_of, provider=scope_of(actor, provider), compare_with=compare_with)
    directory = directory_of(sweep.pk)
    directory.mkdir(parents=True, exist_ok=True)
    suffix = Path(file_name).suffix.lower()
    target = directory / f"list{suffix if suffix.isascii() and suffix[1:].isalnum() and len(suffix) < 9 else ''}"
    with target.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
    return sweep, target


def _open_sweep(file_name: str, *, actor: Actor, as_of: dt.date | None, provider: str, compare_with: str) -> Sweep:
    return Sweep.objects.create(
        provider_id=provider,
        as_of=as_of or snapshots.today(),
        file_name=file_name[:300],
        actor=actor.name,
        ruleset=RULESET_VERSION,
        previous=selectors.comparable(compare_with) if compare_with else None,
        requested_at=clock.now(),
    )


def _checked_formats(formats: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(formats))
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown:
        raise BadInput(f"there is no format {unknown[0]!r}", hint=f"formats: {', '.join(FORMATS)}")
    return wanted


def perform(
    sweep: Sweep,
    path: Path,
    *,
    actor: Actor,
    out: Path | None = None,
    formats: Iterable[str] = FORMATS,
    progress: Progress | None = None,
) -> Sweep:
    """Run a waiting sweep to its end; see :func:`run_sweep`."""
    report = progress or _silent
    directory = directory_of(sweep.pk)
    try:
        with acting_as(actor):
            _move(sweep, "running", started_at=clock.now())
        directory.mkdir(parents=True, exist_ok=True)
        judged = _judge(sweep, path, directory, with_csv="csv" in formats, progress=report)
        report("storing", 1.0, judged.tally.rows)
        _finish(sweep, path, directory, judged, actor=actor)
        _write_documents(sweep, directory, judged, formats, report)
    except Exception as error:
        with contextlib.suppress(Exception), acting_as(actor):
            discard_findings(sweep.pk)
            problem = error.message if isinstance(error, LicetError) else "an unexpected error; see the server's log"
            _move(sweep, "failed", problem=problem, finished_at=clock.now())
        with contextlib.suppress(OSError):
            _leave_errors_only(directory, out)
        raise
    if out is not None:
        _copy_out(directory, Path(out))
    return sweep


def _silent(_stage: str, _done: float, _rows: int) -> None:
    return


def _move(sweep: Sweep, state: str, **changes: Any) -> None:
    """Change a sweep's state if it still is where we think it is. Raises :class:`Conflict`."""
    if (sweep.state, state) not in TRANSITIONS:
        raise Conflict(f"a sweep that is {sweep.state} cannot become {state}")
    moved = Sweep.objects.filter(pk=sweep.pk, state=sweep.state).update(state=state, **changes)
    if moved != 1:
        raise Conflict
    for name, value in {"state": state, **changes}.items():
        setattr(sweep, name, value)


def _judge(sweep: Sweep, path: Path, directory: Path, *, with_csv: bool, progress: Progress) -> _Judged:
    """Stream the list through the rules into findings.parquet and findings.csv."""
    progress("preparing the registers", 0.0, 0)
    register = snapshots.current_register(sweep.as_of, progress=lambda text: progress(text, 0.0, 0))
    errors, samples = ErrorsFile(directory / "errors.csv"), defaultdict[str, list[dict[str, Any]]](list)
    refused: list[pa.Table] = []

    def rows() -> Iterator[pa.RecordBatch]:
        for batch in read_list(path, provider=sweep.provider_id):
            errors.write(batch.rejections)
            if batch.refused:
                refused.append(pa.table({name: [row.get(name) or "" for row in batch.refused.values()]
                                         for name in ("provider_id", "domain")}))
            progress("judging", batch.done, batch.read)
            yield from batch.rows.to_batches()

    by_provider = ByProvider()
    with FindingsFiles(directory, with_csv=with_csv) as files:

        def keep(findings: pa.Table) -> None:
            by_provider.add(findings)
            files.write(findings)
            _sample(samples, findings)

        tally = sweep_batches(
            register,
            rows(),
            keep,
            normaliser=snapshots.row_normaliser(),
            language=language(),
            on_progress=lambda done: progress("judging", 1.0, done),
            refused=refused,
        )
    if errors.lines and not tally.rows:
        raise BadInput(f"none of the {len(errors.lines):,} rows could be read", hint="repair them as errors.csv says")
    return _Judged(tally, by_provider, len(errors.lines), gate.register_stamp(register, sweep.provider_id), dict(samples))


def _sample(samples: dict[str, list[dict[str, Any]]], findings: pa.Table) -> None:
    """Keep the first findings of every rule for the report."""
    for finding in findings["finding"].unique().to_pylist():
        missing = SAMPLE - len(samples[finding])
        if missing > 0:
            chosen = findings.filter(pa.compute.equal(findings["finding"], finding)).slice(0, missing)
            samples[finding].extend(chosen.to_pylist())


def _finish(sweep: Sweep, path: Path, directory: Path, judged: _Judged, *, actor: Actor) -> None:
    """Compare, store and journal, in one transaction."""
    with acting_as(actor):
        previous = sweep.previous or selectors.predecessor(sweep, judged.tally.by_provider)
        parties = Party.objects.filter(party_id__in=list(judged.tally.by_provider), until__isnull=True)
        names = {party.party_id: (party.name, party.region) for party in parties}
        against = store_findings(sweep.pk, compare(directory, directory_of(previous.pk) if previous else None))
        sha256 = digest_of(path)
        summary = {
            "sweep": sweep.pk,
            "number": sweep.number,
            "provider_id": sweep.provider_id,
            "as_of": sweep.as_of.isoformat(),
            "file": sweep.file_name,
            "file_sha256": sha256,
            "ruleset": sweep.ruleset,
            "registers": judged.versions,
            "rows_rejected": judged.rejected,
            "notes": documents.notes(judged.versions),
            "compared_with": {"sweep": previous.pk, "number": previous.number} if previous else None,
            **against,
        } | summarise(judged.tally, judged.by_provider, names)
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        for (finding, severity), count in judged.tally.by_finding.items():
            counts[finding][severity] = count
        _move(
            sweep,
            "finished",
            rows=judged.tally.rows,
            rows_rejected=judged.rejected,
            counts=dict(counts),
            summary=summary,
            versions=judged.versions,
            previous=previous,
            file_sha256=sha256,
            finished_at=clock.now(),
        )
        (directory / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1), encoding="utf-8")
        _note_finished(sweep, summary, dict(counts), actor=actor)


def _note_finished(sweep: Sweep, summary: dict[str, Any], counts: dict[str, dict[str, int]], *, actor: Actor) -> None:
    journal.append(
        "sweeps:sweep:finished",
        actor=actor,
        subject=f"sweep:{sweep.pk}",
        organisation=sweep.provider_id,
        after=summary,
        data={
            "number": sweep.number,
            "as_of": sweep.as_of.isoformat(),
            "rows": sweep.rows,
            "rows_rejected": sweep.rows_rejected,
            "file_sha256": summary["file_sha256"],
            "ruleset": sweep.ruleset,
            "counts": counts,
        },
    )


def _write_documents(
    sweep: Sweep, directory: Path, judged: _Judged, formats: Iterable[str], progress: Progress
) -> None:
    if "html" in formats:
        progress("writing the report", 1.0, sweep.rows)
        write_report(sweep, directory, judged.samples)
    if "xlsx" in formats:
        progress("writing the workbook", 1.0, sweep.rows)
        write_workbook(directory)


def _leave_errors_only(directory: Path, out: Path | None) -> None:
    """A failed sweep found nothing: what it had begun to write goes, why rows could not be read stays."""
    for path in (*directory.glob("findings.*"), directory / "report.html", directory / "summary.json"):
        path.unlink(missing_ok=True)
    if out is not None:
        _copy_out(directory, Path(out))


def _copy_out(directory: Path, out: Path) -> None:
    """Copy the files where they were asked for; files of an earlier run that this one did not make are removed."""
    out.mkdir(parents=True, exist_ok=True)
    for name in ("findings.csv", "findings.parquet", "findings.xlsx", "report.html", "summary.json", "errors.csv"):
        if (directory / name).exists():
            shutil.copyfile(directory / name, out / name)
        else:
            (out / name).unlink(missing_ok=True)


def note_progress(sweep_id: int, rows: int) -> None:
    """Let the console see how far a running sweep is."""
    with acting_as(WORKER):
        Sweep.objects.filter(pk=sweep_id, state="running").update(rows=rows)
