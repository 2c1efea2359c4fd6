"""Addresses of letters in the console, and of the page of whoever is hit."""

from django.urls import URLPattern, URLResolver, path

from licet.notices import views, views_portal

urlpatterns: list[URLPattern | URLResolver] = [
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/clocks/", views.clocks, name="notice_clocks"),
    path("notices/<int:notice_id>/", views.show, name="notice_show"),
    path("notices/<int:notice_id>/print/", views.print_view, name="notice_print"),
    path("notices/<int:notice_id>/pdf/", views.pdf_view, name="notice_pdf"),
    path("notices/<int:notice_id>/deliver/", views.deliver, name="notice_deliver"),
    path("notices/address/<int:measure_id>/", views.address, name="notice_address"),
    path("notices/answers/<int:answer_id>/", views.answer, name="notice_answer_show"),
    path("portal/notices/<str:token>/", views_portal.page, name="notice_page"),
    path("portal/notices/<str:token>/answer/", views_portal.answer, name="notice_answer"),
    path("portal/notices/<str:token>/appeal/", views_portal.appeal, name="notice_appeal"),
    path("portal/notices/<str:token>/receipts/<str:what>/<int:row_id>/", views_portal.receipt, name="notice_receipt"),
    path("portal/notices/<str:token>/letters/<int:notice_id>/", views_portal.letter, name="notice_letter"),
    path("portal/notices/<str:token>/letters/<int:notice_id>/pdf/", views_portal.letter_pdf, name="notice_letter_pdf"),
]
