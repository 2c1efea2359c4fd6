from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "licet.orders"
    label = "orders"
