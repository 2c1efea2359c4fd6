from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "licet.core"
    label = "core"
