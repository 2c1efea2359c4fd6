"""Pages of sweeps: the queue, one sweep, its findings, one finding, handing in a list."""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from licet.config.citations import cite
from licet.console.access import actor_of, may, permission_required
from licet.console.components import (
    Cell,
    Chip,
    Column,
    Fact,
    Link,
    Pager,
    Row,
    address_with,
    choice_chip,
    text_chip,
)
from licet.core.errors import LicetError, NotFound
from licet.core.language import language
from licet.gate.tables import RULE_BY_ID, RULES, SEVERITIES
from licet.gate.texts import evidence_text, wording
from licet.sweeps import selectors
from licet.sweeps.forms import SweepForm
from licet.sweeps.models import Finding
from licet.sweeps.panels import FINDING_PANELS
from licet.sweeps.presenting import FILES, result, title

PAGE = 50
def _position(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return min(int(text), 2**63 - 1) if text.isascii() and text.isdigit() else 0


@permission_required("sweeps.read")
def sweep_list(request: HttpRequest) -> HttpResponse:
    """Sweeps, newest first."""
    provider, below = request.GET.get("provider", ""), _position(request, "before")
    found = selectors.sweeps(provider)
    page = list((found.filter(pk__lt=below) if below else found)[: PAGE + 1])
    rows = [
        Row(
            url=reverse("sweep_record", args=[row.pk]),
            cells=[
                Cell(text=row.number, mono=True),
                Cell(state=row.state),
                Cell(text=row.file_name),
                Cell(text=row.provider_id or _("several")),
                Cell(text=row.as_of),
                Cell(text=row.rows),
                Cell(text=row.summary.get("by_severity", {}).get("violation", {}).get("rows", "–")),
            ],
        )
        for row in page[:PAGE]
    ]
    columns = [
        Column(label=_("Sweep"), kind="fit"),
        Column(label=_("State"), kind="fit"),
        Column(label=_("List")),
        Column(label=_("Provider")),
        Column(label=_("As of"), kind="fit"),
        Column(label=_("Rows"), kind="num"),
        Column(label=_("Rows with a violation"), kind="num"),
    ]
    pager = Pager(
        newer_url=address_with(request, {}) if below else "",
        older_url=_with(request, before=page[PAGE - 1].pk) if len(page) > PAGE else "",
    )
    actions = (
        [Link(label=_("Sweep a list"), url=reverse("sweep_start"), kind="primary")]
        if may(request, "sweeps.run")
        else []
    )
    return render(
        request,
        "sweeps/list.html",
        {
            "rows": rows,
            "columns": columns,
            "pager": pager,
            "actions": actions,
            "chips": [text_chip(request, "provider", _("Provider"))],
        },
    )


def _with(request: HttpRequest, **cursor: int) -> str:
    kept = {name: value for name, value in request.GET.items() if name not in {"after", "before"}}
    return f"{request.path}?{urlencode({**kept, **cursor})}"


@permission_required("sweeps.run")
def start(request: HttpRequest) -> HttpResponse:
    """Hand in a list; the worker sweeps it."""
    earlier = [(row.number, f"{row.number} · {row.as_of} · {row.provider_id or _('several')} · {row.file_name}")
               for row in selectors.candidates()[:PAGE]]
    form, problem = SweepForm(request.POST or None, request.FILES or None, sweeps=earlier), None
    if request.method == "POST" and form.is_valid():
        from licet.sweeps import services  # heavy (numba, pyarrow): not while the server starts

        try:
            with transaction.atomic():
                file = form.cleaned_data["file"]
                sweep, path = services.request_sweep(
                    file.name,
                    file.chunks(),
                    actor=actor_of(request),
                    as_of=form.cleaned_data["as_of"],
                    provider=form.cleaned_data["provider_id"],
                    compare_with=form.cleaned_data["compare_with"],
                )
        except LicetError as error:
            problem = error
        else:
            from licet.sweeps.tasks import run

            # Only a committed sweep can be found by the worker.
            transaction.on_commit(
                functools.partial(run.defer, sweep_id=sweep.pk, path=str(path), asked_by=actor_of(request).user_id)
            )
            return redirect("sweep_record", sweep_id=sweep.pk)
    return render(
        request,
        "sweeps/start.html",
        {"form": form, "problem": problem, "crumbs": [Link(label=_("Sweeps"), url=reverse("sweep_list"))]},
        status=problem.status if problem else 200,
    )


@permission_required("sweeps.read")
def record(request: HttpRequest, *, sweep_id: int) -> HttpResponse:
    """A sweep: what was found, of how many, against the last one; or how far it is."""
    sweep = selectors.sweep(sweep_id)
    context: dict[str, Any] = {"sweep": sweep, "crumbs": [Link(label=_("Sweeps"), url=reverse("sweep_list"))]}
    if sweep.state in {"waiting", "running"}:
        context["poll_url"] = reverse("sweep_progress", args=[sweep.pk])
    if sweep.state == "finished":
        context |= result(sweep)
        if may(request, "cases.work"):  # a page of casework, which lies above
            receive = Link(label=_("Receive findings as signals"), url=reverse("signals_from_sweep", args=[sweep.pk]))
            context["actions"] = [*context["actions"], receive]
    return render(request, "sweeps/record.html", context)


@permission_required("sweeps.read")
def progress(request: HttpRequest, *, sweep_id: int) -> HttpResponse:
    """How far a sweep is; sends the page to its result when it is done."""
    sweep = selectors.sweep(sweep_id)
    running = sweep.state in {"waiting", "running"}
    response = render(
        request,
        "sweeps/progress.html",
        {"sweep": sweep, "poll_url": reverse("sweep_progress", args=[sweep.pk]) if running else ""},
    )
    if not running:
        response["HX-Redirect"] = reverse("sweep_record", args=[sweep.pk])
    return response


@permission_required("sweeps.read")
def findings(request: HttpRequest, *, sweep_id: int) -> HttpResponse:
    """Findings of a sweep in the list's order, by keyset: a page costs the same at a thousand and a million rows."""
    sweep = selectors.sweep(sweep_id)
    chosen = {name: request.GET.get(name, "") for name in ("finding", "severity", "status")}
    after = _position(request, "after")
    page = list(
        selectors.findings(sweep.pk, after=after, provider_id=request.GET.get("provider", ""), **chosen)[: PAGE + 1]
    )
    rows = [
        Row(
            url=reverse("sweep_finding", args=[sweep.pk, row.pk]),
            cells=[
                Cell(text=title(row.finding)),
                Cell(state=row.severity),
                Cell(text=row.domain or "–", sub=row.access_id),
                Cell(text=row.provider_id),
                Cell(text=evidence_text(row.finding, row.evidence)),
                Cell(state=row.status),
            ],
        )
        for row in page[:PAGE]
    ]
    pager = Pager(
        newer_url=address_with(request, {}) if after else "",
        older_url=_with(request, after=page[PAGE - 1].pk) if len(page) > PAGE else "",
    )
    return render(
        request,
        "sweeps/findings.html",
        {
            "sweep": sweep,
            "rows": rows,
            "pager": pager,
            "chips": _chips(request),
            "columns": [
                Column(label=_("Finding")),
                Column(label=_("Severity"), kind="fit"),
                Column(label=_("Site")),
                Column(label=_("Provider")),
                Column(label=_("Evidence"), kind="long"),
                Column(label=_("Status"), kind="fit"),
            ],
            "crumbs": [
                Link(label=_("Sweeps"), url=reverse("sweep_list")),
                Link(label=sweep.number, url=reverse("sweep_record", args=[sweep.pk])),
            ],
        },
    )


def _chips(request: HttpRequest) -> list[Chip]:
    words = {"violation": _("violation"), "warning": _("warning"), "unknown": _("unknown")}
    states = {"new": _("new"), "open": _("still open"), "gone": _("gone")}
    return [
        choice_chip(request, "severity", _("Severity"), [(key, words[key]) for key in SEVERITIES], anything=_("any")),
        choice_chip(
            request, "finding", _("Finding"), [(rule.id, title(rule.id)) for rule in RULES], anything=_("any")
        ),
        choice_chip(request, "status", _("Status"), list(states.items()), anything=_("any")),
        text_chip(request, "provider", _("Provider")),
    ]


@permission_required("sweeps.read")
def finding(request: HttpRequest, *, sweep_id: int, finding_id: int) -> HttpResponse:
    """One finding: what was found, under which rule, what repairs it, who may contest it."""
    sweep = selectors.sweep(sweep_id)
    row = Finding.objects.filter(pk=finding_id, sweep_id=sweep_id).first()
    if row is None:
        raise NotFound(_("There is no such finding."))
    rule = RULE_BY_ID[row.finding]
    facts = [
        Fact(label=_("Provider"), value=row.provider_id, url=_at_registers(request, "provider_record", row.provider_id)),
        Fact(label=_("Access"), value=row.access_id or "–", mono=True,
             url=_at_registers(request, "register_list", "access", provider=row.provider_id, q=row.access_id)),
        Fact(label=_("Domain"), value=row.domain or "–",
             url=_at_registers(request, "register_list", "filings", q=row.domain)),
        Fact(label=_("Evidence"), value=evidence_text(row.finding, row.evidence)),
        Fact(label=_("Rule"), value=cite(rule.words.citation, language())),
        Fact(label=_("Against the last sweep"), value="", state=row.status),
        Fact(label=_("Judged by the registers of"), value=sweep.as_of),
    ]
    return render(
        request,
        "sweeps/finding.html",
        {
            "row": row,
            "title": title(row.finding),
            "facts": facts,
            "panels": FINDING_PANELS.drawn(request, row),
            "remedy": wording(rule, "remedy"),
            "contest": wording(rule, "contest"),
            "crumbs": [
                Link(label=_("Sweeps"), url=reverse("sweep_list")),
                Link(label=sweep.number, url=reverse("sweep_record", args=[sweep.pk])),
                Link(label=_("Findings"), url=reverse("sweep_findings", args=[sweep.pk])),
            ],
        },
    )


def _at_registers(request: HttpRequest, name: str, what: str, **asked: str) -> str:
    """Where the registers say more, for whoever may read them; '' where there is nothing to ask about."""
    if not what or not all(asked.values()) or not may(request, "registers.read"):
        return ""
    return reverse(name, args=[what]) + (f"?{urlencode(asked)}" if asked else "")


@permission_required("sweeps.read")
def file(request: HttpRequest, *, sweep_id: int, name: str) -> HttpResponse:
    """A file of a sweep, as a download."""
    path = selectors.directory_of(selectors.sweep(sweep_id).pk) / name
    if name not in FILES or not path.exists():
        raise NotFound(_("There is no such file."))
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"S-{sweep_id}-{name}",  # type: ignore[return-value]
        content_type=FILES[name],
    )
