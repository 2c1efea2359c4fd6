"""Loading a file into a register, and writing one out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import ProgrammingError

from licet.config.profile import load_profile
from licet.core import clock
from licet.core.actors import Actor, Scope
from licet.core.errors import BadInput, NotAllowed
from licet.core.rls import acting_as
from licet.core.spreadsheet import SafeCsv
from licet.journal.services import append
from licet.parties.models import Party
from licet.parties.selectors import permissions_of
from licet.registers.exchange.chinese import error_cells
from licet.registers.exchange.comparison import compare_rows, duck, write_in_slices
from licet.registers.exchange.errors import UnknownKind
from licet.registers.exchange.export import export_kind
from licet.registers.exchange.merging import Merge, Merged, MergeOrder
from licet.registers.exchange.readers import format_of, is_empty_json_lines
from licet.registers.exchange.removal import remove_demo
from licet.registers.exchange.staging import (
    PART_ROWS,
    Progress,
    Staged,
    discard,
    no_progress,
    stage,
    staging_directory,
)
from licet.registers.exchange.unread import record_unread
from licet.registers.exchange.unread_parts import write_names_of_lines
from licet.registers.exchange.validation import Permitted
from licet.registers.kinds import KIND_BY_ID, Kind
from licet.registers.models import RegisterLoad

__all__ = ["LoadReport", "export_kind", "find_kind", "import_file", "remove_demo"]

ERROR_COLUMNS = ("line", "field", "value", "reason", "repair")


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoadReport:
    """What a load did, or would do. ``errors`` is the path of errors.csv, '' when nothing was rejected."""

    kind: str
    file: str
    as_of: dt.date
    provider: str
    dry_run: bool
    read: int
    added: int
    changed: int
    unchanged: int
    ended: int
    rejected: int
    repeated: int
    left_out: int  # cells, or parts of them, that rows were taken without
    errors: str
    version: int
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As one JSON document."""
        return dataclasses.asdict(self) | {"as_of": self.as_of.isoformat(), "notes": list(self.notes)}


def find_kind(name: str) -> Kind:
    """The kind of that name. Raises :class:`UnknownKind` listing what there is."""
    kind = KIND_BY_ID.get(name)
    if kind is None:
        raise UnknownKind(f"there is no kind {name!r}", hint=f"kinds: {' '.join(KIND_BY_ID)}")
    return kind


def import_file(kind: str, path: Path, *, actor: Actor, as_of: dt.date | None = None, provider: str = "",
                dry_run: bool = False, replace: bool = False, none: bool = False, progress: Progress | None = None,
                second: Actor | None = None, errors: Path | None = None, part_rows: int = PART_ROWS,
                covers: Iterable[str] = (), origin: str = "") -> LoadReport:
    """Load a file into the register ``kind``; it reflects the local day ``as_of`` (default: today).

    Good rows are taken, bad ones written to ``errors`` with their repair. Idempotent: the same file again changes
    nothing. ``replace`` ends the records the file does not hold (of ``provider`` only, if given), unless a row was
    rejected: what could not be read cannot be called absent. ``none``: JSON lines without a row say that there are
    none. ``covers``: the organisations the file speaks for, whatever the register (``origin`` says why); else it is the
    provider, the actor's organisations, or everybody. ``second`` is the other person of a two-person register.
    Raises :class:`UnusableFile` (nothing is taken), :class:`NotAllowed`, :class:`BadInput`.

    1. may the actor load this  2. read and validate into parts (no transaction)  3. compare rows with each other
    4. merge, record the load and append to the journal in one transaction  5. write errors.csv, drop the parts
    """
    row = find_kind(kind)
    if not (none and is_empty_json_lines(path)):
        format_of(path)  # a file that cannot be opened, or is not what its name says, is refused before anything else
    profile = load_profile()
    today = clock.today(profile.time_zone)
    day = as_of or today
    if day > today:
        raise BadInput(f"{day} has not come yet", hint="as_of is the day the data reflects; today at the latest")
    permitted = _permitted(row, actor, provider, second, dry_run=dry_run)
    report = progress or no_progress
    with staging_directory(Path(settings.LICET_HOME), row, path) as staged:
        stage(staged, path, profile, key=settings.SECRETS["identifier_key"].encode(), permitted=permitted,
              part_rows=part_rows, progress=report, none=none)
        for old in (*staged.directory.glob("errors-duplicates*"), *staged.directory.glob("errors-overlaps*"),
                    *staged.directory.glob("errors-merge*"), *staged.directory.glob("unread-[cm]*")):
            old.unlink()
        report("compare", 0, 1)
        skip = compare_rows(staged)
        report("compare", 1, 1)
        order = MergeOrder(staged=staged, skip=skip, as_of=day, provider=permitted.provider,
                           covers=tuple(sorted(covers or (permitted.owners if not permitted.provider else None) or ())),
                           origin=origin, end_absent=replace and not staged.rejected, source=f"import:{secrets.token_hex(6)}",
                           recorded_at=clock.now())
        if replace and staged.rejected:
            staged.notes.append("records absent from the file were not ended, because rows of it were rejected:"
                                " repair them and load the file again")
        merged = _merge(order, path, actor=actor, second=second, dry_run=dry_run, progress=report)
        written = _write_errors(staged, errors or staged.directory / "errors.csv")
        discard(staged)
        return _report(order, merged, path, dry_run=dry_run, errors=written)


