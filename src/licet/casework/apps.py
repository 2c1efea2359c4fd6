from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from django.http import HttpRequest

    from licet.casework.models import Case
    from licet.core.actors import Actor
    from licet.evidence.cases import CaseFacts


class CaseworkConfig(AppConfig):
    name = "licet.casework"
    label = "casework"

    def ready(self) -> None:
        """The console draws the states of casework with its own; evidence learns what a case is and stands on its page.

        What only some requests need is loaded when they come.
        """
        from licet.casework.looks import LOOKS
        from licet.casework.panels import Panel, add_case_panel
        from licet.console import states
        from licet.evidence.cases import Directory, register_directory

        def find(number: str) -> CaseFacts | None:
            from licet.casework.services.preserved import case_facts

            return case_facts(number)

        def ensure_may_work(actor: Actor, case_id: int) -> None:
            from licet.casework.services.preserved import may_handle

            may_handle(actor, case_id)

        def panel(request: HttpRequest, case: Case) -> Panel | None:
            from licet.evidence.panel import case_panel

            return case_panel(request, case)

        states.LOOKS.update(LOOKS)
        register_directory(Directory(find=find, ensure_may_work=ensure_may_work))
        add_case_panel("evidence", panel)
