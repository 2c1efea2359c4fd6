from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "licet.journal"
    label = "journal"
