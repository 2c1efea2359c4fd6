"""Pages that hand files in: the form, the report of a check, the second person's approval, the list of loads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from licet.console.access import actor_of, may, permission_required
from licet.console.components import Cell, Column, Event, Link, Row, Stat
from licet.console.fresh import require_fresh_authentication
from licet.console.htmx import render_page
from licet.core import clock
from licet.core.errors import LicetError
from licet.registers import presenting, tasks, uploads
from licet.registers.changes import second_permission
from licet.registers.forms import DecisionForm, UploadForm
from licet.registers.kinds import KIND_BY_ID
from licet.registers.models import RegisterLoad, RegisterUpload
from licet.registers.views import people_names, today

_COUNTS: dict[str, Callable[[], str]] = {
    "read": lambda: _("Rows read"),
    "added": lambda: _("New"),
    "changed": lambda: _("Changed"),
    "unchanged": lambda: _("Unchanged"),
    "ended": lambda: _("Ended"),
    "rejected": lambda: _("Rejected"),
}
# How an upload's state is shown: rows of console.states.
LOOKS = {
    "uploaded": "running",
    "checked": "waiting",
    "awaiting_second": "proposed",
    "approved": "running",
    "imported": "finished",
    "refused": "refused",
    "withdrawn": "withdrawn",
    "failed": "failed",
}


@require_http_methods(["GET", "POST"])
@permission_required("registers.import")
def upload_form(request: HttpRequest) -> HttpResponse:
    """Hand in a file: it is checked first, and the register stays as it is until somebody lets it in."""
    kinds = uploads.importable_kinds(actor_of(request))
    initial = {"as_of": today(), "kind": request.GET.get("kind", "")}
    if request.method == "POST":
        form = UploadForm(kinds, request.POST, request.FILES, initial=initial)
        upload = _received(request, form) if form.is_valid() else None
        if upload is not None:
            return redirect("upload", upload.pk)
    else:
        form = UploadForm(kinds, initial=initial)
    return render_page(
        request,
        "registers/import.html",
        "",
        {
            "form": form,
            "limit": uploads.LARGEST_BYTES >> 20,
            "two_person": [presenting.label(kind) for kind in kinds if kind.two_person],
            "crumbs": [Link(label=_("Loads"), url=reverse("load_list"))],
        },
        status=422 if form.errors else 200,
    )


def _received(request: HttpRequest, form: UploadForm) -> RegisterUpload | None:
    data, file = form.cleaned_data, form.cleaned_data["file"]
    try:
        upload = uploads.receive_upload(
            data["kind"],
            file.chunks(),
            file_name=str(file.name),
            as_of=data["as_of"],
            provider=data["provider"].strip(),
            replace=data["replace"],
            note=data["note"],
            actor=actor_of(request),
            now=clock.now(),
            today=today(),
        )
    except LicetError as error:
        form.add_error("file", ValidationError(error.message, params={"hint": error.hint}))
        return None
    if uploads.is_small(upload):
        return uploads.check_upload(upload.pk, now=clock.now())
    tasks.check_upload.defer(upload_id=upload.pk)
    return upload


@require_http_methods(["GET", "POST"])
@permission_required("registers.read")
@require_fresh_authentication
def upload_page(request: HttpRequest, upload_id: int) -> HttpResponse:
    """The report of a check, and the choice to let the file in."""
    upload = RegisterUpload.objects.filter(pk=upload_id).first()
    if upload is None:
        raise Http404
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request, upload, form)
            return redirect("upload", upload.pk)
        except LicetError as error:
            form.add_error(None, f"{error.message}. {error.hint}".strip())
    return _upload_page(request, upload, form)


def _decide(request: HttpRequest, upload: RegisterUpload, form: DecisionForm) -> None:
    actor, choice, note = actor_of(request), request.POST.get("choice", ""), form.cleaned_data["note"]
    if choice == "withdraw":
        uploads.withdraw_upload(upload.pk, actor=actor, now=clock.now())
    elif choice == "refuse":
        uploads.refuse_upload(upload.pk, note=note, actor=actor, now=clock.now())
    elif choice == "apply":
        uploads.approve_upload(upload.pk, note=note, actor=actor, now=clock.now())
        if uploads.is_small(upload):
            uploads.merge_upload(upload.pk, now=clock.now())
        else:
            tasks.merge_upload.defer(upload_id=upload.pk)


def _upload_page(request: HttpRequest, upload: RegisterUpload, form: DecisionForm) -> HttpResponse:
    kind, actor, report = KIND_BY_ID[upload.kind], actor_of(request), upload.report or {}
    people = people_names([upload.uploaded_by, upload.decided_by])
    mine = actor.user_id == upload.uploaded_by
    errors = [Row(cells=[Cell(text=cell) for cell in row]) for row in report.get("first_errors", [])]
    return render_page(
        request,
        "registers/upload.html",
        "",
        {
            "upload": upload,
            "kind_label": presenting.label(kind),
            "look": LOOKS[upload.state],
            "report": report,
            "stats": [
                Stat(
                    label=word(),
                    value=f"{report[name]:,}",
                    state="warning" if name == "rejected" and report[name] else "",
                )
                for name, word in _COUNTS.items()
                if name in report
            ],
            "errors": errors,
            "error_heads": [
                Column(label=_("Line"), kind="num"),
                Column(label=_("Field"), kind="fit"),
                Column(label=_("Value")),
                Column(label=_("Reason"), kind="long"),
                Column(label=_("Repair"), kind="long"),
            ],
            "has_errors": uploads.errors_file(upload).exists(),
            "form": form,
            "is_mine": mine,
            "working": upload.state in {"uploaded", "approved"},
            "events": _events(upload, people),
            "may_decide": (
                may(request, second_permission(kind)) and not mine
                if upload.state == "awaiting_second"
                else upload.state == "checked" and may(request, "registers.import")
            ),
            "crumbs": [Link(label=_("Loads"), url=reverse("load_list"))],
        },
        status=422 if form.errors else 200,
    )


def _sender(upload: RegisterUpload, people: dict[int, str]) -> str:
    if upload.token_id is not None:
        return _("program with key %(number)s") % {"number": upload.token_id}
    return people.get(upload.uploaded_by or 0, "")


def _events(upload: RegisterUpload, people: dict[int, str]) -> list[Event]:
    events = [
        Event(at=upload.uploaded_at, what=_("Handed in"), who=_sender(upload, people), why=upload.note)
    ]
    if upload.decided_at:
        refused = upload.state == "refused"
        events.insert(
            0,
            Event(
                at=upload.decided_at,
                what=_("Refused") if refused else _("Let in"),
                who=people.get(upload.decided_by or 0, ""),
                why=upload.decision_note,
                tone="deny" if refused else "permit",
            ),
        )
    if upload.finished_at and upload.state in {"imported", "failed", "withdrawn"}:
        words = {"imported": _("Imported"), "failed": _("Stopped with a problem"), "withdrawn": _("Withdrawn")}
        events.insert(0, Event(at=upload.finished_at, what=words[upload.state]))
    return events


@require_GET
@permission_required("registers.read")
def upload_errors(request: HttpRequest, upload_id: int) -> FileResponse:
    """The rejected rows as CSV: line, field, value, reason, repair."""
    upload = RegisterUpload.objects.filter(pk=upload_id).first()
    if upload is None or not uploads.errors_file(upload).exists():
        raise Http404
    return FileResponse(
        uploads.errors_file(upload).open("rb"),
        as_attachment=True,
        filename=f"errors-{upload.pk}.csv",
        content_type="text/csv; charset=utf-8",
    )


@require_GET
@permission_required("registers.read")
def load_list(request: HttpRequest) -> HttpResponse:
    """Files that wait and loads that were merged, the newest first."""
    handed_in = list(RegisterUpload.objects.order_by("-pk")[:50])
    loads = list(RegisterLoad.objects.order_by("-pk")[:100])
    people = people_names(upload.uploaded_by for upload in handed_in)
    return render_page(
        request,
        "registers/loads.html",
        "",
        {
            "may_import": may(request, "registers.import"),
            "uploads": [_upload_row(upload, people) for upload in handed_in],
            "loads": [_load_row(load) for load in loads],
            "upload_heads": [
                Column(label=_("File")),
                Column(label=_("Register")),
                Column(label=_("As of"), kind="fit"),
                Column(label=_("Handed in by")),
                Column(label=_("State")),
            ],
            "load_heads": [
                Column(label=_("Load"), kind="num"),
                Column(label=_("Register")),
                Column(label=_("As of"), kind="fit"),
                Column(label=_("File")),
                *(Column(label=word(), kind="num") for word in _COUNTS.values()),
                Column(label=_("Who")),
            ],
        },
    )


def _upload_row(upload: RegisterUpload, people: dict[int, str]) -> Row:
    return Row(
        url=reverse("upload", args=[upload.pk]),
        cells=[
            Cell(text=upload.file_name),
            Cell(text=_kind(upload.kind)),
            Cell(text=upload.as_of.isoformat()),
            Cell(text=_sender(upload, people), sub=upload.provider_id),
            Cell(state=LOOKS[upload.state]),
        ],
    )


def _load_row(load: RegisterLoad) -> Row:
    counts: list[Any] = [
        load.rows_read,
        load.rows_added,
        load.rows_changed,
        load.rows_unchanged,
        load.rows_ended,
        load.rows_rejected,
    ]
    list_url = reverse("register_list", args=[load.kind]) if load.kind in KIND_BY_ID else ""
    return Row(
        cells=[
            Cell(text=load.pk),
            Cell(text=_kind(load.kind), url=list_url),
            Cell(text=load.as_of.isoformat()),
            Cell(text=load.file_name, sub=load.provider_id),
            *(Cell(text=f"{count:,}") for count in counts),
            Cell(text=load.actor),
        ]
    )


def _kind(kind_id: str) -> str:
    return presenting.label(KIND_BY_ID[kind_id]) if kind_id in KIND_BY_ID else kind_id
