from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from django.http import HttpRequest

    from licet.casework.consequences import StepTaken
    from licet.casework.models import Measure
    from licet.console.panels import Panel


class NoticesConfig(AppConfig):
    name = "licet.notices"
    label = "notices"

    def ready(self) -> None:
        """Letters follow the steps of measures, and stand on their pages."""
        from licet.casework.consequences import follow
        from licet.casework.panels import MEASURE_PANELS, add_reader, add_words
        from licet.console import states
        from licet.notices.looks import LOOKS, WORDS, read_reason

        def on_step(taken: StepTaken) -> None:
            from licet.notices.services.compose import on_step as compose  # loads much; only when a step is taken

            compose(taken)

        def panel(request: HttpRequest, measure: Measure) -> Panel | None:
            from licet.notices.panels import measure_panel

            return measure_panel(request, measure)

        follow("notices", on_step)
        MEASURE_PANELS.add("notice", panel)
        add_words(WORDS)
        add_reader("notices", read_reason)
        states.LOOKS.update(LOOKS)
