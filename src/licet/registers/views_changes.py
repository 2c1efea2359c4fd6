"""Pages that change registers by hand: propose a correction, the queue of changes, the second person's decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from licet.console.access import actor_of, check_permission, may, permission_required
from licet.console.components import Cell, Column, Event, Link, Row
from licet.console.fresh import require_fresh_authentication
from licet.console.htmx import render_page
from licet.core import clock
from licet.core.errors import LicetError
from licet.registers import changes, overviews, presenting
from licet.registers.changes import correct_permission, second_permission
from licet.registers.cleaning import BadRow
from licet.registers.forms import CorrectionForm, DecisionForm
from licet.registers.kinds import KIND_BY_ID, Kind
from licet.registers.models import ProposedChange
from licet.registers.records import key_of, present, row_of
from licet.registers.views import kind_or_404, list_link, people_names, render_record, today

_SHOWN = 100


@require_POST
@permission_required("registers.read")
def propose(request: HttpRequest, kind_id: str, record_id: int) -> HttpResponse:
    """Propose a correction of a record, or its end."""
    kind = kind_or_404(kind_id)
    check_permission(request, correct_permission(kind))
    record = kind.model_class.objects.filter(pk=record_id).first()
    if record is None:
        raise Http404
    row = row_of(kind, record)
    form = CorrectionForm(kind, request.POST, row=row)
    if "ends" in request.POST:
        for column in kind.columns:
            form.fields[column.name].required = False
    change = _proposed(request, kind, key_of(kind, row), form)
    if change is None:
        return render_record(request, kind, record, form, status=422)
    if change.state == "applied":
        messages.success(request, _("Corrected. The former version stays in the history."))
        now_there = present(kind, change.key)
        return redirect("register_record", kind.id, now_there.pk if now_there else record.pk)
    messages.success(request, _("Proposed. It waits for a second person."))
    return redirect("change", change.pk)


@require_http_methods(["GET", "POST"])
@permission_required("registers.read")
def add_record(request: HttpRequest, kind_id: str) -> HttpResponse:
    """Add one record by hand, with a reason."""
    kind = kind_or_404(kind_id)
    check_permission(request, correct_permission(kind))
    form = CorrectionForm(kind, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        change = _proposed(request, kind, None, form)
        if change is not None:
            if change.state == "applied":
                return redirect("register_record", kind.id, _present_pk(kind, change))
            return redirect("change", change.pk)
    return render_page(
        request,
        "registers/add.html",
        "",
        {"kind": kind, "kind_label": presenting.label(kind), "form": form, "crumbs": [list_link(kind)]},
        status=422 if form.errors else 200,
    )


def _present_pk(kind: Kind, change: ProposedChange) -> int:
    record = present(kind, change.key)
    assert record is not None  # it was written just now
    return int(record.pk)


def _proposed(
    request: HttpRequest, kind: Kind, key: dict[str, Any] | None, form: CorrectionForm
) -> ProposedChange | None:
    """The change, or ``None`` with the errors in the form."""
    if not form.is_valid():
        return None
    after = None if form.cleaned_data.get("ends") else form.texts()
    try:
        return changes.propose_change(
            kind.id,
            key,
            after,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request),
            now=clock.now(),
            today=today(),
        )
    except BadRow as refused:
        form.refuse(refused)
    except LicetError as error:
        form.add_error(None, f"{error.message}. {error.hint}".strip())
    return None


@require_GET
@permission_required("registers.read")
def change_list(request: HttpRequest) -> HttpResponse:
    """Proposed changes: what awaits a second person, what I proposed, what was decided."""
    actor = actor_of(request)
    views = {"waiting": Q(state="proposed"), "mine": Q(proposed_by=actor.user_id or 0), "decided": ~Q(state="proposed")}
    chosen = request.GET.get("show", "waiting")
    chosen = chosen if chosen in views else "waiting"
    labels = {"waiting": _("Awaiting a second person"), "mine": _("Mine"), "decided": _("Decided")}
    found = list(ProposedChange.objects.filter(views[chosen]).order_by("-pk")[:_SHOWN])
    tabs = [
        Link(
            label=labels[name],
            url=f"?show={name}",
            current=name == chosen,
            count=ProposedChange.objects.filter(condition)[:1000].count(),
        )
        for name, condition in views.items()
    ]
    people = people_names(change.proposed_by for change in found)
    return render_page(
        request,
        "registers/change_list.html",
        "",
        {
            "tabs": tabs,
            "rows": [_row(change, people) for change in found],
            "heads": [
                Column(label=_("Record")),
                Column(label=_("What changes"), kind="long"),
                Column(label=_("Reason"), kind="long"),
                Column(label=_("Proposed by")),
                Column(label=_("Proposed"), kind="fit"),
                Column(label=_("State")),
            ],
        },
    )


def _row(change: ProposedChange, people: dict[int, str]) -> Row:
    kind = KIND_BY_ID[change.kind]
    url = reverse("change", args=[change.pk])
    return Row(
        url=url,
        act_url=url,
        cells=[
            Cell(text=" ".join(str(part) for part in change.key.values()), sub=presenting.label(kind)),
            Cell(text=_what(kind, change)),
            Cell(text=change.reason),
            Cell(text=people.get(change.proposed_by, "")),
            Cell(text=change.proposed_at.date()),
            Cell(state=change.state),
        ],
    )


def _what(kind: Kind, change: ProposedChange) -> str:
    if change.after is None:
        return _("The record ends")
    if change.before is None:
        return _("A new record")
    return presenting.changed_text(kind, _differences(kind, change), {})


def _differences(kind: Kind, change: ProposedChange) -> tuple[overviews.Difference, ...]:
    return overviews.difference(change.before, change.after, [column.name for column in kind.columns])


@require_http_methods(["GET", "POST"])
@permission_required("registers.read")
@require_fresh_authentication
def change_page(request: HttpRequest, change_id: int) -> HttpResponse:
    """The decision: what would change and why; then the second person's choice, freshly authenticated."""
    change = ProposedChange.objects.filter(pk=change_id).first()
    if change is None or change.kind not in KIND_BY_ID:
        raise Http404
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request, change, form)
            return redirect("change", change.pk)
        except LicetError as error:
            form.add_error(None, f"{error.message}. {error.hint}".strip())
    return _change_page(request, change, form)


