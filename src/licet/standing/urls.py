"""Addresses of this concept's pages; those below ``portal/`` need no sign-in."""

from django.urls import URLPattern, URLResolver, path

from licet.standing import views, views_portal, views_thresholds

urlpatterns: list[URLPattern | URLResolver] = [
    path("standing/", views.overview, name="standing_overview"),
    path("standing/formula/", views.formula, name="standing_formula"),
    path("standing/providers/<str:party_id>/", views.provider, name="standing_provider"),
    path("standing/points/<int:point_id>/", views.point, name="standing_point"),
    path("standing/blacklist/", views.blacklist, name="standing_blacklist"),
    path("standing/blacklist/<int:entry_id>/", views.entry, name="standing_entry"),
    path("standing/thresholds/", views_thresholds.thresholds, name="standing_thresholds"),
    path("standing/thresholds/<int:threshold_id>/", views_thresholds.threshold, name="standing_threshold"),
    path("standing/exposure/", views_thresholds.exposures, name="standing_exposures"),
    path("portal/exposure/", views_portal.exposure, name="portal_exposure"),
    path("portal/exposure.json", views_portal.exposure_json, name="portal_exposure_json"),
    path("portal/exposure.csv", views_portal.exposure_csv, name="portal_exposure_csv"),
]
