"""Addresses of the hotline: public ones first."""

from django.urls import path

from licet.hotline import views, views_open, views_public

urlpatterns = [
    path("welcome/", views_open.entrance, name="entrance"),
    path("report/", views_public.report, name="hotline_report"),
    path("report/status/", views_public.status, name="hotline_status"),
    path("check/", views_open.check, name="filing_check"),
    path("transparency/", views_open.transparency, name="transparency"),
    path("transparency/figures.csv", views_open.transparency_csv, name="transparency_csv"),
    path(".well-known/security.txt", views_open.security_txt, name="security_txt"),
    path("hotline/", views.queue, name="hotline_queue"),
    path("hotline/operator/", views.operator, name="hotline_operator"),
    path("hotline/bulk/", views.bulk, name="hotline_bulk"),
    path("hotline/alarms/<int:alarm_id>/", views.alarm, name="hotline_alarm"),
    path("hotline/contests/<int:contest_id>/", views.contest, name="hotline_contest"),
    path("hotline/<slug:number>/", views.show, name="hotline_show"),
    path("hotline/<slug:number>/join/", views.join, name="hotline_join"),
    path("hotline/<slug:number>/do/<slug:action>/", views.act, name="hotline_act"),
]
