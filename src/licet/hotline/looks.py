"""How the states of reports look; added to the console's table when the program starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from licet.console.states import Look

LOOKS: dict[str, Look] = {
    "report-unplaced": Look(_("Without a subject"), "unknown", "refer"),
    "report-in_case": Look(_("In a case"), "waiting", "plain"),
    "report-dismissed": Look(_("Dismissed"), "ended", "unknown"),
    "report-invalidated": Look(_("Bad faith"), "deny", "unknown"),
    "report-muted": Look(_("Muted"), "ended", "unknown"),
}
