"""How the states of casework look; added to the console's table when the program starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from licet.console.states import Look

LOOKS: dict[str, Look] = {
    "case-open": Look(_("Case open"), "waiting", "plain"),
    "case-closed": Look(_("Case closed"), "ended", "unknown"),
    "case-merged": Look(_("Merged"), "ended", "unknown"),
    "tier-1": Look(_("Tier 1"), "deny", "deny"),
    "tier-2": Look(_("Tier 2"), "warning", "refer"),
    "tier-3": Look(_("Tier 3"), "dot", "plain"),
    "tier-none": Look(_("No tier yet"), "unknown", "unknown"),
    "measure-drafted": Look(_("Draft"), "waiting", "refer"),
    "measure-withdrawn": Look(_("Draft withdrawn"), "ended", "unknown"),
    "measure-approved": Look(_("Approved"), "running", "refer"),
    "measure-notified": Look(_("Notified"), "running", "refer"),
    "measure-ordered": Look(_("Ordered"), "running", "refer"),
    "measure-acknowledged": Look(_("Acknowledged"), "running", "refer"),
    "measure-done": Look(_("Carried out"), "permit", "plain"),
    "measure-verified": Look(_("Verified"), "permit", "permit"),
    "measure-stayed": Look(_("Stayed"), "waiting", "refer"),
    "measure-failed": Look(_("Not possible"), "deny", "deny"),
    "measure-expired": Look(_("Expired"), "ended", "unknown"),
    "measure-overturned": Look(_("Overturned"), "ended", "unknown"),
    "measure-lifted": Look(_("Lifted"), "ended", "unknown"),
    "measure-restored": Look(_("Restored"), "running", "plain"),
    "measure-restoration_verified": Look(_("Restored and verified"), "permit", "permit"),
    "appeal-filed": Look(_("Waits for a judge"), "waiting", "refer"),
    "appeal-upheld": Look(_("The measure stands"), "permit", "plain"),
    "appeal-overturned": Look(_("Overturned"), "ended", "unknown"),
    "appeal-modified": Look(_("Replaced by a milder measure"), "ended", "unknown"),
    "appeal-remitted": Look(_("Sent back to the desk"), "ended", "unknown"),
    "appeal-defaulted": Look(_("Won because nobody judged in time"), "ended", "unknown"),
    "need-met": Look(_("There"), "permit", "permit"),
    "need-missing": Look(_("Missing"), "unknown", "refer"),
}
