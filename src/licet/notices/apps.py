from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "licet.notices"
    label = "notices"

    def ready(self) -> None:
        """Letters follow the steps of measures, and stand on their pages."""
        from licet.casework.consequences import follow

        def on_step(taken: object) -> None:
            from licet.notices.services.compose import on_step as compose  # loads much; only when a step is taken

            compose(taken)  # type: ignore[arg-type]

        follow("notices", on_step)
