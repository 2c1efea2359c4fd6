"""How the states of deliveries look; added to the console's table when the program starts."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licet.console.states import Look
from licet.core.language import language
from licet.notices.tables import NOTICE_BY_ID

WORDS: dict[str, str | Promise] = {  # lines in a case's timeline
    "notices:page:sent": _("Letter on the owner's page"), "notices:mail:sent": _("Letter sent by mail"),
    "notices:mail:failed": _("Letter not delivered by mail"), "notices:mail:addressed": _("Letter sent to one more address"),
    "notices:mail:again": _("Delivery tried again"), "notices:page:address_shown": _("Address of the owner's page shown"),
    "notices:answer:received": _("Answer received"), "notices:answer:read": _("Answer read"),
    "why:the statement of reasons was delivered": _("the statement of reasons was delivered"),
    "why:a referral is not told to a suspect": _("a referral is not told to a suspect"),
    "notices:clock:lapsed": _("A term ran out"), "actor:holder": _("whoever is hit, on the owner's page"),
}
_LETTER = re.compile(r"(?P<number>.+) \((?P<kind>[a-z_]+)\)")


def read_reason(reason: str) -> str:
    """A letter that was sent, "2026-12 (appeal_receipt)", with its kind in the page's language; '' for everything else."""
    found = _LETTER.fullmatch(reason)
    kind = NOTICE_BY_ID.get(found["kind"]) if found else None
    if found is None or kind is None:
        return ""
    return gettext("%(number)s (%(kind)s)") % {"number": found["number"], "kind": str(getattr(kind, language()))}


LOOKS: dict[str, Look] = {
    "delivery-waiting": Look(_("On its way"), "waiting", "plain"),
    "delivery-sending": Look(_("Being handed over"), "running", "plain"),
    "delivery-sent": Look(_("Handed over"), "permit", "permit"),
    "delivery-failed": Look(_("Not delivered"), "deny", "deny"),
    "delivery-cancelled": Look(_("Never sent"), "ended", "unknown"),
    "letter-complete": Look(_("Complete"), "permit", "permit"),
    "letter-gaps": Look(_("Cannot go out yet"), "deny", "deny"),
}
