"""Addresses of the shell itself."""

from django.urls import path

from licet.console import gallery, views

urlpatterns = [
    path("", views.home, name="home"),
    path("design/", gallery.design, name="design"),
]
