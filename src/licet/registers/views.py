"""Pages that read the registers: overview, a register's list, one record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from licet.config.profile import load_profile
from licet.console.access import actor_of, may, permission_required
from licet.console.components import (
    Cell,
    Chip,
    Column,
    Event,
    Link,
    Pager,
    Row,
    address_with,
    choice_chip,
    text_chip,
)
from licet.console.htmx import render_page
from licet.core import clock
from licet.core.spreadsheet import SafeCsv
from licet.journal.models import Entry
from licet.registers import overviews, presenting
from licet.registers.changes import correct_permission, may_reach
from licet.registers.cleaning import typed_text
from licet.registers.forms import CorrectionForm
from licet.registers.kinds import KIND_BY_ID, Kind
from licet.registers.listing import LARGEST_COUNT, VIEWS, Asked, page, read_question
from licet.registers.models import ProposedChange
from licet.registers.records import key_of, row_of, subject_of, versions_of

LARGEST_EXPORT = 1_000_000  # rows of one download; all of a register comes from licet export
_STATES = {"known": "fresh", "stale": "stale", "never": "missing", "unasked": "present"}


def today() -> dt.date:
    """The local day of the profile."""
    return clock.today(load_profile().time_zone)


def kind_or_404(kind_id: str) -> Kind:
    """The kind of an address."""
    kind = KIND_BY_ID.get(kind_id)
    if kind is None:
        raise Http404
    return kind


def people_names(ids: Iterable[int | None]) -> dict[int, str]:
    """User names by id."""
    users = get_user_model().objects.filter(pk__in={number for number in ids if number})
    return {user.pk: user.get_username() for user in users}


@require_GET
@permission_required("registers.read")
def register_index(request: HttpRequest) -> HttpResponse:
    """Every register: how many rows, how old, and what to do about it."""
    states = overviews.register_states(actor_of(request), today=today(), profile=load_profile())
    rows = [_register_row(request, state) for state in states]
    waiting = ProposedChange.objects.filter(state="proposed").count()
    return render_page(
        request,
        "registers/index.html",
        "",
        {
            "heads": [
                Column(label=_("Register")),
                Column(label=_("Rows now"), kind="num"),
                Column(label=_("As of"), kind="fit"),
                Column(label=_("State")),
                Column(label=_("Last load")),
                Column(label=_("Version"), kind="num"),
            ],
            "rows": rows,
            "waiting": waiting,
            "may_import": may(request, "registers.import"),
        },
    )


def _register_row(request: HttpRequest, state: overviews.RegisterState) -> Row:
    kind, last = state.kind, state.last
    url = reverse("register_list", args=[kind.id])
    count = f"{LARGEST_COUNT:,}+" if state.rows > LARGEST_COUNT else f"{state.rows:,}"
    return Row(
        url=url,
        cells=[
            Cell(text=presenting.label(kind), sub=presenting.official(kind)),
            Cell(text=count, url=url),
            Cell(text=last.as_of.isoformat() if last else "–"),
            Cell(state=_STATES[state.state], sub=_advice(state)),
            Cell(
                text=last.file_name if last else "–",
                sub=last.actor if last else "",
                url=reverse("load_list") if last else "",
            ),
            Cell(text=state.versions or "–"),
        ],
    )


def _advice(state: overviews.RegisterState) -> str:
    limit = state.max_age_days
    if state.state == "never":
        return _("Never loaded: its rules answer “unknown”. Hand in a file.") if limit else _("Never loaded")
    age = _("%(age)s days old") % {"age": state.age_days}
    if state.state == "stale":
        return age + " · " + _("too old to judge by (%(limit)s days): hand in a newer file") % {"limit": limit}
    return age + (" · " + _("good for %(limit)s days") % {"limit": limit} if limit else "")


@require_GET
@permission_required("registers.read")
def register_list(request: HttpRequest, kind_id: str) -> HttpResponse:
    """One register as a queue: search, filters, any day, page by page."""
    kind = kind_or_404(kind_id)
    asked = read_question(kind, request.GET)
    found = page(kind, asked, actor_of(request))
    older = address_with(request, {}) if found.after else ""
    context = {
        "kind": kind,
        "title": presenting.label(kind),
        "official": presenting.official(kind),
        "asked": asked,
        "heads": presenting.list_heads(kind),
        "rows": presenting.list_rows(kind, found.rows, may_correct=may(request, correct_permission(kind))),
        "chips": _chips(request, kind),
        "search": text_chip(request, "q", _search_hint(kind)),
        "crumbs": [Link(label=_("Registers"), url=reverse("register_index"))],
        "searched": _searched(kind, asked, found.searched),
        "pager": Pager(
            older_url=f"{older}{'&' if '?' in older else '?'}after={found.after}" if older else "",
            newer_url=address_with(request, {}) if asked.after else "",
            text=_("%(count)s shown") % {"count": len(found.rows)},
        ),
        "export_url": f"{reverse('register_export', args=[kind.id])}?{request.GET.urlencode()}",
        "may_correct": may(request, correct_permission(kind)),
        "may_import": may(request, "registers.import"),
        "filtered": bool(asked.parameters()),
        "list_url": reverse("register_list", args=[kind.id]),
    }
    return render_page(request, "registers/list.html", "registers/_list.html", context)


def _chips(request: HttpRequest, kind: Kind) -> list[Chip]:
    view, chips = VIEWS[kind.id], []
    if view.provider:
        name = request.GET.get("provider", "")
        chips.append(
            text_chip(
                request,
                "provider",
                presenting.label(kind.by_name[view.provider]),
                value=overviews.party_names([name]).get(name, name),
            )
        )
    if view.status:
        column = kind.by_name[view.status]
        chips.append(
            choice_chip(
                request,
                "status",
                presenting.label(column),
                [(value.id, presenting.label(value)) for value in column.values],
                anything=_("any"),
            )
        )
    if view.region:
        regions = load_profile().regions["regions"]
        chips.append(
            choice_chip(
                request,
                "region",
                presenting.label(kind.by_name[view.region]),
                [(code, presenting.region_name(code)) for code in regions],
                anything=_("any"),
            )
        )
    if kind.id == "access":
        chips.append(text_chip(request, "upstream", presenting.label(kind.by_name["upstream_provider_id"])))
    chips.append(text_chip(request, "as_of", _("As of"), input_type="date", value=request.GET.get("as_of", "")))
    return chips


def _search_hint(kind: Kind) -> str:
    view = VIEWS[kind.id]
    names = [
        presenting.label(kind.by_name[name])
        for name in dict.fromkeys((view.number, view.name, view.domain, view.uscc, view.address))
        if name
    ]
    return " · ".join(names[:4])


def _searched(kind: Kind, asked: Asked, column: str) -> str:
    if not column:
        return ""
    name = presenting.label(kind.by_name[column])
    if kind.by_name[column].type in {"text", "filing_no", "licence_no", "code", "party", "listed"}:
        return _("%(column)s begins with “%(text)s”") % {"column": name, "text": asked.q}
    return _("%(column)s is “%(text)s”") % {"column": name, "text": asked.q}


@require_GET
@permission_required("registers.read")
def register_export(request: HttpRequest, kind_id: str) -> StreamingHttpResponse:
    """The rows of the present filter as CSV; no cell starts a formula."""
    kind = kind_or_404(kind_id)
    asked = read_question(kind, request.GET)
    actor = actor_of(request)
    # The request's transaction (and who it speaks for) ends before the stream is read, so each slice states it again.
    response = StreamingHttpResponse(_csv(kind, asked, actor), content_type="text/csv; charset=utf-8")
    day = (asked.day or today()).isoformat()
    response["Content-Disposition"] = f'attachment; filename="{kind.id}-{day}.csv"'
    return response


def _csv(kind: Kind, asked: Asked, actor: Any) -> Iterator[str]:
    import dataclasses

    from licet.core.rls import acting_as

    writer = SafeCsv(_Echo())
    yield "\ufeff" + writer.writerow([column.name for column in kind.columns])
    done = 0
    while done < LARGEST_EXPORT:
        with acting_as(actor):
            found = page(kind, asked, actor, rows=2000)
        for record in found.rows:
            row = row_of(kind, record)
            yield writer.writerow([typed_text(row[column.name]) for column in kind.columns])
        done += len(found.rows)
        if not found.after:
            return
        asked = dataclasses.replace(asked, after=found.after)


class _Echo:
    def write(self, text: str) -> str:
        return text


@require_GET
@permission_required("registers.read")
def register_record(request: HttpRequest, kind_id: str, record_id: int) -> HttpResponse:
    """One record: every fact with its source, every version, and the way to correct it."""
    kind = kind_or_404(kind_id)
    record = kind.model_class.objects.filter(pk=record_id).first()
    if record is None:
        raise Http404
    return render_record(request, kind, record)


def render_record(
    request: HttpRequest, kind: Kind, record: Any, form: CorrectionForm | None = None, *, status: int = 200
) -> HttpResponse:
    """The page of a record, with a form that failed if there is one."""
    actor = actor_of(request)
    key = key_of(kind, row_of(kind, record))
    history = overviews.history_of(kind, versions_of(kind, key))
    latest = history[0]
    journal = list(Entry.objects.filter(subject=subject_of(kind, key)).order_by("-seq")[:50])
    people = people_names(version.change.proposed_by for version in history if version.change)
    events = presenting.version_events(kind, history, people)
    may_correct = (
        may(request, correct_permission(kind))
        and may_reach(kind, actor, latest.row)
        and not (kind.keeper == "authority" and not kind.two_person and actor.scope == "organisation")
    )
    waiting = ProposedChange.objects.filter(kind=kind.id, key=key, state="proposed").order_by("-pk")
    state = "ended" if latest.record.until else str(latest.row.get("status") or latest.row.get("result") or "present")
    return render_page(
        request,
        "registers/record.html",
        "",
        {
            "kind": kind,
            "kind_label": presenting.label(kind),
            "official": presenting.official(kind),
            "record": latest.record,
            "title": str(latest.record),
            "state": state,
            "facts": presenting.facts(kind, overviews.facts_of(kind, history)),
            "events": events,
            "journal": [_journal_event(entry) for entry in journal],
            "versions": len(history),
            "older": record.pk != latest.record.pk,
            "asked_version": record,
            "may_correct": may_correct,
            "form": form or CorrectionForm(kind, row=latest.row),
            "waiting": list(waiting),
            "crumbs": [list_link(kind)],
        },
        status=status,
    )


def _journal_event(entry: Entry) -> Event:
    return Event(at=entry.at, what=entry.tag, who=entry.actor, why=entry.purpose)


def list_link(kind: Kind) -> Link:
    """The crumb to a register."""
    return Link(label=presenting.label(kind), url=reverse("register_list", args=[kind.id]))
