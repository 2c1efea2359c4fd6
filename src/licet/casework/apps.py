from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "licet.casework"
    label = "casework"