def _decide(request: HttpRequest, change: ProposedChange, form: DecisionForm) -> None:
    actor, choice = actor_of(request), request.POST.get("choice", "")
    if choice == "withdraw":
        changes.withdraw_change(change.pk, actor=actor, now=clock.now())
    elif choice in {"apply", "refuse"}:
        changes.decide_change(
            change.pk,
            apply=choice == "apply",
            note=form.cleaned_data["note"],
            actor=actor,
            now=clock.now(),
            today=today(),
        )


def _change_page(request: HttpRequest, change: ProposedChange, form: DecisionForm) -> HttpResponse:
    kind, actor = KIND_BY_ID[change.kind], actor_of(request)
    names = overviews.party_names(presenting.party_ids(kind, [row for row in (change.before, change.after) if row]))
    changed = {row.name for row in _differences(kind, change)}
    rows = [
        {
            "label": presenting.label(column),
            "changed": column.name in changed,
            "before": presenting.shown(column, (change.before or {}).get(column.name), names),
            "after": presenting.shown(column, (change.after or {}).get(column.name), names),
        }
        for column in kind.columns
    ]
    people = people_names([change.proposed_by, change.decided_by])
    record = present(kind, change.key)
    return render_page(
        request,
        "registers/change.html",
        "",
        {
            "change": change,
            "kind_label": presenting.label(kind),
            "official": presenting.official(kind),
            "rows": rows,
            "title": " ".join(str(part) for part in change.key.values()),
            "form": form,
            "events": _events(change, people),
            "proposer": people.get(change.proposed_by, ""),
            "is_mine": actor.user_id == change.proposed_by,
            "may_second": may(request, second_permission(kind)),
            "stale": change.state == "proposed" and changes.is_stale(kind, change),
            "record_url": reverse("register_record", args=[kind.id, record.pk]) if record else "",
            "crumbs": [Link(label=_("Proposed changes"), url=reverse("change_list"))],
        },
        status=422 if form.errors else 200,
    )


def _events(change: ProposedChange, people: dict[int, str]) -> list[Event]:
    words = {"applied": _("Applied"), "refused": _("Refused"), "withdrawn": _("Withdrawn")}
    tones = {"applied": "permit", "refused": "deny"}
    events = []
    if change.decided_at:
        events.append(
            Event(
                at=change.decided_at,
                what=words[change.state],
                why=change.decision_note,
                who=people.get(change.decided_by or change.proposed_by, ""),
                tone=tones.get(change.state, ""),
            )
        )
    events.append(
        Event(at=change.proposed_at, what=_("Proposed"), who=people.get(change.proposed_by, ""), why=change.reason)
    )
    return events
