"""How the states of standing look; added to the console's table when the program starts."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from licet.console.states import Look

WORDS: dict[str, str | Promise] = {  # reasons in a measure's steps
    "why:written": _("written"), "why:taken back": _("taken back"), "why:no longer there": _("no longer there"),
    "why:the gate refuses": _("the gate refuses"), "why:seen": _("seen"),
}
LOOKS: dict[str, Look] = {
    "entry-in_force": Look(_("In force"), "deny", "deny"),
    "entry-review_due": Look(_("Review due"), "warning", "refer"),
    "entry-lapsed": Look(_("Lapsed"), "ended", "unknown"),
    "entry-ended": Look(_("Taken out"), "ended", "unknown"),
    "point-counts": Look(_("Counts"), "deny", "deny"),
    "point-faded": Look(_("No longer counts"), "ended", "unknown"),
    "point-reversed": Look(_("Reversed"), "permit", "permit"),
    "point-preview": Look(_("Only you see it yet"), "waiting", "refer"),
    "point-objected": Look(_("Objected, not counted"), "waiting", "refer"),
    "threshold-proposed": Look(_("Waits for a second person"), "waiting", "refer"),
    "threshold-on": Look(_("Switched on"), "permit", "permit"),
    "threshold-ended": Look(_("Switched off"), "ended", "unknown"),
    "exposure-public": Look(_("Public"), "deny", "deny"),
    "exposure-expired": Look(_("Expired"), "ended", "unknown"),
    "exposure-withdrawn": Look(_("Taken back"), "ended", "unknown"),
}
