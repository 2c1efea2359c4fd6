"""report.html: one file that prints on A4 and needs nothing else. Summary with denominators, then examples per rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.template.loader import render_to_string

from licet.config.citations import cite
from licet.core.language import language
from licet.gate.tables import RULES
from licet.gate.texts import evidence_text, wording
from licet.sweeps.models import Sweep

SAMPLE = 20  # findings shown per rule


def write_report(sweep: Sweep, directory: Path, samples: dict[str, list[dict[str, Any]]]) -> Path:
    """Render the report of a finished sweep in the language that is active."""
    sections = [
        {"rule": rule, "title": wording(rule, "title"), "remedy": wording(rule, "remedy"), "contest": wording(rule, "contest"),
         "citation": cite(rule.words.citation, language()),
         "findings": [row | {"evidence": evidence_text(rule.id, row["evidence"])} for row in samples[rule.id]],
         "total": sum(sweep.counts.get(rule.id, {}).values())}
        for rule in RULES
        if rule.id in samples
    ]
    page = render_to_string(
        "sweeps/report.html", {"sweep": sweep, "summary": sweep.summary, "sections": sections, "sample": SAMPLE}
    )
    path = directory / "report.html"
    path.write_text(page, encoding="utf-8")
    return path
