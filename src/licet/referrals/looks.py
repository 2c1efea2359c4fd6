"""How the states of a referral look; added to the console's table when the program starts."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from licet.console.states import Look

WORDS: dict[str, str | Promise] = {  # lines in a case's timeline
    "referrals:referral:sent": _("Handed over to the police desk"),
    "referrals:referral:fetched": _("The police desk fetched the sealed package"),
    "referrals:referral:acknowledged": _("The police desk acknowledged the package"),
    "referrals:referral:mismatched": _("The receipt names another package"),
    "referrals:referral:answered": _("The police desk answered"),
    "referrals:referral:recorded": _("The answer was recorded"),
    "referrals:referral:overdue": _("The police desk is late"),
    "why:referred to the police desk": _("referred to the police desk"),
    "why:the receipt's hash is the bag's": _("the receipt's hash is the bag's"),
    "why:the referral is marked as withdrawn": _("the referral is marked as withdrawn"),
    "why:the police desk sees it": _("the police desk sees it"),
}
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
