"""Who may act on reports: a named person who may work on the case, or at the desk while there is none."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from licet.casework.services.people import ensure_may_work
from licet.casework.tables import DESK_ROLES
from licet.core.actors import Actor, Scope
from licet.core.errors import BadInput, Conflict, NotAllowed, NotFound
from licet.hotline.models import Report
from licet.hotline.tables import MEANT_HONESTLY, QUESTION_BY_GROUND, TEXT_CHARACTERS

REASON_CHARACTERS = 1000


def need_reason(reason: str) -> str:
    """The reason without blanks around it. Raises :class:`BadInput` when there is none or it is too long."""
    text = reason.strip()
    if not text or len(text) > REASON_CHARACTERS:
        raise BadInput("a reason is missing or too long", hint=f"say in a sentence why; at most {REASON_CHARACTERS}")
    return text


def need_words(text: str, report: Report, *, hint: str) -> str:
    """What a reporter writes with their receipt, without blanks around it. Of a ground of which no words are taken only
    an empty text is, and the fixed sentence stands for it. Raises :class:`BadInput`."""
    text = text.strip()
    if QUESTION_BY_GROUND[report.ground_id].url_only:
        if text:
            raise BadInput(_("For this reason we take the address or the hash alone."), hint=_(
                "Do not describe, copy or save anything: having it can be a crime, and the address is enough for us."))
        return MEANT_HONESTLY
    if not text or len(text) > TEXT_CHARACTERS:
        raise BadInput(hint, hint=_("At most %(most)s characters.") % {"most": TEXT_CHARACTERS})
    return text


def need_person(actor: Actor) -> int:
    """The user id of the named person who acts at a desk. Raises :class:`NotAllowed`: programs judge no report."""
    if actor.user_id is None:
        raise NotAllowed("only a named person judges reports", hint="sign in; programs and jobs cannot")
    if not actor.roles & DESK_ROLES or actor.scope is Scope.NOBODY:
        raise NotAllowed("you hold no post at the desk that handles reports", hint="ask its administrator")
    return actor.user_id


def locked_report(number: str, *, actor: Actor) -> Report:
    """The report, locked, if this person may work on it. Raises :class:`NotFound`, also for another desk's report."""
    need_person(actor)
    report = Report.objects.select_for_update(no_key=True, of=("self",)).filter(number=number).first()
    if report is None:
        raise NotFound("there is no such report at your desk")
    if report.case is not None:
        ensure_may_work(actor, report.case)
    return report


def ensure_may_judge(reports: QuerySet[Report], *, actor: Actor) -> None:
    """Raises the refusal if this person has an interest in what the reports are about."""
    need_person(actor)
    one = reports.exclude(case=None).select_related("case").first()
    if one is not None and one.case is not None:
        ensure_may_work(actor, one.case)


def refuse_state(report: Report, *states: str) -> None:
    """Raises :class:`Conflict` unless the report is in one of the states."""
    if report.state not in states:
        raise Conflict(f"the report is {report.state.replace('_', ' ')}",
                       hint=f"possible while it is {' or '.join(states).replace('_', ' ')}")
