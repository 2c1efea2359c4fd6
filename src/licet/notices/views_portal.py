"""The page of whoever is hit: no account, no script, no cookie. The token in the address is all it takes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from licet.casework.models import Appeal
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.errors import BadInput, LicetError
from licet.core.rls import acting_as
from licet.notices import pdf, presenting, selectors, services
from licet.notices.models import Answer, Notice, Page
from licet.notices.profile_texts import limits
from licet.notices.services import Handed, PageGone
from licet.notices.services.answers import holder_name
from licet.notices.services.pages import hash_of

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "no-store"}
_FORM_BYTES = 1_000_000  # of everything in a form that is no file


def portal_page(view: View) -> View:
    """Decorator: language by ``?lang=``, a limit per minute, no referrer, in no index, kept by nobody.

    Not protected against cross-site requests, because no cookie gives any right here: who does not have the token cannot
    forge anything, and who has it may act.
    """
    @functools.wraps(view)
    def shown(request: HttpRequest, token: str, **arguments: Any) -> HttpResponseBase:
        chosen = request.GET.get("lang", "")
        language = chosen if chosen in dict(settings.LANGUAGES) else (translation.get_language() or "zh-hans")
        with translation.override(language):
            try:
                _ensure_slow(request, token)
                response = view(request, token, **arguments)
            except PageGone:
                response = _gone(request)
            except services.TooMany as error:
                response = _problem(request, error.message, error.hint, 429)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return cast("View", csrf_exempt(shown))


def _ensure_slow(request: HttpRequest, token: str) -> None:
    """Raises :class:`TooMany` after the profile's looks a minute: per page, and per address for pages that do not exist."""
    minute = int(clock.now().timestamp() // 60)
    with acting_as(WORKER):
        known = Page.objects.filter(token_sha256=hash_of(token)).exists()
    key = f"notices:looks:{minute}:{hash_of(token)[:32] if known else hash_of(request.META.get('REMOTE_ADDR', ''))[:32]}"
    cache.add(key, 0, timeout=120)
    if cache.incr(key) > limits().looks_a_minute:
        raise services.TooMany(_("Too many requests."), hint=_("Wait a minute and open the page again."))


def _gone(request: HttpRequest) -> HttpResponse:
    return _problem(request, _("There is no such page, or it is closed."),
                    _("Check the address in the letter. Some time after a measure ended its page closes."), 404)


def _problem(request: HttpRequest, message: str, hint: str, status: int) -> HttpResponse:
    response = render(request, "notices/portal/gone.html", {"message": message, "hint": hint}, status=status)
    response.licet_refused = True  # type: ignore[attr-defined]
    return response


@portal_page
@require_http_methods(["GET", "HEAD"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """The letters, how it stands, what happens when; answer and appeal."""
    return _page(request, token)


def _page(request: HttpRequest, token: str, **more: Any) -> HttpResponse:
    now = clock.now()
    found = services.read_page(token, at=now)
    with acting_as(WORKER):
        context = presenting.portal(found, token, now) | more
        problem = more.get("problem")
        return render(request, "notices/portal/page.html", context, status=problem.status if problem else 200)


@portal_page
@require_POST
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Take an answer and lead to its receipt; what cannot be taken is said beside the form."""
    text = ""
    try:
        files = _files(request)
        text = request.POST.get("text", "")
        row = services.answer(token, text=text, files=files, at=clock.now())
    except (PageGone, services.TooMany):
        raise
    except LicetError as error:
        return _page(request, token, problem=error, failed="answer", said=text)
    return redirect(_with_language(request, reverse("notice_receipt", args=[token, "answer", row.pk])))


def _files(request: HttpRequest) -> list[Handed]:
    """The files of a form, none of them read before its size is known."""
    numbers = limits()
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > numbers.files * numbers.file_bytes + _FORM_BYTES:
        raise BadInput(_("That is too much at once."), hint=_("Send fewer or smaller documents."))
    files = request.FILES.getlist("documents")[: numbers.files + 1]
    for file in files:
        if (file.size or 0) > numbers.file_bytes:
            raise BadInput(_("%(name)s is too large.") % {"name": file.name}, hint=_("Hand in a smaller document."))
    return [Handed(name=file.name or "", content=file.read()) for file in files]


@portal_page
@require_POST
def appeal(request: HttpRequest, token: str) -> HttpResponse:
    """File an appeal and lead to its receipt."""
    text = request.POST.get("text", "")
    try:
        filed = services.appeal(token, text=text, at=clock.now())
    except PageGone:
        raise
    except LicetError as error:
        return _page(request, token, problem=error, failed="appeal", why=text)
    return redirect(_with_language(request, reverse("notice_receipt", args=[token, "appeal", filed.pk])))


def _with_language(request: HttpRequest, address: str) -> str:
    return f"{address}?lang={translation.get_language()}" if request.GET.get("lang") else address


@portal_page
@require_GET
def receipt(request: HttpRequest, token: str, what: str, row_id: int) -> HttpResponse:
    """What arrived, when, and its hash: to keep."""
    found = services.read_page(token, at=clock.now())
    with acting_as(WORKER):
        if what == "answer":
            row: Any = Answer.objects.filter(pk=row_id, measure_id=found.measure_id).first()
        else:
            row = Appeal.objects.filter(pk=row_id, measure_id=found.measure_id, filed_by=holder_name(found)).first()
        if row is None:
            raise PageGone
        context = presenting.receipt(found, row, token)
        return render(request, "notices/portal/receipt.html", context)


@portal_page
@require_GET
def letter(request: HttpRequest, token: str, notice_id: int) -> HttpResponse:
    """One letter in both languages, to print."""
    notice = _published(token, notice_id)
    return HttpResponse(print_page(request, notice))


def print_page(request: HttpRequest, notice: Notice) -> str:
    """The A4 page of a letter."""
    pages = [("zh-Hans", notice.body["zh"]), ("en", notice.body["en"])]
    return render_to_string("notices/print.html", {"notice": notice, "pages": pages}, request=request)


@portal_page
@require_GET
def letter_pdf(request: HttpRequest, token: str, notice_id: int) -> HttpResponse:
    """One letter as PDF; without a font for it, the print page."""
    notice = _published(token, notice_id)
    try:
        content = pdf.pdf_of(notice)
    except pdf.NoFont:
        return redirect("notice_letter", token, notice.pk)
    return pdf_response(notice, content)


def pdf_response(notice: Notice, content: bytes) -> HttpResponse:
    """A PDF to save."""
    name = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in notice.number)
    return HttpResponse(content, content_type="application/pdf",
                        headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'})


def _published(token: str, notice_id: int) -> Notice:
    found = services.read_page(token, at=clock.now())
    with acting_as(WORKER):
        notice = next((row for row in selectors.published_notices(found.measure_id) if row.pk == notice_id), None)
    if notice is None:
        raise PageGone
    return notice
