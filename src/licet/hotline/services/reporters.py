"""Muting somebody who abuses the hotline: by a person, with a reason they can read, and contestable."""

from __future__ import annotations

import datetime as dt

from licet.core.actors import Actor
from licet.core.errors import Conflict, NotFound
from licet.core.rls import acting_as
from licet.hotline.models import Reporter
from licet.hotline.services.contests import end_with_mute
from licet.hotline.services.giving_back import give_back
from licet.hotline.services.people import locked_report, need_person, need_reason
from licet.hotline.services.receiving import one_at_a_time
from licet.journal.services import append


def _journal(tag: str, reporter: Reporter, *, actor: Actor, reason: str = "", **data: object) -> None:
    append(f"hotline:reporter:{tag}", actor=actor, subject=f"reporter:{reporter.pk}", purpose=reason[:500],
           organisation=reporter.desk_id, data=data)


def mute(number: str, *, reason: str, actor: Actor, at: dt.datetime) -> Reporter:
    """From now on reports of whoever sent this one are kept and count for nothing. Raises :class:`Conflict` when they
    left neither account nor contact (then there is nobody to mute), when the contact is nobody's for sure (it would hit
    whoever it belongs to), or they are muted already."""
    reason = need_reason(reason)
    with acting_as(actor):
        report = locked_report(number, actor=actor)
        if report.reporter_id is None:
            raise Conflict("whoever sent this left neither account nor contact", hint="dismiss the report instead")
        if not report.network and not Reporter.objects.filter(pk=report.reporter_id, verified=True).exists():
            raise Conflict("anybody can write this contact: muting it would hit whoever it belongs to",
                           hint="dismiss the report instead")
        muted = Reporter.objects.filter(pk=report.reporter_id, muted_at__isnull=True).update(
            muted_at=at, muted_by=actor.user_id, mute_reason=reason)
        if not muted:
            raise Conflict("this reporter is muted already")
        reporter = Reporter.objects.get(pk=report.reporter_id)
        _journal("muted", reporter, actor=actor, reason=reason)
    return reporter


def unmute(reporter_id: int, *, reason: str, actor: Actor, at: dt.datetime) -> Reporter:
    """Take a mute back: what came meanwhile counts. When it was contested, another person than the one who muted decides
    (:class:`Conflict`), and that is the answer to it."""
    reason = need_reason(reason)
    with acting_as(actor):
        need_person(actor)
        one_at_a_time()  # before the reporter's row, as receiving does
        reporter = Reporter.objects.select_for_update(no_key=True, of=("self",)).filter(pk=reporter_id).first()
        if reporter is None or reporter.muted_at is None:
            raise NotFound("there is no such muted reporter at your desk")
        end_with_mute(reporter, reason=reason, actor=actor, at=at)
        count = give_back(reporter, at=at)
        _journal("unmuted", reporter, actor=actor, reason=reason, reports=count)
        reporter.refresh_from_db()
    return reporter
