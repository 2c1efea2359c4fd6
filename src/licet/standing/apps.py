from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig

if TYPE_CHECKING:
    from django.http import HttpRequest

    from licet.casework.consequences import StepTaken
    from licet.casework.models import Case, Measure
    from licet.console.panels import Panel
    from licet.gate.contest import Behind


def _on_step(taken: StepTaken) -> None:
    from licet.standing.services.following import on_step

    on_step(taken)


def _complete(case: Case, kind: str) -> tuple[Mapping[str, list[str]], list[dict[str, Any]]]:
    from licet.standing.services.identity import complete_proposal

    return complete_proposal(case, kind)


def _decisions(field: str, values: Sequence[str]) -> Mapping[str, Behind]:
    from licet.standing.selectors import decisions_behind

    return decisions_behind(field, values)


def _foundation(measure: Measure) -> int | None:
    from licet.standing.services.exposures import decision_of

    return decision_of(measure)


def _case_panel(request: HttpRequest, case: Case) -> Panel | None:
    from licet.standing.panels import case_panel

    return case_panel(request, case)


class StandingConfig(AppConfig):
    name = "licet.standing"
    label = "standing"

    def ready(self) -> None:
        """Listen to casework; what does the work is imported when there is some, so that a start stays short."""
        from licet.casework.consequences import complete_with, follow, found_with
        from licet.casework.panels import CASE_PANELS, add_words
        from licet.console import states
        from licet.gate.contest import know_decisions
        from licet.standing.looks import LOOKS, WORDS

        states.LOOKS.update(LOOKS)
        follow("standing", _on_step)
        complete_with("standing", _complete)
        found_with("publish_exposure", _foundation)
        know_decisions("standing", _decisions)
        CASE_PANELS.add("standing", _case_panel)
        add_words(WORDS)
