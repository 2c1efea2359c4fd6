from django.apps import AppConfig


class StandingConfig(AppConfig):
    name = "licet.standing"
    label = "standing"
