"""How the states of orders look; added to the console's table when the program starts."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licet.console.states import Look

WORDS: dict[str, str | Promise] = {  # lines in a case's timeline
    "orders:order:written": _("Order written"), "orders:order:dispatched": _("Order sent"),
    "orders:order:acknowledged": _("Order acknowledged"), "orders:order:done": _("Order reported as carried out"),
    "orders:order:refused": _("Order refused"), "orders:order:failed": _("Order could not be carried out"),
    "orders:order:reassigned": _("Order handed to people as a task"), "orders:order:reissued": _("Ordered again"),
    "orders:order:verified": _("Order verified from outside"),
    "orders:order:disagreed": _("A check from outside disagrees with the order"),
    "orders:order:superseded": _("Order superseded"), "orders:order:escalated": _("Order escalated"),
    "orders:order:checked": _("Order checked by a person"), "orders:order:reported_late": _("A late report on the order"),
    "why:another measure keeps a part of it cut": _("another measure keeps a part of it cut"),
    "why:other measures keep all of it cut": _("other measures keep all of it cut"),
    "why:people get it as a task": _("people get it as a task"),
    "why:pending": _("to be sent"), "why:acknowledged": _("acknowledged"), "why:done": _("reported as carried out"),
    "why:refused": _("refused"), "why:failed": _("not possible"), "why:verified": _("verified from outside"),
    "actor:mail": _("the executor, by the link of the mail"), "kind:cut": _("cut"), "kind:restore": _("restore"),
    "why:webhook": _("by signed webhook"), "why:dns_feed": _("on the DNS list"), "why:billing_feed": _("on the billing list"),
    "why:email": _("by e-mail"), "why:manual": _("as a task in the console"), "why:said in the answer": _("said in the answer"),
    "why:checked by hand": _("checked by hand"),
    "why:superseded": _("superseded"), "why:dispatched": _("sent"),
}
_LIST = re.compile(r"list (?P<list>\d+), line (?P<line>\d+)")
_TRIES = re.compile(r"(?P<tries>\d+) tries, last: (?P<error>.*)", re.DOTALL)


def read_reason(reason: str) -> str:
    """What jobs of orders note with numbers in it, in the page's language; '' for everything else."""
    if found := _LIST.fullmatch(reason):
        return gettext("list %(list)s, line %(line)s") % found.groupdict()
    if found := _TRIES.fullmatch(reason):
        return gettext("%(tries)s tries, last: %(error)s") % found.groupdict()
    return gettext("seen from outside") if reason.startswith("seen by ") else ""


LOOKS: dict[str, Look] = {
    "order-pending": Look(_("To be sent"), "waiting", "plain"),
    "order-dispatched": Look(_("Sent"), "running", "refer"),
    "order-acknowledged": Look(_("Acknowledged"), "running", "refer"),
    "order-done": Look(_("Reported done"), "dot", "plain"),
    "order-verified": Look(_("Verified"), "permit", "permit"),
    "order-refused": Look(_("Refused to carry out"), "deny", "deny"),
    "order-failed": Look(_("Not possible"), "deny", "deny"),
    "order-superseded": Look(_("Superseded"), "ended", "unknown"),
    "order-cut": Look(_("Cut"), "deny", "deny"),
    "order-restore": Look(_("Restore"), "permit", "permit"),
    "look-agrees": Look(_("Agrees"), "permit", "permit"),
    "look-disagrees": Look(_("Disagrees"), "deny", "deny"),
    "look-inconclusive": Look(_("Cannot tell"), "unknown", "unknown"),
    "late-unacknowledged": Look(_("Not acknowledged in time"), "warning", "refer"),
    "late-undone": Look(_("Not carried out in time"), "warning", "deny"),
    "late-unverified": Look(_("Not verified in time"), "warning", "refer"),
    "connector-active": Look(_("In use"), "permit", "permit"),
    "connector-off": Look(_("Switched off"), "ended", "unknown"),
}
