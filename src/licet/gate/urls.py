"""Addresses of this concept's pages."""

from django.urls import URLPattern, URLResolver, path

from licet.gate import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.check, name="gate_check"),
    path("decisions/<uuid:decision_id>/", views.decision, name="gate_decision"),
    path("dry-run/", views.dry_run, name="gate_dry_run"),
]