def _report(order: MergeOrder, merged: Merged, path: Path, *, dry_run: bool, errors: str) -> LoadReport:
    staged = order.staged
    return LoadReport(
        kind=staged.kind.id, file=path.name, as_of=order.as_of, provider=order.provider, dry_run=dry_run,
        read=staged.read, added=merged.added, changed=merged.changed, unchanged=merged.unchanged + staged.repeated,
        ended=merged.ended, rejected=staged.rejected + merged.rejected, repeated=staged.repeated,
        left_out=staged.left_out, errors=errors, version=merged.version, notes=tuple(staged.notes))


def _permitted(kind: Kind, actor: Actor, provider: str, second: Actor | None, *, dry_run: bool) -> Permitted:
    """Whose rows the actor may load. Raises :class:`NotAllowed`."""
    if "registers.import" not in permissions_of(actor):
        raise NotAllowed("you may not load registers", hint="ask for the role compliance officer or officer")
    if provider and not kind.owner_column:
        raise BadInput(f"{kind.id} are not kept by provider", hint="leave the provider out")
    if kind.keeper == "authority" and actor.scope is Scope.ORGANISATION:
        raise NotAllowed(f"{kind.id} are the authority's register", hint="only an officer of the authority loads it")
    if kind.two_person and actor.is_person and not dry_run:
        _check_second(actor, second)
    if actor.scope in {Scope.SYSTEM, Scope.NATIONAL} or kind.keeper == "authority":
        return Permitted(owners=frozenset({provider}) if provider else None, provider=provider, acting_for=provider)
    own = frozenset(actor.organisations) | _regional_parties(actor)
    if not provider and len(actor.organisations) == 1 and actor.scope is Scope.ORGANISATION:
        provider = actor.organisations[0]
    if provider and provider not in own:
        raise NotAllowed(f"you do not act for {provider}", hint="leave the provider out, or sign in for it")
    return Permitted(owners=frozenset({provider}) if provider else own, provider=provider,
                     acting_for=provider or "your organisations")


def _regional_parties(actor: Actor) -> frozenset[str]:
    if actor.scope is not Scope.REGIONAL:
        return frozenset()
    with acting_as(actor):
        seated = Party.objects.filter(until__isnull=True, region__in=actor.regions)
        return frozenset(seated.values_list("party_id", flat=True))


def _check_second(actor: Actor, second: Actor | None) -> None:
    """A person changes licences or the blacklist only together with another. Rule: house (two people)"""
    able = second is not None and second.is_person and second.user_id != actor.user_id
    if not able or second is None or "registers.second" not in permissions_of(second):
        raise NotAllowed("licences and the blacklist change by two people",
                         hint="a second officer must confirm the load; a dry run needs nobody else")


def _merge(order: MergeOrder, path: Path, *, actor: Actor, second: Actor | None, dry_run: bool,
           progress: Progress) -> Merged:
    """The transaction: merge, load, journal entry. Raises :class:`NotAllowed` when row-level security refuses a row."""
    staged = order.staged
    try:
        with acting_as(actor):
            work = Merge(order, progress)
            merged = work.plan()
            if dry_run:
                merged.ended += work.absent()
            else:
                progress("merge", 0, 1)
                merged = work.apply()
                load = _record_load(order, merged, path, actor)
                if load.rows_rejected < load.rows_read or not load.rows_read:  # else it said nothing
                    write_names_of_lines(staged, "merged", work.overlapping())
                    record_unread(load, order)
                progress("merge", 1, 1)
            write_in_slices(staged.directory, "errors-merge", work.refusals())
            if not dry_run:
                _journal(load, order, merged, actor, second)
    except ProgrammingError as error:
        if "row-level security" not in str(error):
            raise
        raise NotAllowed("the file holds rows outside what you may write",
                         hint="remove them; nothing was taken") from error
    return merged


def _record_load(order: MergeOrder, merged: Merged, path: Path, actor: Actor) -> RegisterLoad:
    staged = order.staged
    return RegisterLoad.objects.create(
        kind=staged.kind.id, as_of=order.as_of, version=merged.version, provider_id=order.provider,
        file_name=path.name[:300], file_sha256=staged.sha256, rows_read=staged.read, rows_added=merged.added,
        rows_changed=merged.changed, rows_unchanged=merged.unchanged + staged.repeated, rows_ended=merged.ended,
        rows_rejected=staged.rejected + merged.rejected, covers=list(order.covers), origin=order.origin,
        source=order.source, actor=actor.name, finished_at=clock.now())


def _journal(load: RegisterLoad, order: MergeOrder, merged: Merged, actor: Actor, second: Actor | None) -> None:
    counts = {"read": load.rows_read, "added": load.rows_added, "changed": load.rows_changed,
              "unchanged": load.rows_unchanged, "ended": load.rows_ended, "rejected": load.rows_rejected}
    data: dict[str, Any] = {"kind": load.kind, "as_of": load.as_of.isoformat(), "file_sha256": load.file_sha256,
                            "version": load.version, "source": order.source, **counts}
    if second is not None:
        data["second"] = second.name
    append(f"registers:{load.kind}:imported", actor=actor, subject=f"load:{load.pk}", organisation=load.provider_id,
           before={"rows": merged.before}, after={"rows": merged.after}, data=data)


def _write_errors(staged: Staged, target: Path) -> str:
    """errors.csv in the order of the file, every cell safe to open in a spreadsheet; its path, '' without errors."""
    paths = staged.error_paths
    if not paths:
        target.unlink(missing_ok=True)
        return ""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = SafeCsv(file)
        writer.writerow(ERROR_COLUMNS)
        writer.writerows(_rejected(staged, paths))
    return str(target)


def _rejected(staged: Staged, paths: list[Path]) -> Iterator[list[str]]:
    with duck(staged.directory) as connection:
        found = connection.read_parquet([str(path) for path in paths]).order("line, field")
        for batch in found.to_arrow_reader(10_000):
            for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield error_cells(*cells)
