"""Addresses of the shell itself."""

from django.urls import path

from licet.console import views

urlpatterns = [path("", views.home, name="home")]
