"""Every component once, for looking at them; only with ``LICET_DEBUG=1`` or under test."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from licet.console.access import signed_in
from licet.console.components import (
    Cell,
    Column,
    Event,
    Fact,
    Link,
    Pager,
    Row,
    Stat,
    choice_chip,
    text_chip,
)
from licet.console.states import LOOKS

_AT = dt.datetime(2026, 3, 2, 6, 30, tzinfo=dt.UTC)


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Name of the site", help_text="As it stands on the page.")
    number = forms.CharField(label="Filing number", required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("web", "Web"), ("wap", "WAP")], widget=forms.RadioSelect)
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    agreed = forms.BooleanField(label="I have read the rule")

    def clean_number(self) -> str:
        raise forms.ValidationError("“粤ICP备1号” is not a filing number.",
                                    params={"hint": "Write it as 粤ICP备12345678号."})


@signed_in
def design(request: HttpRequest) -> HttpResponse:
    """The gallery."""
    if not (settings.DEBUG or getattr(settings, "SHOW_DESIGN", False)):
        raise Http404
    rows = [
        Row(url=f"#{number}", key=str(number), act_url=f"#act-{number}", cells=[
            Cell(text=f"A-{number:06d}", mono=True), Cell(text=f"shop{number}.example", sub="Mudflat Net"),
            Cell(state=state), Cell(text=1234567 * number)])
        for number, state in enumerate(("violation", "warning", "unknown", "clear"), start=1)
    ]
    context = {
        "states": list(LOOKS),
        "crumbs": [Link(label="Registers", url="#"), Link(label="Filings", url="#")],
        "actions": [Link(label="Correct", url="#", kind="primary"), Link(label="Export", url="#")],
        "chips": [choice_chip(request, "severity", "Severity", [("violation", "Violation"), ("warning", "Warning")],
                              anything="any"),
                  text_chip(request, "as_of", "As of", input_type="date", value="2026-03-02")],
        "search": text_chip(request, "q", "Domain or number"),
        "columns": [Column(label="Access"), Column(label="Domain", kind="long"), Column(label="State"),
                    Column(label="Rows", kind="num")],
        "rows": rows,
        "pager": Pager(newer_url="#", older_url="#", text="rows 51 to 100"),
        "stats": [Stat(label="Violations", value=412, of=1200345, url="#", state="violation"),
                  Stat(label="Warnings", value=96, of=1200345, url="#", state="warning"),
                  Stat(label="Unknown", value=0, of=1200345, url="#", state="unknown", note="all registers known")],
        "facts": [Fact(label="Filing number", value="粤ICP备12345678号", mono=True, term="filing", source="import 12",
                       source_url="#", on=_AT),
                  Fact(label="State", value="", state="active", source="import 12", on=_AT.date()),
                  Fact(label="Domains", value=["shop.example", "www.shop.example"])],
        "events": [Event(at=_AT, what="Filing verified", who="Harbour Host", why="Yearly verification", tone="permit"),
                   Event(at=_AT - dt.timedelta(days=300), what="Filed", who="Harbour Host")],
        "tabs": [Link(label="Findings", url="#", current=True, count=412), Link(label="Providers", url="#", count=9)],
        "form": SampleForm({"number": "粤ICP备1号"}),
    }
    return render(request, "console/design.html", context)
