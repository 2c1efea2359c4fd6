from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "licet.orders"
    label = "orders"

    def ready(self) -> None:
        """Follow the steps of measures."""
        from licet.casework.consequences import StepTaken, follow

        def on_step(taken: StepTaken) -> None:
            from licet.orders import services  # sending and looking take their time to load; few commands need them

            services.on_step(taken)

        follow("orders", on_step)
