from django.apps import AppConfig


class SweepsConfig(AppConfig):
    name = "licet.sweeps"
    label = "sweeps"

    def ready(self) -> None:
        from licet.registers.panels import add_provider_panel
        from licet.sweeps.panels import provider_panel

        add_provider_panel(provider_panel)
