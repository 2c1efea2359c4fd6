from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "licet.console"
    label = "console"
