"""The registers as of a day: read from PostgreSQL once per version, compiled, and kept for every process.

Below ``LICET_HOME/snapshots``: ``tables/`` holds Parquet files, ``parts/`` compiled parts,
each named by what it was made
from; ``sets/<key>/`` and ``compiled/<key>/`` are hard links to the ones that belong together. A file that
no directory links to any more is removed. One file lock serialises builders; what a process has mapped stays readable.

Which version counts: on day D the rows with ``since <= max(D, first load) < until``, whoever's load was the first
(docs/judging.md, Registers).
The gate must see every organisation's filings, so reading runs with the system's scope; callers are services only.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import fcntl
import functools
import hashlib
import json
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from licet.config.profile import Profile, load_profile
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.errors import Unavailable
from licet.core.rls import acting_as
from licet.registers.catalogues import Catalogues
from licet.registers.compiled import (
    BoundRegister,
    CompiledRegister,
    DamagedPart,
    JudgingParams,
    RowNormaliser,
    compile_part,
    open_register,
)
from licet.registers.compiled.layout import FORMAT_VERSION, KINDS
from licet.registers.identifiers import Normaliser, NumberFormats
from licet.registers.loads import Load, rows_of_day
from licet.registers.selectors import load_history
from licet.registers.snapshot_tables import TABLES, SnapshotTable, write_table

Progress = Callable[[str], None]

_PARTS: dict[str, tuple[str, ...]] = {
    "providers": ("parties", "licences", "annual_reviews", "edges"),
    "filings": ("filings",),
    "addresses": ("addresses",),
    "blacklist": ("blacklist",),
}
_KEPT = 3  # bound registers kept open in this process
_ATTEMPTS = 3  # a load that finishes while we read makes us read again


@dataclasses.dataclass(frozen=True)
class Version:
    """Where a register stands. ``seq`` grows with every write; ``load`` is the number of its last load, 0 = none."""

    seq: int
    load: int


Versions = Mapping[str, Version]

# Everything that tells versions apart, in one query of index look-ups: the gate asks it for every question.
_STATE_SQL = " UNION ALL ".join(
    f"SELECT '{table.kind}', (SELECT coalesce(max(change_seq), 0) FROM {table.table}),"
    f" (SELECT coalesce(max(l.id), 0) FROM registers_registerload l WHERE l.kind = '{table.kind}')"
    for table in TABLES
)


def register_versions() -> Versions:
    """Where each register stands now. One small query, with the system's scope."""
    with acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute(_STATE_SQL)
        return {kind: Version(int(seq), int(load)) for kind, seq, load in cursor.fetchall()}


def judging_params(profile: Profile) -> JudgingParams:
    """The numbers judging needs, from the profile's thresholds and categories."""
    thresholds = profile.thresholds
    month, day = (int(part) for part in thresholds["review_deadline"].split("-"))
    every = Catalogues.from_toml(profile.categories).every
    categories = {(one.year, kind): codes for one in every for kind, codes in one.covers.items()}
    return JudgingParams(
        max_age_days=dict(thresholds["max_age_days"]),
        review_deadline=(month, day),
        filing_stale_days=int(thresholds["filing_stale_days"]),
        shell_grace_days=int(thresholds["shell_grace_days"]),
        categories=categories,
    )


def today() -> dt.date:
    """The local day of the profile."""
    return clock.today(load_profile().time_zone)


def snapshot(as_of: dt.date | None = None, *, progress: Progress | None = None) -> Path:
    """A directory: the registers of a day as Parquet and ``meta.json``. What did not change is not written again."""
    with _building():
        return _snapshot(as_of or today(), progress or _silent)[0]


def current_register(as_of: dt.date | None = None, *, progress: Progress | None = None) -> BoundRegister:
    """The compiled registers bound to a day (default: today) and to the profile's thresholds.

    Compiles what changed since the last call of any process. Raises :class:`licet.core.errors.LicetError` when a part
    cannot be made or read, and Django's ``OperationalError`` when the database is away.
    """
    day = as_of or today()
    profile = load_profile()
    versions = register_versions()
    key = (_stamp(versions), day, profile.id, str(settings.LICET_HOME), connection.settings_dict["NAME"])
    with _lock:
        if key in _bound:
            _bound.move_to_end(key)
            return _bound[key]
    bound = _open(day, progress or _silent).bind(day, judging_params(profile))
    with _lock:
        _bound[key] = bound
        while len(_bound) > _KEPT:
            _bound.popitem(last=False)
    return bound


_bound: OrderedDict[tuple[Any, ...], BoundRegister] = OrderedDict()
_lock = threading.Lock()


@functools.lru_cache(maxsize=4)
def _normaliser(profile_id: str) -> RowNormaliser:
    return RowNormaliser(Normaliser(), NumberFormats.from_toml(load_profile().numbers))


def row_normaliser() -> RowNormaliser:
    """How raw row values become canonical under the present profile."""
    return _normaliser(load_profile().id)


def forget() -> None:
    """Drop the registers this process keeps open."""
    with _lock:
        _bound.clear()


def _silent(_: str) -> None:
    return


def _home() -> Path:
    # One directory per database: a test's or another DATABASE_URL's registers are not this one's.
    database = connection.settings_dict
    name = hashlib.sha256(f"{database['HOST']}:{database['PORT']}/{database['NAME']}".encode()).hexdigest()[:12]
    return Path(settings.LICET_HOME) / "snapshots" / name


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:24]


def _stamp(versions: Versions) -> str:
    return _digest([[kind, version.seq, version.load] for kind, version in versions.items()])


