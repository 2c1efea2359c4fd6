"""Public pages of the hotline: report in three steps, receipt, status. They need no database until a status is asked."""

from __future__ import annotations

import datetime as dt
import functools
import logging
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from licet.config.profile import load_profile
from licet.core import clock
from licet.core.errors import LicetError, NotFound, Unavailable
from licet.core.language import is_chinese
from licet.hotline import intake, sealing
from licet.hotline.forms import ReceiptForm, WhatForm, WhenForm, WhyForm, seen_at, words
from licet.hotline.intake import Submission
from licet.hotline.limits import elsewhere, limits
from licet.hotline.pace import Pace, Spent
from licet.hotline.public import chosen_language, network_of_request, other_ways, public_page
from licet.hotline.rules import Later, Take, Wait, may_send
from licet.hotline.tables import (
    DISMISSAL_BY_ID,
    OUTCOME_BY_ID,
    QUESTION_BY_GROUND,
    STATE_WORDS,
    TARGET_BY_ID,
)

STATUS_WINDOW_S = 600
MOST_STATUS_ASKED = 60
CARRIED = ("target_kind", "target", "ground", "seen_on", "how", "text", "contact")
log = logging.getLogger(__name__)
asked_status = Pace(STATUS_WINDOW_S)
spent = Spent()


@functools.lru_cache(maxsize=2)
def _sent(window_minutes: int) -> Pace:
    return Pace(window_minutes * 60)


def sent() -> Pace:
    """Reports of each network within the profile's window."""
    return _sent(limits().window_minutes)


# --- the form --------------------------------------------------------------------------------------------------------


def _stamp(request: HttpRequest, now: dt.datetime) -> dict[str, str]:
    """What a form carries to prove when it was handed out: kept from step to step if it is ours, made anew if not."""
    opened, nonce = request.POST.get("opened", ""), request.POST.get("nonce", "")
    network = network_of_request(request)
    if not sealing.form_fits(opened, nonce, network, request.POST.get("signature", "")):
        opened, nonce = now.isoformat(timespec="seconds"), sealing.new_key()
    return {"opened": opened, "nonce": nonce, "signature": sealing.sign_form(opened, nonce, network)}


