"""Addresses of this concept's pages."""

from django.urls import URLPattern, URLResolver, path

from licet.sweeps import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.sweep_list, name="sweep_list"),
    path("start/", views.start, name="sweep_start"),
    path("<int:sweep_id>/", views.record, name="sweep_record"),
    path("<int:sweep_id>/progress/", views.progress, name="sweep_progress"),
    path("<int:sweep_id>/findings/", views.findings, name="sweep_findings"),
    path("<int:sweep_id>/findings/<int:finding_id>/", views.finding, name="sweep_finding"),
    path("<int:sweep_id>/files/<str:name>", views.file, name="sweep_file"),
]
