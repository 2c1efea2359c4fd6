"""Pages of the journal: the queue of entries, one entry, its proof."""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from licet.console.access import actor_of, permission_required
from licet.console.components import Fact, Link, Pager, address_with, text_chip
from licet.core.errors import BadInput, LicetError, NotFound
from licet.journal import selectors
from licet.journal.models import Entry
from licet.journal.selectors import Filters

PAGE = 50
LARGEST_SEQ = 2**63 - 1
FILTERS = ("tag", "subject", "actor", "day")


@permission_required("journal.read")
def entries(request: HttpRequest) -> HttpResponse:
    """Newest first; ``?before=N`` continues below entry N. Row-level security decides which entries there are."""
    problem = None
    try:
        filters = _filters(request)
    except BadInput as error:
        filters, problem = Filters(), error
    before = request.GET.get("before", "")
    start = min(int(before), LARGEST_SEQ) if before.isascii() and before.isdigit() else None
    found = selectors.recent(PAGE + 1, before_seq=start, filters=filters, reader=actor_of(request))
    page = found[:PAGE]
    names = selectors.names_of(page)
    rows = [{"entry": entry, "by": _named(entry.actor, names), "about": _named(entry.subject, names),
             "hashes": _hashes(entry)} for entry in page]
    chosen = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    pager = Pager(newer_url=address_with(request, {}) if start is not None else "",
                  older_url="?" + urlencode(chosen | {"before": str(page[-1].seq)}) if len(found) > PAGE else "")
    chips = [text_chip(request, "tag", _("Event begins with")), text_chip(request, "subject", _("About")),
             text_chip(request, "actor", _("By")), text_chip(request, "day", _("Day"), input_type="date")]
    return render(request, "journal/entries.html", {
        "rows": rows, "chips": chips, "pager": pager, "problem": problem,
        "filtered": bool(chosen or start is not None)},
        status=problem.status if problem else 200)


@permission_required("journal.read")
def record(request: HttpRequest, *, seq: int) -> HttpResponse:
    """One entry with the text that was hashed, its hashes and its proof."""
    entry = _entry(seq)
    names = selectors.names_of([entry])
    queue = reverse("journal_list")
    facts = [
        Fact(label=_("When"), value=entry.at),
        Fact(label=_("By"), value=_named(entry.actor, names), url=f"{queue}?{urlencode({'actor': entry.actor})}"),
        Fact(label=_("About"), value=_named(entry.subject, names),
             url=f"{queue}?{urlencode({'subject': entry.subject})}" if entry.subject else ""),
        Fact(label=_("Why"), value=entry.purpose), Fact(label=_("Organisation"), value=entry.organisation),
        *(Fact(label=name, value=value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), mono=True)
          for name, value in sorted(entry.data.items())),
    ]
    return render(request, "journal/entry.html", {
        "entry": entry, "facts": [fact for fact in facts if fact.value != ""], "hashes": _hashes(entry),
        "crumbs": [Link(label=_("Journal"), url=queue)], "signed": selectors.is_signed(seq)})


@permission_required("journal.read")
def proof(request: HttpRequest, *, seq: int) -> HttpResponse:
    """The portable proof of one entry, as a file; a problem document while there is none."""
    _entry(seq)
    try:
        document = selectors.proof_of(seq)
    except LicetError as error:
        return JsonResponse(error.as_problem(), status=error.status, content_type="application/problem+json")
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response.headers["Content-Disposition"] = f'attachment; filename="journal-{seq}-proof.json"'
    return response


def _filters(request: HttpRequest) -> Filters:
    text = {name: request.GET.get(name, "").strip().replace("\0", "") for name in FILTERS}
    try:
        day = dt.date.fromisoformat(text["day"]) if text["day"] else None
    except ValueError as error:
        raise BadInput(_("“%(text)s” is not a day.") % {"text": text["day"]}, hint=_("Write 2026-03-02.")) from error
    return Filters(tag=text["tag"], subject=text["subject"], actor=text["actor"], day=day)


def _entry(seq: int) -> Entry:
    try:
        return selectors.entry(min(seq, LARGEST_SEQ))
    except NotFound as error:
        raise Http404(error.message) from error


def _hashes(entry: Entry) -> list[Fact]:
    found = [(_("Record before"), entry.before_hash), (_("Record after"), entry.after_hash),
             (_("Leaf"), bytes(entry.leaf_hash).hex()), (_("Chain"), bytes(entry.chain_hash).hex())]
    return [Fact(label=label, value=value, mono=True) for label, value in found if value]


def _named(mark: str, names: dict[str, str]) -> str:
    """``user:12`` with the user's name; everything else as it is recorded."""
    return f"{names[mark]} ({mark})" if mark in names else mark
