"""Addresses of referrals."""

from django.urls import URLPattern, URLResolver, path

from licet.referrals import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.referral_list, name="referral_list"),
    path("<slug:number>/", views.referral_show, name="referral_show"),
    path("<slug:number>/do/<slug:action>/", views.referral_act, name="referral_act"),
]
