"""Muting somebody who abuses the hotline: by a person, with a reason they can read, and contestable."""

from __future__ import annotations

import datetime as dt

from licet.core.actors import WORKER, Actor
from licet.core.errors import Conflict, NotFound
from licet.core.rls import acting_as
from licet.hotline.models import Report, Reporter
from licet.hotline.services.people import locked_report, need_person, need_reason, need_words
from licet.hotline.tables import ReportState
from licet.journal.services import append


def _journal(tag: str, reporter: Reporter, *, actor: Actor, reason: str = "") -> None:
    append(f"hotline:reporter:{tag}", actor=actor, subject=f"reporter:{reporter.pk}", purpose=reason[:500],
           organisation=reporter.desk_id)


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
            muted_at=at, muted_by=actor.user_id, mute_reason=reason, contested_at=None, contest_text="")
        if not muted:
            raise Conflict("this reporter is muted already")
        reporter = Reporter.objects.get(pk=report.reporter_id)
        _journal("muted", reporter, actor=actor, reason=reason)
    return reporter


def unmute(reporter_id: int, *, reason: str, actor: Actor, at: dt.datetime) -> Reporter:
    """Take a mute back. When it was contested, another person than the one who muted decides (:class:`Conflict`)."""
    reason = need_reason(reason)
    with acting_as(actor):
        user_id = need_person(actor)
        reporter = Reporter.objects.select_for_update(no_key=True, of=("self",)).filter(pk=reporter_id).first()
        if reporter is None or reporter.muted_at is None:
            raise NotFound("there is no such muted reporter at your desk")
        if reporter.contested_at is not None and reporter.muted_by_id == user_id:
            raise Conflict("somebody else judges this", hint="ask a colleague")
        Reporter.objects.filter(pk=reporter.pk).update(muted_at=None, muted_by=None, mute_reason="")
        _journal("unmuted", reporter, actor=actor, reason=reason)
        reporter.refresh_from_db()
    return reporter


def contest_mute(number: str, text: str, *, at: dt.datetime) -> Reporter:
    """Whoever holds the receipt of a muted report contests the mute; the caller has checked the code."""
    with acting_as(WORKER):
        report = Report.objects.filter(number=number, state=ReportState.MUTED, reporter__muted_at__isnull=False).first()
        if report is None:
            raise Conflict("there is nothing to contest")
        text = need_words(text, report, hint="say why it should count")
        reporter = Reporter.objects.get(reports=report)
        Reporter.objects.filter(pk=reporter.pk).update(contested_at=at, contest_text=text)
        _journal("contested", reporter, actor=WORKER)
    return reporter
