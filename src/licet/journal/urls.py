"""Addresses of this concept's pages."""

from django.urls import URLPattern, URLResolver, path

from licet.journal import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.entries, name="journal_list"),
    path("<int:seq>", views.record, name="journal_entry"),
    path("<int:seq>/proof.json", views.proof, name="journal_proof"),
]
