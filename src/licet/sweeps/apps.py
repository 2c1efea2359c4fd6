from django.apps import AppConfig


class SweepsConfig(AppConfig):
    name = "licet.sweeps"
    label = "sweeps"

    def ready(self) -> None:
        from licet.registers.panels import PROVIDER_PANELS
        from licet.sweeps.panels import provider_panel

        PROVIDER_PANELS.add("sweep", provider_panel)
