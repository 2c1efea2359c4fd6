"""Pages of letters in the console: for the desk, and for the people of organisations they are addressed to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from licet.console.access import actor_of, may, permission_required
from licet.console.components import Fact, Link, Pager, address_with, choice_chip
from licet.core import clock
from licet.core.errors import LicetError, NotFound
from licet.core.language import language
from licet.core.outside import has_public_address
from licet.notices import pdf, presenting, selectors, services
from licet.notices.fonts import cjk_family
from licet.notices.models import Delivery, Notice
from licet.notices.tables import NOTICES
from licet.notices.views_portal import pdf_response, print_page

PAGE = 50


def _position(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return min(int(text), 2**63 - 1) if text.isascii() and text.isdigit() else 0


@require_GET
@permission_required("notices.read")
def notice_list(request: HttpRequest) -> HttpResponse:
    """Letters, newest first: all of the desk, or those about one's own organisation."""
    before = _position(request, "before")
    found = selectors.notices(kind=request.GET.get("kind", ""), failed=bool(request.GET.get("failed")), before=before)
    page = list(found[: PAGE + 1])
    chips = [choice_chip(request, "kind", _("Letter"), [(kind.id, presenting.kind_word(kind.id)) for kind in NOTICES],
                         anything=_("any"))]
    if may(request, "cases.work"):
        chips.append(choice_chip(request, "failed", _("Delivery"), [("1", _("not delivered"))], anything=_("any")))
    older = f"{address_with(request, {})}" if len(page) > PAGE else ""
    if older:
        older += ("&" if "?" in older else "?") + f"before={page[PAGE - 1].pk}"
    return render(request, "notices/list.html", {
        "rows": presenting.notice_rows(page[:PAGE]), "columns": presenting.notice_columns(), "chips": chips,
        "actions": [Link(label=_("Terms"), url=reverse("notice_clocks"))],
        "pager": Pager(newer_url=address_with(request, {}) if before else "", older_url=older)})


@require_GET
@permission_required("notices.read")
def clocks(request: HttpRequest) -> HttpResponse:
    """What runs out next, and the answers nobody read yet."""
    whose = request.GET.get("whose", "")
    found = list(selectors.running_out(whose=whose)[:200])
    answers = list(selectors.unread_answers()[:PAGE]) if may(request, "cases.read") else []
    return render(request, "notices/clocks.html", {
        "rows": presenting.clock_list_rows(found), "columns": presenting.clock_columns(),
        "answers": presenting.answer_rows(answers), "answer_columns": presenting.answer_columns(),
        "crumbs": [Link(label=_("Letters"), url=reverse("notice_list"))], "pager": Pager(),
        "chips": [choice_chip(request, "whose", _("Who must act"), [
            ("affected", _("whoever is hit")), ("desk", _("the desk"))], anything=_("any"))]})


@require_GET
@permission_required("notices.read")
def show(request: HttpRequest, notice_id: int) -> HttpResponse:
    """One letter as it went out, and how it travelled."""
    return _show(request, selectors.notice(notice_id))


def _show(request: HttpRequest, notice: Notice, *, problem: LicetError | None = None, **more: Any) -> HttpResponse:
    actions = [Link(label=_("To print, in both languages"), url=reverse("notice_print", args=[notice.pk]))]
    if cjk_family():
        actions.append(Link(label="PDF", url=reverse("notice_pdf", args=[notice.pk])))
    return render(request, "notices/show.html", {
        "notice": notice, "title": presenting.kind_word(notice.kind), "page": notice.body[language()],
        "facts": presenting.notice_facts(notice), "deliveries": presenting.deliveries(notice), "actions": actions,
        "clocks": presenting.clock_rows(selectors.clocks_of(notice.measure_id), clock.now()),
        "may_work": may(request, "cases.work"),
        "crumbs": [Link(label=_("Letters"), url=reverse("notice_list"))], "problem": problem, **more,
    }, status=problem.status if problem else 200)


@require_GET
@permission_required("notices.read")
def print_view(request: HttpRequest, notice_id: int) -> HttpResponse:
    """The letter on A4, in both languages."""
    return HttpResponse(print_page(request, selectors.notice(notice_id)))


@require_GET
@permission_required("notices.read")
def pdf_view(request: HttpRequest, notice_id: int) -> HttpResponse:
    """The letter as PDF; refused with its repair where no font has Chinese characters."""
    notice = selectors.notice(notice_id)
    return pdf_response(notice, pdf.pdf_of(notice))


@require_POST
@permission_required("cases.work")
def deliver(request: HttpRequest, notice_id: int) -> HttpResponse:
    """One more address, another try, or that a message came back."""
    notice, actor, now = selectors.notice(notice_id), actor_of(request), clock.now()
    address = request.POST.get("address", "")
    try:
        if request.POST.get("again"):
            services.try_again(_delivery(notice, request.POST["again"]), actor=actor, at=now)
            messages.success(request, _("It is tried again within a minute."))
        elif request.POST.get("returned"):
            services.came_back(_delivery(notice, request.POST["returned"]), actor=actor, at=now,
                               reason=request.POST.get("reason", ""))
            messages.success(request, _("Noted. The owner's page still counts."))
        else:
            services.send_to(notice.pk, address, actor=actor, at=now)
            messages.success(request, _("It leaves within a minute."))
    except LicetError as error:
        return _show(request, notice, problem=error, said=address)
    return redirect("notice_show", notice.pk)


def _delivery(notice: Notice, number: str) -> int:
    """A delivery of this letter. Raises :class:`NotFound` for another's."""
    found = Delivery.objects.filter(notice=notice, pk=int(number) if number.isdigit() else 0).first()
    if found is None:
        raise NotFound(_("There is no such delivery."))
    return found.pk


@require_POST
@permission_required("cases.work")
def address(request: HttpRequest, measure_id: int) -> HttpResponse:
    """The address of the owner's page, once, to whoever hands it over; written down."""
    shown = services.show_address(measure_id, actor=actor_of(request), at=clock.now())
    letters = selectors.notices_of(measure_id)
    response = _show(request, letters[0], address=shown, here_only=not has_public_address())
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
@permission_required("cases.read")
def answer(request: HttpRequest, answer_id: int) -> HttpResponse:
    """What came back over the page, for the desk."""
    row = selectors.answer(answer_id)
    if request.method == "POST":
        services.mark_read(row.pk, actor=actor_of(request), at=clock.now())
        return redirect("measure_show", row.measure_id)
    facts = [Fact(label=_("Case"), value=row.case.number, url=reverse("case_show", args=[row.case.number])),
             Fact(label=_("Measure"), value=presenting.measure_word(row.measure),
                  url=reverse("measure_show", args=[row.measure_id])),
             Fact(label=_("Received"), value=row.at), Fact(label=_("Read"), value=row.read_at),
             Fact(label="SHA-256", value=row.sha256, mono=True)]
    return render(request, "notices/answer.html", {
        "answer": row, "number": row.number, "facts": facts, "may_work": may(request, "cases.work"),
        "documents": list(row.documents.all()),
        "crumbs": [Link(label=_("Letters"), url=reverse("notice_list")), Link(label=_("Terms"), url=reverse("notice_clocks"))]})
