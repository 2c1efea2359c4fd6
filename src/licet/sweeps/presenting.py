"""What the record page of a sweep shows, as components."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from licet.console.components import Cell, Column, Fact, Link, Row, Stat
from licet.core.language import language
from licet.gate.tables import RULE_BY_ID
from licet.sweeps.models import Sweep
from licet.sweeps.selectors import directory_of
from licet.sweeps.tables import STATUSES

FILES = {
    "findings.csv": "text/csv; charset=utf-8",
    "findings.parquet": "application/vnd.apache.parquet",
    "findings.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "report.html": "text/html; charset=utf-8",
    "summary.json": "application/json",
    "errors.csv": "text/csv; charset=utf-8",
}


def title(finding: str) -> str:
    return RULE_BY_ID[finding].words.said("title", language())


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"


def result(sweep: Sweep) -> dict[str, Any]:
    """What the record page of a finished sweep shows; every number leads to the findings it counts."""
    summary, queue = sweep.summary, reverse("sweep_findings", args=[sweep.pk])
    against = summary["compared_with"]
    words = {"new": _("new"), "open": _("still open"), "gone": _("gone")}
    changes = (
        [Stat(label=words[status], value=summary[status], url=f"{queue}?status={status}") for status in STATUSES]
        if against
        else []
    )
    directory = directory_of(sweep.pk)
    return {
        "stats": _stats(sweep, queue),
        "changes": changes,
        "against": against,
        "findings": _finding_rows(summary, queue),
        "providers": _provider_rows(summary, queue),
        "finding_columns": _finding_columns(),
        "provider_columns": _provider_columns(),
        "facts": [
            Fact(label=_("List"), value=sweep.file_name),
            Fact(label="SHA-256", value=sweep.file_sha256, mono=True),
            Fact(label=_("Judged by the registers of"), value=sweep.as_of),
            Fact(label=_("Rules"), value=sweep.ruleset),
            Fact(label=_("Rows that could not be read"), value=sweep.rows_rejected),
            Fact(label=_("Finished"), value=sweep.finished_at),
        ],
        "files": [
            Link(label=name, url=reverse("sweep_file", args=[sweep.pk, name]))
            for name in FILES
            if (directory / name).exists()
        ],
        "actions": [Link(label=_("All findings"), url=queue, kind="primary")],
    }


def _stats(sweep: Sweep, queue: str) -> list[Stat]:
    summary, severities = sweep.summary, sweep.summary["by_severity"]
    labels = {
        "violation": _("Rows with a violation"),
        "warning": _("Rows with a warning only"),
        "unknown": _("Rows nothing can be said about"),
    }
    return [
        *(
            Stat(label=label, value=severities[grade]["rows"], of=sweep.rows, state=grade, url=f"{queue}?severity={grade}")
            for grade, label in labels.items()
        ),
        Stat(
            label=_("Accuracy rate"),
            value=percent(summary["accuracy_rate"]),
            note=_("%(clean)s of %(known)s rows judged known")
            % {"clean": summary["rows_clean"], "known": summary["rows_known"]},
        ),
    ]


def _finding_rows(summary: dict[str, Any], queue: str) -> list[Row]:
    return [
        Row(
            url=f"{queue}?{urlencode({'finding': row['finding'], 'severity': row['severity']})}",
            cells=[
                Cell(text=title(row["finding"]), sub=row["finding"]),
                Cell(state=row["severity"]),
                Cell(text=row["count"]),
                Cell(text=row["of_rows"]),
                Cell(text=percent(row["share"])),
            ],
        )
        for row in summary["by_finding"]
    ]


def _provider_rows(summary: dict[str, Any], queue: str) -> list[Row]:
    return [
        Row(
            url=f"{queue}?{urlencode({'provider': row['provider_id']})}",
            cells=[
                Cell(text=row["name"] or row["provider_id"], sub=row["provider_id"]),
                Cell(text=row["region"] or "–"),
                Cell(text=row["rows"]),
                Cell(text=row["rows_violation"]),
                Cell(text=row["rows_warning"]),
                Cell(text=row["rows_unknown"]),
                Cell(text=percent(row["accuracy_rate"])),
            ],
        )
        for row in summary["by_provider"][:200]
    ]


def _finding_columns() -> list[Column]:
    return [
        Column(label=_("Finding")),
        Column(label=_("Severity"), kind="fit"),
        Column(label=_("Findings"), kind="num"),
        Column(label=_("Of rows"), kind="num"),
        Column(label=_("Share"), kind="num"),
    ]


def _provider_columns() -> list[Column]:
    return [
        Column(label=_("Provider")),
        Column(label=_("Region"), kind="fit"),
        Column(label=_("Rows"), kind="num"),
        Column(label=_("With violation"), kind="num"),
        Column(label=_("With warning"), kind="num"),
        Column(label=_("Unknown"), kind="num"),
        Column(label=_("Accuracy rate"), kind="num"),
    ]
