from django.apps import AppConfig


class GroundsConfig(AppConfig):
    name = "licet.grounds"
    label = "grounds"
