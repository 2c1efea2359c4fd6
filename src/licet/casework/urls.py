"""Addresses of cases, measures and appeals."""

from django.urls import URLPattern, URLResolver, path

from licet.casework import views, views_appeals, views_case, views_measures, views_signals

urlpatterns: list[URLPattern | URLResolver] = [
    path("cases/", views.queue, name="case_queue"),
    path("cases/next/", views.take_next, name="case_next"),
    path("cases/bulk/", views.bulk, name="case_bulk"),
    path("cases/queues/", views.save_queue, name="case_queue_save"),
    path("cases/queues/<int:queue_id>/remove/", views.remove_queue, name="case_queue_remove"),
    path("cases/signals/enter/", views_signals.enter, name="signal_enter"),
    path("cases/signals/sweep/<int:sweep_id>/", views_signals.from_sweep, name="signals_from_sweep"),
    path("cases/signals/finding/<int:finding_id>/", views_signals.from_finding, name="signal_from_finding"),
    path("cases/<slug:number>/", views_case.show, name="case_show"),
    path("cases/<slug:number>/signals/", views_signals.of_case, name="case_signals"),
    path("cases/<slug:number>/take/", views_case.take, name="case_take"),
    path("cases/<slug:number>/release/", views_case.release, name="case_release"),
    path("cases/<slug:number>/preserve/", views_case.preserve, name="case_preserve"),
    path("cases/<slug:number>/do/<slug:action>/", views_case.act, name="case_act"),
    path("cases/<slug:number>/measures/draft/", views_measures.draft, name="measure_draft"),
    path("measures/", views_measures.measure_board, name="measure_board"),
    path("measures/<int:measure_id>/", views_measures.show, name="measure_show"),
    path("measures/<int:measure_id>/sign/", views_measures.sign, name="measure_sign"),
    path("measures/<int:measure_id>/do/<slug:action>/", views_measures.act, name="measure_act"),
    path("appeals/", views_appeals.appeal_list, name="appeal_list"),
    path("appeals/<int:appeal_id>/", views_appeals.appeal_show, name="appeal_show"),
]
