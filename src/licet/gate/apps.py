from django.apps import AppConfig


class GateConfig(AppConfig):
    name = "licet.gate"
    label = "gate"
