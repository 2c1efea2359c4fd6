"""Registers over HTTP: what changed since a cursor, and files handed in. Beside ``licet export`` and ``licet import``.

A program's file goes the way of a person's: checked whole, then merged. Where a register asks for two people the file
waits for an officer to let it in, whoever sent it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from licet.config.api import Key, problem
from licet.config.profile import load_profile
from licet.core import clock
from licet.core.actors import Actor
from licet.core.errors import NotFound
from licet.registers import feed, tasks, uploads
from licet.registers.changes import known_kind
from licet.registers.models import RegisterUpload

router = Router()
JSON_LINES = "application/x-ndjson"


class Asked(Schema):
    """Which part of the feed."""

    since: int = Field(0, description="cursor of the last page; 0 = everything")
    limit: int = Field(1000, description="changes of one page, at most 10,000")
    provider: str = Field("", description="only this provider's records", max_length=64)


class ChangeOut(Schema):
    """One record's latest state."""

    cursor: int
    change: str = Field(description="added, changed or ended")
    record: dict[str, Any] = Field(description="the canonical columns; of an ended record as they last were")


class ChangesOut(Schema):
    """A page of changes, oldest first. As JSON lines: one change a line, the rest in headers."""

    kind: str
    since: int
    cursor: int = Field(description="ask with since=cursor for what comes after (header Licet-Cursor)")
    more: bool = Field(description="there is more: ask again at once (header Licet-More)")
    changes: list[ChangeOut]


class LoadIn(Schema):
    """What the file is."""

    as_of: dt.date | None = Field(None, description="the local day the data reflects; default: today")
    provider: str = Field("", description="whose rows; default: the key's own organisation", max_length=64)
    replace: bool = Field(False, description="end the records the file does not hold")
    note: str = Field("", description="where the file comes from", max_length=2000)


class LoadOut(Schema):
    """A file that was handed in, and how far it is."""

    id: int
    kind: str
    as_of: dt.date
    provider: str
    file_name: str
    file_sha256: str
    state: str = Field(description="uploaded, awaiting_second, checked, approved, imported, refused, withdrawn, failed")
    needs_second: bool = Field(description="an officer must let it in")
    report: dict[str, Any] | None = Field(description="counts of read, added, changed, unchanged, ended, rejected")
    problem: dict[str, Any] | None = Field(description="why the file could not be used")
    url: str
    errors_csv: str = Field(description="rejected rows: line, field, value, reason, repair; '' when none was rejected")


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor


@router.get("/{kind}/changes", response={200: ChangesOut, 304: None}, auth=Key("registers.read"),
            summary="What changed since a cursor")
def changes(request: HttpRequest, kind: str, asked: Query[Asked]) -> HttpResponse:
    """Follow a register: keep ``cursor``, ask again with it. ``Accept: application/x-ndjson`` gives JSON lines.

    With ``If-None-Match`` the answer is 304 while nothing changed.
    """
    row, actor = known_kind(kind), _actor(request)
    lines = JSON_LINES in request.headers.get("Accept", "")
    seen = (kind, asked.since, asked.limit, asked.provider, lines, actor.name, feed.newest_change(row))
    etag = f'"{hashlib.sha256(repr(seen).encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        page = feed.changes_since(row, asked.since, limit=asked.limit, provider=asked.provider)
        response = _as_lines(page) if lines else _as_document(kind, asked.since, page)
        response["Licet-Cursor"], response["Licet-More"] = str(page.cursor), "true" if page.more else "false"
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Accept, Authorization"
    return response


def _as_lines(page: feed.Changes) -> HttpResponse:
    body = "".join(json.dumps({"_change": one.change, "_cursor": one.cursor} | one.record, ensure_ascii=False) + "\n"
                   for one in page.changes)
    return HttpResponse(body, content_type=JSON_LINES)


def _as_document(kind: str, since: int, page: feed.Changes) -> HttpResponse:
    document = {"kind": kind, "since": since, "cursor": page.cursor, "more": page.more,
                "changes": [{"cursor": one.cursor, "change": one.change, "record": one.record}
                            for one in page.changes]}
    return HttpResponse(json.dumps(document, ensure_ascii=False), content_type="application/json")


@router.post("/{kind}/loads", response={201: LoadOut, 202: LoadOut}, auth=Key("registers.import"),
             summary="Hand in a file")
def load(request: HttpRequest, kind: str, file: File[UploadedFile], what: Form[LoadIn]) -> Any:
    """CSV, XLSX, Parquet or JSON lines. Good rows are taken, bad ones come back in errors.csv with their repair.

    201: done. 202: a large file that the worker reads, or a register of two people, where an officer lets it in. 422:
    the file cannot be used, and nothing of it was taken.
    """
    today = clock.today(load_profile().time_zone)
    upload = uploads.receive_upload(
        kind, file.chunks(), file_name=file.name or "", as_of=what.as_of or today, provider=what.provider.strip(),
        replace=what.replace, note=what.note, actor=_actor(request), now=clock.now(), today=today)
    if not uploads.is_small(upload):
        tasks.take_in_upload.defer(upload_id=upload.pk)
        return Status(202, _load_document(upload))
    upload = uploads.take_in(upload.pk, now=clock.now())
    document, why = _load_document(upload), upload.problem
    if why:
        return problem(request, {
            "type": f"urn:licet:error:{why['code']}", "title": "The file cannot be used.", "status": 422,
            "detail": why["message"], "hint": why["hint"], "load": document["url"],
            "errors_csv": document["errors_csv"]})
    return Status(201 if upload.state == "imported" else 202, document)


@router.get("/loads/{load_id}", response=LoadOut, auth=Key("registers.import"), summary="How far a file is")
def load_state(request: HttpRequest, load_id: int) -> dict[str, Any]:
    """The state of a file, with its report and the address of its rejected rows."""
    return _load_document(_upload(load_id))


@router.get("/loads/{load_id}/errors.csv", auth=Key("registers.import"), summary="Rejected rows with their repair",
            url_name="load_errors", openapi_extra={"responses": {200: {"content": {"text/csv": {}}}}})
def load_errors(request: HttpRequest, load_id: int) -> FileResponse:
    """Columns line, field, value, reason, repair."""
    path = uploads.errors_file(_upload(load_id))
    if not path.exists():
        raise NotFound("no row of this file was rejected")
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"errors-{load_id}.csv",
                        content_type="text/csv; charset=utf-8")


def _upload(load_id: int) -> RegisterUpload:
    upload = RegisterUpload.objects.filter(pk=load_id).first()
    if upload is None:
        raise NotFound("there is no such file, or you may not see it")
    return upload


def _load_document(upload: RegisterUpload) -> dict[str, Any]:
    report = None
    if upload.report:
        report = {name: value for name, value in upload.report.items() if name != "first_errors"}
    rejected = uploads.errors_file(upload).exists()
    return {
        "id": upload.pk, "kind": upload.kind, "as_of": upload.as_of, "provider": upload.provider_id,
        "file_name": upload.file_name, "file_sha256": upload.file_sha256, "state": upload.state,
        "needs_second": upload.needs_second, "report": report, "problem": upload.problem,
        "url": reverse("api:load_state", args=[upload.pk]),
        "errors_csv": reverse("api:load_errors", args=[upload.pk]) if rejected else "",
    }
