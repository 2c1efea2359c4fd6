"""How the states of deliveries look; added to the console's table when the program starts."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from licet.console.states import Look

WORDS: dict[str, str | Promise] = {  # lines in a case's timeline
    "notices:page:sent": _("Letter on the owner's page"), "notices:mail:sent": _("Letter sent by mail"),
    "notices:mail:failed": _("Letter not delivered by mail"), "notices:mail:addressed": _("Letter sent to one more address"),
    "notices:mail:again": _("Delivery tried again"), "notices:page:address_shown": _("Address of the owner's page shown"),
    "notices:answer:received": _("Answer received"), "notices:answer:read": _("Answer read"),
    "notices:clock:lapsed": _("A term ran out"), "actor:holder": _("whoever is hit, on the owner's page"),
}
LOOKS: dict[str, Look] = {
    "delivery-waiting": Look(_("On its way"), "waiting", "plain"),
    "delivery-sending": Look(_("Being handed over"), "running", "plain"),
    "delivery-sent": Look(_("Handed over"), "permit", "permit"),
    "delivery-failed": Look(_("Not delivered"), "deny", "deny"),
    "delivery-cancelled": Look(_("Never sent"), "ended", "unknown"),
    "letter-complete": Look(_("Complete"), "permit", "permit"),
    "letter-gaps": Look(_("Cannot go out yet"), "deny", "deny"),
}
