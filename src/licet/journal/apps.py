from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "licet.journal"
    label = "journal"

    def ready(self) -> None:
        from licet.journal import checks, receivers

        checks.connect()
        receivers.connect()
