"""Public pages that show: the filing checker, the transparency figures, security.txt."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections import OrderedDict

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from licet.casework.tables import MEASURE_BY_ID
from licet.config.profile import load_profile
from licet.core import clock
from licet.core.errors import LicetError, NotFound, Unavailable
from licet.core.language import in_language
from licet.hotline.checker import Answer, Checked, check_site
from licet.hotline.forms import words
from licet.hotline.pace import Pace
from licet.hotline.public import network_of_request, public_page, wants_json
from licet.hotline.tables import OUTCOMES, QUESTION_BY_GROUND
from licet.hotline.transparency import (
    CELLS,
    LICENCE,
    LICENCE_URL,
    NOT_COUNTED,
    OPEN,
    OTHER,
    Figures,
    as_csv,
    figures,
    first_year,
)

log = logging.getLogger(__name__)
WINDOW_S = 600
MOST_CHECKS = 120
CHECK_AGE_S = 300
FIGURES_AGE_S = 3600
SECURITY_DAYS = 180
FIRST_YEAR = 2007
MOST_YEARS = 20
checks = Pace(WINDOW_S)


@public_page
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Is this site filed? ``?site=``; JSON for programs; five minutes may pass before it is asked again."""
    text = request.GET.get("site", "")
    found: Checked | None = None
    problem: LicetError | None = None
    status = 200
    if text:
        found, problem, status = _look(request, text)
    if wants_json(request):
        document = found.as_document() if found else (problem or _nothing()).as_problem()
        response: HttpResponse = JsonResponse(document, status=status if text else 422,
                                              content_type="application/json" if found else "application/problem+json",
                                              json_dumps_params={"ensure_ascii": False})
    else:
        response = render(request, "hotline/check.html", {
            "site": text, "found": found, "problem": problem, "title": _answer_words(found) if found else ""},
            status=status)
    if status == 429:
        response["Retry-After"] = str(WINDOW_S)
    if found is not None:
        response["Cache-Control"] = f"public, max-age={CHECK_AGE_S}"
    patch_vary_headers(response, ["Accept", "Accept-Language", "Cookie"])
    return response


def _nothing() -> LicetError:
    return LicetError(_("Say which site you want to check."), hint="?site=www.lantern.example&format=json")


def _look(request: HttpRequest, text: str) -> tuple[Checked | None, LicetError | None, int]:
    if checks.note(network_of_request(request)) > MOST_CHECKS:
        return None, LicetError(_("Your network asked very often just now."), hint=_("Try again in ten minutes.")), 429
    try:
        return check_site(text[:300], today=clock.today(load_profile().time_zone)), None, 200
    except LicetError as error:
        return None, error, error.status
    except (OperationalError, InterfaceError):
        log.exception("the database does not answer")
        return None, Unavailable(_("We cannot look at the moment."), hint=_("Unknown: conclude nothing from this.")), 503


def _answer_words(found: Checked) -> str:
    return {Answer.FILED: _("This site is filed"), Answer.SUSPENDED: _("Filed, but suspended at present"),
            Answer.CANCELLED: _("The filing was cancelled"), Answer.NOT_FILED: _("Not filed"),
            Answer.UNKNOWN: _("Unknown")}[found.answer]


@public_page
@require_safe
def transparency(request: HttpRequest) -> HttpResponse:
    """The figures of a year; 404 for a year nothing can be known of."""
    found = _figures(request)
    if isinstance(found, LicetError):
        return render(request, "hotline/transparency.html", {"problem": found}, status=found.status)
    names = {outcome.id: words(outcome) for outcome in OUTCOMES} | {OPEN: _("being checked"), NOT_COUNTED: _("not counted")}
    columns = [*(names[cell] for cell in CELLS), _("Sum")]
    response = render(request, "hotline/transparency.html", {
        "found": found, "columns": columns, "licence": LICENCE, "licence_url": LICENCE_URL,
        "rows": [(words(QUESTION_BY_GROUND[ground]), list(zip(columns, row.values(), strict=True)))
                 for ground, row in found.grounds.items()],
        "measures": [(_measure_words(kind), figure) for kind, figure in found.measures],
        "errors": [(_("Measures"), found.errors), (_("Batches called bad faith, and mutes"), found.disregarded)],
        "csv": f"{reverse('transparency_csv')}?year={found.year}", "year": str(found.year),
        "years": [str(year) for year in range(clock.today(load_profile().time_zone).year, found.first - 1, -1)]})
    return _kept(response)


