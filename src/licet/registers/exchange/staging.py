"""Phase 1 of an import: read, validate, and keep the result as Parquet parts that survive a kill.

``LICET_HOME/imports/<kind>-<first 16 of the file's SHA-256>/`` holds ``manifest.json``, ``part-N.parquet`` (canonical
rows) and ``errors-N.parquet`` (rejected cells). A part counts once the manifest names it; a later run with the same
file and the same rules continues after the last one. When all parts are there, rows are compared with each other.

Columns of a part: see ``checking``. Ordering: the file's.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from licet.config.profile import Profile
from licet.core.errors import Conflict
from licet.registers.exchange.cells import CellRules
from licet.registers.exchange.checking import CheckedBatch, Checker
from licet.registers.exchange.encoding import digest_of
from licet.registers.exchange.headers import HeaderMap
from licet.registers.exchange.readable import names_of
from licet.registers.exchange.readers import Rejection, open_file, rejected_lines
from licet.registers.exchange.unread_parts import write_names
from licet.registers.exchange.validation import Permitted
from licet.registers.identifiers import suffix_rules_version
from licet.registers.kinds import Kind

PART_ROWS = 50_000
VALIDATION_VERSION = 3  # raise it when the same file would be judged differently
Progress = Callable[[str, int, int], None]  # stage, done, total

ERROR_SCHEMA = pa.schema([("line", pa.int64()), ("field", pa.string()), ("value", pa.string()), ("reason", pa.string()),
                          ("repair", pa.string())])


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """Progress nobody looks at."""


@dataclasses.dataclass
class Staged:
    """What phase 1 left: where, and what it counted."""

    kind: Kind
    directory: Path
    sha256: str
    read: int = 0
    rows: int = 0
    rejected: int = 0
    left_out: int = 0  # cells, or parts of them, that rows were taken without
    repeated: int = 0
    notes: list[str] = dataclasses.field(default_factory=list)
    parts: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    @property
    def part_paths(self) -> list[Path]:
        """Parquet files with the accepted rows, in the file's order."""
        return [self.directory / part["name"] for part in self.parts if part["rows"]]

    @property
    def error_paths(self) -> list[Path]:
        """Parquet files with rejected cells."""
        return sorted(self.directory.glob("errors-*.parquet"))


@contextlib.contextmanager
def staging_directory(home: Path, kind: Kind, path: Path) -> Iterator[Staged]:
    """The directory of one file's import, locked. Raises :class:`Conflict` if another process imports the same file."""
    sha256 = digest_of(path)
    directory = home / "imports" / f"{kind.id}-{sha256[:16]}"
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict(f"{path.name} is being imported already", hint="wait for the other import to end") from None
        yield Staged(kind, directory, sha256)


def stage(staged: Staged, path: Path, profile: Profile, *, key: bytes, permitted: Permitted, part_rows: int = PART_ROWS,
          progress: Progress = no_progress, none: bool = False) -> None:
    """Read and validate the file into parts, continuing after the last complete part of an earlier run.

    Raises :class:`UnusableFile` when the file as a whole cannot be used; then nothing of it is kept.
    """
    kind = staged.kind
    filled = frozenset({kind.owner_column}) if permitted.provider and kind.owner_column else frozenset()
    fingerprint = _fingerprint(staged, profile, permitted, part_rows)
    try:
        found, batches = open_file(path, kind, provided=filled, none=none)
        _resume(staged, fingerprint)
        checker = Checker(kind, CellRules(profile), key=key, permitted=permitted)
        for number, batch in enumerate(batches(part_rows)):
            if number >= len(staged.parts):
                _write_part(staged, number, checker.check(batch))
                _write_manifest(staged, fingerprint)
            progress("read", batch.at, batch.total)
    except Exception:
        discard(staged, keep=())
        raise
    _sum_up(staged, found)


def discard(staged: Staged, keep: Sequence[str] = ("errors.csv",)) -> None:
    """Remove what the import kept, except ``keep``; parts hold register data and are not left lying about."""
    for path in staged.directory.iterdir():
        if path.name not in keep and path.name != ".lock":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if not any(path.name != ".lock" for path in staged.directory.iterdir()):
        shutil.rmtree(staged.directory, ignore_errors=True)


def _fingerprint(staged: Staged, profile: Profile, permitted: Permitted, part_rows: int) -> str:
    """What the parts depend on besides the file: rules, profile, whose rows."""
    owners = sorted(permitted.owners) if permitted.owners is not None else None
    parts = [VALIDATION_VERSION, staged.sha256, part_rows, permitted.provider, owners, suffix_rules_version(),
             [profile.id, profile.numbers, profile.categories, profile.regions],
             [[column.name, column.type, column.required] for column in staged.kind.columns]]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _resume(staged: Staged, fingerprint: str) -> None:
    manifest = staged.directory / "manifest.json"
    known: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(manifest.read_text())
    if known.get("fingerprint") == fingerprint:
        staged.parts = known["parts"]
    for path in staged.directory.glob("*.parquet"):
        number = path.stem.partition("-")[2]
        if not number.isdigit() or int(number) >= len(staged.parts):
            path.unlink()


def _write_manifest(staged: Staged, fingerprint: str) -> None:
    temporary = staged.directory / "manifest.new"
    temporary.write_text(json.dumps({"fingerprint": fingerprint, "parts": staged.parts}, ensure_ascii=False))
    temporary.replace(staged.directory / "manifest.json")


def _write_part(staged: Staged, number: int, part: CheckedBatch) -> None:
    name = f"part-{number:06d}.parquet"
    if part.rows.num_rows:
        pq.write_table(part.rows, staged.directory / name, compression="lz4", use_dictionary=False,
                       write_statistics=False)
    write_rejections(staged.directory / f"errors-{number:06d}.parquet", part.rejections)
    named = (name for line, cells in part.unread for name in names_of(staged.kind.id, line, cells))
    write_names(staged.directory / f"unread-{number:06d}.parquet", named)
    staged.parts.append({"name": name, "rows": part.rows.num_rows, "read": part.read, "notes": dict(part.notes),
                         "rejected": len(rejected_lines(part.rejections)),
                         "left_out": sum(bad.kept for bad in part.rejections)})


def write_rejections(path: Path, rejections: Sequence[Rejection]) -> None:
    """Rejected cells as Parquet; no file when there are none."""
    if rejections:
        rows = [{name: getattr(rejection, name) for name in ERROR_SCHEMA.names} for rejection in rejections]
        pq.write_table(pa.Table.from_pylist(rows, schema=ERROR_SCHEMA), path, compression="zstd")


def _sum_up(staged: Staged, found: HeaderMap) -> None:
    notes: Counter[str] = Counter()
    for part in staged.parts:
        staged.read += part["read"]
        staged.rows += part["rows"]
        staged.rejected += part["rejected"]
        staged.left_out += part["left_out"]
        notes.update(part["notes"])
    staged.notes = [*found.notes, *(f"{count:,} × {note}" for note, count in sorted(notes.items()))]
