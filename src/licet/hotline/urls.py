"""Addresses of the hotline: public ones first."""

from django.urls import path

from licet.hotline import views, views_public

urlpatterns = [
    path("report/", views_public.report, name="hotline_report"),
    path("report/status/", views_public.status, name="hotline_status"),
    path("hotline/", views.queue, name="hotline_queue"),
    path("hotline/operator/", views.operator, name="hotline_operator"),
    path("hotline/bulk/", views.bulk, name="hotline_bulk"),
    path("hotline/alarms/<int:alarm_id>/", views.alarm, name="hotline_alarm"),
    path("hotline/<slug:number>/", views.show, name="hotline_show"),
    path("hotline/<slug:number>/join/", views.join, name="hotline_join"),
    path("hotline/<slug:number>/do/<slug:action>/", views.act, name="hotline_act"),
]
