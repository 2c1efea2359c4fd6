"""The panel of a case's page that shows its evidence. Casework lies above and draws it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from django.http import HttpRequest
from django.urls import reverse

from licet.console.access import may
from licet.evidence import presenting, selectors


class Numbered(Protocol):
    """All that is needed of a case."""

    number: str


def case_panel(request: HttpRequest, case: Numbered) -> tuple[str, Mapping[str, Any]] | None:
    """The panel, ``None`` for whoever may not read cases."""
    if not may(request, "cases.read"):
        return None
    locker, url = selectors.locker_of(case.number), reverse("evidence_case", args=[case.number])
    return "evidence/_panel.html", {
        "url": url, "add_url": f"{url}?do=add" if may(request, "cases.work") else "", "columns": presenting.item_columns(),
        "rows": presenting.item_rows(case.number) if locker else [],
        "held": bool(locker and selectors.standing_hold(locker))}
