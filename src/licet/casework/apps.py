from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "licet.casework"
    label = "casework"

    def ready(self) -> None:
        """The console draws the states of casework with its own; evidence learns what a case is."""
        from licet.casework.looks import LOOKS
        from licet.console import states

        states.LOOKS.update(LOOKS)

        from licet.casework.services import preserved

        preserved.connect()

        from licet.casework.panels import add_case_panel
        from licet.evidence.panel import case_panel

        add_case_panel("evidence", case_panel)
