"""Files handed in through the console: stored, checked without touching the register, let in, merged.

``uploaded → checked → approved → imported`` for the registers one person changes; where two people are asked for,
``awaiting_second`` stands in place of ``checked``. Small files are worked on at once, large ones by the worker.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from licet.core.actors import Actor, Scope
from licet.core.errors import BadInput, Conflict, LicetError, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.journal.services import append
from licet.parties.selectors import actor_for, permissions_of
from licet.parties.tokens import actor_of_token_number, token_of
from licet.registers.changes import SecondPersonNeeded, known_kind, second_permission
from licet.registers.kinds import KINDS, Kind
from licet.registers.models import RegisterUpload

if TYPE_CHECKING:
    from licet.registers.exchange.services import LoadReport

LARGEST_BYTES = 1 << 30  # a province's filings as CSV; larger files go through licet import on the server
INLINE_BYTES = 2 << 20  # checked and merged while the person waits
SHOWN_ERRORS = 20
SUFFIXES = (".csv", ".xlsx", ".parquet", ".jsonl")
_SAFE = re.compile(r"[^\w.\- ()（）【】]+")


def importable_kinds(actor: Actor) -> list[Kind]:
    """The registers the actor may hand files in for: a provider its own, the authority all."""
    if "registers.import" not in permissions_of(actor):
        return []
    return [kind for kind in KINDS if kind.keeper == "provider" or actor.scope is not Scope.ORGANISATION]


@transaction.atomic
def receive_upload(
    kind_id: str,
    chunks: Iterable[bytes],
    *,
    file_name: str,
    as_of: dt.date,
    provider: str,
    replace: bool,
    note: str,
    actor: Actor,
    now: dt.datetime,
    today: dt.date,
) -> RegisterUpload:
    """Store a file and record who handed it in. Nothing is read yet.

    Raises :class:`NotAllowed` for a register the actor does not keep, :class:`BadInput` for a type or size that cannot
    be read and a day to come.
    """
    kind = known_kind(kind_id)
    if actor.user_id is None and token_of(actor) is None:
        raise NotAllowed("files are handed in by a person or a program", hint="on the server use licet import")
    if kind not in importable_kinds(actor):
        raise NotAllowed("you may not hand in files for this register", hint="ask the authority")
    suffix = _readable_suffix(file_name)
    if as_of > today:
        raise BadInput(f"{as_of} has not come yet", hint="give the day the data reflects, today at the latest")
    owner = provider or (actor.organisations[0] if actor.scope is Scope.ORGANISATION else "")
    if actor.scope is Scope.ORGANISATION and owner not in actor.organisations:
        raise NotAllowed("you may hand in files for your own organisation only")
    path = _directory() / f"{now:%Y%m%dT%H%M%S%f}-{actor.name.replace(':', '-')}{suffix}"
    digest, size = _store(chunks, path)
    upload = RegisterUpload.objects.create(
        kind=kind.id,
        as_of=as_of,
        provider_id=owner if kind.owner_column else "",
        replace=replace,
        file_name=_SAFE.sub("_", Path(file_name).name)[:200],
        file_sha256=digest,
        file_bytes=size,
        note=note.strip()[:2000],
        state="uploaded",
        needs_second=kind.two_person,
        uploaded_by=actor.user_id,
        token_id=token_of(actor),
        uploaded_at=now,
        decision_note="",
    )
    path.rename(stored_file(upload))
    _journal("received", upload, actor)
    return upload


def _readable_suffix(file_name: str) -> str:
    suffix = Path(file_name).suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput(
            f"a file of type {suffix or 'without ending'} cannot be read",
            hint=f"save it as one of {', '.join(SUFFIXES)}",
        )
    return suffix


def check_upload(upload_id: int, *, now: dt.datetime) -> RegisterUpload:
    """Read the whole file as an import would and keep the report; the register stays as it is."""
    upload = locked_upload(upload_id)
    _require_state(upload, "uploaded")
    try:
        report = _run(upload, actor=_uploader(upload), dry_run=True)
    except LicetError as error:
        return _fail(upload, error, now)
    upload.report = _summary(upload, report)
    if report.read == report.rejected:
        problem = BadInput("the file has no row that can be used", hint="repair the file, hand it in again")
        return _fail(upload, problem, now)
    upload.state = "awaiting_second" if upload.needs_second else "checked"
    upload.save(update_fields=["state", "report"])
    return upload


@transaction.atomic
def approve_upload(upload_id: int, *, note: str, actor: Actor, now: dt.datetime) -> RegisterUpload:
    """Let a checked file into the register: the uploader for an own register, a second person where two are asked for.

    Raises :class:`SecondPersonNeeded`, :class:`NotAllowed` and :class:`Conflict`. Rule: house (decision 0008)
    """
    upload = locked_upload(upload_id)
    _require_state(upload, "awaiting_second" if upload.needs_second else "checked")
    _require_decider(upload, actor)
    upload.state, upload.decided_by, upload.decided_at, upload.decision_note = (
        "approved",
        actor.user_id,
        now,
        note.strip(),
    )
    upload.save(update_fields=["state", "decided_by", "decided_at", "decision_note"])
    _journal("approved", upload, actor)
    return upload


@transaction.atomic
def refuse_upload(upload_id: int, *, note: str, actor: Actor, now: dt.datetime) -> RegisterUpload:
    """The second person sends a file back, with a note. Raises as :func:`approve_upload`, and :class:`BadInput`."""
    upload = locked_upload(upload_id)
    _require_state(upload, "awaiting_second")
    _require_decider(upload, actor)
    if not note.strip():
        raise BadInput("a refusal needs a note", hint="say what is wrong with the file")
    upload.state, upload.decided_by, upload.decided_at, upload.decision_note = (
        "refused",
        actor.user_id,
        now,
        note.strip(),
    )
    upload.finished_at = now
    upload.save(update_fields=["state", "decided_by", "decided_at", "decision_note", "finished_at"])
    _journal("refused", upload, actor)
    return upload


@transaction.atomic
def withdraw_upload(upload_id: int, *, actor: Actor, now: dt.datetime) -> RegisterUpload:
    """The uploader takes a file back before it is merged. Raises :class:`NotAllowed` and :class:`Conflict`."""
    upload = locked_upload(upload_id)
    if actor.user_id != upload.uploaded_by:
        raise NotAllowed("a file is taken back by who handed it in")
    if upload.state not in {"checked", "awaiting_second"}:
        raise Conflict(f"this file is {upload.state} already")
    upload.state, upload.finished_at = "withdrawn", now
    upload.save(update_fields=["state", "finished_at"])
    _journal("withdrawn", upload, actor)
    return upload


def merge_upload(upload_id: int, *, now: dt.datetime) -> RegisterUpload:
    """Import an approved file as its uploader, with the second person named. A problem changes nothing."""
    upload = locked_upload(upload_id)
    _require_state(upload, "approved")
    second = _person(upload.decided_by) if upload.needs_second and upload.decided_by else None
    try:
        report = _run(upload, actor=_uploader(upload), second=second, dry_run=False)
    except LicetError as error:
        return _fail(upload, error, now)
    upload.report, upload.state, upload.finished_at = _summary(upload, report), "imported", now
    upload.save(update_fields=["report", "state", "finished_at"])
    return upload


def take_in(upload_id: int, *, now: dt.datetime) -> RegisterUpload:
    """A program's file: checked, and merged at once where its register is changed by one; else it awaits an officer."""
    upload = check_upload(upload_id, now=now)
    if upload.state != "checked":
        return upload
    try:
        approve_upload(upload_id, note="", actor=_uploader(upload), now=now)
    except LicetError as error:
        return _fail(upload, error, now)
    return merge_upload(upload_id, now=now)


