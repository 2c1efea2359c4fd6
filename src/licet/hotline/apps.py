from django.apps import AppConfig


class HotlineConfig(AppConfig):
    name = "licet.hotline"
    label = "hotline"