@contextlib.contextmanager
def _building() -> Iterator[None]:
    """One builder at a time, over all processes and threads of this installation."""
    home = _home()
    for name in ("tables", "sets", "parts", "compiled"):
        (home / name).mkdir(parents=True, exist_ok=True)
    with (home / ".building").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _snapshot(as_of: dt.date, progress: Progress) -> tuple[Path, dict[str, str]]:
    """The set of a day and the name of each table's file. Read again when a load finished in between."""
    for _ in range(_ATTEMPTS):
        with acting_as(WORKER):
            versions = register_versions()
            loads = load_history({kind: version.seq for kind, version in versions.items()})
            names = {table.name: _table_file(table, loads[table.kind], as_of, progress) for table in TABLES}
            if register_versions() == versions:
                break
    else:
        raise Unavailable("the registers change faster than they can be read", hint="try again after the import")
    key = _digest([names, _stamp(versions)])
    directory = _home() / "sets" / key
    if not (directory / "meta.json").exists():
        _link_all(directory, {f"{name}.parquet": _home() / "tables" / file for name, file in names.items()})
        meta = {"registers": loads, "as_of": as_of.isoformat(), "files": names}
        temporary = directory / "meta.new"
        temporary.write_text(json.dumps(meta, indent=1), encoding="utf-8")
        temporary.replace(directory / "meta.json")
    os.utime(directory)
    return directory, names


def _table_file(table: SnapshotTable, load: Load, as_of: dt.date, progress: Progress) -> str:
    """Name of the Parquet file with a table's rows of a day; written when it is not there yet."""
    on = rows_of_day(load, as_of)
    base = f"{table.name}-{load['version']}"
    day = "now" if table.every_day or on >= _horizon(table, base) else on.isoformat()
    path = _home() / "tables" / f"{base}-{day}.parquet"
    if not path.exists():
        progress(f"reading {table.name}")
        write_table(table, path, on=on, progress=lambda rows: progress(f"reading {table.name}: {rows:,} rows"))
    return path.name


def _horizon(table: SnapshotTable, base: str) -> dt.date:
    """The last day on which anything begins or ends in a table; from then on one file serves every day."""
    path = _home() / "tables" / f"{base}.horizon"
    if path.exists():
        return dt.date.fromisoformat(path.read_text())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT greatest(max(since), max(until)) FROM {table.table}")
        day = cursor.fetchone()[0] or dt.date.min
    path.write_text(day.isoformat())
    return dt.date.fromisoformat(day.isoformat())


def _open(as_of: dt.date, progress: Progress) -> CompiledRegister:
    """Compile what is missing and open the parts of a day. Damaged parts are compiled again, once."""
    with _building():
        source, names = _snapshot(as_of, progress)
        try:
            return _compiled(source, names, progress)
        except DamagedPart:
            for group in ("parts", "compiled"):
                shutil.rmtree(_home() / group)
                (_home() / group).mkdir()
            return _compiled(source, names, progress)


def _compiled(source: Path, names: Mapping[str, str], progress: Progress) -> CompiledRegister:
    parts = {kind: _part(kind, source, names, progress) for kind in KINDS}
    directory = _home() / "compiled" / _digest([*map(str, parts.values()), source.name])
    if not directory.exists():
        _link_all(directory, {path.name: path for path in parts.values()} | {"unread.parquet": source / "unread.parquet"})
        shutil.copyfile(source / "meta.json", directory / "meta.json")
    os.utime(directory)
    opened = open_register(directory, verify=_needs_verifying(directory))
    (directory / "verified").write_text(_mark(directory))
    _sweep_out(source, directory)
    return opened


def _mark(directory: Path) -> str:
    """Sizes and times of the parts: what would change if somebody touched them."""
    return "\n".join(
        f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in sorted(directory.glob("*.part"))
    )


def _needs_verifying(directory: Path) -> bool:
    """Whether the parts' digests were not compared yet since they were written."""
    path = directory / "verified"
    return not path.exists() or path.read_text() != _mark(directory)


def _part(kind: str, source: Path, names: Mapping[str, str], progress: Progress) -> Path:
    """One compiled part, named by the tables it is made from; loads that changed nothing do not make a new one."""
    directory = _home() / "parts" / _digest([FORMAT_VERSION, kind, [names[name] for name in _PARTS[kind]]])
    path = directory / f"{kind}.part"
    if not path.exists():
        progress(f"compiling {kind}")
        compile_part(kind, source, directory)
    return path


def _link_all(directory: Path, files: Mapping[str, Path]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name, target in files.items():
        with contextlib.suppress(FileExistsError):
            os.link(target, directory / name)


def _sweep_out(*keep: Path) -> None:
    """Remove old sets and what only they used. Open maps stay valid: a removed file stays until it is closed."""
    home = _home()
    for group in ("sets", "compiled"):
        old = sorted((home / group).iterdir(), key=lambda path: path.stat().st_mtime)[:-_KEPT]
        for path in old:
            if path not in keep:
                shutil.rmtree(path, ignore_errors=True)
    for path in (home / "tables").glob("*.parquet"):
        if path.stat().st_nlink == 1:
            path.unlink()
    alive = {
        path.name.split("-", 2)[0] + "-" + path.name.split("-", 2)[1] for path in (home / "tables").glob("*.parquet")
    }
    for path in (home / "tables").glob("*.horizon"):
        if path.stem not in alive:
            path.unlink()
    for path in (home / "parts").glob("*/*.part"):
        if path.stat().st_nlink == 1:
            shutil.rmtree(path.parent, ignore_errors=True)
