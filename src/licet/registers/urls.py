"""Addresses of the registers' pages."""

from django.urls import URLPattern, URLResolver, path

from licet.registers import views, views_changes, views_providers, views_uploads

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.register_index, name="register_index"),
    path("import/", views_uploads.upload_form, name="upload_form"),
    path("import/<int:upload_id>/", views_uploads.upload_page, name="upload"),
    path("import/<int:upload_id>/errors.csv", views_uploads.upload_errors, name="upload_errors"),
    path("loads/", views_uploads.load_list, name="load_list"),
    path("changes/", views_changes.change_list, name="change_list"),
    path("changes/<int:change_id>/", views_changes.change_page, name="change"),
    path("providers/<str:party_id>/", views_providers.provider_record, name="provider_record"),
    path("posts/missing/", views_providers.post_gaps, name="post_gaps"),
    path("<slug:kind_id>/", views.register_list, name="register_list"),
    path("<slug:kind_id>/export.csv", views.register_export, name="register_export"),
    path("<slug:kind_id>/add/", views_changes.add_record, name="register_add"),
    path("<slug:kind_id>/<int:record_id>/", views.register_record, name="register_record"),
    path("<slug:kind_id>/<int:record_id>/correct/", views_changes.propose, name="register_correct"),
]
