from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "licet.portal"
    label = "portal"