@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Three steps at one address; what was entered travels in the form itself, so nothing is kept until the end."""
    now = clock.now()
    step = request.POST.get("step", "") if request.method == "POST" else ""
    if step and chosen_language(request):
        return _in_other_words(request, step, now)
    go = {"what": _after_what, "why": _after_why, "when": _after_when}.get(step)
    if go is None:
        initial = {"target": request.GET.get("target", "")[:2000], "target_kind": request.GET.get("kind", "url")}
        return _show(request, "what", WhatForm(initial=initial), now)
    return go(request, now)


def _in_other_words(request: HttpRequest, step: str, now: dt.datetime) -> HttpResponse:
    """The same step with what was entered so far, in the language just chosen. Nothing is checked yet."""
    kind, ground = request.POST.get("target_kind", ""), request.POST.get("ground", "")
    if step == "when" and kind in TARGET_BY_ID and ground in QUESTION_BY_GROUND:
        return _show(request, "when", _when(request, ground, now, bound=False), now)
    if step in {"when", "why"} and kind in TARGET_BY_ID:
        return _show(request, "why", WhyForm(target_kind=kind, initial={"ground": ground}), now)
    return _show(request, "what", WhatForm(initial=request.POST.dict()), now)


def _after_what(request: HttpRequest, now: dt.datetime) -> HttpResponse:
    form = WhatForm(request.POST)
    if not form.is_valid():
        return _show(request, "what", form, now, status=422)
    chosen = request.POST.get("ground", "")
    return _show(request, "why", WhyForm(target_kind=form.cleaned_data["target_kind"], initial={"ground": chosen}), now)


def _after_why(request: HttpRequest, now: dt.datetime) -> HttpResponse:
    if request.POST.get("back"):
        return _show(request, "what", WhatForm(initial=request.POST.dict()), now)
    what = WhatForm(request.POST)
    if not what.is_valid():
        return _show(request, "what", what, now, status=422)
    form = WhyForm(request.POST, target_kind=what.cleaned_data["target_kind"])
    if not form.is_valid():
        return _show(request, "why", form, now, status=422)
    return _show(request, "when", _when(request, form.cleaned_data["ground"], now, bound=False), now)


def _when(request: HttpRequest, ground: str, now: dt.datetime, *, bound: bool) -> WhenForm:
    today = clock.today(load_profile().time_zone)
    given: dict[str, Any] = {"ground": ground, "today": today, "kept_days": (limits().contact_days, limits().record_days)}
    if bound:
        return WhenForm(request.POST, **given)
    initial = {name: request.POST[name] for name in ("seen_on", "how", "text", "contact") if request.POST.get(name)}
    return WhenForm(initial={"seen_on": today, "how": "visited", **initial}, **given)


def _after_when(request: HttpRequest, now: dt.datetime) -> HttpResponse:
    what = WhatForm(request.POST)
    if not what.is_valid():
        return _show(request, "what", what, now, status=422)
    why = WhyForm(request.POST, target_kind=what.cleaned_data["target_kind"])
    if request.POST.get("back") or not why.is_valid():
        shown = why if not request.POST.get("back") else WhyForm(
            target_kind=what.cleaned_data["target_kind"], initial={"ground": request.POST.get("ground", "")})
        return _show(request, "why", shown, now, status=200 if request.POST.get("back") else 422)
    form = _when(request, why.cleaned_data["ground"], now, bound=True)
    if not form.is_valid():
        return _show(request, "when", form, now, status=422)
    return _accept(request, what.cleaned_data | why.cleaned_data | form.cleaned_data, form, now)


def _accept(request: HttpRequest, data: dict[str, Any], form: WhenForm, now: dt.datetime) -> HttpResponse:
    network = network_of_request(request)
    stamp = _stamp(request, now)
    fits = request.POST.get("nonce", "") == stamp["nonce"]
    opened = dt.datetime.fromisoformat(stamp["opened"])
    answer = may_send(opened, now, sent().count(network), limits()) if fits else None
    if not isinstance(answer, Take):
        return _not_yet(request, answer, form, now)
    submission = Submission(
        channel="portal", target_kind=data["target_kind"], target=data["target"], ground=data["ground"],
        text=data.get("text", ""), how=data["how"], contact=data["contact"], key=stamp["nonce"], network=network,
        seen_at=seen_at(data["seen_on"], now, load_profile().time_zone),
        language=translation.get_language() or settings.LANGUAGE_CODE)
    if spent.stands_for_other(stamp["nonce"], _said(submission)):
        return _sent_before(request, form, now)
    try:
        receipt = intake.submit(submission, at=now)
    except Unavailable as error:
        log.error("a report could not be accepted: %s", error.message)
        return _show(request, "when", form, now, status=503, problem=error)
    except LicetError as error:
        return _show(request, "when", form, now, status=422, problem=error)
    spent.note(stamp["nonce"], _said(submission))
    sent().note(network)
    return _receipt(request, receipt, (data["target_kind"], data["target"], data["ground"]), at=now,
                    contact_left=bool(data["contact"]))


def _receipt(request: HttpRequest, receipt: intake.Receipt, reported: tuple[str, str, str] | None, *,
             at: dt.datetime | None, contact_left: bool) -> HttpResponse:
    """The receipt. ``reported``: kind of target, target, ground; ``None`` while PostgreSQL cannot say."""
    kind, target, ground = reported or ("", "", "")
    return render(request, "hotline/receipt.html", {
        "receipt": receipt, "what": words(TARGET_BY_ID[kind]) if kind else "", "target": target,
        "why": words(QUESTION_BY_GROUND[ground]) if ground else "", "at": at, "contact_left": contact_left})


def _said(submission: Submission) -> str:
    """What one form stands for once it was sent."""
    return "\x1f".join((submission.target_kind, submission.target, submission.ground, submission.text,
                        submission.contact, submission.how, str(submission.seen_at and submission.seen_at.date())))


def _sent_before(request: HttpRequest, form: WhenForm, now: dt.datetime) -> HttpResponse:
    """One form is one report. Whoever went back and changed something gets a new form with what they wrote."""
    problem = LicetError(_("This form was sent already; its receipt is the one you have."), hint=_(
        "What you changed is still here: wait a few seconds and send it as another report."))
    _hand_out_anew(request)
    return _show(request, "when", form, now, status=409, problem=problem)


def _hand_out_anew(request: HttpRequest) -> None:
    fresh = request.POST.copy()
    fresh["opened"] = ""  # an old one that is ours would be kept
    request.POST = fresh  # type: ignore[assignment]


def _not_yet(request: HttpRequest, answer: object, form: WhenForm, now: dt.datetime) -> HttpResponse:
    if isinstance(answer, Wait):
        problem = LicetError(_("Please wait %(seconds)s seconds, then send it again.") % {"seconds": answer.seconds},
                             hint=_("Everything you wrote is still here. Waiting keeps programs from flooding us."))
        response = _show(request, "when", form, now, status=429, problem=problem)
        response["Retry-After"] = str(answer.seconds)
        return response
    if isinstance(answer, Later):
        problem = LicetError(_("Many reports came from your network within the last hour."), hint=" ".join(
            [_("Please send this one later."), *other_ways()]))
        response = _show(request, "when", form, now, status=429, problem=problem)
        response["Retry-After"] = "3600"
        return response
    problem = LicetError(_("This form was open for a long time, or your network changed."),
                         hint=_("Everything you wrote is still here: wait a few seconds and send it again."))
    _hand_out_anew(request)
    return _show(request, "when", form, now, status=422, problem=problem)


_STEPS = {"what": 1, "why": 2, "when": 3}


def _show(request: HttpRequest, step: str, form: Any, now: dt.datetime, *, status: int = 200,
          problem: LicetError | None = None) -> HttpResponse:
    ground = request.POST.get("ground", "")
    question = QUESTION_BY_GROUND.get(ground) if step == "when" else None
    target = TARGET_BY_ID.get(request.POST.get("target_kind", ""))
    carried = {name: request.POST.get(name, "") for name in CARRIED if name not in form.fields and name in request.POST}
    if question is not None and question.url_only:
        carried.pop("text", None)
    return render(request, "hotline/report.html", {
        "form": form, "step": step, "number": _STEPS[step], "carried": carried, "stamp": _stamp(request, now),
        "problem": problem, "url_only": question is not None and question.url_only,
        "what": words(target) if target and step != "what" else "", "target": request.POST.get("target", ""),
        "why": words(question) if question else ""}, status=status)


# --- the receipt -----------------------------------------------------------------------------------------------------


@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """What became of a report, for whoever holds its receipt. Number and code never stand in an address or a log."""
    shown = request.POST.get("show", "") if request.method == "POST" else ""
    if request.method != "POST" or (chosen_language(request) and shown not in {"receipt", "result"}):
        return _ask(request, ReceiptForm(initial=request.POST.dict()))
    form = ReceiptForm(request.POST)
    if not form.is_valid():
        return _ask(request, form, status=422)
    if asked_status.note(network_of_request(request)) > MOST_STATUS_ASKED:
        response = _ask(request, form, status=429, problem=LicetError(
            _("Your network asked very often just now."), hint=_("Try again in ten minutes.")))
        response["Retry-After"] = str(STATUS_WINDOW_S)
        return response
    known = sealing.opens(form.cleaned_data["number"], form.cleaned_data["code"])
    return _look(request, form, shown) if known else _unknown(request, form)


def _look(request: HttpRequest, form: ReceiptForm, shown: str) -> HttpResponse:
    """What whoever showed number and code asks for: the receipt once more, or what became of the report."""
    number = sealing.typed(form.cleaned_data["number"])
    if shown == "receipt":
        return _receipt_again(request, number)
    try:
        problem = None if chosen_language(request) else _do(request, number)
        return _result(request, number, problem)
    except NotFound:
        return _unknown(request, form)
    except (OperationalError, InterfaceError):
        log.exception("the database does not answer")
        return _ask(request, form, status=503, problem=LicetError(
            _("We cannot look at the moment."), hint=_("Your report is kept. Try again in a few minutes.")))


def _receipt_again(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt in another language. Number and code are what counts: they stand there whatever else is away."""
    from licet.hotline.selectors import ReceiptView, receipt, receipt_waiting

    view: ReceiptView | None
    try:
        view = receipt(number)
    except (NotFound, OperationalError, InterfaceError):
        view = receipt_waiting(number)
    return _receipt(request, intake.receipt_of(number), view.reported if view else None,
                    at=view.received_at if view else None, contact_left=bool(request.POST.get("left")))


