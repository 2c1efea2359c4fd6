from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "licet.parties"
    label = "parties"
