"""The public exposure list: nobody signs in, everybody reads the same, no index or archive may keep it.

What has expired or fell is gone by the next request; the ETag changes with it.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from licet.core import clock
from licet.core.spreadsheet import SafeCsv
from licet.standing import presenting, selectors
from licet.standing.days import local_day
from licet.standing.models import Exposure

HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive, nosnippet",
           "Cache-Control": "public, no-cache"}
_FIELDS = ("organisation", "organisation_code", "about", "ground", "decided", "decided_by", "decided_on", "rule",
           "decision_ref", "published_at", "expires_at")


def _row(row: Exposure) -> dict[str, str]:
    return {"organisation": row.organisation_name, "organisation_code": row.organisation_code, "about": row.about,
            "ground": row.ground_id, "decided": row.decided, "decided_by": row.decided_by,
            "decided_on": row.decided_on.isoformat(), "rule": row.rule_cited, "decision_ref": row.decision_ref,
            "published_at": row.published_at.isoformat(timespec="seconds"),
            "expires_at": row.expires_at.isoformat(timespec="seconds")}


def _public(request: HttpRequest, write: Callable[[list[Exposure]], tuple[str, str]]) -> HttpResponse:
    """A file of the list with its validator; 304 for whoever has it already."""
    text, content_type = write(selectors.public_list(clock.now()))
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match", "") == tag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(text, content_type=content_type)
    response["ETag"] = tag
    return _with_headers(response)


def _with_headers(response: HttpResponse) -> HttpResponse:
    for name, value in HEADERS.items():
        response[name] = value
    return response


@require_safe
def exposure(request: HttpRequest) -> HttpResponse:
    """The list as a page, in both languages."""
    chosen = request.GET.get("lang", "")
    language = chosen if chosen in dict(settings.LANGUAGES) else (translation.get_language() or "zh-hans")
    with translation.override(language):
        rows: list[dict[str, Any]] = [
            {"row": row, "decided": presenting.measure_word(row.decided), "ground": presenting.ground_word(row.ground_id),
             "until": local_day(row.expires_at), "published": local_day(row.published_at)}
            for row in selectors.public_list(clock.now())]
        response = render(request, "standing/portal_exposure.html", {"rows": rows})
        response["Content-Language"] = language
        return _with_headers(response)


@require_safe
def exposure_json(request: HttpRequest) -> HttpResponse:
    """The list as JSON."""
    return _public(request, lambda rows: (json.dumps(
        {"exposures": [_row(row) for row in rows]}, ensure_ascii=False, indent=1), "application/json; charset=utf-8"))


@require_safe
def exposure_csv(request: HttpRequest) -> HttpResponse:
    """The list as CSV, with a byte order mark so that spreadsheets read Chinese."""
    def write(rows: list[Exposure]) -> tuple[str, str]:
        file = io.StringIO()
        writer = SafeCsv(file)
        writer.writerow(_FIELDS)
        writer.writerows([_row(row)[field] for field in _FIELDS] for row in rows)
        return "\ufeff" + file.getvalue(), "text/csv; charset=utf-8"

    return _public(request, write)