def locked_upload(upload_id: int) -> RegisterUpload:
    """The upload, locked for the transaction. Raises :class:`NotFound`, also for what the actor may not see."""
    upload = RegisterUpload.objects.select_for_update().filter(pk=upload_id).first()
    if upload is None:
        raise NotFound("there is no such file, or you may not see it")
    return upload


def stored_file(upload: RegisterUpload) -> Path:
    """Where the file is kept; its name on disk is made here, never taken from the person."""
    return _directory() / f"{upload.pk}{Path(upload.file_name).suffix.lower()}"


def errors_file(upload: RegisterUpload) -> Path:
    """Where the rejected rows are kept."""
    return _directory() / f"{upload.pk}-errors.csv"


def is_small(upload: RegisterUpload) -> bool:
    """Whether the work is done while the person waits."""
    return upload.file_bytes <= INLINE_BYTES


def _run(upload: RegisterUpload, *, actor: Actor, dry_run: bool, second: Actor | None = None) -> LoadReport:
    from licet.registers.exchange.services import import_file  # heavy (duckdb, pyarrow): not while the server starts

    with acting_as(actor):
        return import_file(
            upload.kind,
            stored_file(upload),
            actor=actor,
            as_of=upload.as_of,
            provider=upload.provider_id,
            dry_run=dry_run,
            replace=upload.replace,
            second=second,
            errors=errors_file(upload),
        )


