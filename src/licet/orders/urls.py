"""Addresses of this concept's pages."""

from django.urls import URLPattern, URLResolver, path

from licet.orders import views, views_connectors

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.board, name="order_board"),
    path("<int:order_id>/", views.show, name="order_show"),
    path("<int:order_id>/report/", views.report, name="order_report"),
    path("<int:order_id>/again/", views.again, name="order_again"),
    path("<int:order_id>/check/", views.check, name="order_check"),
    path("answer/<str:token>/", views.answer, name="order_answer"),
    path("connectors/", views_connectors.connector_list, name="connector_list"),
    path("connectors/add/", views_connectors.add, name="connector_add"),
    path("connectors/<int:connector_id>/", views_connectors.show, name="connector_show"),
    path("connectors/<int:connector_id>/<slug:action>/", views_connectors.act, name="connector_act"),
]