def _ask(request: HttpRequest, form: ReceiptForm, *, status: int = 200,
         problem: LicetError | None = None) -> HttpResponse:
    return render(request, "hotline/status.html", {"form": form, "problem": problem}, status=status)


def _unknown(request: HttpRequest, form: ReceiptForm) -> HttpResponse:
    """One answer for every wrong pair: it tells nothing about which numbers exist."""
    return _ask(request, form, status=404, problem=LicetError(
        _("There is no receipt with this number and code."),
        hint=_("Compare both with your receipt; 0 and O, 1 and I count as the same.")))


def _do(request: HttpRequest, number: str) -> LicetError | None:
    """What the receipt's holder does with it: answer a question, contest. Returns what kept it from being done."""
    from licet.hotline import services

    action, text, now = request.POST.get("action", ""), request.POST.get("text", ""), clock.now()
    try:
        if action == "answer":
            services.answer(number, text, at=now)
        elif action == "contest":
            services.contest(number, text, at=now)
    except LicetError as error:
        return LicetError(_("This was not taken: %(why)s") % {"why": error.message}, hint=error.hint)
    return None


def _result(request: HttpRequest, number: str, problem: LicetError | None) -> HttpResponse:
    from licet.hotline.selectors import receipt

    view = receipt(number)
    kind, target, ground = view.reported or ("", "", "")
    outcome = OUTCOME_BY_ID.get(view.shown.outcome)
    chinese = is_chinese()
    return render(request, "hotline/result.html", {
        "view": view, "receipt": intake.receipt_of(number), "problem": problem, "asks": view.question,
        "what": words(TARGET_BY_ID[kind]) if kind else "", "target": intake.masked_target(kind, target),
        "why": words(QUESTION_BY_GROUND[ground]) if ground else "",
        "url_only": bool(ground) and QUESTION_BY_GROUND[ground].url_only,
        "may_contest": view.may_contest, "answer": view.answer,
        "written": request.POST.get("text", "") if problem or chosen_language(request) else "",
        "state": STATE_WORDS[view.shown.state][0 if chinese else 1],
        "outcome": words(outcome) if outcome else "",
        "outcome_text": (outcome.text_zh if chinese else outcome.text_en) if outcome else "",
        "elsewhere": elsewhere(chinese) if outcome and outcome.elsewhere else [],
        "dismissal": words(DISMISSAL_BY_ID[view.dismissal]) if view.dismissal else "",
        "measures": [(zh if chinese else en, rule) for zh, en, rule in view.measures],
    }, status=422 if problem else 200)
