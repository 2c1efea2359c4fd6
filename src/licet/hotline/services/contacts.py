"""Reading how to reach a reporter: a named person of the authority, a purpose, and an entry in the journal each time."""

from __future__ import annotations

import datetime as dt

from licet.core.actors import WORKER, Actor
from licet.core.errors import NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.hotline.models import Contact
from licet.hotline.sealing import unseal
from licet.hotline.services.people import locked_report, need_reason
from licet.journal.services import append
from licet.parties.selectors import permissions_of


def contact_of(number: str, *, purpose: str, actor: Actor, at: dt.datetime) -> str:
    """The contact of whoever sent a report. Raises :class:`NotAllowed` without the permission, and :class:`NotFound`
    when they left none or it was erased."""
    purpose = need_reason(purpose)
    if "hotline.contact" not in permissions_of(actor):
        raise NotAllowed("only officers of the authority may reach a reporter",
                         hint="ask through the receipt instead: the reporter reads questions there")
    with acting_as(actor):
        report = locked_report(number, actor=actor)
        with acting_as(WORKER):
            contact = Contact.objects.filter(report=report, erased_at__isnull=True, erase_at__gt=at).first()
        if contact is None or contact.sealed is None:
            raise NotFound("no contact was left, or it was erased")
        append("hotline:contact:read", actor=actor, subject=f"report:{number}", purpose=purpose[:500],
               organisation="", data={})
        return unseal(number, bytes(contact.sealed))
