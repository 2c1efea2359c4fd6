from django.apps import AppConfig


class SweepsConfig(AppConfig):
    name = "licet.sweeps"
    label = "sweeps"
