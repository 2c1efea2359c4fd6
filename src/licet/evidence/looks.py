"""How the states of evidence look, and its words; added to the console's table when the program starts."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licet.console.states import Look
from licet.core.language import in_language
from licet.evidence.tables import KIND_BY_ID

LOOKS: dict[str, Look] = {
    "evidence-kept": Look(_("Preserved"), "permit", "permit"),
    "evidence-hash_only": Look(_("Hash and address only"), "dot", "plain"),
    "evidence-destroyed": Look(_("Content destroyed"), "ended", "unknown"),
    "evidence-held": Look(_("Legal hold"), "warning", "refer"),
    "evidence-stamped": Look(_("Stamped"), "permit", "permit"),
    "evidence-unvouched": Look(_("Stamped, public certificate"), "warning", "refer"),
    "evidence-unstamped": Look(_("Not stamped yet"), "waiting", "refer"),
    "bag-requested": Look(_("Being sealed"), "running", "refer"),
    "bag-sealed": Look(_("Sealed"), "permit", "permit"),
    "bag-destroyed": Look(_("Content destroyed"), "ended", "unknown"),
}

ACTIONS: dict[str, Any] = {
    "added": _("Taken in"), "added_again": _("Handed in again"), "viewed": _("Unblurred"), "blurred": _("Blurred again"),
    "downloaded": _("Downloaded"), "exported": _("Put into a bag"), "sealed": _("Bag sealed"),
    "verified": _("Read and compared"), "stamped": _("Time stamp received"), "held": _("Legal hold set"),
    "release_proposed": _("Release of the hold proposed"), "release_withdrawn": _("Proposal to release withdrawn"),
    "released": _("Legal hold released"), "disposal_proposed": _("Destruction proposed"),
    "disposal_withdrawn": _("Proposal withdrawn"), "disposed": _("Content destroyed"),
}

# Results worth a word on the page; the others say no more than the action.
_SAID = frozenset({"added", "added_again", "downloaded", "exported", "verified", "stamped"})


def said(action: str, result: str) -> str:
    """What happened, with its result where that says more."""
    if action not in _SAID:
        return str(ACTIONS[action])
    return f"{ACTIONS[action]} · {gettext('unchanged') if result == 'unchanged' else result}"


def kind_word(kind: str) -> str:
    """The word of a kind of evidence in the page's language."""
    found = KIND_BY_ID[kind]
    return in_language(found)
