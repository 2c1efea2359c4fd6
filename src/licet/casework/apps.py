from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from django.http import HttpRequest

    from licet.casework.models import Case
    from licet.console.panels import Panel
    from licet.core.actors import Actor
    from licet.evidence.cases import CaseFacts
    from licet.sweeps.models import Finding


class CaseworkConfig(AppConfig):
    name = "licet.casework"
    label = "casework"

    def ready(self) -> None:
        """The console draws the states of casework with its own; evidence learns what a case is and stands on its page;
        the page of a sweep's finding says its case.

        What only some requests need is loaded when they come.
        """
        from licet.casework.looks import LOOKS
        from licet.casework.panels import CASE_PANELS
        from licet.console import states
        from licet.evidence.cases import Directory, register_directory
        from licet.sweeps.panels import FINDING_PANELS

        def find(number: str) -> CaseFacts | None:
            from licet.casework.services.preserved import case_facts

            return case_facts(number)

        def ensure_may_work(actor: Actor, case_id: int) -> None:
            from licet.casework.services.preserved import may_handle

            may_handle(actor, case_id)

        def panel(request: HttpRequest, case: Case) -> Panel | None:
            from licet.evidence.panel import case_panel

            return case_panel(request, case)

        def of_finding(request: HttpRequest, finding: Finding) -> Panel | None:
            from licet.casework.finding_panel import finding_panel

            return finding_panel(request, finding)

        states.LOOKS.update(LOOKS)
        register_directory(Directory(find=find, ensure_may_work=ensure_may_work))
        CASE_PANELS.add("evidence", panel)
        FINDING_PANELS.add("case", of_finding)
