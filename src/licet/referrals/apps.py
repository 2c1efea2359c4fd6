from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from django.http import HttpRequest

    from licet.casework.consequences import StepTaken
    from licet.casework.models import Measure
    from licet.console.panels import Panel


class ReferralsConfig(AppConfig):
    name = "licet.referrals"
    label = "referrals"

    def ready(self) -> None:
        """Referrals follow the steps of measures, and stand on their pages."""
        from licet.casework.consequences import follow
        from licet.casework.panels import MEASURE_PANELS, add_words
        from licet.console import states
        from licet.referrals.looks import LOOKS, WORDS

        def on_step(taken: StepTaken) -> None:
            from licet.referrals.services import on_step as write  # loads much; only when a step is taken

            write(taken)

        def panel(request: HttpRequest, measure: Measure) -> Panel | None:
            from licet.referrals.presenting import measure_panel

            return measure_panel(request, measure)

        follow("referrals", on_step)
        MEASURE_PANELS.add("referral", panel)
        states.LOOKS.update(LOOKS)
        add_words(WORDS)
