"""Pages of the gate: ask, a decision, a dry run."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from licet.console.access import actor_of, permission_required
from licet.console.components import Cell, Column, Fact, Link, Row, Stat
from licet.core.errors import LicetError
from licet.core.language import in_language, language
from licet.gate import selectors
from licet.gate.forms import CheckForm, DryRunForm
from licet.gate.tables import RULE_BY_ID
from licet.registers.kinds import KIND_BY_ID

_RECENT = 20


@permission_required("gate.ask")
def check(request: HttpRequest) -> HttpResponse:
    """The question; the answer is a page of its own, so that it can be found again."""
    form = CheckForm(request.POST or None, initial={"provider_id": _own(request)})
    problem: LicetError | None = None
    if request.method == "POST" and form.is_valid():
        from licet.gate import services  # heavy (numba, pyarrow): not while the server starts

        row = {name: value for name, value in form.cleaned_data.items() if name not in {"as_of", "purpose"}}
        try:
            answered = services.decide(
                row, actor=actor_of(request), as_of=form.cleaned_data["as_of"], purpose=form.cleaned_data["purpose"]
            )
        except LicetError as error:
            problem = error
        else:
            if answered.id:
                return redirect("gate_decision", decision_id=uuid.UUID(answered.id))
            return _answer(request, answered.document)
    recent = [
        Row(
            url=reverse("gate_decision", args=[row.pk]),
            cells=[
                Cell(text=row.domain or row.provider_id or str(row.pk)),
                Cell(state=row.answer),
                Cell(text=row.provider_id),
                Cell(text=row.decided_at),
            ],
        )
        for row in selectors.decisions()[:_RECENT]
    ]
    columns = [
        Column(label=_("Asked about")),
        Column(label=_("Answer"), kind="fit"),
        Column(label=_("Provider")),
        Column(label=_("When"), kind="fit"),
    ]
    return render(
        request,
        "gate/check.html",
        {
            "form": form,
            "problem": problem,
            "rows": recent,
            "columns": columns,
            "actions": [Link(label=_("Dry run"), url=reverse("gate_dry_run"))],
        },
        status=problem.status if problem else 200,
    )


def _own(request: HttpRequest) -> str:
    own = actor_of(request).organisations
    return own[0] if len(own) == 1 and own[0] != "authority" else ""


@permission_required("gate.ask")
def decision(request: HttpRequest, *, decision_id: uuid.UUID) -> HttpResponse:
    """A decision with every reason."""
    return _answer(request, dict(selectors.decision(decision_id).document))


def _answer(request: HttpRequest, document: dict[str, Any]) -> HttpResponse:
    registers = document["registers"]
    facts = [
        Fact(label=_("Domain"), value=document["domain"] or "–"),
        Fact(label=_("Provider"), value=document["provider_id"] or "–"),
        Fact(label=_("Judged by the registers of"), value=document["as_of"]),
        Fact(label=_("Rules"), value=document["ruleset"]),
        *(
            Fact(label=in_language(KIND_BY_ID[name]), value=row["last_as_of"] or "–", state="" if row["known"] else "unknown")
            for name, row in registers.items()
        ),
        Fact(label=_("Digest of the question"), value=document["input_digest"], mono=True),
    ]
    return render(
        request,
        "gate/decision.html",
        {"document": document, "facts": facts, "crumbs": [Link(label=_("Gate"), url=reverse("gate_check"))]},
    )


@permission_required("gate.ask")
def dry_run(request: HttpRequest) -> HttpResponse:
    """Who would be cut by stricter rules, before anybody is."""
    form, result, problem = DryRunForm(request.GET or None), None, None
    if request.GET and form.is_valid():
        from licet.gate import services  # heavy (numba, pyarrow): not while the server starts

        try:
            result = services.dry_run(
                form.cleaned_data["deny"], provider=form.cleaned_data["provider_id"], actor=actor_of(request)
            )
        except LicetError as error:
            problem = error
    context: dict[str, Any] = {
        "form": form,
        "problem": problem,
        "result": result,
        "crumbs": [Link(label=_("Gate"), url=reverse("gate_check"))],
    }
    if result is not None:
        context |= _dry_run_tables(result)
    return render(request, "gate/dry_run.html", context, status=problem.status if problem else 200)


def _dry_run_tables(result: dict[str, Any]) -> dict[str, Any]:
    def title(finding: str) -> str:
        return RULE_BY_ID[finding].words.said("title", language())

    return {
        "stats": [
            Stat(label=_("Would be cut"), value=result["cut"], of=result["rows"], state="deny"),
            Stat(label=_("Denied now"), value=result["denied_now"], of=result["rows"]),
            Stat(label=_("Denied then"), value=result["denied_then"], of=result["rows"]),
        ],
        "columns": [
            Column(label=_("Access")),
            Column(label=_("Provider")),
            Column(label=_("Domain")),
            Column(label=_("Why")),
        ],
        "rows": [
            Row(
                cells=[
                    Cell(text=row["access_id"]),
                    Cell(text=row["provider_id"]),
                    Cell(text=row["domain"]),
                    Cell(text="; ".join(title(name) for name in row["findings"].split())),
                ]
            )
            for row in result["shown"]
        ],
        "providers": [Row(cells=[Cell(text=name), Cell(text=count)]) for name, count in result["by_provider"].items()],
        "provider_columns": [Column(label=_("Provider")), Column(label=_("Would be cut"), kind="num")],
    }
