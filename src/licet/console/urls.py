"""Addresses of the shell itself."""

from django.urls import path

from licet.console import gallery, views, views_people

urlpatterns = [
    path("", views.home, name="home"),
    path("people/", views_people.people_page, name="people"),
    path("people/<int:membership_id>/end/", views_people.end, name="people_end"),
    path("people/<int:membership_id>/second-factor/", views_people.reset_factor, name="people_reset_factor"),
    path("design/", gallery.design, name="design"),
]
