"""How the states of a referral look; added to the console's table when the program starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from licet.console.states import Look

LOOKS: dict[str, Look] = {
    "referral-waiting": Look(_("Waits to be handed over"), "waiting", "plain"),
    "referral-sent": Look(_("Handed over, receipt awaited"), "running", "refer"),
    "referral-received": Look(_("Received, answer awaited"), "running", "refer"),
    "referral-answered": Look(_("Answered, to be recorded"), "waiting", "refer"),
    "referral-recorded": Look(_("Determination recorded"), "permit", "permit"),
    "referral-failed": Look(_("Not handed over"), "deny", "deny"),
    "referral-withdrawn": Look(_("Taken back"), "ended", "unknown"),
    "referral-overdue": Look(_("Overdue"), "warning", "deny"),
}
