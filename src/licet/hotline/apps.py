from django.apps import AppConfig


class HotlineConfig(AppConfig):
    name = "licet.hotline"
    label = "hotline"

    def ready(self) -> None:
        """The console draws the states of reports with its own."""
        from licet.console import states
        from licet.hotline.looks import LOOKS

        states.LOOKS.update(LOOKS)
