"""What every service ends with: a line in the case's timeline and an entry in the journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from licet.casework.models import Case, CaseEvent
from licet.casework.rules import Refuse
from licet.core.actors import Actor
from licet.core.errors import BadInput, Conflict, LicetError, NotAllowed
from licet.journal.services import append

PURPOSE_CHARACTERS = 500


class Refused(NotAllowed):
    """The rules do not let you do this."""

    code = "refused"


class ReasonMissing(BadInput):
    """A reason is missing."""

    code = "reason_missing"


class StepRefused(Conflict):
    """The step is not possible here."""

    code = "step_refused"


_OF_PERSON = frozenset({"not_a_person", "conflict_of_interest", "no_post", "not_yours", "same_person", "own_decision",
                        "own_work", "own_measure", "authentication_stale"})


def refusal(refuse: Refuse) -> LicetError:
    """The error a refusal becomes; its ``code`` is the rule's reason code."""
    error: LicetError = (Refused if refuse.code in _OF_PERSON else StepRefused)(refuse.text, hint=refuse.hint)
    error.code = refuse.code
    return error


def need_reason(reason: str) -> str:
    """The reason without blanks around it. Raises :class:`BadInput` when there is none."""
    if not reason.strip():
        raise ReasonMissing("a reason is missing", hint="say in a sentence why")
    return reason.strip()


def add_event(case: Case, tag: str, *, actor: Actor, at: dt.datetime, note: str = "",
              data: Mapping[str, Any] | None = None) -> None:
    """A line in the timeline alone, for steps whose journal entry covers several."""
    CaseEvent.objects.create(case=case, desk_id=case.desk_id, at=at, tag=tag, actor=actor.name, note=note,
                             data=dict(data or {}))


def record(case: Case, tag: str, *, actor: Actor, at: dt.datetime, note: str = "",
           data: Mapping[str, Any] | None = None, before: Mapping[str, Any] | None = None,
           after: Mapping[str, Any] | None = None) -> None:
    """Timeline and journal. The last step of a service: the journal stays locked until the transaction ends."""
    add_event(case, tag, actor=actor, at=at, note=note, data=data)
    append(tag, actor=actor, subject=f"case:{case.number}", purpose=note[:PURPOSE_CHARACTERS],
           organisation=case.desk_id, before=before, after=after, data=data)