def _measure_words(kind: str) -> str:
    if kind == OTHER:
        return _("other kinds together")
    return in_language(MEASURE_BY_ID[kind])


@public_page
@require_safe
def transparency_csv(request: HttpRequest) -> HttpResponse:
    """The same figures as CSV; its first rows name the licence."""
    found = _figures(request)
    if isinstance(found, LicetError):
        return HttpResponse(found.message, status=found.status, content_type="text/plain; charset=utf-8")
    response = HttpResponse(as_csv(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="transparency-{found.year}.csv"'
    response["Link"] = f'<{LICENCE_URL}>; rel="license"'
    return _kept(response)


_known: OrderedDict[tuple[str, int], tuple[dt.datetime, Figures]] = OrderedDict()


def _figures(request: HttpRequest) -> Figures | LicetError:
    """The figures of the year asked for, counted at most once an hour per year and process."""
    zone, now = load_profile().time_zone, clock.now()
    this = clock.today(zone).year
    asked = request.GET.get("year", str(this))
    year = int(asked) if re.fullmatch(r"\d{4}", asked, re.ASCII) else 0
    nothing = NotFound(_("There are no figures of such a year."), hint=_("Without a year in the address, this year is shown."))
    if not FIRST_YEAR <= year <= this:
        return nothing
    key = (str(settings.DATABASES["default"]["NAME"]), year)
    at, known = _known.get(key, (None, None))
    if known is not None and at is not None and dt.timedelta(0) <= now - at < dt.timedelta(seconds=FIGURES_AGE_S):
        return known
    try:
        first = first_year(zone=zone, today=clock.today(zone))
        if year < first:
            return nothing
        found = figures(year, zone=zone, first=first)
    except (OperationalError, InterfaceError):
        log.exception("the database does not answer")
        return Unavailable(_("We cannot look at the moment."), hint=_("Try again in ten minutes."))
    _known[key] = (now, found)
    while len(_known) > MOST_YEARS:
        _known.popitem(last=False)
    return found


def _kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = f"public, max-age={FIGURES_AGE_S}"
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116: whom to tell about a weakness of this site; 404 where nobody was named."""
    contact = str(settings.ENV["LICET_SECURITY_CONTACT"])
    if not contact:
        raise Http404
    expires = (clock.now() + dt.timedelta(days=SECURITY_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = {"Contact": contact, "Expires": expires.isoformat().replace("+00:00", "Z"), "Preferred-Languages": "zh, en"}
    canonical = _canonical(request)
    if canonical:
        lines["Canonical"] = canonical
    response = HttpResponse("".join(f"{name}: {value}\n" for name, value in lines.items()),
                            content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=86400"
    return response


def _canonical(request: HttpRequest) -> str:
    """This file's address, which must begin with ``https://``; '' where none does."""
    place = str(settings.PUBLIC_URL) if settings.ENV["LICET_PUBLIC_URL"] else request.build_absolute_uri("/").rstrip("/")
    return f"{place}/.well-known/security.txt" if place.startswith("https://") else ""


@public_page
@require_safe
def entrance(request: HttpRequest) -> HttpResponse:
    """What anybody can do here without an account, and where the desk's own people sign in."""
    return render(request, "hotline/entrance.html", {"security": bool(settings.ENV["LICET_SECURITY_CONTACT"])})
