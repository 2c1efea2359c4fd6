"""Pages of evidence. Nothing is shown in the clear unless somebody says why, and then for minutes, in grey."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from licet.console.access import actor_of, may, permission_required
from licet.console.components import Cell, Column, Link, Pager, Row
from licet.console.fresh import authenticated_at, require_fresh_authentication
from licet.core import clock
from licet.core.errors import LicetError, NotFound
from licet.evidence import presenting as shown
from licet.evidence import selectors, services
from licet.evidence.attachments import attachment, sealed_off
from licet.evidence.forms import AddForm, HashForm, PurposeForm
from licet.evidence.limits import limits
from licet.evidence.models import Hold, Item, Locker, Viewing
from licet.evidence.rendition import render as draw
from licet.evidence.services import CaseFacts, NewItem, case_facts
from licet.evidence.tables import HASH_ONLY_GROUNDS, IMAGES, PLAIN

PAGE = 50
MOST_TEXT = 20_000  # characters of a statement shown on a page


@require_GET
@permission_required("cases.read")
def evidence_list(request: HttpRequest) -> HttpResponse:
    """Cases with evidence, newest first, and how long the reader looked at unblurred items lately."""
    text = request.GET.get("before", "")
    lockers = Locker.objects.annotate(
        kept=Count("items", filter=Q(items__content="kept"), distinct=True), all=Count("items", distinct=True),
        held=Count("holds", filter=Q(holds__released_at__isnull=True), distinct=True)).order_by("-pk")
    if text.isascii() and text.isdigit():
        lockers = lockers.filter(pk__lt=min(int(text), 2**63 - 1))
    page = list(lockers[: PAGE + 1])
    rows = [Row(url=reverse("evidence_case", args=[row.case_number]), cells=[
        Cell(text=row.case_number, mono=True), Cell(text=row.desk_id), Cell(text=row.all), Cell(text=row.kept),
        Cell(state="evidence-held" if row.held else "", text="" if row.held else "–"), Cell(text=row.opened_at)])
        for row in page[:PAGE]]
    columns = [Column(label=_("Case"), kind="fit"), Column(label=_("Desk")), Column(label=_("Items"), kind="num"),
               Column(label=_("With content"), kind="num"), Column(label=_("Hold"), kind="fit"),
               Column(label=_("Since"), kind="fit")]
    pager = Pager(newer_url=request.path if text else "",
                  older_url=f"{request.path}?before={page[PAGE - 1].pk}" if len(page) > PAGE else "")
    return render(request, "evidence/list.html", {"rows": rows, "columns": columns, "pager": pager,
                                                  **_exposure(request)})


def _exposure(request: HttpRequest) -> dict[str, Any]:
    found = selectors.exposure_of(actor_of(request).user_id, clock.now())
    return {"exposure": found, "window": limits().pause_window_minutes}


# --- one case --------------------------------------------------------------------------------------------------------
@require_GET
@permission_required("cases.read")
def evidence_case(request: HttpRequest, number: str) -> HttpResponse:
    """The evidence of one case."""
    return _render_case(request, number)


def _render_case(request: HttpRequest, number: str, failed: Mapping[str, forms.Form] | None = None, *,
                 status: int = 200) -> HttpResponse:
    facts, locker = case_facts(number), selectors.locker_of(number)
    hold = selectors.standing_hold(locker) if locker else None
    opened = {*(failed or {}), request.GET.get("do")}
    folds = [(action, label, (failed or {}).get(action) or form(prefix=action), action in opened)
             for action, (label, form) in _case_forms(facts, locker).items()]
    return render(request, "evidence/case.html", {
        "case": facts, "hold": hold, "items": shown.item_rows(number), "item_columns": shown.item_columns(),
        "bags": shown.bag_rows(number), "bag_columns": shown.bag_columns(),
        "folds": folds if may(request, "cases.work") else [],
        "hash_only": facts.ground in HASH_ONLY_GROUNDS, "crumbs": _case_crumbs(facts)}, status=status)


def _case_crumbs(facts: CaseFacts) -> list[Link]:
    crumbs = [Link(label=_("Evidence"), url=reverse("evidence_list"))]
    return [*crumbs, Link(label=facts.number, url=facts.url)] if facts.url else crumbs


def _case_forms(facts: CaseFacts, locker: Locker | None) -> dict[str, tuple[str, type[forms.Form]]]:
    found: dict[str, tuple[str, type[forms.Form]]] = {
        "add": (_("Add evidence"), HashForm if facts.ground in HASH_ONLY_GROUNDS else AddForm)}
    if locker is not None:
        found |= {"seal": (_("Seal a bag"), PurposeForm)}
        found |= {action: (label, PurposeForm) for action, label in _hold_acts(selectors.standing_hold(locker)).items()}
    return found


def _hold_acts(hold: Hold | None) -> dict[str, str]:
    if hold is None:
        return {"hold": _("Set a legal hold")}
    if hold.release_proposed_by_id is None:
        return {"propose": _("Propose to release the hold")}
    return {"release": _("Release the hold as the second person"), "keep": _("Keep the hold")}


def _add(request: HttpRequest, number: str, data: dict[str, Any]) -> str:
    file, text = data.get("file"), data.get("text", "")
    content = file.chunks() if file else [text.encode()] if text else None
    item = services.add_item(
        number, NewItem(kind=data["kind"], title=data["title"], url=data["url"], sha256=data.get("sha256", ""),
                        file_name=file.name if file else ""),
        content, purpose=data["purpose"], actor=actor_of(request), at=clock.now())
    return _("%(ref)s is preserved.") % {"ref": item.ref}


def _seal(request: HttpRequest, number: str, data: dict[str, Any]) -> str:
    from licet.evidence.tasks import seal

    bag = services.request_bag(number, purpose=data["purpose"], actor=actor_of(request), at=clock.now())
    seal.configure(queueing_lock=None).defer(timestamp=0)  # in this transaction: asked for and queued, or neither
    return _("%(ref)s is being sealed; it is ready in a moment.") % {"ref": bag.ref}


def _hold(request: HttpRequest, number: str, data: dict[str, Any]) -> str:
    services.set_hold(number, reason=data["purpose"], actor=actor_of(request), at=clock.now())
    return _("Nothing of this case is destroyed while the hold stands.")


def _propose_release(request: HttpRequest, number: str, data: dict[str, Any]) -> str:
    services.propose_release(number, reason=data["purpose"], actor=actor_of(request),
                             authenticated_at=authenticated_at(request), at=clock.now())
    return _("Proposed. The hold stands until somebody else releases it.")


def _keep(request: HttpRequest, number: str, data: dict[str, Any]) -> str:
    services.withdraw_release(number, reason=data["purpose"], actor=actor_of(request), at=clock.now())
    return _("The hold stands.")


def _release(request: HttpRequest, number: str, data: dict[str, Any]) -> str:
    services.release_hold(number, reason=data["purpose"], actor=actor_of(request),
                          authenticated_at=authenticated_at(request), at=clock.now())
    return _("The hold is released.")


_CASE_ACTS: Mapping[str, Callable[[HttpRequest, str, dict[str, Any]], str]] = {
    "add": _add, "seal": _seal, "hold": _hold, "propose": _propose_release, "keep": _keep, "release": _release}


@require_POST
@permission_required("cases.work")
def evidence_case_act(request: HttpRequest, number: str, action: str) -> HttpResponseBase:
    """Add, seal, hold, and the two steps of releasing; what is refused comes back in its form."""
    act = _fresh_case_act if action in {"propose", "release"} else _case_act
    return act(request, number, action)


@require_fresh_authentication
def _fresh_case_act(request: HttpRequest, number: str, action: str) -> HttpResponseBase:
    return _case_act(request, number, action)


def _case_act(request: HttpRequest, number: str, action: str) -> HttpResponseBase:
    facts = case_facts(number)
    offered = _case_forms(facts, selectors.locker_of(number))
    if action not in offered:
        raise NotFound(_("There is no such action."))
    form = offered[action][1](request.POST, request.FILES, prefix=action)
    if form.is_valid():
        try:
            with transaction.atomic():
                said = _CASE_ACTS[action](request, number, form.cleaned_data)
        except LicetError as error:
            form.add_error(None, f"{error.message} {error.hint}".strip())
        else:
            messages.success(request, said)
            return redirect("evidence_case", number)
    return _render_case(request, number, {action: form}, status=422)


# --- one item --------------------------------------------------------------------------------------------------------
@require_GET
@permission_required("cases.read")
def evidence_item(request: HttpRequest, ref: str) -> HttpResponse:
    """One item, blurred, grey and muted; unblurred for whoever said why, for minutes."""
    return _render_item(request, selectors.item_by_ref(ref))


def _render_item(request: HttpRequest, item: Item, failed: Mapping[str, forms.Form] | None = None, *,
                 status: int = 200) -> HttpResponse:
    now = clock.now()
    viewing = selectors.viewing_now(item, actor_of(request).user_id, now) if item.content == "kept" else None
    disposal = selectors.open_disposal(item)
    folds = [(action, label, (failed or {}).get(action) or PurposeForm(prefix=action), action in (failed or {}), words)
             for action, (label, words) in _item_acts(item, waiting=disposal is not None).items()]
    return render(request, "evidence/item.html", {
        "item": item, "state": f"evidence-{item.content}", "viewing": viewing, "disposal": disposal,
        "image": item.media_type in IMAGES, "colour": request.GET.get("colour") == "1",
        "text": _text_of(request, viewing), "facts": shown.facts(item), "stamps": shown.stamp_facts(item),
        "events": shown.custody(list(selectors.custody_of(item)[:200])), "hold": selectors.standing_hold(item.locker),
        "look_form": (failed or {}).get("look") or PurposeForm(prefix="look"), "minutes": limits().view_minutes,
        "folds": folds if may(request, "cases.work") else [], "may_work": may(request, "cases.work"),
        "crumbs": [Link(label=_("Evidence"), url=reverse("evidence_list")),
                   Link(label=item.locker.case_number, url=reverse("evidence_case", args=[item.locker.case_number]))],
        **_exposure(request)}, status=status)


def _text_of(request: HttpRequest, viewing: Viewing | None) -> str:
    """The beginning of a text somebody is looking at."""
    if viewing is None or viewing.item.media_type != PLAIN.type:
        return ""
    _item, chunks = services.seen_content(viewing.pk, actor=actor_of(request), at=clock.now())
    found = b""
    for chunk in chunks:
        found += chunk
        if len(found) >= MOST_TEXT * 4:
            break
    return found.decode(errors="replace")[:MOST_TEXT]


def _item_acts(item: Item, *, waiting: bool) -> dict[str, tuple[str, str]]:
    """What can be asked for, with what happens then."""
    if item.content != "kept":
        return {}
    found = {"verify": (_("Verify"), _("The content is read again and compared with its hash.")),
             "download": (_("Download"), _("The bytes as they were handed in, as a file. Open it only where that is safe."))}
    if waiting:
        return found | {
            "dispose": (_("Destroy as the second person"),
                        _("Key and file are destroyed, and every sealed bag it is in. It cannot be undone.")),
            "withdraw": (_("Withdraw the proposal"), _("The content stays."))}
    return found | {"propose": (_("Propose destruction"),
                                _("A second person carries it out; before that nothing happens."))}


def _verify(request: HttpRequest, ref: str, purpose: str) -> str:
    good, result = services.verify_item(ref, purpose=purpose, actor=actor_of(request), at=clock.now())
    return _("Unchanged since it was taken in.") if good else _("Not intact: %(result)s") % {"result": result}


def _propose(request: HttpRequest, ref: str, purpose: str) -> str:
    services.propose_disposal(ref, reason=purpose, actor=actor_of(request), authenticated_at=authenticated_at(request),
                              at=clock.now())
    return _("Proposed. Somebody else carries it out.")


def _withdraw(request: HttpRequest, ref: str, purpose: str) -> str:
    services.withdraw_disposal(ref, reason=purpose, actor=actor_of(request), at=clock.now())
    return _("The proposal is withdrawn.")


def _dispose(request: HttpRequest, ref: str, purpose: str) -> str:
    services.dispose(ref, reason=purpose, actor=actor_of(request), authenticated_at=authenticated_at(request),
                     at=clock.now())
    return _("The content is destroyed. Hash, custody and time stamps stay.")


_ITEM_ACTS: Mapping[str, Callable[[HttpRequest, str, str], str]] = {
    "verify": _verify, "propose": _propose, "withdraw": _withdraw, "dispose": _dispose}


@require_POST
@permission_required("cases.work")
def evidence_item_act(request: HttpRequest, ref: str, action: str) -> HttpResponseBase:
    """Verify, download, and the two steps of destroying; what is refused comes back in its form."""
    if action in {"propose", "dispose"}:
        return _fresh_act(request, ref, action)
    return _act(request, ref, action)


@require_fresh_authentication
def _fresh_act(request: HttpRequest, ref: str, action: str) -> HttpResponseBase:
    return _act(request, ref, action)


def _act(request: HttpRequest, ref: str, action: str) -> HttpResponseBase:
    item = selectors.item_by_ref(ref)
    if action not in _item_acts(item, waiting=selectors.open_disposal(item) is not None):
        raise NotFound(_("There is no such action."))
    form = PurposeForm(request.POST, prefix=action)
    if form.is_valid():
        purpose = form.cleaned_data["purpose"]
        try:
            with transaction.atomic():
                if action == "download":
                    return attachment(*services.download(ref, purpose=purpose, actor=actor_of(request), at=clock.now()))
                said = _ITEM_ACTS[action](request, ref, purpose)
        except LicetError as error:
            form.add_error(None, f"{error.message} {error.hint}".strip())
        else:
            messages.success(request, said)
            return redirect("evidence_item", ref)
    return _render_item(request, selectors.item_by_ref(ref), {action: form}, status=422)


# --- looking ---------------------------------------------------------------------------------------------------------
@require_POST
@permission_required("cases.work")
def evidence_look(request: HttpRequest, ref: str) -> HttpResponse:
    """Unblur one item for one person, with a purpose."""
    form = PurposeForm(request.POST, prefix="look")
    if not form.is_valid():
        return _render_item(request, selectors.item_by_ref(ref), {"look": form}, status=422)
    services.begin_viewing(ref, purpose=form.cleaned_data["purpose"], actor=actor_of(request), at=clock.now())
    return redirect("evidence_item", ref)


@require_POST
@permission_required("cases.work")
def evidence_blur(request: HttpRequest, viewing_id: int) -> HttpResponse:
    """Blur it again."""
    viewing = services.end_viewing(viewing_id, actor=actor_of(request), at=clock.now())
    return redirect("evidence_item", viewing.item.ref)


@require_GET
@permission_required("cases.read")
def evidence_squares(request: HttpRequest, ref: str) -> HttpResponse:
    """A few grey squares: all that is shown of a picture unasked."""
    item = selectors.item_by_ref(ref)
    if item.blur is None:
        raise NotFound(_("There is no picture of this."))
    return _picture(bytes(item.blur))


@require_GET
@permission_required("cases.work")
def evidence_picture(request: HttpRequest, viewing_id: int) -> HttpResponse:
    """The picture somebody is looking at, drawn anew by us: grey, or in colour when asked."""
    item, chunks = services.seen_content(viewing_id, actor=actor_of(request), at=clock.now())
    if item.media_type not in IMAGES:
        raise NotFound(_("There is no picture of this."))
    drawn = draw(b"".join(chunks), "colour" if request.GET.get("colour") == "1" else "grey")
    if drawn is None:
        raise NotFound(_("The picture cannot be drawn safely; download it instead."))
    return _picture(drawn)


def _picture(content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type="image/png")
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


# --- bags ------------------------------------------------------------------------------------------------------------
_DOWNLOAD = gettext_lazy("Download the sealed bag")


@permission_required("cases.read")
def evidence_bag(request: HttpRequest, ref: str) -> HttpResponseBase:
    """A bag: what is inside, its hash; POST with a purpose downloads it."""
    bag = selectors.bag_by_ref(ref)
    form, status = PurposeForm(request.POST or None, prefix="bag"), 200
    if request.method == "POST":
        if form.is_valid():
            _bag, chunks = services.download_bag(ref, purpose=form.cleaned_data["purpose"], actor=actor_of(request),
                                                 at=clock.now())
            return sealed_off(StreamingHttpResponse(chunks), f"{bag.ref}.zip")
        status = 422
    return render(request, "evidence/bag.html", {
        "bag": bag, "state": f"bag-{bag.state}", "form": form, "label": _DOWNLOAD, "size": shown.size(bag),
        "may_work": may(request, "cases.work"), "by": shown.names([bag.requested_by]).get(bag.requested_by,
                                                                                         bag.requested_by),
        "crumbs": [Link(label=_("Evidence"), url=reverse("evidence_list")),
                   Link(label=bag.locker.case_number, url=reverse("evidence_case", args=[bag.locker.case_number]))]},
        status=status)
