"""Addresses of the hotline: public ones first."""

from django.urls import path

from licet.hotline import views_public

urlpatterns = [
    path("report/", views_public.report, name="hotline_report"),
    path("report/status/", views_public.status, name="hotline_status"),
]
