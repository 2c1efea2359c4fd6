from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "licet.registers"
    label = "registers"
