from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "licet.evidence"
    label = "evidence"

    def ready(self) -> None:
        """The console draws the states of evidence with its own."""
        from licet.console import states
        from licet.evidence.looks import LOOKS

        states.LOOKS.update(LOOKS)