def _summary(upload: RegisterUpload, report: LoadReport) -> dict[str, Any]:
    counts = {name: getattr(report, name) for name in ("read", "added", "changed", "unchanged", "ended", "rejected")}
    return {**counts, "notes": list(report.notes), "dry_run": report.dry_run, "first_errors": first_errors(upload)}


def first_errors(upload: RegisterUpload, most: int = SHOWN_ERRORS) -> list[list[str]]:
    """The first rejected cells: line, field, value, reason, repair."""
    path = errors_file(upload)
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        next(rows, None)
        return [row for _, row in zip(range(most), rows, strict=False)]


def _fail(upload: RegisterUpload, error: LicetError, now: dt.datetime) -> RegisterUpload:
    upload.problem = {"code": error.code, "message": error.message, "hint": error.hint}
    upload.state, upload.finished_at = "failed", now
    upload.save(update_fields=["problem", "report", "state", "finished_at"])
    return upload


def _require_state(upload: RegisterUpload, state: str) -> None:
    if upload.state != state:
        raise Conflict(f"this file is {upload.state}", hint="look at it again; somebody may have been faster")


def _require_decider(upload: RegisterUpload, actor: Actor) -> None:
    if not upload.needs_second:
        if "registers.import" not in permissions_of(actor):
            raise NotAllowed("this needs the permission registers.import")
        return
    if actor.user_id == upload.uploaded_by:
        raise SecondPersonNeeded("whoever handed a file in cannot be the one who lets it in")
    if second_permission(known_kind(upload.kind)) not in permissions_of(actor) or not actor.is_person:
        raise NotAllowed("this needs the permission registers.second", hint="ask an officer of the authority")


def _uploader(upload: RegisterUpload) -> Actor:
    """Whoever handed the file in: a person, or a program whose key must still be valid."""
    if upload.token_id is not None:
        return actor_of_token_number(upload.token_id)
    assert upload.uploaded_by is not None
    return _person(upload.uploaded_by)


def _person(user_id: int) -> Actor:
    return actor_for(get_user_model().objects.get(pk=user_id))


def _journal(event: str, upload: RegisterUpload, actor: Actor) -> None:
    data = {
        "kind": upload.kind,
        "as_of": upload.as_of.isoformat(),
        "file_sha256": upload.file_sha256,
        "two_people": upload.needs_second,
    }
    append(
        f"registers:upload:{event}",
        actor=actor,
        subject=f"upload:{upload.pk}",
        organisation=upload.provider_id,
        purpose=(upload.decision_note or upload.note)[:500],
        data=data,
    )


def _directory() -> Path:
    path = Path(settings.LICET_HOME) / "uploads"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _store(chunks: Iterable[bytes], path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > LARGEST_BYTES:
                    raise BadInput(
                        f"the file is larger than {LARGEST_BYTES >> 20} MiB",
                        hint="load it on the server: licet import KIND FILE",
                    )
                digest.update(chunk)
                file.write(chunk)
        if size == 0:
            raise BadInput("the file is empty", hint="export it again")
    except BadInput:
        path.unlink(missing_ok=True)
        raise
    return digest.hexdigest(), size
