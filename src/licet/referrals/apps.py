from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "licet.referrals"
    label = "referrals"
