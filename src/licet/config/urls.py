"""All addresses. Each concept brings its own ``urls`` and API router."""

from django.urls import include, path

from licet.config.routers import api

urlpatterns = [
    path("accounts/", include("licet.console.addresses")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("registers/", include("licet.registers.urls")),
    path("api/", api.urls),
    path("gate/", include("licet.gate.urls")),
    path("sweeps/", include("licet.sweeps.urls")),
    path("journal/", include("licet.journal.urls")),
    path("evidence/", include("licet.evidence.urls")),
    path("referrals/", include("licet.referrals.urls")),
    path("orders/", include("licet.orders.urls")),
    path("", include("licet.casework.urls")),
    path("", include("licet.hotline.urls")),
    path("", include("licet.notices.urls")),
    path("", include("licet.standing.urls")),
    path("", include("licet.console.urls")),
]

handler400 = "licet.console.refusals.bad_request"
handler403 = "licet.console.refusals.forbidden"
handler404 = "licet.console.refusals.not_found"
handler500 = "licet.console.refusals.broken"
