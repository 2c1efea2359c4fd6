"""Addresses of evidence."""

from django.urls import URLPattern, URLResolver, path

from licet.evidence import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.evidence_list, name="evidence_list"),
    path("cases/<slug:number>/", views.evidence_case, name="evidence_case"),
    path("cases/<slug:number>/do/<slug:action>/", views.evidence_case_act, name="evidence_case_act"),
    path("items/<slug:ref>/", views.evidence_item, name="evidence_item"),
    path("items/<slug:ref>/do/<slug:action>/", views.evidence_item_act, name="evidence_item_act"),
    path("items/<slug:ref>/look/", views.evidence_look, name="evidence_look"),
    path("items/<slug:ref>/squares.png", views.evidence_squares, name="evidence_squares"),
    path("looks/<int:viewing_id>/blur/", views.evidence_blur, name="evidence_blur"),
    path("looks/<int:viewing_id>/picture.png", views.evidence_picture, name="evidence_picture"),
    path("bags/<slug:ref>/", views.evidence_bag, name="evidence_bag"),
]
