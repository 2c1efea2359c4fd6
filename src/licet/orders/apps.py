from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "licet.orders"
    label = "orders"

    def ready(self) -> None:
        """Follow the steps of measures; show orders on their pages."""
        from licet.casework.consequences import StepTaken, follow

        def on_step(taken: StepTaken) -> None:
            from licet.orders import services  # sending and looking take their time to load; few commands need them

            services.on_step(taken)

        follow("orders", on_step)

        from django.http import HttpRequest

        from licet.casework.models import Measure
        from licet.casework.panels import MEASURE_PANELS, add_reader, add_words
        from licet.console import states
        from licet.console.panels import Panel
        from licet.orders.looks import LOOKS, WORDS, read_reason

        states.LOOKS.update(LOOKS)
        add_words(WORDS)
        add_reader("orders", read_reason)

        def panel(request: HttpRequest, measure: Measure) -> Panel | None:
            from licet.orders.panels import measure_panel

            return measure_panel(request, measure)

        MEASURE_PANELS.add("orders", panel)
