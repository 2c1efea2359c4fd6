"""How the states of deliveries look; added to the console's table when the program starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from licet.console.states import Look

LOOKS: dict[str, Look] = {
    "delivery-waiting": Look(_("On its way"), "waiting", "plain"),
    "delivery-sending": Look(_("Being handed over"), "running", "plain"),
    "delivery-sent": Look(_("Handed over"), "permit", "permit"),
    "delivery-failed": Look(_("Not delivered"), "deny", "deny"),
    "delivery-cancelled": Look(_("Never sent"), "ended", "unknown"),
    "letter-complete": Look(_("Complete"), "permit", "permit"),
    "letter-gaps": Look(_("Cannot go out yet"), "deny", "deny"),
}
