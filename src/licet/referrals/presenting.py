"""What the pages of referrals show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from licet.casework.models import Measure
from licet.console.access import may
from licet.console.components import Cell, Column, Fact, Row
from licet.core.language import in_language
from licet.grounds.tables import GROUNDS
from licet.parties.models import Party
from licet.referrals.models import Referral

_GROUNDS = {ground.id: ground for ground in GROUNDS}


def ground_word(ground: str) -> str:
    """The ground in the page's language."""
    found = _GROUNDS[ground]
    return in_language(found)


def result_word(result: str) -> str:
    """What a determination says, in the page's language."""
    return str({"illegal": _("Illegal"), "not_illegal": _("Not illegal"), "insufficient": _("Insufficient")}.get(result, ""))


def columns() -> list[Column]:
    """Columns of :func:`rows`."""
    return [Column(label=_("Referral"), kind="fit"), Column(label=_("State"), kind="fit"), Column(label=_("About")),
            Column(label=_("From")), Column(label=_("To")), Column(label=_("Handed over"), kind="fit"),
            Column(label=_("Due"), kind="fit")]


def rows(found: list[Referral]) -> list[Row]:
    """One row per referral."""
    known = names({party for row in found for party in (row.desk_id, row.police_id)})
    return [Row(url=reverse("referral_show", args=[row.number]), cells=[
        Cell(text=row.number, mono=True), Cell(state="referral-overdue" if row.escalated_at and row.state in {
            "sent", "received"} else f"referral-{row.state}"),
        Cell(text=row.subject, sub=ground_word(row.ground)), Cell(text=known.get(row.desk_id, row.desk_id)),
        Cell(text=known.get(row.police_id, row.police_id)), Cell(text=row.sent_at),
        Cell(text={"sent": row.receipt_due_at, "received": row.reply_due_at}.get(row.state))]) for row in found]


def names(ids: set[str]) -> dict[str, str]:
    """Names of organisations."""
    return dict(Party.objects.filter(party_id__in=ids, until__isnull=True).values_list("party_id", "name"))


def facts(row: Referral) -> list[Fact]:
    """What a referral says."""
    known = names({row.desk_id, row.police_id})
    shown = [Fact(label=_("About"), value=row.subject), Fact(label=_("Ground"), value=ground_word(row.ground)),
             Fact(label=_("From"), value=known.get(row.desk_id, row.desk_id)),
             Fact(label=_("To"), value=known.get(row.police_id, row.police_id)),
             Fact(label=_("SHA-256 of the archive"), value=row.bag_sha256, mono=True),
             Fact(label=_("Handed over"), value=row.sent_at), Fact(label=_("Receipt due"), value=row.receipt_due_at)]
    if row.message:
        shown.insert(2, Fact(label=_("Message"), value=row.message))
    if row.receipt_no:
        shown.append(Fact(label=_("Receipt"), value=f"{row.receipt_no}, {row.received_by}", on=row.received_at))
    if row.reply_due_at:
        shown.append(Fact(label=_("Answer due"), value=row.reply_due_at))
    if row.document_no:
        shown += [Fact(label=_("Answer"), value=result_word(row.result), on=row.answered_at),
                  Fact(label=_("Document number"), value=row.document_no, on=row.determined_on),
                  Fact(label=_("Reasons"), value=row.text)]
    return shown


def measure_panel(request: HttpRequest, measure: Measure) -> tuple[str, Mapping[str, Any]] | None:
    """The panel on the measure's page, ``None`` where nothing is referred."""
    found = Referral.objects.filter(measure=measure).first()
    if found is None or not may(request, "cases.read"):
        return None
    return "referrals/_panel.html", {"columns": columns(), "rows": rows([found]), "problem": found.problem}
