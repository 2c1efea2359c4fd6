"""Panels that higher concepts add to the page of a case or a measure: evidence, notices, orders, standing.

Casework knows nothing of them; a panel brings its own template and its own permission check. Concepts register in
``AppConfig.ready``; the pages draw the panels in the order they came.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

from licet.casework import wording
from licet.casework.models import Case, Measure
from licet.casework.rules import Refuse
from licet.core.errors import LicetError

Panel = tuple[str, Mapping[str, Any]]  # template, context
CaseBuilder = Callable[[HttpRequest, Case], Panel | None]
MeasureBuilder = Callable[[HttpRequest, Measure], Panel | None]
_CASE: dict[str, CaseBuilder] = {}
_MEASURE: dict[str, MeasureBuilder] = {}


def add_case_panel(name: str, build: CaseBuilder) -> None:
    """Let ``build(request, case)`` add a panel to the case's page; ``None`` adds nothing. A name replaces its own."""
    _CASE[name] = build


def add_measure_panel(name: str, build: MeasureBuilder) -> None:
    """Let ``build(request, measure)`` add a panel to the decision page (the notice's preview, the orders)."""
    _MEASURE[name] = build


def add_words(words: Mapping[str, str | Promise]) -> None:
    """Words for lines that a higher concept writes into a case's timeline: tag -> words; ``actor:<kind>`` -> who;
    ``why:<reason>`` -> a reason that a job noted."""
    wording.OTHERS.update(words)


def why(reason: str) -> str:
    """A step's reason: what a person wrote as it stands, what Licet noted in the page's language."""
    return wording.why(reason)


def add_reader(name: str, reader: Callable[[str], str]) -> None:
    """Let a higher concept say in words what its jobs note with numbers in it; '' for what is not its own."""
    wording.READERS[name] = reader


@dataclasses.dataclass(frozen=True)
class Said:
    """A refusal in the page's language."""

    message: str
    hint: str


def said(error: LicetError) -> Said:
    """What a page shows of an error: words of the page's language, the service's own where there are none."""
    return Said(*wording.refusal(error))


def explain(refuse: Refuse) -> tuple[str, str]:
    """Message and repair of a rule's answer that is no error yet."""
    return wording.explain(refuse.code, refuse.text, refuse.hint)


def case_panels(request: HttpRequest, case: Case) -> list[dict[str, Any]]:
    """The panels of one case."""
    return _drawn(build(request, case) for build in _CASE.values())


def case_panel(request: HttpRequest, case: Case, name: str) -> list[dict[str, Any]]:
    """One panel of a case, for the page of something else in it; nothing if no concept added one of this name."""
    return _drawn([_CASE[name](request, case)] if name in _CASE else [])


def measure_panels(request: HttpRequest, measure: Measure) -> list[dict[str, Any]]:
    """The panels of one measure."""
    return _drawn(build(request, measure) for build in _MEASURE.values())


def _drawn(built: Any) -> list[dict[str, Any]]:
    return [{"template": panel[0], "context": panel[1]} for panel in built if panel]
